import assert from 'node:assert/strict'
import type { Storage, TenantRecord } from '../../src/core/storage.ts'
import { contract, loginId, now, race, role, tenant, user, winners } from './records.ts'

const idsOf = (tenants: readonly TenantRecord[]) => tenants.map(({ id }) => id)
const all = { limit: 100, offset: 0 }

contract('tenants: every field comes back as it was written', async ({ storage, here, there }) => {
  const whole = tenant(here, 'T1', {
    name: "Ünï'); drop table tenants;--",
    parentId: 'T0',
    selfProvisioningDomains: ['example.com', 'b.example'],
    customAttributes: { plan: 'gold', seats: 5, list: ['a'], quote: '"\\' },
    isDisabled: true,
    isSsoEnforced: true,
    ssoExclusions: ['U1'],
    roleInheritance: 'userOnly',
    defaultRoleNames: ['member'],
    sessionSettings: { enabled: true },
    passwordSettings: { minLength: 20 },
    modifiedAt: now + 1,
  })
  assert.equal(await storage.tenants.insert(whole), true)
  assert.deepEqual(await storage.tenants.byId(here, 'T1'), whole)
  assert.deepEqual(await storage.transaction((tx) => tx.tenants.lock(here, 'T1')), whole)
  assert.deepEqual(await storage.tenants.byIds(here, ['T1', 'T2']), [whole])
  assert.deepEqual(await storage.tenants.byIds(here, []), [])
  for (const missing of [storage.tenants.byId(there, 'T1'), storage.tenants.byId(here, 't1'), storage.tenants.lock(here, 'T2')]) {
    assert.equal(await missing, undefined)
  }
})

contract('tenants: an ID and a name are taken once in a project', async ({ storage, here, there }) => {
  const inserted = await race(8, (index) => storage.tenants.insert(tenant(here, `T${index}`, { name: 'Acme' })))
  assert.equal(winners(inserted), 1)
  const id = `T${inserted.indexOf(true)}`
  assert.equal(await storage.tenants.insert(tenant(here, id, { name: 'Other' })), false)
  assert.equal(await storage.tenants.insert(tenant(there, id, { name: 'Acme' })), true)
  assert.equal(await storage.tenants.insert(tenant(here, 'Tother', { name: 'acme' })), true)
  assert.equal(await storage.tenants.update(here, 'Tother', { name: 'Acme' }), 'taken')
  const inTransaction = await storage.transaction(async (tx) => {
    const taken = await tx.tenants.update(here, 'Tother', { name: 'Acme' })
    return [taken, await tx.tenants.update(here, 'Tother', { name: 'Third' })]
  })
  assert.deepEqual(inTransaction, ['taken', 'done'], 'a taken name does not doom the transaction')
  assert.equal((await storage.tenants.byId(here, 'Tother'))?.name, 'Third')
})

contract('tenants: an update changes the named fields and no others', async ({ storage, here, there }) => {
  const before = tenant(here, 'T1', { customAttributes: { a: 1 }, isDisabled: true })
  await storage.tenants.insert(before)
  await storage.tenants.insert(tenant(there, 'T1'))
  for (const changes of [{ isDisabled: false, sessionSettings: { enabled: false } }, { name: 'New' }, {}]) {
    const current = await storage.tenants.byId(here, 'T1')
    assert.equal(await storage.tenants.update(here, 'T1', changes), 'done')
    assert.deepEqual(await storage.tenants.byId(here, 'T1'), { ...current, ...changes })
    assert.equal(await storage.tenants.update(here, 'T2', changes), 'missing')
  }
  assert.deepEqual(await storage.tenants.byId(there, 'T1'), tenant(there, 'T1'))
})

contract('tenants: what is read, merged and written behind the lock loses no write', async ({ storage, here }) => {
  await storage.tenants.insert(tenant(here, 'T1'))
  await race(6, (index) =>
    storage.transaction(async (tx) => {
      const found = await tx.tenants.lock(here, 'T1')
      await tx.tenants.update(here, 'T1', { customAttributes: { ...found?.customAttributes, [`key${index}`]: index } })
    }),
  )
  assert.equal(Object.keys((await storage.tenants.byId(here, 'T1'))?.customAttributes ?? {}).length, 6)
})

contract('tenants: a list is by name, in pages', async ({ storage, here, there }) => {
  for (const name of ['b', 'a', 'B', 'ä', 'c']) await storage.tenants.insert(tenant(here, `T-${name}`, { name }))
  await storage.tenants.insert(tenant(there, 'T-0', { name: '0' }))
  assert.deepEqual(idsOf(await storage.tenants.list(here, all)), ['T-B', 'T-a', 'T-b', 'T-c', 'T-ä'])
  assert.deepEqual(idsOf(await storage.tenants.list(here, { limit: 2, offset: 1 })), ['T-a', 'T-b'])
})

