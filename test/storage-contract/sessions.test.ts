import assert from 'node:assert/strict'
import type { Storage } from '../../src/core/storage.ts'
import { openStorage } from '../../src/storage/open.ts'
import { challenge, contract, contractAlone, credential, event, loginId, message, now, race, session, user, winners } from './records.ts'

async function withUsers(storage: Storage, ...projectIds: readonly string[]): Promise<void> {
  for (const projectId of projectIds) {
    for (const id of ['U1', 'U2']) await storage.users.insert(user(projectId, id), [loginId(`login-${id}`)])
  }
}

contract('sessions: a session comes with its user, ended or not', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  const live = session(here, 'U1', 'S1')
  const ended = session(here, 'U2', 'S2', { endedAt: now, endedReason: 'logout', passwordDueAt: now + 9 })
  for (const one of [live, ended]) await storage.sessions.insert(one)
  assert.deepEqual(await storage.sessions.withUser(here, 'S1'), { ...(await storage.users.byId(here, 'U1')), session: live })
  assert.deepEqual((await storage.sessions.withUser(here, 'S2'))?.session, ended)
  assert.equal(await storage.sessions.withUser(here, 'S3'), undefined)
  assert.equal(await storage.sessions.withUser(there, 'S1'), undefined)
  await assert.rejects(storage.sessions.insert(session(here, 'U3', 'S4')), 'a session has a user')
})

contract('SE-02: of many rotations of one generation one wins', async ({ storage, url, here }) => {
  await withUsers(storage, here)
  await storage.sessions.insert(session(here, 'U1', 'S1'))
  const second = await openStorage({ database: url })
  try {
    const won = await race(50, (index) => (index % 2 ? storage : second).sessions.rotate(here, 'S1', 1, now + 10))
    assert.equal(winners(won), 1)
  } finally {
    await second.close()
  }
  const rotated = { ...session(here, 'U1', 'S1'), generation: 2, rotatedAt: now + 10, refreshedAt: now + 10 }
  assert.deepEqual((await storage.sessions.withUser(here, 'S1'))?.session, rotated, 'the absolute end does not move (SE-08)')
  assert.equal(await storage.sessions.rotate(here, 'S1', 1, now + 11), false)
  assert.equal(await storage.sessions.rotate(here, 'S1', 2, now + 11), true)
})

contract('sessions: what is not live is neither rotated, touched nor ended', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  await storage.sessions.insert(session(here, 'U1', 'Sexpired', { expiresAt: now }))
  await storage.sessions.insert(session(here, 'U1', 'Sended', { endedAt: now - 1, endedReason: 'logout' }))
  await storage.sessions.insert(session(there, 'U1', 'Sthere'))
  for (const id of ['Sexpired', 'Sended', 'Sthere', 'Smissing']) {
    const before = await storage.sessions.withUser(here, id)
    assert.equal(await storage.sessions.rotate(here, id, 1, now), false, id)
    assert.equal(await storage.sessions.touch(here, id, now), false, id)
    assert.equal(await storage.sessions.end(here, id, 'other', now), false, id)
    assert.deepEqual(await storage.sessions.withUser(here, id), before)
  }
  assert.equal((await storage.sessions.withUser(there, 'Sthere'))?.session.endedAt, 0)
})

contract('sessions: touch notes the refresh, end keeps the first reason', async ({ storage, here }) => {
  await withUsers(storage, here)
  await storage.sessions.insert(session(here, 'U1', 'S1', { passwordDueAt: now + 60 }))
  assert.equal(await storage.sessions.touch(here, 'S1', now + 7), true)
  await storage.sessions.settlePasswordDue(here, 'S1')
  const touched = { ...session(here, 'U1', 'S1'), refreshedAt: now + 7 }
  assert.deepEqual((await storage.sessions.withUser(here, 'S1'))?.session, touched)
  const ended = await race(8, (index) => storage.sessions.end(here, 'S1', `reason-${index}`, now + 8))
  assert.equal(winners(ended), 1)
  const last = { ...touched, endedAt: now + 8, endedReason: `reason-${ended.indexOf(true)}` }
  assert.deepEqual((await storage.sessions.withUser(here, 'S1'))?.session, last)
})

