import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { create, done, eventsOf, makeRole, makeTenant, patch, refused } from './test-world.ts'

const rolesIn = (user: Json, tenantId: string): string[] => user.userTenants.find((tenant: Json) => tenant.tenantId === tenantId)?.roleNames

onEveryDatabase('roles: set, added and removed, of the project', async (kit) => {
  for (const name of ['A', 'B', 'C']) await makeRole(kit, name)
  const { userId } = await create(kit, { loginId: 'ada' })
  const change = async (path: string, roleNames: string[] | null) => (await done(kit, path, { loginId: 'ada', roleNames })).roleNames
  assert.deepEqual(await change('/v2/mgmt/user/update/role/add', ['A']), ['A'])
  assert.deepEqual(await change('update/role/add', ['B', 'A', 'B']), ['A', 'B'])
  assert.deepEqual(await change('update/role/add', null), ['A', 'B'], 'as Go sends an empty list')
  assert.deepEqual(await change('update/role/remove', ['A', 'C']), ['B'], 'what is not held does not matter')
  assert.deepEqual(await change('update/role/set', ['C', 'A']), ['A', 'C'])
  assert.deepEqual(await change('update/role/set', []), [])
  for (const path of ['update/role/add', 'update/role/set', 'update/role/remove', '/v2/mgmt/user/update/role/add']) {
    await refused(kit, [404, 'E111301'], path, { loginId: 'ada', roleNames: ['A', 'Nobody'] })
    await refused(kit, [404, 'E112102'], path, { loginId: 'nobody', roleNames: ['A'] })
  }
  const events = await eventsOf(kit, userId)
  assert.deepEqual(events.filter(([type]) => type === 'user.roles').length, 6)
})

onEveryDatabase('tenants: joined and left, with roles of the tenant and of the project', async (kit) => {
  const [one, two] = [await makeTenant(kit, 'One'), await makeTenant(kit, 'Two')]
  await makeRole(kit, 'Editor')
  await makeRole(kit, 'Local', { tenantId: one })
  await create(kit, { loginId: 'ada' })
  const tenant = (path: string, tenantId: string, more: object = {}) => done(kit, `update/${path}`, { loginId: 'ada', tenantId, ...more })
  const joined = await tenant('tenant/add', one)
  assert.deepEqual(joined.userTenants, [{ tenantId: one, tenantName: 'One', roleNames: [], permissions: [] }])
  assert.deepEqual(rolesIn(await tenant('role/add', one, { roleNames: ['Local', 'Editor'] }), one), ['Editor', 'Local'])
  assert.deepEqual(rolesIn(await tenant('role/set', one, { roleNames: ['Editor'] }), one), ['Editor'])
  assert.deepEqual((await tenant('role/set', one, { roleNames: ['Editor'] })).roleNames, [], 'not of the project')
  await refused(kit, [404, 'E111301'], 'update/role/add', { loginId: 'ada', roleNames: ['Local'] })
  await refused(kit, [400, 'E112104'], 'update/role/add', { loginId: 'ada', tenantId: two, roleNames: ['Editor'] })
  await refused(kit, [404, 'E111401'], 'update/tenant/add', { loginId: 'ada', tenantId: 'T-none' })
  await refused(kit, [400, 'E112104'], 'update/tenant/remove', { loginId: 'ada', tenantId: two })
  await refused(kit, [404, 'E111301'], 'update/tenant/add', { loginId: 'ada', tenantId: two, roleNames: ['Local'] })
  assert.deepEqual(rolesIn(await tenant('tenant/add', two, { roleNames: ['Editor'] }), two), ['Editor'], 'as Ruby adds roles')
  assert.deepEqual(rolesIn(await tenant('tenant/remove', two, { roleNames: ['Editor'] }), two), [], 'and removes them')
  const left = await tenant('tenant/remove', one)
  assert.deepEqual(
    left.userTenants.map((one: Json) => one.tenantId),
    [two],
  )
  assert.deepEqual(rolesIn(await tenant('tenant/add', one), one), [], 'roles went with the tenant')
})

onEveryDatabase('tenants: a role that is called the same in the project and in the tenant is removed whichever it is', async (kit) => {
  const one = await makeTenant(kit, 'One')
  await makeRole(kit, 'Same')
  await create(kit, { loginId: 'ada', userTenants: [{ tenantId: one, roleNames: ['Same'] }] })
  await makeRole(kit, 'Same', { tenantId: one })
  const body = { loginId: 'ada', tenantId: one, roleNames: ['Same'] }
  assert.deepEqual(rolesIn(await done(kit, 'update/role/add', body), one), ['Same'])
  assert.deepEqual(rolesIn(await done(kit, 'update/role/remove', body), one), [])
})

