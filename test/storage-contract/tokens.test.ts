import assert from 'node:assert/strict'
import type { Storage } from '../../src/core/storage.ts'
import { challenge, contract, loginId, now, session, user } from './records.ts'

async function withUsers(storage: Storage, ...projectIds: readonly string[]): Promise<void> {
  for (const projectId of projectIds) {
    for (const id of ['U1', 'U2']) await storage.users.insert(user(projectId, id), [loginId(`login-${id}`)])
  }
}

contract('challenges: the newest of a user and a purpose, expired or not', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  const otp = (id: string, given: Parameters<typeof challenge>[3] = {}) => challenge(here, 'U1', id, { purpose: 'otp', ...given })
  const rows = [
    otp('C1', { createdAt: now - 1 }),
    otp('C2', { expiresAt: now - 1 }),
    otp('C3', { createdAt: now - 2 }),
    challenge(here, 'U1', 'C5', { createdAt: now + 1 }),
    challenge(here, 'U2', 'C6', { purpose: 'otp', createdAt: now + 1 }),
    challenge(there, 'U1', 'C7', { purpose: 'otp', createdAt: now + 1 }),
    challenge(here, '', 'C8', { purpose: 'otp', createdAt: now + 1 }),
  ]
  for (const row of rows) await storage.challenges.insert(row)
  const newest = (userId: string, purpose = 'otp') => storage.challenges.newestForUser(here, userId, purpose)
  assert.deepEqual(await newest('U1'), rows[1])
  assert.equal((await newest('U2'))?.id, 'C6')
  assert.equal((await newest('U1', 'passwordReset'))?.id, 'C5')
  assert.equal(await newest('U3'), undefined)
  assert.equal(await newest('U1', 'signIn'), undefined)
  assert.equal(await newest(''), undefined, 'one for nobody belongs to no user')
})

contract('challenges: those of somebody who is no user yet, by login ID', async ({ storage, here, there }) => {
  const of = (projectId: string, id: string, loginId: string, given: Parameters<typeof challenge>[3] = {}) =>
    challenge(projectId, '', id, { loginId, purpose: 'otp', ...given })
  const rows = [
    of(here, 'C1', 'a@b.example', { createdAt: now - 1 }),
    of(here, 'C2', 'a@b.example'),
    of(here, 'C3', 'a@b.example', { purpose: 'magicLink', createdAt: now + 1 }),
    of(here, 'C4', 'other@b.example', { createdAt: now + 1 }),
    of(there, 'C5', 'a@b.example', { createdAt: now + 1 }),
    of(here, 'C6', '', { createdAt: now + 1 }),
  ]
  for (const row of rows) await storage.challenges.insert(row)
  const newest = (loginId: string, purpose = 'otp') => storage.challenges.newestForLoginId(here, loginId, purpose)
  assert.deepEqual(await newest('a@b.example'), rows[1])
  assert.equal((await newest('a@b.example', 'magicLink'))?.id, 'C3')
  for (const found of [newest('nobody@b.example'), newest('')]) assert.equal(await found, undefined)
  await storage.challenges.deleteForLoginId(here, '', ['otp'])
  await storage.challenges.deleteForLoginId(here, 'a@b.example', [])
  await storage.challenges.deleteForLoginId(here, 'a@b.example', ['otp'])
  const left = await Promise.all(rows.map(({ projectId, id }) => storage.challenges.byId(projectId, id)))
  assert.deepEqual(
    left.map((found) => found?.id),
    [undefined, undefined, 'C3', 'C4', 'C5', 'C6'],
  )
})

contract('challenges: the data of a live one is replaced, nothing else of it', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  for (const projectId of [here, there]) await storage.challenges.insert(challenge(projectId, 'U1', 'C1'))
  const data = { isConfirmed: true, list: ['a', { b: null }] }
  assert.equal(await storage.challenges.setData(here, 'C1', data, now + 599), true)
  assert.deepEqual(await storage.challenges.byId(here, 'C1'), challenge(here, 'U1', 'C1', { data }))
  assert.deepEqual(await storage.challenges.byId(there, 'C1'), challenge(there, 'U1', 'C1'))
  assert.equal(await storage.challenges.setData(here, 'C1', {}, now + 600), false, 'expired')
  assert.equal(await storage.challenges.setData(here, 'C2', {}, now), false, 'not there')
  assert.deepEqual((await storage.challenges.byId(here, 'C1'))?.data, data)
})

contract('sessions: claims and the end of a live one are replaced, nothing else of it', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  const rows = [
    session(here, 'U1', 'S1'),
    session(there, 'U1', 'S1'),
    session(here, 'U1', 'Sexpired', { expiresAt: now }),
    session(here, 'U1', 'Sended', { endedAt: now - 1, endedReason: 'logout' }),
  ]
  for (const row of rows) await storage.sessions.insert(row)
  const claims = { plan: 'gold', act: { sub: 'U2' } }
  const read = async (projectId: string, id: string) => (await storage.sessions.withUser(projectId, id))?.session
  assert.equal(await storage.sessions.setClaims(here, 'S1', { claims }, now), true)
  assert.deepEqual(await read(here, 'S1'), session(here, 'U1', 'S1', { claims }), 'the end stays where none is given')
  assert.equal(await storage.sessions.setClaims(here, 'S1', { claims: {}, expiresAt: now + 5 }, now), true)
  assert.deepEqual(await read(here, 'S1'), session(here, 'U1', 'S1', { claims: {}, expiresAt: now + 5 }))
  assert.deepEqual(await read(there, 'S1'), rows[1])
  for (const [id, at] of [
    ['S1', now + 5],
    ['Sexpired', now],
    ['Sended', now],
    ['Smissing', now],
  ] as const) {
    const before = await read(here, id)
    assert.equal(await storage.sessions.setClaims(here, id, { claims, expiresAt: now + 99 }, at), false, id)
    assert.deepEqual(await read(here, id), before)
  }
})

contract('sessions: whether one lives whose refresh token was issued before a time', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  const has = (before: number, at = now) => storage.sessions.hasLiveIssuedBefore(here, before, at)
  await storage.sessions.insert(session(there, 'U1', 'S1', { rotatedAt: now - 99 }))
  await storage.sessions.insert(session(here, 'U1', 'S2', { rotatedAt: now - 99, endedAt: now - 1, endedReason: 'logout' }))
  await storage.sessions.insert(session(here, 'U1', 'S3', { rotatedAt: now - 99, expiresAt: now }))
  assert.equal(await has(now + 1), false)
  await storage.sessions.insert(session(here, 'U1', 'S4', { rotatedAt: now - 50, expiresAt: now + 60 }))
  await storage.sessions.insert(session(here, 'U2', 'S5', { rotatedAt: now - 10 }))
  assert.deepEqual([await has(now - 50), await has(now - 49), await has(now)], [false, true, true])
  assert.deepEqual([await has(now - 49, now + 60), await has(now, now + 60)], [false, true], 'the older one has expired')
  await storage.sessions.rotate(here, 'S5', 1, now)
  assert.equal(await has(now, now + 60), false, 'it has another token')
})
