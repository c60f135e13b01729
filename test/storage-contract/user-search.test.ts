import assert from 'node:assert/strict'
import type { Storage, TenantRecord, UserFilter, UserQuery, UserStatus, UserWithLoginIds } from '../../src/core/storage.ts'
import { userSortFields } from '../../src/core/user-query.ts'
import { type Choices, seededChoices } from '../security/seeded.ts'
import { naiveSearch } from './naive-search.ts'
import { contract, credential, loginId, now, role, tenant, user } from './records.ts'

const everybody: UserQuery = { filter: { testUsers: 'too' }, sort: [], limit: 200, offset: 0 }

const search = async (storage: Storage, projectId: string, query: Partial<UserQuery>) => {
  const { items, total } = await storage.users.search(projectId, { ...everybody, ...query })
  return { ids: items.map((account) => account.user.id), total }
}

/** Texts that databases fold, order or escape in different ways. */
const names = [
  '',
  'Ada',
  'ada',
  'ADA Lovelace',
  'Zoë',
  'zoe',
  'Émile',
  'émile',
  '%da',
  '_da',
  'a\\b',
  "O'Hara",
  '𝒜da',
  'Ａda',
  'K',
  '\u212a',
]
const attributeValues = [
  'pro',
  'free',
  '1',
  1,
  1.5,
  0,
  true,
  false,
  'true',
  ['pro', 1],
  ['a', true],
  [],
  {},
  { plan: 'pro' },
  '"plan":"pro"',
  'ü%',
]
const statuses: readonly UserStatus[] = ['enabled', 'disabled', 'invited']
const kinds = ['password', 'totp', 'webauthn']
const tenantIds = ['T0', 'T1', 'T2', 'T3', 'T4', 'T-none']
const roleNames = ['admin', 'member', "o'role", 'local', 'none']
const roleIds = new Map([
  ['R0', 'admin'],
  ['R1', 'member'],
  ['R2', "o'role"],
  ['R3', 'local'],
])

interface Crowd {
  readonly accounts: readonly UserWithLoginIds[]
  readonly tenants: readonly TenantRecord[]
}

const some = <T>(choices: Choices, list: readonly T[], most: number) => [
  ...new Set(Array.from({ length: choices.below(most + 1) }, () => choices.pick(list))),
]

async function makeCrowd(storage: Storage, projectId: string, size: number): Promise<Crowd> {
  const choices = seededChoices(20_261_125)
  const parents = ['', 'T0', 'T1', '', 'T3']
  const tenants = parents.map((parentId, index) => tenant(projectId, `T${index}`, { parentId }))
  await storage.transaction(async (tx) => {
    for (const one of tenants) await tx.tenants.insert(one)
    for (const [id, name] of roleIds) await tx.roles.insert(role(projectId, id, { name, tenantId: name === 'local' ? 'T2' : '' }))
  })
  // In parts, each of which ends in time on a busy machine too.
  for (let first = 0; first < size; first += 25) {
    const end = Math.min(first + 25, size)
    await storage.transaction(async (tx) => {
      for (let index = first; index < end; index++) await makeMember(tx, projectId, choices, index)
    })
  }
  const ids = Array.from({ length: size }, (_, index) => idOf(index))
  return { accounts: await storage.users.byIds(projectId, ids), tenants }
}

const idOf = (index: number) => `U${String((index * 7919) % 100_003).padStart(6, '0')}`

async function makeMember(tx: Storage, projectId: string, choices: Choices, index: number): Promise<void> {
  const id = idOf(index)
  const email = choices.below(3) === 0 ? '' : `${choices.pick(['Ada', 'ada', 'zoe', 'x_y'])}${index % 40}@example.com`
  const attributes = some(choices, attributeValues, 3).map((value, position) => [['plan', 'level', 'na"me'][position], value])
  const account = user(projectId, id, {
    status: choices.pick(statuses),
    email,
    isEmailVerified: choices.below(2) === 0,
    phone: choices.below(3) === 0 ? `+1555${index % 50}000000` : '',
    isPhoneVerified: choices.below(2) === 0,
    name: choices.pick(names),
    givenName: choices.pick(names),
    middleName: choices.pick(names),
    familyName: choices.pick(names),
    isTest: choices.below(5) === 0,
    isAnonymous: choices.below(20) === 0,
    customAttributes: Object.fromEntries(attributes),
    createdAt: now + choices.below(30),
    modifiedAt: now + choices.below(30),
  })
  assert.ok(await tx.users.insert(account, [loginId(`login-${index}`), ...(choices.below(2) === 0 ? [loginId(`ada${index}`)] : [])]))
  for (const kind of some(choices, kinds, 2)) await tx.credentials.insert(credential(projectId, id, { kind }))
  for (const tenantId of some(choices, tenantIds.slice(0, 5), 2)) {
    await tx.grants.join(projectId, id, tenantId)
    const roles = some(choices, tenantId === 'T2' ? [...roleIds.keys()] : ['R0', 'R1', 'R2'], 2)
    await tx.grants.give(
      projectId,
      id,
      roles.map((roleId) => ({ tenantId, roleId })),
    )
  }
  const ofProject = some(choices, ['R0', 'R1', 'R2'], 2)
  await tx.grants.give(
    projectId,
    id,
    ofProject.map((roleId) => ({ tenantId: '', roleId })),
  )
}

