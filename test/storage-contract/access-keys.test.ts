import assert from 'node:assert/strict'
import type { AccessKeyRecord, Storage } from '../../src/core/storage.ts'
import { contract, loginId, now, tenant, user } from './records.ts'

function accessKey(projectId: string, id: string, given: Partial<AccessKeyRecord> = {}): AccessKeyRecord {
  return {
    projectId,
    id,
    name: 'program',
    description: '',
    secretDigest: `digest of ${id}`,
    status: 'active',
    userId: '',
    customClaims: {},
    customAttributes: {},
    permittedIps: [],
    createdBy: '',
    createdAt: now,
    modifiedAt: now,
    expiresAt: 0,
    ...given,
  }
}

async function makeRole(storage: Storage, projectId: string, id: string): Promise<void> {
  const facts = { tenantId: '', description: '', permissionNames: ['read'], isDefault: false, isPrivate: false, createdAt: now }
  await storage.roles.insert({ projectId, id, name: `name of ${id}`, ...facts })
}

const ids = (keys: readonly { readonly id: string }[]) => keys.map((key) => key.id)

contract('access keys: what was inserted comes back, with every field, in its own project only', async ({ storage, here, there }) => {
  const full = accessKey(here, 'AK1', {
    ...{ description: 'é', customClaims: { a: [1, { b: null }] }, customAttributes: { team: 'red' }, permittedIps: ['10.0.0.0/8'] },
    ...{ createdBy: 'K1', expiresAt: now + 60, status: 'inactive' as const },
  })
  await storage.accessKeys.insert(full)
  await storage.accessKeys.insert(accessKey(there, 'AK1', { name: 'theirs' }))
  assert.deepEqual(await storage.accessKeys.byId(here, 'AK1'), { ...full, roles: [], tenants: [] })
  assert.equal((await storage.accessKeys.byId(there, 'AK1'))?.name, 'theirs')
  assert.equal(await storage.accessKeys.byId(here, 'AK2'), undefined)
  assert.deepEqual(ids(await storage.accessKeys.byIds(here, ['AK1', 'AK2'])), ['AK1'])
  assert.deepEqual(await storage.accessKeys.byIds(here, []), [])
})

contract('access keys: grants come with the key, and go with it', async ({ storage, here }) => {
  await storage.tenants.insert(tenant(here, 'T1', { name: 'name of T1' }))
  await makeRole(storage, here, 'R1')
  await storage.accessKeys.insert(accessKey(here, 'AK1'))
  await storage.grants.join(here, 'AK1', 'T1')
  await storage.grants.give(here, 'AK1', [
    { tenantId: '', roleId: 'R1' },
    { tenantId: 'T1', roleId: 'R1' },
  ])
  const key = await storage.accessKeys.byId(here, 'AK1')
  assert.deepEqual(key?.roles, [
    { tenantId: '', name: 'name of R1', permissionNames: ['read'] },
    { tenantId: 'T1', name: 'name of R1', permissionNames: ['read'] },
  ])
  assert.deepEqual(
    key?.tenants.map((tenant) => tenant.tenantId),
    ['T1'],
  )
  assert.equal(await storage.transaction((tx) => tx.accessKeys.delete(here, ['AK1', 'AK2'])), 1)
  assert.equal(await storage.accessKeys.byId(here, 'AK1'), undefined)
  assert.deepEqual(await storage.grants.of(here, 'AK1'), { roles: [], tenants: [] })
  assert.equal(await storage.accessKeys.delete(here, []), 0)
})

contract('access keys: a search matches everything that is given, newest first, in pages', async ({ storage, here, there }) => {
  await storage.tenants.insert(tenant(here, 'T1', { name: 'name of T1' }))
  await storage.tenants.insert(tenant(here, 'T2', { name: 'name of T2' }))
  await storage.users.insert(user(here, 'U1'), [loginId('a@b.example')])
  for (const [index, given] of [
    { customAttributes: { team: 'red', size: 3 } },
    { createdBy: 'K1', customAttributes: { team: 'blue' } },
    { userId: 'U1', createdBy: 'K1' },
  ].entries()) {
    await storage.accessKeys.insert(accessKey(here, `AK${index + 1}`, { createdAt: now + index, ...given }))
  }
  await storage.accessKeys.insert(accessKey(there, 'AK9'))
  await storage.grants.join(here, 'AK1', 'T1')
  await storage.grants.join(here, 'AK2', 'T2')
  for (const [query, expected] of [
    [{}, ['AK3', 'AK2', 'AK1']],
    [{ tenantIds: ['T1', 'T2'] }, ['AK2', 'AK1']],
    [{ tenantIds: [] }, []],
    [{ userId: 'U1' }, ['AK3']],
    [{ createdBy: 'K1' }, ['AK3', 'AK2']],
    [{ createdBy: 'K1', tenantIds: ['T2'] }, ['AK2']],
    [{ customAttributes: { team: 'red' } }, ['AK1']],
    [{ customAttributes: { team: ['red', 'blue'] } }, ['AK2', 'AK1']],
    [{ customAttributes: { team: 'red', size: 4 } }, []],
    [{ customAttributes: { "te'am": "'; drop table access_keys; --" } }, []],
  ] as const) {
    assert.deepEqual(ids(await storage.accessKeys.search(here, { ...query, limit: 10, offset: 0 })), expected, JSON.stringify(query))
  }
  assert.deepEqual(ids(await storage.accessKeys.search(here, { limit: 2, offset: 1 })), ['AK2', 'AK1'])
})

contract('access keys: an update changes the named fields of one key', async ({ storage, here, there }) => {
  for (const project of [here, there]) await storage.accessKeys.insert(accessKey(project, 'AK1', { description: 'kept' }))
  const changes = { status: 'inactive', secretDigest: 'another', customClaims: { a: 1 }, modifiedAt: now + 1 } as const
  assert.equal(await storage.accessKeys.update(here, 'AK1', changes), true)
  assert.equal(await storage.accessKeys.update(here, 'AK2', changes), false)
  assert.deepEqual(await storage.accessKeys.byId(here, 'AK1'), {
    ...accessKey(here, 'AK1', { description: 'kept', ...changes }),
    roles: [],
    tenants: [],
  })
  assert.equal((await storage.accessKeys.byId(there, 'AK1'))?.status, 'active')
})

contract('access keys: a key that is bound to a user goes with the user', async ({ storage, here }) => {
  await storage.users.insert(user(here, 'U1'), [loginId('a@b.example')])
  await storage.accessKeys.insert(accessKey(here, 'AK1', { userId: 'U1' }))
  await storage.accessKeys.insert(accessKey(here, 'AK2'))
  await storage.transaction((tx) => tx.users.delete(here, 'U1'))
  assert.deepEqual(ids(await storage.accessKeys.search(here, { limit: 10, offset: 0 })), ['AK2'])
})
