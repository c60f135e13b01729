import assert from 'node:assert/strict'
import { goodPassword, onEveryDatabase, refused, type Sdk, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

const managementOf = ({ newSdk, managementKey }: Target): Sdk['management'] => newSdk({ managementKey }).management

/** Login IDs of what was found, in its order. */
const named = (users: readonly { readonly loginIds: readonly string[] }[]) => users.map(({ loginIds }) => loginIds[0])

check('management.user.search: every filter that the SDK knows', async (target) => {
  const { user: users, tenant: tenants, role: roles } = managementOf(target)
  const { id: tenantId } = succeeded(await tenants.create('Search'))
  succeeded(await roles.create('search role'))
  const from = Date.now() - 1000
  const custom = { tier: 'gold', seats: 5, active: true, tags: ['a', 'b'] }
  const ada = succeeded(
    await users.create('search-ada@example.com', {
      ...{ displayName: 'Searched Ada', phone: '+15550002222', roles: ['search role'], customAttributes: custom, verifiedPhone: true },
      userTenants: [{ tenantId, roleNames: ['search role'] }],
    }),
  )
  succeeded(await users.create('search-bob@example.com', { verifiedEmail: false }))
  succeeded(await users.deactivate('search-bob@example.com'))
  succeeded(await users.createTestUser('search-test'))
  const mine = { text: 'search', fromCreatedTime: from }
  const find = async (options: Parameters<typeof users.search>[0]) => {
    const { users: found, total } = succeeded(await users.search({ ...mine, ...options }))
    assert.equal(total, found.length)
    // Who was made in the same second is in no particular order.
    return options.sort ? named(found) : named(found).toSorted((a = '', b = '') => (a < b ? -1 : 1))
  }
  const [both, first, second] = [
    ['search-ada@example.com', 'search-bob@example.com'],
    ['search-ada@example.com'],
    ['search-bob@example.com'],
  ]
  assert.deepEqual(await find({}), both)
  assert.deepEqual(await find({ sort: [{ field: 'email', desc: true }] }), both.toReversed())
  assert.deepEqual(await find({ withTestUser: true }), [...both, 'search-test'])
  assert.deepEqual(await find({ withTestUser: true, testUsersOnly: true }), ['search-test'])
  for (const options of [
    { loginIds: ['SEARCH-ada@example.com', 'nobody'] },
    { userIds: [ada.userId] },
    { emails: ['search-ada@example.com'] },
    { phones: ['+15550002222'] },
    { roles: ['search role'] },
    { tenantIds: [tenantId] },
    { tenantRoleNames: { [tenantId]: { values: ['search role'], and: true } } },
    { customAttributes: custom },
    { customAttributes: { tier: ['silver', 'gold'] } },
    { statuses: ['invited' as const] },
    { verifiedEmail: true },
    { verifiedPhone: true },
    { text: 'SEARCHED' },
  ]) {
    assert.deepEqual(await find(options), first, JSON.stringify(options))
  }
  assert.deepEqual(await find({ statuses: ['disabled', 'expired'] }), second)
  assert.deepEqual(await find({ verifiedEmail: false }), second)
  for (const options of [
    { ssoAppIds: ['app'] },
    { toCreatedTime: from },
    { fromModifiedTime: Date.now() + 60_000 },
    { tenantRoleIds: { [tenantId]: { values: ['none'] } } },
  ]) {
    assert.deepEqual(await find(options), [], JSON.stringify(options))
  }
  const whole = succeeded(await users.search({ userIds: [ada.userId] })).users[0]
  assert.deepEqual(whole, succeeded(await users.loadByUserId(ada.userId)))
})

check('management.user.search: pages', async (target) => {
  const users = managementOf(target).user
  const loginIds = Array.from({ length: 5 }, (_, index) => `page-${index}`)
  for (const loginId of loginIds) succeeded(await users.create(loginId))
  const found: (string | undefined)[] = []
  for (let page = 0; ; page++) {
    const { users: some, total } = succeeded(await users.search({ loginIds, limit: 2, page, sort: [{ field: 'userId' }] }))
    assert.equal(total, 5)
    if (some.length === 0) break
    found.push(...named(some))
  }
  assert.deepEqual(new Set(found), new Set(loginIds))
  assert.equal(found.length, 5)
  refused(await users.search({ limit: 201 }), 400, 'E011003')
  refused(await users.search({ sort: [{ field: 'secret' }] }), 400, 'E011003')
})

check('management.user.searchAll, searchTestUsers', async (target) => {
  const users = managementOf(target).user
  succeeded(await users.create('all@example.com', { email: 'all@example.com' }))
  succeeded(await users.createTestUser('all test'))
  const all = succeeded(await users.searchAll(undefined, undefined, 10, 0, false, false, undefined, ['invited'], ['all@example.com']))
  assert.deepEqual(named(all), ['all@example.com'])
  const tests = succeeded(await users.searchTestUsers({ loginIds: ['all test', 'all@example.com'] }))
  assert.deepEqual([named(tests.users), tests.total], [['all test'], 1])
})

check('management.user.history', async (target) => {
  const { signUp, sdk } = target
  const users = managementOf(target).user
  const [ada, bob] = [await signUp('history-ada'), await signUp('history-bob')]
  succeeded(await sdk.password.signIn(ada.loginId, goodPassword))
  const history = succeeded(await users.history([ada.userId, bob.userId]))
  assert.deepEqual(
    history.map(({ userId }) => userId),
    [ada.userId, ada.userId, bob.userId],
  )
  for (const { loginTime, ip } of history) {
    assert.ok(Math.abs(loginTime - Date.now() / 1000) < 60)
    assert.equal(ip, '127.0.0.1')
  }
})
