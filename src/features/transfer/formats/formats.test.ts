import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ImportedUser } from '../imported-user.ts'
import type { SourceBytes } from '../reading/source-record.ts'
import type { Mapped } from './format.ts'
import { formats } from './index.ts'

/** The exports of other systems in `test/moving/fixtures`: real in shape, made up in content. */

const fixture = (file: string) => readFileSync(new URL(`../../../../test/moving/fixtures/${file}`, import.meta.url))

async function* inOnePiece(content: Uint8Array): SourceBytes {
  yield content
}

const context = { hashConfig: fixture('firebase-hash-config.txt').toString(), hashOf: () => undefined, now: 1_790_000_000 }

async function mapped(name: string, file: string): Promise<readonly Mapped[]> {
  const format = formats.get(name)
  assert.ok(format)
  const found: Mapped[] = []
  for await (const group of format.records(inOnePiece(fixture(file)))) {
    for (const record of group) found.push('value' in record ? format.map(record.value, context) : { problems: [record.problem] })
  }
  return found
}

const outcome = (one: Mapped): unknown => ('user' in one ? one.user.loginIds : 'problems' in one ? one.problems : one)

const files: readonly (readonly [format: string, file: string, outcomes: readonly unknown[]])[] = [
  ['auth0', 'auth0-users.ndjson', [['ada@example.com'], ['grace@example.com', 'grace'], ['alan@example.com'], ['+15555550100']]],
  ['auth0', 'auth0-hashes.ndjson', [['grace@example.com'], ['ada@example.com']]],
  [
    'auth0',
    'auth0-import.json',
    [...['ada', 'pbkdf2', 'sha256', 'argon2', 'scrypt', 'prefix', 'md4'].map((name) => [`${name}@example.com`])],
  ],
  [
    'firebase',
    'firebase-users.json',
    [['ada@example.com'], ['alan@example.com'], ['+15555550100'], ['has neither an e-mail address nor a telephone number']],
  ],
  ['firebase', 'firebase-users.csv', [['ada@example.com'], ['alan@example.com'], ['+15555550100']]],
  ['keycloak', 'keycloak-realm.json', [['ada', 'ada@example.com'], ['grace', 'grace@example.com'], ['is the account of a service']]],
  [
    'supabase',
    'supabase-users.csv',
    [['ada@example.com'], ['+15555550100'], ['alan@example.com'], ['is an anonymous user'], ['fb@example.com']],
  ],
  ['cognito', 'cognito-users.json', [['ada@example.com'], ['grace', '+15555550100']]],
  [
    'cognito',
    'cognito-users.csv',
    [
      ['ada', 'ada@example.com'],
      ['grace', '+15555550100'],
    ],
  ],
  ['descope', 'descope-users.json', [['ada@example.com', 'ada'], ['alan@example.com']]],
  ['descope', 'descope-batch.json', [['ada@example.com'], ['grace@example.com', 'grace'], ['plain@example.com'], ['bad@example.com']]],
  ['csv', 'users.csv', [['ada@example.com', 'ada', 'countess'], ['grace@example.com'], ['alan@example.com']]],
]

for (const [format, file, outcomes] of files) {
  test(`formats: ${file} as it is`, async () => {
    assert.deepEqual((await mapped(format, file)).map(outcome), outcomes)
  })
}

test('formats: the same users come out of both forms of a file', async () => {
  assert.deepEqual(await mapped('keycloak', 'keycloak-users-0.json'), await mapped('keycloak', 'keycloak-realm.json'))
  assert.deepEqual(await mapped('supabase', 'supabase-users.jsonl'), await mapped('supabase', 'supabase-users.csv'))
})

/** What is empty is as if it were not there. */
function withoutEmpty(user: object): object {
  const isEmpty = (value: unknown) => !value || (typeof value === 'object' && Object.keys(value).length === 0)
  return Object.fromEntries(Object.entries(user).filter(([, value]) => !isEmpty(value)))
}

const ada = { email: 'ada@example.com', verifiedEmail: true, name: 'Ada Lovelace', status: 'enabled' } as const
const customAttributes = { plan: 'gold' }

