import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Kit, onEveryDatabase } from '../../../test/kit.ts'
import type { ImportReport } from './import-report.ts'
import { type ImportInput, importUsers } from './import-users.ts'
import type { SourceBytes } from './reading/source-record.ts'
import { createTextSet } from './text-set.ts'

const fixture = (file: string) => readFileSync(new URL(`../../../test/moving/fixtures/${file}`, import.meta.url))

async function* bytes(...parts: readonly (string | Uint8Array)[]): SourceBytes {
  for (const part of parts) yield Buffer.from(part)
}

type Options = Partial<Omit<ImportInput, 'projectId' | 'source'>>

function run(kit: Kit, from: string, content: string | Uint8Array, options: Options = {}): Promise<ImportReport> {
  const actor = { kind: 'commandLine', id: '' } as const
  return importUsers(kit.auth.deps, { projectId: kit.projectId, actor, from, source: bytes(content), ...options })
}

const lines = (...values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('')
const figures = ({ users, imported, existing, rejected }: ImportReport) => ({ users, imported, existing, rejected })
const firebaseConfig = fixture('firebase-hash-config.txt').toString()

/** Each file with the users in it, and a login ID that signs in with its old password. */
const files: readonly (readonly [from: string, file: string, options: Options, expected: ReturnType<typeof figures>, signsIn: string])[] = [
  ['auth0', 'auth0-hashes.ndjson', {}, { users: 2, imported: 2, existing: 0, rejected: 0 }, 'ada@example.com'],
  ['auth0', 'auth0-import.json', {}, { users: 7, imported: 5, existing: 0, rejected: 2 }, 'scrypt@example.com'],
  [
    'firebase',
    'firebase-users.json',
    { hashConfig: firebaseConfig },
    { users: 4, imported: 3, existing: 0, rejected: 1 },
    'ada@example.com',
  ],
  ['keycloak', 'keycloak-realm.json', { createsMissing: true }, { users: 3, imported: 2, existing: 0, rejected: 1 }, 'ada'],
  ['supabase', 'supabase-users.csv', {}, { users: 5, imported: 4, existing: 0, rejected: 1 }, 'ada@example.com'],
  ['cognito', 'cognito-users.json', {}, { users: 2, imported: 2, existing: 0, rejected: 0 }, ''],
  ['descope', 'descope-batch.json', { createsMissing: true }, { users: 4, imported: 2, existing: 0, rejected: 2 }, 'grace'],
  ['csv', 'users.csv', { createsMissing: true }, { users: 3, imported: 3, existing: 0, rejected: 0 }, 'countess'],
]

for (const [from, file, options, expected, signsIn] of files) {
  onEveryDatabase(`import: ${file} comes in, old passwords sign in, and again changes nothing`, async (kit) => {
    const dry = await run(kit, from, fixture(file), { ...options, isDryRun: true })
    assert.deepEqual(figures(dry), expected)
    assert.equal(await kit.auth.deps.storage.accounts.count(kit.projectId), 0, 'a dry run writes nothing')
    const report = await run(kit, from, fixture(file), options)
    assert.deepEqual({ ...report, isDryRun: true }, dry, 'a dry run tells what will be')
    if (signsIn !== '') {
      const password = from === 'firebase' ? 'user1password' : 'correct horse battery 1'
      const answer = await kit.call('/v1/auth/password/signin', { body: { loginId: signsIn, password } })
      assert.equal(answer.status, 200, answer.text)
    }
    const { imported, existing, ...rest } = figures(await run(kit, from, fixture(file), options))
    assert.deepEqual({ imported, existing, ...rest }, { ...expected, imported: 0, existing: expected.imported })
    assert.deepEqual(await kit.mails(), [], 'nobody is told')
  })
}

onEveryDatabase('import: what a user was is what the user is', async (kit) => {
  const user = {
    ...{ loginId: 'Ada@Example.com', additionalLoginIds: ['+1 (555) 555-0101', 'ada'], userId: 'auth0|5f7c8ec7c33c6c004bbafe82' },
    ...{ status: 'disabled', email: 'Ada@Example.com', verifiedEmail: true, phone: '+1-555-555-0101', verifiedPhone: true },
    ...{ displayName: 'Ada 🐎', givenName: 'Ada', middleName: 'M', familyName: 'L', picture: 'https://example.com/a.png' },
    ...{ recoveryEmail: 'r@example.com', verifiedRecoveryEmail: true, recoveryPhone: '+15555550102', test: true },
    ...{ customAttributes: { plan: 'gold', tags: ['a', 'b'] }, createdTime: 1_600_000_000, modifiedTime: 1_600_000_001 },
    ...{ roleNames: ['editor'], userTenants: [{ tenantId: 'T1', tenantName: 'Acme', roleNames: ['editor', 'owner'] }] },
    hashedPassword: { md5: { hash: '3cb4e732631f47e6eb961f34554b7cde' } },
  }
  const report = await run(kit, 'descope', lines(user), { createsMissing: true })
  assert.deepEqual(figures(report), { users: 1, imported: 1, existing: 0, rejected: 0 })
  assert.deepEqual(report.added, { roles: 2, tenants: 1, permissions: 0, attributes: 0 })
  const account = await kit.auth.deps.storage.users.byLoginId(kit.projectId, 'ada@example.com')
  assert.deepEqual(account?.user, {
    ...{
      projectId: kit.projectId,
      id: 'auth0|5f7c8ec7c33c6c004bbafe82',
      status: 'disabled',
      email: 'Ada@example.com',
      isEmailVerified: true,
    },
    ...{ phone: '+15555550101', isPhoneVerified: true, name: 'Ada 🐎', givenName: 'Ada', middleName: 'M', familyName: 'L' },
    ...{ picture: 'https://example.com/a.png', recoveryEmail: 'r@example.com', isRecoveryEmailVerified: true },
    ...{ recoveryPhone: '+15555550102', isRecoveryPhoneVerified: false, isTest: true, isAnonymous: false },
    ...{ customAttributes: { plan: 'gold', tags: ['a', 'b'] }, createdAt: 1_600_000_000, modifiedAt: 1_600_000_001, lastSignInAt: 0 },
  })
  assert.deepEqual(
    account?.loginIds.map(({ canonical }) => canonical),
    ['ada@example.com', '+15555550101', 'ada'],
  )
  assert.deepEqual(
    account?.roles.map(({ tenantId, name }) => `${tenantId}:${name}`),
    [':editor', 'T1:editor', 'T1:owner'],
  )
  assert.deepEqual(await kit.auth.deps.storage.credentials.countImported(kit.projectId), [{ origin: 'md5', isForeign: true, count: 1 }])
})

const rejected: readonly (readonly [name: string, user: object, reason: RegExp])[] = [
  ['no login ID', {}, /there is no login ID/],
  ['a login ID that is no address', { loginId: 'a@b@c' }, /loginId field is not a valid e-mail address/],
  ['control characters', { loginId: 'a\u0007' }, /characters that are not allowed/],
  ['a broken address', { loginId: 'a', email: 'a b@c' }, /email: is not a valid/],
  ['a role that is not there', { loginId: 'a', roleNames: ['nope'] }, /a role is not there/],
  ['a tenant that is not there', { loginId: 'a', userTenants: [{ tenantId: 'nope' }] }, /a tenant is not there/],
  ['PW-11: a hash beyond the bounds', { loginId: 'a', hashedPassword: { bcrypt: { hash: `$2b$31$${'a'.repeat(53)}` } } }, /over 15/],
  ['a hash of no kind', { loginId: 'a', hashedPassword: { bcrypt: { hash: 'x' } } }, /malformed/],
  ['two kinds of hash', { loginId: 'a', hashedPassword: { md5: { hash: 'x' }, sha: { hash: 'x', type: 'sha256' } } }, /exactly one kind/],
  ['a plain password', { loginId: 'a', password: 'secret' }, /plain text/],
  ['a wrong type', { loginId: 'a', verifiedEmail: 'perhaps' }, /verifiedEmail: is neither true nor false/],
]

for (const [name, user, reason] of rejected) {
  onEveryDatabase(`import: refused with its line: ${name}`, async (kit) => {
    const told: unknown[] = []
    const content = lines({ loginId: 'first' }, user, { loginId: 'last' })
    const report = await run(kit, 'descope', content, { onRejects: (rejects) => void told.push(...rejects) })
    assert.deepEqual(figures(report), { users: 3, imported: 2, existing: 0, rejected: 1 })
    assert.equal(report.rejects[0]?.line, 2)
    assert.match(report.rejects[0]?.reasons.join() ?? '', reason)
    assert.deepEqual(told, report.rejects)
    assert.doesNotMatch(JSON.stringify(report.rejects[0]?.reasons), /aaaaaaaa|secret/, 'no value of the record')
  })
}

onEveryDatabase('import: a hash of no use keeps a user out, unless it is to be dropped', async (kit) => {
  const content = lines({ loginId: 'a', hashedPassword: { bcrypt: { hash: 'x' } } }, { loginId: 'b', password: 'plain' })
  const report = await run(kit, 'descope', content, { dropsBadHashes: true })
  assert.deepEqual([report.imported, report.hashes, report.notes.length], [2, { none: 2 }, 2])
})

onEveryDatabase('import: users whom no reset reaches are counted, as long as the settings keep resets from them', async (kit) => {
  const hashedPassword = { md5: { hash: '3cb4e732631f47e6eb961f34554b7cde' } }
  const proven = { loginId: 'a@example.com', verifiedEmail: true }
  const content = lines(proven, { loginId: 'b@example.com', hashedPassword }, { loginId: 'c@example.com' }, { loginId: 'd' })
  const { notes } = await run(kit, 'descope', content, { isDryRun: true })
  const found = notes.filter(({ text }) => /no proven e-mail address.*resetRequiresVerifiedEmail=false/.test(text))
  assert.deepEqual(
    found.map(({ count, firstLine }) => [count, firstLine]),
    [[1, 3]],
  )
  await kit.set({ password: { resetRequiresVerifiedEmail: false } })
  assert.deepEqual((await run(kit, 'descope', content)).notes, [])
})

onEveryDatabase('import: details that do not fit are left out and counted', async (kit) => {
  const user = { phone: '555-0101', displayName: 'x'.repeat(257), picture: 'a\u0000b', userId: 'not an ID' }
  const bad = { customAttributes: { constructor: 1, ok: 'yes', ['x'.repeat(61)]: 1 } }
  const report = await run(kit, 'descope', lines({ loginId: 'a', ...user, ...bad }, { loginId: 'b', phone: '1' }))
  assert.equal(report.imported, 2)
  assert.deepEqual(
    report.notes.map(({ text, count, firstLine }) => [text.split(/[:,]| was| cannot/)[0], count, firstLine]),
    [
      ['phone', 2, 1],
      ['name', 1, 1],
      ['picture', 1, 1],
      ['customAttributes', 1, 1],
      ['the user ID', 1, 1],
    ].toSorted(
      (a, b) =>
        report.notes.findIndex((note) => note.text.startsWith(String(a[0]))) -
        report.notes.findIndex((note) => note.text.startsWith(String(b[0]))),
    ),
  )
  const account = await kit.auth.deps.storage.users.byLoginId(kit.projectId, 'a')
  assert.deepEqual(account?.user.customAttributes, { ok: 'yes' })
  assert.match(account?.user.id ?? '', /^U\w{27}$/)
})

onEveryDatabase('import: twice in one file is refused the second time, wherever it stands', async (kit) => {
  const many = Array.from({ length: 1200 }, (_, index) => ({ loginId: `user${index}@example.com` }))
  const again = [{ loginId: 'User7@EXAMPLE.com' }, { loginId: 'x', userId: 'same' }, { loginId: 'y', userId: 'same' }]
  for (const isDryRun of [true, false]) {
    const report = await run(kit, 'descope', lines(...many, ...again, { loginId: 'user8@example.com' }), { isDryRun })
    assert.deepEqual(figures(report), { users: 1204, imported: 1201, existing: 0, rejected: 3 })
    assert.deepEqual(
      report.rejects.map(({ line }) => line),
      [1201, 1203, 1204],
    )
  }
})

onEveryDatabase('import: an ID of somebody else is refused, and whoever is here is left alone', async (kit) => {
  const { user } = await kit.signUp('here@example.com')
  const content = lines(
    { loginId: 'other', userId: user.userId },
    { loginId: 'here@example.com', displayName: 'Changed', status: 'disabled' },
  )
  for (const isDryRun of [true, false]) {
    const report = await run(kit, 'descope', content, { isDryRun })
    assert.deepEqual(figures(report), { users: 2, imported: 0, existing: 1, rejected: 1 })
    assert.match(report.rejects[0]?.reasons[0] ?? '', /belongs to somebody else/)
  }
  const account = await kit.auth.deps.storage.users.byLoginId(kit.projectId, 'here@example.com')
  assert.deepEqual([account?.user.name, account?.user.status], ['', 'enabled'])
})

onEveryDatabase('import: who is here is found in whichever batch, also after batches without anybody', async (kit) => {
  const { user } = await kit.signUp('here@example.com')
  const news = Array.from({ length: 8 }, (_, index) => ({ loginId: `user${index}@example.com`, userId: `U-${index}` }))
  const content = lines(
    ...news.slice(0, 5),
    ...[{ loginId: 'here@example.com' }, { loginId: 'other', userId: user.userId }],
    ...news.slice(5),
    ...[
      { loginId: 'here@example.com', userId: 'U-late' },
      { loginId: 'U3@example.com', userId: 'U-8' },
    ],
  )
  const expected = await run(kit, 'descope', content, { isDryRun: true })
  // What is wrong with a record is found before who is here, of which there may be some records in between.
  const inOrder = (report: ImportReport) => ({ ...report, rejects: report.rejects.toSorted((a, b) => a.line - b.line) })
  assert.deepEqual(figures(expected), { users: 12, imported: 9, existing: 1, rejected: 2 })
  for (const recordsPerBatch of [1, 2, 3]) {
    const report = await run(kit, 'descope', content, { recordsPerBatch })
    assert.deepEqual(inOrder({ ...report, isDryRun: true }), inOrder(expected), `${recordsPerBatch}`)
    for (const { loginId } of news) {
      const account = await kit.auth.deps.storage.users.byLoginId(kit.projectId, loginId)
      await kit.auth.deps.storage.users.delete(kit.projectId, account?.user.id ?? '')
    }
    await kit.auth.deps.storage.users.delete(kit.projectId, 'U-8')
    assert.equal(await kit.auth.deps.storage.accounts.count(kit.projectId), 1)
  }
})

onEveryDatabase('import: default roles come to those who are given none', async (kit) => {
  const { storage } = kit.auth.deps
  const facts = { projectId: kit.projectId, tenantId: '', description: '', permissionNames: [], isPrivate: false, createdAt: 1 }
  await storage.roles.insert({ ...facts, id: 'R1', name: 'everybody', isDefault: true })
  await storage.roles.insert({ ...facts, id: 'R2', name: 'some', isDefault: false })
  kit.auth.deps.projects.forget(kit.projectId)
  await run(kit, 'descope', lines({ loginId: 'a' }, { loginId: 'b', roleNames: ['some'] }))
  const roles = async (loginId: string) => (await storage.users.byLoginId(kit.projectId, loginId))?.roles.map(({ name }) => name)
  assert.deepEqual([await roles('a'), await roles('b')], [['everybody'], ['some']])
})

/** Fails after some records, as a process does that is killed: what was committed stays. */
async function* breakingOff(content: string, afterLines: number): SourceBytes {
  const all = content.split(/(?<=\n)/)
  for (const line of all.slice(0, afterLines)) yield Buffer.from(line)
  throw new Error('killed')
}

onEveryDatabase('import: one that was broken off goes on where it stopped, with the same figures in the end', async (kit) => {
  const users = Array.from({ length: 2200 }, (_, index) =>
    index % 100 === 50 ? { loginId: 'a@b@c' } : { loginId: `user${index}@example.com` },
  )
  await kit.signUp('user1@example.com')
  await kit.signUp('user2100@example.com')
  const content = lines(...users)
  const options = { fingerprint: 'file-1', recordsPerBatch: 1000 }
  await assert.rejects(run(kit, 'descope', '', { ...options, source: breakingOff(content, 1700) } as Options), /killed/)
  const half = await kit.auth.deps.storage.accounts.count(kit.projectId)
  assert.ok(half > 900 && half < 1700, `${half}`)
  const seen: number[] = []
  const report = await run(kit, 'descope', content, { ...options, onImported: (accounts) => void seen.push(accounts.length) })
  assert.equal(report.resumedAfter, 1000)
  assert.deepEqual(figures(report), { users: 2200, imported: 2176, existing: 2, rejected: 22 })
  assert.ok(seen.reduce((sum, count) => sum + count, 0) < 1200, 'only the rest was written')
  assert.equal(report.rejects.length, 22)
  assert.equal(await kit.auth.deps.storage.accounts.count(kit.projectId), 2178)
  const again = await run(kit, 'descope', content, options)
  assert.deepEqual([again.resumedAfter, figures(again)], [0, { users: 2200, imported: 0, existing: 2178, rejected: 22 }])
})

onEveryDatabase('import: the audit trail has a line for each batch', async (kit) => {
  const users = Array.from({ length: 2300 }, (_, index) => ({ loginId: `user${index}` }))
  await run(kit, 'descope', lines(...users))
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { types: ['transfer.import'], limit: 10 })
  assert.deepEqual(events.map(({ data }) => data.imported).sort(), [2000, 300])
})