const span = (choices: Choices) => ({
  ...(choices.below(3) > 0 ? { from: now + choices.below(30) } : {}),
  ...(choices.below(3) > 0 ? { to: now + choices.below(30) } : {}),
})

const tenantRoles = (choices: Choices, roles: readonly string[]) =>
  some(choices, tenantIds, 2).map((tenantId) => ({ tenantId, roles: some(choices, roles, 2), isEvery: choices.below(2) === 0 }))

const prefix = (choices: Choices) => {
  const text = choices.pick(['ada', 'Ada', 'zo', 'É', 'é', '%', '_', 'a\\', 'login-1', 'ada1', '+1555', 'x_', "o'", 'o', '𝒜', idOf(3)])
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return { userId: text, loginId: text.toLowerCase(), phone: text, lower }
}

/** Filters, each given in a third of the queries or so. */
const filters: Readonly<Record<string, (choices: Choices, crowd: Crowd) => Partial<UserFilter>>> = {
  userIds: (choices) => ({ userIds: some(choices, [idOf(0), idOf(1), idOf(2), idOf(50), 'U-none'], 4) }),
  loginIds: (choices) => ({ loginIds: some(choices, ['login-0', 'login-1', 'ada1', 'ada2', 'none', 'LOGIN-0'], 4) }),
  emails: (choices) => ({ emails: some(choices, ['ada1@example.com', 'zoe2@example.com', 'x_y3@example.com', ''], 3) }),
  phones: (choices) => ({ phones: some(choices, ['+15551000000', '+15552000000', '', 'x'], 3) }),
  statuses: (choices) => ({ statuses: some(choices, statuses, 2) }),
  tenantIds: (choices) => ({ tenantIds: some(choices, tenantIds, 2), withSubTenants: choices.below(2) === 0 }),
  reach: (choices) => ({ reach: some(choices, tenantIds, 3) }),
  roleNames: (choices) => ({ roleNames: some(choices, roleNames, 2) }),
  roleIds: (choices) => ({ roleIds: some(choices, [...roleIds.keys()], 2) }),
  tenantRoleNames: (choices) => ({ tenantRoleNames: tenantRoles(choices, roleNames) }),
  tenantRoleIds: (choices) => ({ tenantRoleIds: tenantRoles(choices, [...roleIds.keys(), 'R-none']) }),
  attributes: (choices) => {
    const values = attributeValues.filter((value) => typeof value !== 'object') as readonly (string | number | boolean)[]
    const one = (name: string) => ({ name, values: some(choices, values, 2) })
    return { attributes: some(choices, ['plan', 'level', 'na"me', 'none'], 2).map(one) }
  },
  text: (choices) => ({ text: prefix(choices) }),
  isEmailVerified: (choices) => ({ isEmailVerified: choices.below(2) === 0 }),
  isPhoneVerified: (choices) => ({ isPhoneVerified: choices.below(2) === 0 }),
  credentials: (choices) => ({ credentials: some(choices, kinds, 2).map((kind) => ({ kind, isThere: choices.below(2) === 0 })) }),
  createdAt: (choices) => ({ createdAt: span(choices) }),
  modifiedAt: (choices) => ({ modifiedAt: span(choices) }),
}

function randomQuery(choices: Choices, crowd: Crowd): UserQuery {
  const chosen = some(choices, Object.values(filters), 3).map((make) => make(choices, crowd))
  const testUsers = choices.pick(['none', 'too', 'only'] as const)
  return {
    filter: Object.assign({ testUsers }, ...chosen),
    sort: some(choices, userSortFields, 2).map((field) => ({ field, isDescending: choices.below(2) === 0 })),
    limit: choices.pick([1, 7, 200]),
    offset: choices.pick([0, 0, 5, 40]),
  }
}

contract('IN-01: a search finds whom a naive filter finds, in its order, with its total', async ({ storage, here, there }) => {
  const crowd = await makeCrowd(storage, here, 250)
  await storage.users.insert(user(there, idOf(0), { name: 'Ada' }), [loginId('login-0')])
  assert.equal(crowd.accounts.length, 250)
  const choices = seededChoices(7)
  let found = 0
  for (let round = 0; round < 300; round++) {
    const query = randomQuery(choices, crowd)
    const expected = naiveSearch(crowd.accounts, crowd.tenants, roleIds, query)
    assert.deepEqual(await search(storage, here, query), expected, JSON.stringify(query))
    if (expected.total > 0) found++
  }
  assert.ok(found > 75, `enough of the queries find somebody: ${found}`)
  // Each filter by itself, so that none is only ever seen beside another that finds nobody.
  for (const make of Object.values(filters)) {
    for (let round = 0; round < 10; round++) {
      const query = { ...everybody, filter: { testUsers: 'too' as const, ...make(choices, crowd) } }
      assert.deepEqual(
        await search(storage, here, query),
        naiveSearch(crowd.accounts, crowd.tenants, roleIds, query),
        JSON.stringify(query),
      )
    }
  }
})