contract('sessions: all of a user end but one, and nobody else’s', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  for (const id of ['S1', 'S2', 'S3']) await storage.sessions.insert(session(here, 'U1', id))
  await storage.sessions.insert(session(here, 'U1', 'S4', { endedAt: now - 5, endedReason: 'logout' }))
  await storage.sessions.insert(session(here, 'U2', 'S5'))
  await storage.sessions.insert(session(there, 'U1', 'S1'))
  assert.equal(await storage.sessions.endAllForUser(here, 'U1', 'passwordChange', now, 'S2'), 2)
  const reasons = await Promise.all(
    ['S1', 'S2', 'S3', 'S4', 'S5'].map(async (id) => (await storage.sessions.withUser(here, id))?.session.endedReason),
  )
  assert.deepEqual(reasons, ['passwordChange', '', 'passwordChange', 'logout', ''])
  assert.equal(await storage.sessions.endAllForUser(here, 'U1', 'disabled', now), 1)
  assert.equal(await storage.sessions.endAllForUser(here, 'U1', 'disabled', now), 0)
  assert.equal((await storage.sessions.withUser(there, 'S1'))?.session.endedAt, 0)
})

contract('sessions: the live ones of a user are listed, newest first', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  const rows = [
    session(here, 'U1', 'S1', { createdAt: now - 2 }),
    session(here, 'U1', 'S2', { createdAt: now }),
    session(here, 'U1', 'S3', { createdAt: now - 1 }),
    session(here, 'U1', 'S4', { expiresAt: now }),
    session(here, 'U1', 'S5', { endedAt: now, endedReason: 'logout' }),
    session(here, 'U2', 'S6'),
    session(there, 'U1', 'S7'),
  ]
  for (const row of rows) await storage.sessions.insert(row)
  const listed = await storage.sessions.listForUser(here, 'U1', now)
  assert.deepEqual(listed, [rows[1], rows[2], rows[0]])
})

contractAlone('sessions: a reset that was not finished ends all sessions of its user', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  const rows = [
    session(here, 'U1', 'Sreset', { passwordDueAt: now }),
    session(here, 'U1', 'Sother'),
    session(here, 'U2', 'Slater', { passwordDueAt: now + 1 }),
    session(there, 'U1', 'Sreset', { passwordDueAt: now - 5 }),
    session(there, 'U2', 'Sdone', { passwordDueAt: now - 5, endedAt: now - 1, endedReason: 'passwordChange' }),
    session(there, 'U2', 'Safter'),
  ]
  for (const row of rows) await storage.sessions.insert(row)
  assert.equal(await storage.sessions.countLive(now), 5)
  assert.equal(await storage.sessions.endOverdueResets(now), 3)
  assert.equal(await storage.sessions.endOverdueResets(now), 0)
  assert.equal(await storage.sessions.countLive(now), 2)
  assert.equal(await storage.sessions.countLive(now + 1_000), 0)
  assert.equal((await storage.sessions.withUser(here, 'Sother'))?.session.endedAt, now)
  assert.equal((await storage.sessions.withUser(there, 'Safter'))?.session.endedAt, 0)
})

contract('RC-03: a challenge is spent by exactly one of many', async ({ storage, url, here, there }) => {
  await withUsers(storage, here, there)
  await storage.challenges.insert(challenge(here, 'U1', 'C1'))
  await storage.challenges.insert(challenge(there, 'U1', 'C1'))
  assert.deepEqual(await storage.challenges.byId(here, 'C1'), challenge(here, 'U1', 'C1'), 'looking does not spend (RC-10)')
  const second = await openStorage({ database: url })
  try {
    for (let round = 0; round < 5; round++) {
      await storage.challenges.insert(challenge(here, 'U1', `C-${round}`))
      const won = await race(50, (index) => (index % 2 ? storage : second).challenges.spend(here, `C-${round}`, now))
      assert.equal(winners(won), 1)
      assert.equal(await storage.challenges.byId(here, `C-${round}`), undefined)
    }
  } finally {
    await second.close()
  }
  assert.notEqual(await storage.challenges.byId(there, 'C1'), undefined)
})

