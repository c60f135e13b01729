import assert from 'node:assert/strict'
import type { ManagementKeyRecord } from '../../src/core/storage.ts'
import { contract, now, race } from './records.ts'

function managementKey(projectId: string, id: string, given: Partial<ManagementKeyRecord> = {}): ManagementKeyRecord {
  const texts = { name: 'CI', description: '', createdBy: '', secretDigest: 'd' }
  return { projectId, id, ...texts, isActive: true, rights: { isReadOnly: true }, createdAt: now, expiresAt: 0, revokedAt: 0, ...given }
}

const ids = (keys: readonly { readonly id: string }[]) => keys.map((key) => key.id)

contract('management keys: found by ID in their project only; a revoked one is in no list', async ({ storage, here, there }) => {
  const key = managementKey(here, 'K1', { description: 'é', createdBy: 'K0', isActive: false, expiresAt: now + 9 })
  await storage.managementKeys.insert(key)
  await storage.managementKeys.insert(managementKey(here, 'K0', { createdAt: now + 1 }))
  assert.deepEqual(await storage.managementKeys.byId(here, 'K1'), key)
  assert.equal(await storage.managementKeys.byId(there, 'K1'), undefined)
  assert.deepEqual(ids(await storage.managementKeys.list(here)), ['K1', 'K0'])
  assert.deepEqual(await storage.managementKeys.list(there), [])
  assert.equal(await storage.managementKeys.revoke(there, 'K1', now), false)
  assert.equal(await storage.managementKeys.revoke(here, 'K1', now), true)
  assert.equal(await storage.managementKeys.revoke(here, 'K1', now + 1), false)
  assert.deepEqual(await storage.managementKeys.byId(here, 'K1'), { ...key, revokedAt: now })
  assert.deepEqual(ids(await storage.managementKeys.list(here)), ['K0'])
  assert.deepEqual(ids(await storage.transaction((tx) => tx.managementKeys.lock(here))), ['K0'])
})

contract('management keys: an update changes the named fields of one key that is not revoked', async ({ storage, here, there }) => {
  for (const project of [here, there]) await storage.managementKeys.insert(managementKey(project, 'K1', { description: 'kept' }))
  const changes = { name: 'new', isActive: false, rights: { denied: ['projects'] }, expiresAt: now + 60 }
  assert.equal(await storage.managementKeys.update(here, 'K1', changes), true)
  assert.equal(await storage.managementKeys.update(here, 'K2', changes), false)
  assert.deepEqual(await storage.managementKeys.byId(here, 'K1'), managementKey(here, 'K1', { description: 'kept', ...changes }))
  assert.deepEqual(await storage.managementKeys.byId(there, 'K1'), managementKey(there, 'K1', { description: 'kept' }))
  await storage.managementKeys.revoke(here, 'K1', now)
  assert.equal(await storage.managementKeys.update(here, 'K1', { isActive: true }), false)
})

contract('management keys: who locks them decides alone', async ({ storage, here }) => {
  for (const id of ['K1', 'K2', 'K3', 'K4']) await storage.managementKeys.insert(managementKey(here, id))
  // Each takes one away unless it would be the last: without the lock all of them see enough.
  const taken = await race(4, (index) =>
    storage.transaction(async (tx) => {
      const keys = await tx.managementKeys.lock(here)
      return keys.length > 1 && tx.managementKeys.revoke(here, `K${index + 1}`, now)
    }),
  )
  assert.equal(taken.filter(Boolean).length, 3)
  assert.equal((await storage.managementKeys.list(here)).length, 1)
})
