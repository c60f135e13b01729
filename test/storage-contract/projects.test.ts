import assert from 'node:assert/strict'
import type { Storage } from '../../src/core/storage.ts'
import { challenge, contract, contractAlone, credential, event, loginId, message, now, project, session, user } from './records.ts'

const facts = { name: 'New', environment: 'production', tags: ['a', 'é'] } as const

contract('projects: an update changes the named fields of one project', async ({ storage, here, there }) => {
  assert.equal(await storage.projects.update(here, facts), true)
  assert.deepEqual(await storage.projects.byId(here), project({ id: here, ...facts, tags: [...facts.tags] }))
  assert.equal(await storage.projects.update(here, { name: 'Newer' }), true)
  assert.partialDeepStrictEqual(await storage.projects.byId(here), { name: 'Newer', environment: 'production' })
  assert.deepEqual(await storage.projects.byId(there), project({ id: there }))
  assert.equal(await storage.projects.update('Pnone', facts), false)
})

async function fill(storage: Storage, id: string): Promise<void> {
  const times = { createdAt: now, modifiedAt: now, expiresAt: 0 }
  const whole = { projectId: id, createdBy: '', secretDigest: 'd', description: '', ...times }
  await storage.managementKeys.insert({ ...whole, id: 'K1', name: 'key', isActive: true, rights: {}, revokedAt: 0 })
  const claims = { customClaims: {}, customAttributes: {}, permittedIps: [] }
  await storage.accessKeys.insert({ ...whole, ...claims, id: 'AK1', name: 'key', status: 'active', userId: '' })
  const jwk = { publicJwk: {}, sealedPrivateJwk: 's', activeAt: now, revokedAt: 0 }
  await storage.signingKeys.insert({ projectId: id, id: 'SK1', algorithm: 'RS256', createdAt: now, ...jwk })
  for (let index = 0; index < 5; index++) {
    const userId = `U${index}`
    await storage.users.insert(user(id, userId), [loginId(`user${index}`)])
    await storage.credentials.insert(credential(id, userId))
    await storage.sessions.insert(session(id, userId, `S${index}`))
    await storage.challenges.insert(challenge(id, userId, `C${index}`))
    await storage.events.insert(event(id, userId, `E${index}`))
    await storage.outbox.insert(message(id, `M${index}`, { userId, ...(index === 0 ? { state: 'sent', finishedAt: now } : {}) }))
    await storage.attempts.take(id, `key${index}`, { max: 5, windowSeconds: 0 }, now)
  }
}

contractAlone(
  'projects: a deleted one is gone at once, its rows go in bites, and no other project is touched',
  async ({ storage, here, there }) => {
    for (const id of [here, there]) await fill(storage, id)
    assert.equal(await storage.transaction((tx) => tx.projects.delete(here, now)), true)
    assert.equal(await storage.projects.delete(here, now), false)
    assert.equal(await storage.projects.byId(here), undefined)
    assert.deepEqual(
      (await storage.projects.list()).map(({ id }) => id),
      [there],
    )
    assert.equal(await storage.projects.update(here, facts), false)
    assert.equal(await storage.projects.saveSettings(here, {}, 1), false)
    assert.equal(await storage.projects.lock(here), false)
    assert.deepEqual(await storage.signingKeys.list(here), [])
    assert.deepEqual(await storage.managementKeys.byId(here, 'K1'), undefined)
    assert.deepEqual(await storage.accessKeys.byId(here, 'AK1'), undefined)
    const leased = await storage.outbox.lease(now, now + 60, 100)
    assert.deepEqual(
      leased.map(({ projectId }) => projectId),
      Array.from({ length: 4 }, () => there),
    )

    let bites = 0
    while ((await storage.purge(now, 3)) > 0) bites++
    assert.ok(bites > 5, 'a few rows at a time')
    assert.deepEqual((await storage.users.list(here, { limit: 10 })).items, [])
    assert.equal(await storage.sessions.withUser(here, 'S1'), undefined)
    assert.equal(await storage.attempts.current(here, 'key1', now), 0)
    assert.deepEqual(await storage.events.forUser(here, 'U1', { limit: 10 }), [])
    // The ID is free again, which it is not while a row of the project is left.
    await storage.projects.insert(project({ id: here }))

    assert.equal((await storage.users.list(there, { limit: 10 })).items.length, 5)
    assert.equal((await storage.events.forUser(there, 'U1', { limit: 10 })).length, 1)
    assert.ok(await storage.sessions.withUser(there, 'S1'))
    assert.ok(await storage.accessKeys.byId(there, 'AK1'))
    assert.equal(await storage.attempts.current(there, 'key1', now), 1)
    assert.equal((await storage.signingKeys.list(there)).length, 1)
  },
)