contract('challenges: an expired one cannot be spent, and a roll-back gives one back', async ({ storage, here }) => {
  await withUsers(storage, here)
  await storage.challenges.insert(challenge(here, 'U1', 'C1'))
  assert.equal(await storage.challenges.spend(here, 'C1', now + 600), false)
  const failing = storage.transaction(async (tx) => {
    assert.equal(await tx.challenges.spend(here, 'C1', now + 599), true)
    assert.equal(await tx.challenges.spend(here, 'C1', now + 599), false)
    throw new Error('after all not')
  })
  await assert.rejects(failing, /after all not/)
  assert.equal(await storage.challenges.spend(here, 'C1', now + 599), true)
})

contract('RC-05: challenges of a user are deleted by purpose or altogether', async ({ storage, here, there }) => {
  await withUsers(storage, here, there)
  const rows = [
    challenge(here, 'U1', 'C1'),
    challenge(here, 'U1', 'C2', { purpose: 'verifyEmail' }),
    challenge(here, 'U1', 'C3', { purpose: 'signIn' }),
    challenge(here, 'U2', 'C4'),
    challenge(there, 'U1', 'C1'),
    challenge(here, '', 'C5'),
  ]
  for (const row of rows) await storage.challenges.insert(row)
  const left = async () => {
    const found = await Promise.all(rows.map(({ projectId, id }) => storage.challenges.byId(projectId, id)))
    return found.flatMap((row) => (row ? [row] : []))
  }
  await storage.challenges.deleteForUser(here, 'U1', [])
  assert.deepEqual(await left(), rows)
  await storage.challenges.deleteForUser(here, 'U1', ['passwordReset', 'verifyEmail'])
  assert.deepEqual(await left(), rows.slice(2))
  await storage.challenges.deleteForUser(here, 'U1')
  assert.deepEqual(await left(), rows.slice(3), 'one for nobody belongs to no user')
})

contract(
  'JW-08: deleting a user takes what is theirs, leaves the audit trail, and stays in the project',
  async ({ storage, here, there }) => {
    await withUsers(storage, here, there)
    for (const projectId of [here, there]) {
      await storage.credentials.insert(credential(projectId, 'U1'))
      await storage.sessions.insert(session(projectId, 'U1', 'S1'))
      await storage.challenges.insert(challenge(projectId, 'U1', 'C1'))
      await storage.events.insert(event(projectId, 'U1', 'E1'))
      await storage.outbox.insert(message(projectId, 'O1', { userId: 'U1' }))
    }
    assert.equal(await storage.users.delete(here, 'U1'), true)
    assert.equal(await storage.users.delete(here, 'U1'), false)
    const what = async (projectId: string) => {
      const messages = await storage.outbox.list({ limit: 1_000 })
      return [
        (await storage.users.byId(projectId, 'U1')) !== undefined,
        (await storage.users.byLoginId(projectId, 'login-U1')) !== undefined,
        (await storage.credentials.get(projectId, 'U1', 'password', '')) !== undefined,
        (await storage.sessions.withUser(projectId, 'S1')) !== undefined,
        (await storage.challenges.byId(projectId, 'C1')) !== undefined,
        messages.some((row) => row.projectId === projectId),
        (await storage.events.forUser(projectId, 'U1', { limit: 5 })).length === 1,
      ]
    }
    assert.deepEqual(await what(here), [false, false, false, false, false, false, true])
    assert.deepEqual(await what(there), [true, true, true, true, true, true, true])
    assert.equal(await storage.users.insert(user(here, 'U3'), [loginId('login-U1')]), true, 'the login ID is free again')
  },
)