contract('tenants: a search matches every list that is given, by any of its entries', async ({ storage, here }) => {
  const rows = {
    one: { selfProvisioningDomains: ['x.example', 'y.example'], customAttributes: { plan: 'gold', seats: 5, 'odd "key"': true } },
    two: { selfProvisioningDomains: ['y.example'], customAttributes: { plan: 'free' }, parentId: 'one' },
    three: { customAttributes: { tags: ['gold'] }, parentId: 'one' },
  }
  for (const [id, given] of Object.entries(rows)) await storage.tenants.insert(tenant(here, id, { name: id, ...given }))
  for (const [query, found] of [
    [{}, ['one', 'three', 'two']],
    [{ ids: ['one', 'two', 'none'] }, ['one', 'two']],
    [{ ids: [] }, []],
    [{ names: ['two', 'Two'] }, ['two']],
    [{ ids: ['one'], names: ['two'] }, []],
    [{ selfProvisioningDomains: ['y.example'] }, ['one', 'two']],
    [{ selfProvisioningDomains: ['y'] }, []],
    [{ customAttributes: { plan: 'gold' } }, ['one']],
    [{ customAttributes: { plan: ['gold', 'free'] } }, ['one', 'two']],
    [{ customAttributes: { plan: 'gold', seats: 4 } }, []],
    [{ customAttributes: { 'odd "key"': true } }, ['one']],
    [{ parentId: 'one' }, ['three', 'two']],
    [{ parentId: '' }, ['one']],
  ] as const) {
    assert.deepEqual(idsOf(await storage.tenants.search(here, { ...query, ...all })), found, JSON.stringify(query))
  }
})

/** A user who is in these tenants. */
async function member(storage: Storage, projectId: string, id: string, tenantIds: readonly string[]): Promise<void> {
  await storage.users.insert(user(projectId, id), [loginId(`login-${id}`)])
  for (const tenantId of tenantIds) assert.equal(await storage.grants.join(projectId, id, tenantId), true)
}

contract('tenants: what was below a deleted one comes to the one above it', async ({ storage, here }) => {
  for (const [id, parentId] of [
    ['top', ''],
    ['middle', 'top'],
    ['low', 'middle'],
    ['lowest', 'low'],
    ['aside', ''],
  ] as const) {
    await storage.tenants.insert(tenant(here, id, { parentId }))
  }
  assert.equal(await storage.transaction((tx) => tx.tenants.delete(here, 'middle')), true)
  assert.equal((await storage.tenants.byId(here, 'low'))?.parentId, 'top')
  assert.equal((await storage.tenants.byId(here, 'lowest'))?.parentId, 'low')
  assert.equal(await storage.transaction((tx) => tx.tenants.delete(here, 'middle')), false)
})

contract(
  'tenants: a deleted one takes its roles and memberships along, and nothing of its neighbours',
  async ({ storage, here, there }) => {
    for (const projectId of [here, there]) {
      await storage.tenants.insert(tenant(projectId, 'T1'))
      await storage.tenants.insert(tenant(projectId, 'T2'))
      await storage.roles.insert(role(projectId, 'Rown', { tenantId: 'T1' }))
      await storage.roles.insert(role(projectId, 'Rshared'))
      await member(storage, projectId, 'U1', ['T1', 'T2'])
      const given = ['', 'T1', 'T2'].map((tenantId) => ({ tenantId, roleId: 'Rshared' }))
      await storage.grants.give(projectId, 'U1', [...given, { tenantId: 'T1', roleId: 'Rown' }])
    }
    const neighbour = await storage.grants.of(there, 'U1')
    assert.equal(await storage.transaction((tx) => tx.tenants.delete(here, 'T1')), true)
    const left = await storage.grants.of(here, 'U1')
    assert.deepEqual(
      left.tenants.map(({ tenantId }) => tenantId),
      ['T2'],
    )
    assert.deepEqual(
      left.roles.map(({ tenantId, name }) => [tenantId, name]),
      [
        ['', 'name-Rshared'],
        ['T2', 'name-Rshared'],
      ],
    )
    assert.equal(await storage.roles.byName(here, 'T1', 'name-Rown'), undefined)
    assert.deepEqual(await storage.grants.of(there, 'U1'), neighbour)
  },
)

contract('tenants: sole members are in this tenant and in no other', async ({ storage, here, there }) => {
  for (const projectId of [here, there]) for (const id of ['T1', 'T2']) await storage.tenants.insert(tenant(projectId, id))
  await member(storage, here, 'Uonly', ['T1'])
  await member(storage, here, 'Uonly2', ['T1'])
  await member(storage, here, 'Uboth', ['T1', 'T2'])
  await member(storage, here, 'Uother', ['T2'])
  await member(storage, there, 'Uthere', ['T1'])
  const key = { description: '', secretDigest: 'd', status: 'active', userId: '', customClaims: {}, customAttributes: {} } as const
  const times = { permittedIps: [], createdBy: '', createdAt: now, modifiedAt: now, expiresAt: 0 }
  await storage.accessKeys.insert({ projectId: here, id: 'AKonly', name: 'key', ...key, ...times })
  await storage.grants.join(here, 'AKonly', 'T1')
  assert.deepEqual(await storage.tenants.soleMembers(here, 'T1', 10), { userIds: ['Uonly', 'Uonly2'], accessKeyIds: ['AKonly'] })
  assert.deepEqual(await storage.tenants.soleMembers(here, 'T1', 1), { userIds: ['Uonly'], accessKeyIds: ['AKonly'] })
  assert.deepEqual(await storage.tenants.soleMembers(here, 'none', 10), { userIds: [], accessKeyIds: [] })
})
