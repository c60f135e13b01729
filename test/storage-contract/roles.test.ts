import assert from 'node:assert/strict'
import type { RoleRecord, Storage } from '../../src/core/storage.ts'
import { contract, loginId, now, permission, race, role, tenant, user, winners } from './records.ts'

const idsOf = (roles: readonly RoleRecord[]) => roles.map(({ id }) => id)

async function withTenants(storage: Storage, ...projectIds: readonly string[]): Promise<void> {
  for (const projectId of projectIds) {
    for (const id of ['T1', 'T2']) await storage.tenants.insert(tenant(projectId, id))
    await storage.users.insert(user(projectId, 'U1'), [loginId('login')])
  }
}

contract('roles: every field comes back as it was written, by project and tenant', async ({ storage, here, there }) => {
  await withTenants(storage, here)
  const whole = role(here, 'R1', {
    tenantId: 'T1',
    name: 'Ünï',
    description: 'about "it"',
    permissionNames: ['read', 'write'],
    isDefault: true,
    isPrivate: true,
    createdAt: now + 5,
  })
  assert.equal(await storage.roles.insert(whole), true)
  assert.deepEqual(await storage.roles.byName(here, 'T1', 'Ünï'), whole)
  assert.deepEqual(await storage.roles.list(here), [whole])
  for (const [projectId, tenantId, name] of [
    [here, '', 'Ünï'],
    [here, 'T2', 'Ünï'],
    [here, 'T1', 'ünï'],
    [there, 'T1', 'Ünï'],
  ] as const) {
    assert.equal(await storage.roles.byName(projectId, tenantId, name), undefined)
  }
  await assert.rejects(storage.roles.insert(role(here, 'R2', { tenantId: 'none' })), 'a role is of a tenant that is there')
})

contract('roles: a name is taken once in the project and once in each tenant', async ({ storage, here, there }) => {
  await withTenants(storage, here)
  for (const tenantId of ['', 'T1', 'T2']) {
    const inserted = await race(6, (index) => storage.roles.insert(role(here, `R${tenantId}-${index}`, { tenantId, name: 'admin' })))
    assert.equal(winners(inserted), 1)
  }
  assert.equal(await storage.roles.insert(role(there, 'R1', { name: 'admin' })), true)
  await storage.roles.insert(role(here, 'Rother', { name: 'other' }))
  const results = await storage.transaction(async (tx) => [
    await tx.roles.update(here, 'Rother', { name: 'admin' }),
    await tx.roles.update(here, 'Rother', { name: 'third' }),
    await tx.roles.update(here, 'Rother', {}),
    await tx.roles.update(here, 'Rnone', { name: 'fourth' }),
  ])
  assert.deepEqual(results, ['taken', 'done', 'done', 'missing'])
  assert.equal((await storage.roles.byName(here, '', 'third'))?.id, 'Rother')
})

contract('roles: lists are by tenant and name, defaults are of the project, look-ups by name keep to their tenants', async (given) => {
  const { storage, here, there } = given
  await withTenants(storage, here)
  await storage.roles.insert(role(here, 'R1', { name: 'b', isDefault: true }))
  await storage.roles.insert(role(here, 'R2', { name: 'a' }))
  await storage.roles.insert(role(here, 'R3', { name: 'a', tenantId: 'T2', isDefault: true }))
  await storage.roles.insert(role(here, 'R4', { name: 'c', tenantId: 'T1' }))
  await storage.roles.insert(role(there, 'R5', { name: 'a', isDefault: true }))
  assert.deepEqual(idsOf(await storage.roles.list(here)), ['R2', 'R1', 'R4', 'R3'])
  assert.deepEqual(idsOf(await storage.roles.listDefault(here)), ['R1'])
  const named = async (tenantIds: readonly string[], names: readonly string[]) =>
    idsOf(await storage.roles.named(here, tenantIds, names)).toSorted()
  assert.deepEqual(await named([''], ['a', 'b', 'none']), ['R1', 'R2'])
  assert.deepEqual(await named(['T1'], ['a', 'c']), ['R2', 'R4'])
  assert.deepEqual(await named(['T1', 'T2'], ['a']), ['R2', 'R3'])
  assert.deepEqual(await named(['T1'], []), [])
})

