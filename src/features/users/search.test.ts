import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { call, create, done, makeKey, makeRole, makeTenant, refused } from './test-world.ts'

/** Names of the users that a search finds, in its order. The users are called by what comes before the `@`. */
async function found(kit: Kit, body: object, path = '/v2/mgmt/user/search', key = kit.managementKey): Promise<readonly string[]> {
  const answer = await done(kit, path, body, { key })
  assert.equal(answer.total, answer.users.length, 'all on one page')
  return answer.users.map((user: Json) => user.loginIds[0].split('@')[0])
}

/** Four users, a minute apart: ada (verified, admin, in the tenant), bob (disabled), cy (a test user) and dee (with a password). */
async function makeUsers(kit: Kit): Promise<{ readonly tenantId: string; readonly below: string; readonly ids: readonly string[] }> {
  const tenantId = await makeTenant(kit, 'Acme')
  const below = await makeTenant(kit, 'Below', { parentId: tenantId })
  await makeRole(kit, 'admin')
  await makeRole(kit, 'local', { tenantId })
  const given = [
    {
      ...{ loginId: 'ada@example.com', displayName: 'Zed Ada', familyName: 'Lovelace', verifiedEmail: true, roleNames: ['admin'] },
      ...{ userTenants: [{ tenantId, roleNames: ['local', 'admin'] }], customAttributes: { plan: 'pro', seats: 5, tags: ['a', 'b'] } },
    },
    { loginId: 'bob@example.com', phone: '+15551234567', status: 'disabled', userTenants: [{ tenantId: below, roleNames: ['admin'] }] },
    { loginId: 'cy@example.com', test: true, customAttributes: { plan: 'pro' } },
    { loginId: 'dee@example.com', status: 'enabled', password: goodPassword, verifiedEmail: false, customAttributes: { plan: 'free' } },
  ]
  const ids: string[] = []
  for (const body of given) {
    ids.push((await create(kit, body)).userId)
    kit.clock.advance(60)
  }
  return { tenantId, below, ids }
}