onEveryDatabase('import: what cannot be begun says why', async (kit) => {
  await assert.rejects(run(kit, 'nothing', ''), /Users come from postern, descope, auth0/)
  await assert.rejects(run(kit, 'firebase', fixture('firebase-users.json')), /hash parameters of the Firebase project are needed/)
  await assert.rejects(run(kit, 'postern', lines({ loginId: 'a' })), /Line 1: the first line is not the header/)
  await assert.rejects(run(kit, 'postern', ''), /Line 1/)
  await assert.rejects(run(kit, 'postern', lines({ kind: 'header', version: 2 })), /it is of version 2/)
  await assert.rejects(run(kit, 'csv', 'loginId,plan\na,b\n'), /Line 1: plan: there is no such column; an attribute is customAttributes/)
  await assert.rejects(run(kit, 'csv', 'loginId;email\na;b\n'), /Line 1: .*commas are needed/)
  await assert.rejects(run(kit, 'descope', '[{"loginId":"a"}'), /the file ends in the middle/)
  assert.equal(await kit.auth.deps.storage.accounts.count(kit.projectId), 0)
})

onEveryDatabase('import: a file of another system is refused as a whole, with the name of that system', async (kit) => {
  const others = [
    ['keycloak', 'keycloak-realm.json'],
    ['firebase', 'firebase-users.json'],
    ['auth0', 'auth0-users.ndjson'],
    ['supabase', 'supabase-users.jsonl'],
    ['descope', 'descope-users.json'],
    ['postern', 'postern-users.jsonl'],
  ] as const
  for (const [other, file] of others) {
    const from = other === 'auth0' ? 'keycloak' : 'auth0'
    await assert.rejects(run(kit, from, fixture(file)), new RegExp(`this is a record of ${other}, not of ${from}; try --from ${other}`))
  }
  await assert.rejects(run(kit, 'cognito', fixture('supabase-users.csv')), /this is a record of supabase/)
  await assert.rejects(run(kit, 'supabase', fixture('cognito-users.csv')), /this is a record of cognito/)
  await assert.rejects(run(kit, 'descope', `nonsense\n${lines({ localId: 'a' })}`), /Line 2: this is a record of firebase/)
  assert.equal(await kit.auth.deps.storage.accounts.count(kit.projectId), 0)
})

test('text set: remembers every text, over many growths', () => {
  const set = createTextSet()
  for (let index = 0; index < 50_000; index++) assert.equal(set.add(`login:user${index}@example.com`), true)
  for (let index = 0; index < 50_000; index += 7) assert.equal(set.add(`login:user${index}@example.com`), false)
  assert.equal(set.add(''), true)
  assert.equal(set.add(''), false)
})