/** What must not get lost of the first user of a file, without the password. */
const first: readonly (readonly [format: string, file: string, user: ImportedUser])[] = [
  [
    'auth0',
    'auth0-users.ndjson',
    {
      ...{ ...ada, userId: 'auth0|5f7c8ec7c33c6c004bbafe82', loginIds: ['ada@example.com'], givenName: 'Ada', familyName: 'Lovelace' },
      ...{ picture: 'https://example.com/ada.png', customAttributes: { nickname: 'ada', locale: 'en-GB', plan: 'gold' } },
      ...{ createdTime: 1_601_998_471, modifiedTime: 1_706_774_400, lastSignInTime: 1_706_774_400 },
    },
  ],
  [
    'firebase',
    'firebase-users.csv',
    {
      ...{ ...ada, name: 'Lovelace, Ada', userId: '4Kx2cVq8yTgJr3Wm9pQ1sN7bD5f2', loginIds: ['ada@example.com'], customAttributes },
      ...{ picture: 'https://example.com/ada.png', createdTime: 1_601_998_471, lastSignInTime: 1_706_774_400 },
    },
  ],
  [
    'keycloak',
    'keycloak-realm.json',
    {
      ...{ ...ada, userId: 'f3f8f1f0-3c1e-4f8b-9a53-6d2c4d7e9a01', loginIds: ['ada', 'ada@example.com'], phone: '+15555550101' },
      ...{ givenName: 'Ada', familyName: 'Lovelace', customAttributes: { department: 'engines' }, roleNames: ['editor'] },
      createdTime: 1_601_998_471,
    },
  ],
  [
    'supabase',
    'supabase-users.csv',
    {
      ...{ ...ada, userId: '1c7e3f0a-1111-4222-8333-444455556601', loginIds: ['ada@example.com'], customAttributes },
      ...{ picture: 'https://example.com/ada.png', createdTime: 1_601_998_471, modifiedTime: 1_706_774_400, lastSignInTime: 1_706_774_400 },
    },
  ],
  [
    'cognito',
    'cognito-users.json',
    {
      ...{ ...ada, userId: '9c1f3f0a-1111-4222-8333-444455556601', loginIds: ['ada@example.com'], customAttributes },
      ...{ createdTime: 1_601_998_471, modifiedTime: 1_706_774_400 },
    },
  ],
  [
    'descope',
    'descope-users.json',
    {
      ...{ ...ada, userId: 'U2RFvFexVaxxNFK6rhP0ePtaGf01', loginIds: ['ada@example.com', 'ada'], customAttributes, roleNames: ['editor'] },
      ...{ givenName: 'Ada', familyName: 'Lovelace', picture: 'https://example.com/ada.png' },
      userTenants: [{ tenantId: 'T2RFvFexVaxxNFK6rhP0ePtaGf77', tenantName: 'Acme', roleNames: ['tenant-admin'] }],
      ...{ createdTime: 1_601_998_471, modifiedTime: 1_706_774_400 },
    },
  ],
  [
    'csv',
    'users.csv',
    {
      ...{ ...ada, name: 'Lovelace, Ada', loginIds: ['ada@example.com', 'ada', 'countess'], phone: '+1 555 555 0101', customAttributes },
      ...{ createdTime: 1_601_998_471, roleNames: ['editor', 'viewer'] },
    },
  ],
]

for (const [format, file, expected] of first) {
  test(`formats: every field of the first user in ${file}`, async () => {
    const [one] = await mapped(format, file)
    assert.ok(one && 'user' in one)
    const { password: _password, ...user } = one.user
    assert.deepEqual(withoutEmpty(user), expected)
  })
}

test('formats: hashes that cannot be read are told, and the user is there without', async () => {
  const unreadable = async (format: string, file: string) =>
    (await mapped(format, file)).flatMap((one) => ('user' in one && one.user.password?.unreadable ? [one.user.password.unreadable] : []))
  assert.deepEqual(await unreadable('auth0', 'auth0-import.json'), [
    'custom_password_hash: a salt in front of the password is not known here',
    'custom_password_hash: the algorithm is not known here',
  ])
  assert.deepEqual(await unreadable('descope', 'descope-batch.json'), ['has a password in plain text; only hashes are taken over'])
})

test('formats: statuses, flags and notes that are not those of the first user', async () => {
  const of = async (format: string, file: string, index: number) => {
    const one = (await mapped(format, file))[index]
    assert.ok(one && 'user' in one)
    return { status: one.user.status, mustChange: one.user.password?.mustChange ?? false, notes: one.notes?.length ?? 0 }
  }
  assert.deepEqual(await of('auth0', 'auth0-users.ndjson', 1), { status: 'disabled', mustChange: false, notes: 1 })
  assert.deepEqual(await of('firebase', 'firebase-users.json', 2), { status: 'disabled', mustChange: false, notes: 0 })
  assert.deepEqual(await of('keycloak', 'keycloak-realm.json', 1), { status: 'enabled', mustChange: true, notes: 1 })
  assert.deepEqual(await of('supabase', 'supabase-users.csv', 1), { status: 'disabled', mustChange: false, notes: 0 })
  assert.deepEqual(await of('supabase', 'supabase-users.csv', 2), { status: 'invited', mustChange: false, notes: 1 })
  assert.deepEqual(await of('cognito', 'cognito-users.json', 1), { status: 'disabled', mustChange: false, notes: 2 })
  assert.deepEqual(await of('csv', 'users.csv', 1), { status: 'enabled', mustChange: true, notes: 0 })
})