onEveryDatabase('search: every filter of the contract, one by one', async (kit) => {
  const start = kit.clock.nowMilliseconds()
  const { tenantId, below, ids } = await makeUsers(kit)
  const cases: readonly (readonly [body: object, expected: readonly string[]])[] = [
    [{}, ['ada', 'bob', 'dee']],
    [
      { loginIds: [], tenantIds: [], roleNames: [], statuses: [], emails: null, text: '', fromCreatedTime: 0, limit: 0 },
      ['ada', 'bob', 'dee'],
    ],
    [{ loginIds: [' ADA@example.COM', 'nobody'] }, ['ada']],
    [{ loginId: 'dee@example.com', loginIds: ['ada@example.com'] }, ['ada', 'dee']],
    [{ identifier: 'dee@example.com' }, ['dee']],
    [{ userIds: [ids[1], ids[2], 'U-none'] }, ['bob']],
    [{ userIds: [ids[1], ids[2]], withTestUser: true }, ['bob', 'cy']],
    [{ testUsersOnly: true }, ['cy']],
    [{ emails: ['ADA@example.com'] }, ['ada']],
    [{ phones: ['+1 (555) 123-4567'] }, ['bob']],
    [{ statuses: ['disabled', 'invited'] }, ['ada', 'bob']],
    [{ statuses: ['expired'] }, []],
    [{ tenantIds: [tenantId, 'T-none'] }, ['ada']],
    [{ tenantIds: [tenantId], includeSubTenants: true }, ['ada', 'bob']],
    [{ roleNames: ['admin', 'none'] }, ['ada']],
    [{ tenantRoleNames: { [tenantId]: { values: ['admin', 'local'], and: true } } }, ['ada']],
    [{ tenantRoleNames: { [below]: { values: ['admin', 'local'], and: true } } }, []],
    [{ tenantRoleNames: { [below]: { values: ['admin', 'local'] }, [tenantId]: { values: ['none'] } } }, ['bob']],
    [{ tenantRoleIds: { [tenantId]: { values: ['R-none'] } } }, []],
    [{ ssoAppIds: ['app'] }, []],
    [{ ssoOnly: true }, []],
    [{ scimOnly: true }, []],
    [{ scim: false, ssoOnly: false, ssoAppIds: [] }, ['ada', 'bob', 'dee']],
    [{ customAttributes: { plan: 'pro' } }, ['ada']],
    [{ customAttributes: { plan: ['free', 'pro'] } }, ['ada', 'dee']],
    [{ customAttributes: { plan: ['free', 'pro'], seats: 5, tags: 'b' } }, ['ada']],
    [{ customAttributes: { seats: '5' } }, []],
    [{ customAttributes: [] }, ['ada', 'bob', 'dee']],
    [{ text: 'ZED' }, ['ada']],
    [{ text: 'love' }, ['ada']],
    [{ text: 'ovelace' }, []],
    [{ text: 'bob@ex' }, ['bob']],
    [{ text: '+1 555-12' }, ['bob']],
    [{ text: ids[3] }, ['dee']],
    [{ verifiedEmail: true }, ['ada', 'bob']],
    [{ verifiedPhone: false, verifiedEmail: 'false' }, ['dee']],
    [{ password: true }, ['dee']],
    [{ password: false }, ['ada', 'bob']],
    [{ totp: true }, []],
    [{ webauthn: false }, ['ada', 'bob', 'dee']],
    [{ fromCreatedTime: start + 1000, toCreatedTime: String(start + 60_000) }, ['bob']],
    [{ fromModifiedTime: String(start + 61_000), toModifiedTime: -62_135_596_800_000 }, ['dee']],
    [{ sort: [{ field: 'createdTime', desc: true }] }, ['dee', 'bob', 'ada']],
    [{ sort: [{ field: 'displayName', desc: 'true' }, { field: 'email' }] }, ['ada', 'bob', 'dee']],
    [{ selectedColumns: ['email'], unknownMember: 1 }, ['ada', 'bob', 'dee']],
  ]
  for (const [body, expected] of cases) assert.deepEqual(await found(kit, body), expected, JSON.stringify(body))
  assert.deepEqual(await found(kit, {}, '/v1/mgmt/user/search'), ['ada', 'bob', 'dee'])
  assert.deepEqual(await found(kit, { customAttributes: { plan: 'pro' } }, '/v2/mgmt/user/search/test'), ['cy'])
  assert.deepEqual(await found(kit, { testUsersOnly: false }, '/v2/mgmt/user/search/test'), ['cy'])
})

onEveryDatabase('search: pages, their total, and users whole', async (kit) => {
  const { ids } = await makeUsers(kit)
  const first = await done(kit, '/v2/mgmt/user/search', { limit: 2 })
  assert.deepEqual([first.users.map((user: Json) => user.userId), first.total], [[ids[0], ids[1]], 3])
  assert.deepEqual(first.users[0], await done(kit, '?loginId=ada@example.com'))
  for (const body of [
    { limit: 2, page: 1 },
    { limit: 1, offset: 2 },
    { limit: 1, page: 1, offset: 2 },
    { limit: 2, page: 1, offset: 0 },
  ]) {
    const { users, total } = await done(kit, '/v2/mgmt/user/search', body)
    assert.deepEqual([users.map((user: Json) => user.userId), total], [[ids[3]], 3], JSON.stringify(body))
  }
  assert.deepEqual(await done(kit, '/v2/mgmt/user/search', { page: 9 }), { users: [], total: 3 })
})