onEveryDatabase('tenants: who comes into one gets its default roles, unless roles are named', async (kit) => {
  await makeRole(kit, 'Guest')
  await makeRole(kit, 'Editor')
  const one = await makeTenant(kit, 'One', { defaultRoleNames: ['Guest'] })
  const add = async (loginId: string, more: object = {}) =>
    rolesIn(await done(kit, 'update/tenant/add', { loginId, tenantId: one, ...more }), one)
  await create(kit, { loginId: 'a' })
  assert.deepEqual(await add('a'), ['Guest'])
  await done(kit, 'update/role/set', { loginId: 'a', tenantId: one, roleNames: [] })
  assert.deepEqual(await add('a'), [], 'only on coming in')
  assert.deepEqual(rolesIn(await create(kit, { loginId: 'b', userTenants: [{ tenantId: one }] }), one), ['Guest'])
  assert.deepEqual(rolesIn(await create(kit, { loginId: 'c', userTenants: [{ tenantId: one, roleNames: ['Editor'] }] }), one), ['Editor'])
  await create(kit, { loginId: 'd' })
  assert.deepEqual(rolesIn(await patch(kit, { loginId: 'd', userTenants: [{ tenantId: one }] }), one), ['Guest'])
  assert.deepEqual(rolesIn(await patch(kit, { loginId: 'd', userTenants: [{ tenantId: one, roleNames: [] }] }), one), [])
})

onEveryDatabase('update and patch: tenants that are sent are those that are there', async (kit) => {
  const [one, two, three] = [await makeTenant(kit, 'One'), await makeTenant(kit, 'Two'), await makeTenant(kit, 'Three')]
  await makeRole(kit, 'Editor')
  await create(kit, { loginId: 'ada', userTenants: [{ tenantId: one, roleNames: ['Editor'] }, { tenantId: two }] })
  const tenantsOf = (user: Json) => user.userTenants.map(({ tenantId, roleNames }: Json) => [tenantId, roleNames]).toSorted()
  const set = async (userTenants: object[] | null) => tenantsOf(await patch(kit, { loginId: 'ada', userTenants }))
  assert.deepEqual(
    await set(null),
    [
      [one, ['Editor']],
      [two, []],
    ].toSorted(),
  )
  assert.deepEqual(
    await set([{ tenantId: one }, { tenantId: three, roleNames: ['Editor'] }]),
    [
      [one, []],
      [three, ['Editor']],
    ].toSorted(),
  )
  await refused(
    kit,
    [404, 'E111401'],
    'patch',
    { loginId: 'ada', userTenants: [{ tenantId: two }, { tenantId: 'T-none' }] },
    { method: 'PATCH' },
  )
  await refused(
    kit,
    [404, 'E111301'],
    'patch',
    { loginId: 'ada', userTenants: [{ tenantId: two, roleNames: ['No'] }] },
    { method: 'PATCH' },
  )
  assert.deepEqual(
    await set(null),
    [
      [one, []],
      [three, ['Editor']],
    ].toSorted(),
    'a refusal changes nothing',
  )
  assert.deepEqual(await set([]), [])
})

const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

onEveryDatabase('SE-06: roles and tenants are in the next token, and gone from the one after they are taken', async (kit: Kit) => {
  const one = await makeTenant(kit, 'One')
  await makeRole(kit, 'Editor')
  await create(kit, {
    loginId: 'ada',
    password: goodPassword,
    roleNames: ['Editor'],
    userTenants: [{ tenantId: one, roleNames: ['Editor'] }],
  })
  const { body } = await kit.call('/v1/auth/password/signin', { body: { loginId: 'ada', password: goodPassword } })
  const first = claimsOf(body.sessionJwt)
  assert.deepEqual([first.roles, first.permissions, first.dct], [['Editor'], ['may Editor'], one])
  assert.deepEqual(first.tenants, { [one]: { roles: ['Editor'], permissions: ['may Editor'] } })
  await done(kit, 'update/role/set', { loginId: 'ada', roleNames: [] })
  await done(kit, 'update/tenant/remove', { loginId: 'ada', tenantId: one })
  const next = claimsOf((await kit.call('/v1/auth/refresh', { token: body.refreshJwt, body: {} })).body.sessionJwt)
  assert.deepEqual([next.roles, next.permissions, next.tenants, next.dct], [undefined, undefined, {}, undefined])
})

onEveryDatabase('a user can be made in a hundred tenants with one call', async (kit) => {
  const ids = Array.from({ length: 100 }, (_, index) => `tenant-${index}`)
  for (const id of ids) assert.equal((await kit.manage('/v1/mgmt/tenant/create', { body: { id, name: id } })).status, 200)
  const userTenants = ids.map((tenantId) => ({ tenantId, tenantName: tenantId, roleNames: [] }))
  const answer = await kit.manage('/v1/mgmt/user/create', { body: { loginId: 'everywhere', userTenants } })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.body.user.userTenants.length, 100)
})