contract(
  'roles: a renamed one is kept by its holders and given by the same tenants, a deleted one by nobody',
  async ({ storage, here }) => {
    await withTenants(storage, here)
    await storage.roles.insert(role(here, 'R1', { name: 'member' }))
    await storage.roles.insert(role(here, 'R2', { name: 'member', tenantId: 'T2' }))
    const defaultRoleNames = ['guest', 'member']
    for (const id of ['T1', 'T2']) await storage.tenants.update(here, id, { defaultRoleNames })
    await storage.grants.give(here, 'U1', [{ tenantId: '', roleId: 'R1' }])
    const defaults = async () => (await storage.tenants.byIds(here, ['T1', 'T2'])).map((one) => [one.id, one.defaultRoleNames]).toSorted()
    const held = async () => (await storage.grants.of(here, 'U1')).roles.map(({ name }) => name)
    await storage.transaction((tx) => tx.roles.update(here, 'R1', { name: 'person' }))
    assert.deepEqual(await held(), ['person'])
    assert.deepEqual(await defaults(), [
      ['T1', ['guest', 'person']],
      ['T2', defaultRoleNames],
    ])
    assert.equal(await storage.transaction((tx) => tx.roles.delete(here, 'R1')), true)
    assert.equal(await storage.transaction((tx) => tx.roles.delete(here, 'R2')), true)
    assert.equal(await storage.transaction((tx) => tx.roles.delete(here, 'R2')), false)
    assert.deepEqual(await held(), [])
    assert.deepEqual(await defaults(), [
      ['T1', ['guest']],
      ['T2', ['guest']],
    ])
  },
)

contract('permissions: an ID and a name are taken once; a rename and a deletion reach every role', async ({ storage, here, there }) => {
  await withTenants(storage, here)
  const inserted = await race(6, (index) => storage.permissions.insert(permission(here, 'write', { id: `PERM${index}` })))
  assert.equal(winners(inserted), 1)
  const read = permission(here, 'read', { description: 'Reads "all"', createdAt: now + 1 })
  await storage.permissions.insert(read)
  assert.equal(await storage.permissions.insert({ ...read, name: 'another' }), false)
  await storage.permissions.insert(permission(there, 'read'))
  assert.deepEqual((await storage.permissions.list(here))[0], read)
  assert.deepEqual(
    (await storage.permissions.list(here)).map(({ name }) => name),
    ['read', 'write'],
  )
  await storage.roles.insert(role(here, 'R1', { permissionNames: ['read', 'write'] }))
  await storage.roles.insert(role(here, 'R2', { permissionNames: ['read'], tenantId: 'T1' }))
  await storage.roles.insert(role(there, 'R3', { permissionNames: ['read'] }))
  const results = await storage.transaction(async (tx) => [
    await tx.permissions.update(here, 'read', { name: 'write', description: '' }),
    await tx.permissions.update(here, 'read', { name: 'see', description: 'Sees' }),
    await tx.permissions.update(here, 'read', { name: 'look', description: '' }),
  ])
  assert.deepEqual(results, ['taken', 'done', 'missing'])
  const ofRoles = async (projectId: string) => (await storage.roles.list(projectId)).map(({ permissionNames }) => permissionNames)
  assert.deepEqual(await ofRoles(here), [['see', 'write'], ['see']])
  assert.equal(await storage.transaction((tx) => tx.permissions.delete(here, 'see')), true)
  assert.equal(await storage.transaction((tx) => tx.permissions.delete(here, 'see')), false)
  assert.deepEqual(await ofRoles(here), [['write'], []])
  assert.deepEqual(await ofRoles(there), [['read']])
})

contract('projects: those who hold the lock change roles and permissions one after another', async ({ storage, here, there }) => {
  await storage.permissions.insert(permission(here, 'read'))
  await race(8, (index) =>
    storage.transaction(async (tx) => {
      assert.equal(await tx.projects.lock(here), true)
      const known = (await tx.permissions.list(here)).map(({ name }) => name)
      if (index % 2) await tx.permissions.delete(here, 'read')
      else await tx.roles.insert(role(here, `R${index}`, { permissionNames: known }))
    }),
  )
  const dangling = (await storage.roles.list(here)).filter(({ permissionNames }) => permissionNames.length > 0)
  assert.deepEqual(dangling, [], 'no role holds a permission that is gone')
  assert.equal(await storage.projects.lock('Pnone'), false)
  assert.equal(await storage.projects.lock(there), true)
})

contract('roles: the default ones of tenants are by tenant and name', async ({ storage, here }) => {
  await withTenants(storage, here)
  for (const [id, given] of Object.entries({
    R1: { tenantId: 'T2', name: 'b', isDefault: true },
    R2: { tenantId: 'T2', name: 'a', isDefault: true },
    R3: { tenantId: 'T1', name: 'c' },
    R4: { name: 'd', isDefault: true },
    R5: { tenantId: 'T1', name: 'e', isDefault: true },
  })) {
    await storage.roles.insert(role(here, id, given))
  }
  assert.deepEqual(idsOf(await storage.roles.listDefaultOfTenants(here, ['T1', 'T2'])), ['R5', 'R2', 'R1'])
  assert.deepEqual(idsOf(await storage.roles.listDefaultOfTenants(here, ['T1'])), ['R5'])
  assert.deepEqual(await storage.roles.listDefaultOfTenants(here, []), [])
})