contract('a search answers accounts whole', async ({ storage, here }) => {
  const crowd = await makeCrowd(storage, here, 5)
  const { items } = await storage.users.search(here, everybody)
  const shown = crowd.accounts.filter((account) => !account.user.isAnonymous)
  assert.deepEqual(
    items.toSorted((a, b) => (a.user.id < b.user.id ? -1 : 1)),
    shown.toSorted((a, b) => (a.user.id < b.user.id ? -1 : 1)),
  )
})

contract('a search sees what was written before it, and in a transaction what that has written', async ({ storage, here }) => {
  await storage.users.insert(user(here, 'U1'), [loginId('one')])
  assert.equal((await search(storage, here, {})).total, 1)
  const undone = new Error('undone')
  const written = storage.transaction(async (tx) => {
    await tx.users.insert(user(here, 'U2'), [loginId('two')])
    assert.deepEqual((await search(tx, here, {})).ids, ['U1', 'U2'])
    throw undone
  })
  await assert.rejects(written, undone)
  assert.deepEqual(await search(storage, here, {}), { ids: ['U1'], total: 1 })
})

contract('a page far into many users is the same from both ends', async ({ storage, here }) => {
  const count = 20_500
  const idOf = (index: number) => `U${String(index).padStart(5, '0')}`
  for (let first = 0; first < count; first += 500) {
    const accounts = Array.from({ length: 500 }, (_, index) => ({
      user: user(here, idOf(first + index), { createdAt: now + Math.floor((first + index) / 3) }),
      loginIds: [loginId(`many-${first + index}`)],
      ...{ credentials: [], tenantIds: [], assignments: [] },
    }))
    await storage.transaction((tx) => tx.accounts.insertMany(accounts))
  }
  const filter = { testUsers: 'none' } as const
  for (const [offset, limit] of [
    [10_001, 2],
    [10_240, 50],
    [20_300, 200],
    [20_499, 3],
    [20_500, 3],
    [30_000, 3],
  ] as const) {
    const indexes = Array.from({ length: Math.max(0, Math.min(limit, count - offset)) }, (_, index) => offset + index)
    for (const field of ['createdAt', 'id'] as const) {
      const up = await search(storage, here, { filter, sort: [{ field, isDescending: false }], limit, offset })
      assert.deepEqual(up, { ids: indexes.map(idOf), total: count })
      const down = await search(storage, here, { filter, sort: [{ field, isDescending: true }], limit, offset })
      assert.deepEqual(down, { ids: indexes.map((index) => idOf(count - 1 - index)), total: count })
    }
  }
})

contract('a text that very many begin with finds all of them', async ({ storage, here }) => {
  for (let first = 0; first < 5_100; first += 300) {
    await storage.transaction(async (tx) => {
      for (let index = first; index < first + 300; index++) {
        const id = `U${String(index).padStart(5, '0')}`
        await tx.users.insert(user(here, id), [loginId(`same-${index}`)])
      }
    })
  }
  const text = { userId: 'same', loginId: 'same', phone: 'same', lower: 'same' }
  const found = await search(storage, here, { filter: { testUsers: 'none', text }, limit: 3, offset: 5_000 })
  assert.deepEqual(found, { ids: ['U05000', 'U05001', 'U05002'], total: 5_100 })
})

contract('IN-01: what is looked for is never SQL', async ({ storage, here }) => {
  await storage.users.insert(user(here, 'U1', { name: 'Ada' }), [loginId('ada')])
  for (const evil of [
    "' or '1'='1",
    "'; drop table users; --",
    '%',
    '_',
    '\\',
    '!',
    '"',
    '$.x',
    '{}',
    '\u{10ffff}',
    "') union select 1 --",
  ]) {
    const text = { userId: evil, loginId: evil, phone: evil, lower: evil }
    for (const filter of [
      { text },
      { userIds: [evil] },
      { loginIds: [evil] },
      { emails: [evil] },
      { tenantIds: [evil], withSubTenants: true },
      { roleNames: [evil] },
      { tenantRoleNames: [{ tenantId: evil, roles: [evil], isEvery: true }] },
      { attributes: [{ name: evil, values: [evil] }] },
      { credentials: [{ kind: evil, isThere: true }] },
    ] satisfies Partial<UserFilter>[]) {
      assert.deepEqual(
        await search(storage, here, { filter: { testUsers: 'too', ...filter } }),
        { ids: [], total: 0 },
        JSON.stringify(filter),
      )
    }
  }
  assert.equal((await search(storage, here, {})).total, 1)
})
