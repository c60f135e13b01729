import assert from 'node:assert/strict'
import type { Grants, Storage } from '../../src/core/storage.ts'
import { openStorage } from '../../src/storage/open.ts'
import { contract, loginId, race, role, session, tenant, user } from './records.ts'

async function world(storage: Storage, ...projectIds: readonly string[]): Promise<void> {
  for (const projectId of projectIds) {
    for (const id of ['T1', 'T2'])
      await storage.tenants.insert(tenant(projectId, id, { sessionSettings: { a: 1 }, passwordSettings: { b: 2 } }))
    for (const id of ['R1', 'R2']) await storage.roles.insert(role(projectId, id, { permissionNames: [`of-${id}`] }))
    for (const id of ['U1', 'U2']) await storage.users.insert(user(projectId, id), [loginId(`login-${id}`)])
  }
}

const shortened = ({ roles, tenants }: Grants) => ({
  roles: roles.map(({ tenantId, name }) => `${tenantId}:${name}`),
  tenants: tenants.map(({ tenantId }) => tenantId),
})

const nothing = { roles: [], tenants: [] }

contract('grants: what is held comes with the user, the session and alone, alike', async ({ storage, here, there }) => {
  await world(storage, here, there)
  await storage.sessions.insert(session(here, 'U1', 'S1'))
  for (const id of ['T2', 'T1']) assert.equal(await storage.grants.join(here, 'U1', id), true)
  await storage.grants.give(here, 'U1', [
    { tenantId: 'T2', roleId: 'R1' },
    { tenantId: '', roleId: 'R2' },
    { tenantId: '', roleId: 'R1' },
  ])
  const settings = { isOpen: true, sessionSettings: { a: 1 }, passwordSettings: { b: 2 } }
  const expected = {
    roles: [
      { tenantId: '', name: 'name-R1', permissionNames: ['of-R1'] },
      { tenantId: '', name: 'name-R2', permissionNames: ['of-R2'] },
      { tenantId: 'T2', name: 'name-R1', permissionNames: ['of-R1'] },
    ],
    tenants: [
      { tenantId: 'T1', tenantName: 'Name of T1', ...settings },
      { tenantId: 'T2', tenantName: 'Name of T2', ...settings },
    ],
  }
  assert.deepEqual(await storage.grants.of(here, 'U1'), expected)
  for (const found of [
    await storage.users.byId(here, 'U1'),
    await storage.users.byLoginId(here, 'login-U1'),
    await storage.users.forSignIn(here, 'login-U1', 'password'),
    await storage.sessions.withUser(here, 'S1'),
    (await storage.users.byIds(here, ['U1']))[0],
    (await storage.users.list(here, { limit: 1 })).items[0],
  ]) {
    assert.deepEqual({ roles: found?.roles, tenants: found?.tenants }, expected)
  }
  assert.deepEqual(await storage.grants.of(here, 'U2'), nothing)
  assert.deepEqual(await storage.grants.of(there, 'U1'), nothing)
})

contract('grants: a tenant is open unless it is disabled, or demands single sign-on of this subject', async ({ storage, here }) => {
  await world(storage, here)
  await storage.grants.join(here, 'U1', 'T1')
  for (const [changes, isOpen] of [
    [{ isDisabled: true }, false],
    [{ isDisabled: false, isSsoEnforced: true }, false],
    [{ ssoExclusions: ['U10', 'u1', 'U'] }, false],
    [{ ssoExclusions: ['U0', 'U1'] }, true],
    [{ isDisabled: true }, false],
    [{ isDisabled: false, isSsoEnforced: false, ssoExclusions: [] }, true],
  ] as const) {
    await storage.tenants.update(here, 'T1', changes)
    assert.equal((await storage.grants.of(here, 'U1')).tenants[0]?.isOpen, isOpen, JSON.stringify(changes))
    assert.equal((await storage.users.byId(here, 'U1'))?.tenants[0]?.isOpen, isOpen, JSON.stringify(changes))
  }
})