onEveryDatabase('MG-07: pages and lists are bounded, unknown orders are refused', async (kit) => {
  const bodies: readonly object[] = [
    { limit: 201 },
    { limit: -1 },
    { limit: 1e9 },
    { limit: '100' },
    { page: -1 },
    { page: 1e9 },
    { offset: 1_000_001 },
    { offset: 10_001, sort: [{ field: 'email' }] },
    { sort: [{ field: 'password' }] },
    { sort: [{ field: 'created_at; drop table users' }] },
    { sort: [{ field: '__proto__' }] },
    { sort: [{ field: '' }] },
    { sort: Array.from({ length: 6 }, () => ({ field: 'email' })) },
    { userIds: Array.from({ length: 1001 }, () => 'U') },
    { customAttributes: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`a${index}`, 1])) },
    { customAttributes: { plan: { a: 1 } } },
    { text: 'a\u0000' },
    { fromCreatedTime: 'yesterday' },
    [],
  ]
  for (const body of bodies) await refused(kit, [400, 'E011003'], '/v2/mgmt/user/search', body)
  await done(kit, '/v2/mgmt/user/search', { offset: 1_000_000, sort: [{ field: 'modifiedTime', desc: true }] })
})

onEveryDatabase('MG-05: a key for some tenants finds users of these, and learns nothing about others', async (kit) => {
  const { tenantId, below } = await makeUsers(kit)
  const key = await makeKey(kit, { tenantIds: [below] })
  const path = '/v2/mgmt/user/search'
  await done(kit, '/v1/mgmt/user/update/tenant/add', { loginId: 'bob@example.com', tenantId })
  assert.deepEqual(await found(kit, {}, path, key), ['bob'])
  assert.deepEqual(await found(kit, { loginIds: ['ada@example.com', 'bob@example.com'] }, path, key), ['bob'])
  assert.deepEqual(await found(kit, { tenantIds: [tenantId] }, path, key), [], 'he is in there too, but that is not theirs to know')
  assert.deepEqual(await found(kit, { tenantIds: [tenantId], includeSubTenants: true }, path, key), ['bob'])
  assert.deepEqual(await found(kit, { tenantRoleNames: { [tenantId]: { values: ['admin'] } } }, path, key), [])
  const { users } = await done(kit, path, {}, { key })
  assert.deepEqual(
    users[0].userTenants.map((one: Json) => one.tenantId),
    [below],
  )
})

onEveryDatabase('history: sign-ins of several users, bare arrays both ways', async (kit) => {
  const ada = await kit.signUp('ada@example.com')
  const bob = await kit.signUp('bob@example.com')
  const path = '/v1/mgmt/user/history'
  const history = await done(kit, path, [bob.user.userId, ada.user.userId, 'U-none', bob.user.userId])
  const loginTime = kit.clock.nowSeconds()
  const entry = { loginTime, city: '', country: '', ip: '127.0.0.1', selectedTenant: '' }
  assert.deepEqual(history, [
    { ...entry, userId: bob.user.userId },
    { ...entry, userId: ada.user.userId },
  ])
  assert.deepEqual((await kit.call('/v1/auth/me/history', { token: ada.refreshJwt })).body, [history[1]])
  assert.deepEqual(await done(kit, path, []), [])
  const tenantId = await makeTenant(kit, 'Acme')
  await done(kit, '/v1/mgmt/user/update/tenant/add', { loginId: 'ada@example.com', tenantId })
  const key = await makeKey(kit, { tenantIds: [tenantId] })
  assert.deepEqual(await done(kit, path, [bob.user.userId, ada.user.userId], { key }), [history[1]])
  kit.clock.advance(1)
  await kit.call('/v1/auth/password/signin', { body: { loginId: 'ada@example.com', password: goodPassword } })
  assert.equal((await done(kit, path, [ada.user.userId]))[0].selectedTenant, tenantId)
  for (const body of [{}, { userIds: [] }, [1], ['a\u0000'], Array.from({ length: 101 }, () => 'U')]) {
    await refused(kit, [400, 'E011003'], path, body)
  }
  const { errorMessage } = (await call(kit, path, {})).body
  assert.equal(errorMessage, 'The request must be an array')
})