contract('grants: joining and giving again changes nothing, and what is not there is not given', async ({ storage, here, there }) => {
  await world(storage, here)
  await storage.tenants.insert(tenant(there, 'Tthere'))
  await storage.roles.insert(role(there, 'Rthere'))
  const joined = await race(6, () => storage.grants.join(here, 'U1', 'T1'))
  assert.deepEqual(new Set(joined), new Set([true]))
  assert.equal(await storage.grants.join(here, 'U1', 'none'), false)
  assert.equal(await storage.grants.join(here, 'U1', 'Tthere'), false)
  const roles = ['R1', 'R1', 'Rthere', 'none'].map((roleId) => ({ tenantId: 'T1', roleId }))
  await storage.grants.give(here, 'U1', [{ tenantId: 'none', roleId: 'R1' }])
  await race(4, () => storage.grants.give(here, 'U1', roles))
  assert.deepEqual(shortened(await storage.grants.of(here, 'U1')), { roles: ['T1:name-R1'], tenants: ['T1'] })
})

contract('grants: taking, leaving and forgetting take what they say and no more', async ({ storage, here, there }) => {
  await world(storage, here, there)
  const everything = ['', 'T1', 'T2'].flatMap((tenantId) => ['R1', 'R2'].map((roleId) => ({ tenantId, roleId })))
  for (const projectId of [here, there]) {
    for (const id of ['U1', 'U2']) {
      for (const tenantId of ['T1', 'T2']) await storage.grants.join(projectId, id, tenantId)
      await storage.grants.give(projectId, id, everything)
    }
  }
  const whole = await storage.grants.of(there, 'U1')
  await storage.grants.take(here, 'U1', [
    { tenantId: '', roleId: 'R1' },
    { tenantId: 'T1', roleId: 'R9' },
  ])
  await storage.grants.takeAll(here, 'U1', 'T1')
  assert.deepEqual(shortened(await storage.grants.of(here, 'U1')), {
    roles: [':name-R2', 'T2:name-R1', 'T2:name-R2'],
    tenants: ['T1', 'T2'],
  })
  assert.equal(await storage.grants.leave(here, 'U1', 'T2'), true)
  assert.equal(await storage.grants.leave(here, 'U1', 'T2'), false)
  assert.deepEqual(shortened(await storage.grants.of(here, 'U1')), { roles: [':name-R2'], tenants: ['T1'] })
  assert.deepEqual(await storage.grants.of(here, 'U2'), whole)
  await storage.grants.forget(here, ['U1', 'U2'])
  await storage.grants.forget(here, [])
  for (const id of ['U1', 'U2']) assert.deepEqual(await storage.grants.of(here, id), nothing)
  assert.deepEqual(await storage.grants.of(there, 'U1'), whole)
  assert.equal(await storage.transaction((tx) => tx.users.delete(there, 'U1')), true)
  assert.deepEqual(await storage.grants.of(there, 'U1'), nothing, 'a deleted user holds nothing')
})

contract('grants: what is given while it is deleted is given or gone, and nobody fails', async ({ storage, url, here }) => {
  await storage.users.insert(user(here, 'U1'), [loginId('login')])
  await storage.roles.insert(role(here, 'Rstays'))
  const second = await openStorage({ database: url })
  try {
    for (let round = 0; round < 12; round++) {
      const [tenantId, roleId] = [`T${round}`, `R${round}`]
      await storage.tenants.insert(tenant(here, tenantId))
      await storage.roles.insert(role(here, roleId))
      await Promise.all([
        storage.transaction(async (tx) => {
          await tx.grants.join(here, 'U1', tenantId)
          await tx.grants.give(here, 'U1', [
            { tenantId: '', roleId },
            { tenantId, roleId: 'Rstays' },
          ])
        }),
        second.transaction((tx) => tx.tenants.delete(here, tenantId)),
        second.transaction((tx) => tx.roles.delete(here, roleId)),
      ])
    }
    assert.deepEqual(await storage.grants.of(here, 'U1'), nothing)
  } finally {
    await second.close()
  }
})
