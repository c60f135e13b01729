import assert from 'node:assert/strict'
import type { SigningKeyRecord } from '../../src/core/storage.ts'
import { openStorage } from '../../src/storage/open.ts'
import { challenge, contract, contractAlone, event, loginId, message, now, race, session, user } from './records.ts'

contract('BF-06: of many parallel attempts as many are taken as the limit says', async ({ storage, url, here }) => {
  const second = await openStorage({ database: url })
  try {
    for (const [key, windowSeconds] of [
      ['window', 300],
      ['endless', 0],
    ] as const) {
      const limit = { max: 10, windowSeconds }
      const counts = await race(60, (index) => (index % 2 ? storage : second).attempts.take(here, key, limit, now))
      const windowEndsAt = windowSeconds && now + windowSeconds
      const taken = counts.filter(({ isTaken }) => isTaken).map(({ count }) => count)
      assert.deepEqual(
        taken.toSorted((a, b) => a - b),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        key,
      )
      for (const count of counts) assert.equal(count.windowEndsAt, windowEndsAt)
      for (const count of counts) if (!count.isTaken) assert.equal(count.count, 10)
      assert.equal(await storage.attempts.current(here, key, now), 10, 'refused attempts are not counted')
    }
  } finally {
    await second.close()
  }
})

contract('BF-06: counters survive a restart', async ({ storage, url, here }) => {
  const limit = { max: 3, windowSeconds: 60 }
  await storage.attempts.take(here, 'k', limit, now)
  const again = await openStorage({ database: url })
  try {
    assert.deepEqual(await again.attempts.take(here, 'k', limit, now + 1), { isTaken: true, count: 2, windowEndsAt: now + 60 })
  } finally {
    await again.close()
  }
})

contract('attempts: a window ends and starts anew, once', async ({ storage, here, there }) => {
  const limit = { max: 2, windowSeconds: 60 }
  const take = (at: number) => storage.attempts.take(here, 'k', limit, at)
  assert.deepEqual(await take(now), { isTaken: true, count: 1, windowEndsAt: now + 60 })
  assert.deepEqual(await take(now + 30), { isTaken: true, count: 2, windowEndsAt: now + 60 })
  assert.deepEqual(await take(now + 59), { isTaken: false, count: 2, windowEndsAt: now + 60 })
  assert.equal(await storage.attempts.current(here, 'k', now + 59), 2)
  assert.equal(await storage.attempts.current(here, 'k', now + 60), 0)
  const anew = await race(8, () => take(now + 60))
  assert.equal(anew.filter(({ isTaken }) => isTaken).length, 2)
  assert.equal(await storage.attempts.current(here, 'k', now + 60), 2)
  assert.equal((await storage.attempts.take(there, 'k', limit, now + 60)).count, 1, 'another project counts for itself')
})

contract('attempts: a counter without a window counts until it is cleared', async ({ storage, here, there }) => {
  const limit = { max: Number.MAX_SAFE_INTEGER, windowSeconds: 0 }
  for (const expected of [1, 2, 3]) {
    const count = await storage.attempts.take(here, 'k', limit, now + expected * 1_000_000)
    assert.deepEqual(count, { isTaken: true, count: expected, windowEndsAt: 0 })
  }
  await storage.attempts.take(there, 'k', limit, now)
  assert.equal((await storage.attempts.take(here, 'k', { max: 2, windowSeconds: 0 }, now)).isTaken, false, 'a lowered limit holds at once')
  await storage.attempts.clear(here, [])
  assert.equal(await storage.attempts.current(here, 'k', now), 3)
  await storage.attempts.clear(here, ['other', 'k'])
  assert.equal(await storage.attempts.current(here, 'k', now), 0)
  assert.equal(await storage.attempts.current(there, 'k', now), 1)
})

contract('attempts: what is given back can be taken again, and nothing falls below zero', async ({ storage, here }) => {
  const limit = { max: 1, windowSeconds: 60 }
  await storage.attempts.giveBack(here, 'k')
  await storage.attempts.take(here, 'k', limit, now)
  await race(5, () => storage.attempts.giveBack(here, 'k'))
  assert.equal(await storage.attempts.current(here, 'k', now), 0)
  assert.deepEqual(await storage.attempts.take(here, 'k', limit, now + 5), { isTaken: true, count: 1, windowEndsAt: now + 60 })
})

contract('signing keys: those in the key set, newest first', async ({ storage, here, there }) => {
  const key = (projectId: string, id: string, createdAt: number): SigningKeyRecord => {
    const jwk = { publicJwk: { kty: 'RSA', n: 'x' }, sealedPrivateJwk: 'sealed' }
    return { projectId, id, algorithm: 'RS256', ...jwk, createdAt, activeAt: createdAt + 600, revokedAt: 0 }
  }
  const rows = [key(here, 'K1', now), key(here, 'K2', now + 1), key(here, 'K3', now + 2), key(there, 'K1', now)] as const
  for (const row of rows) await storage.signingKeys.insert(row)
  assert.equal(await storage.signingKeys.revoke(here, 'K2', now), true)
  assert.equal(await storage.signingKeys.revoke(here, 'K2', now), false)
  assert.equal(await storage.signingKeys.revoke(here, 'K9', now), false)
  assert.deepEqual(await storage.signingKeys.list(here), [rows[2], rows[0]])
  assert.equal(await storage.signingKeys.revoke(here, 'K1', now), true)
  assert.deepEqual(await storage.signingKeys.list(there), [rows[3]])
})

contract('events: those of a user, newest first, narrowed and bounded', async ({ storage, here, there }) => {
  const at = (milliseconds: number) => ({ occurredAtMilliseconds: now * 1_000 + milliseconds })
  const rows = [
    event(here, 'U1', 'E1', at(1)),
    event(here, 'U1', 'E3', { ...at(2), type: 'session.refresh' }),
    event(here, 'U1', 'E2', { ...at(2), outcome: 'failure' }),
    event(here, 'U2', 'E4', at(3)),
    event(here, '', 'E5', at(4)),
    event(there, 'U1', 'E1', at(5)),
  ]
  for (const row of rows) await storage.events.insert(row)
  const forUser = (query: Parameters<typeof storage.events.forUser>[2]) => storage.events.forUser(here, 'U1', query)
  assert.deepEqual(await forUser({ limit: 10 }), [rows[1], rows[2], rows[0]])
  assert.deepEqual(await forUser({ limit: 1 }), [rows[1]])
  assert.deepEqual(await forUser({ limit: 10, types: ['password.signIn'] }), [rows[2], rows[0]])
  assert.deepEqual(await forUser({ limit: 10, types: ['password.signIn'], outcome: 'failure' }), [rows[2]])
  assert.deepEqual(await forUser({ limit: 10, types: [] }), [])
  await race(205, (index) => storage.events.insert(event(there, 'U9', `Emany${index}`)))
  assert.equal((await storage.events.forUser(there, 'U9', { limit: 1_000 })).length, 200)
})

contractAlone('outbox: a due message is leased by one worker', async ({ storage, url, here, there }) => {
  const rows = Array.from({ length: 12 }, (_, index) => message(index % 2 ? here : there, `O${index + 10}`, { createdAt: now + index }))
  for (const row of rows) await storage.outbox.insert(row)
  await storage.outbox.insert(message(here, 'Olater', { nextAttemptAt: now + 1 }))
  await storage.outbox.insert(message(here, 'Osent', { state: 'sent', finishedAt: now }))
  assert.deepEqual(await storage.outbox.figures(), [{ channel: 'email', state: 'pending', count: 13, oldestAt: now }])
  const second = await openStorage({ database: url })
  try {
    const leases = await race(6, (index) => (index % 2 ? storage : second).outbox.lease(now, now + 60, 5))
    for (const lease of leases) assert.ok(lease.length <= 5)
    const rest = await storage.outbox.lease(now, now + 60, 50)
    const ids = [...leases.flat(), ...rest].map(({ id }) => id)
    assert.equal(ids.length, rows.length, 'each once')
    assert.deepEqual(new Set(ids), new Set(rows.map(({ id }) => id)), 'none left out')
  } finally {
    await second.close()
  }
  assert.deepEqual(await storage.outbox.lease(now, now + 60, 50), [])
  const again = await storage.outbox.lease(now + 60, now + 120, 50)
  assert.equal(again.length, 13, 'a lease that ran out is taken by the next')
  assert.deepEqual(
    again.find(({ id }) => id === 'O10'),
    message(there, 'O10', { nextAttemptAt: now + 120 }),
  )
})

contractAlone('outbox: an outcome is written, and messages are listed newest first', async ({ storage, here, there }) => {
  for (const [index, projectId] of [here, there, here].entries()) {
    await storage.outbox.insert(message(projectId, `O${index}`, { createdAt: now + index }))
  }
  const outcome = { state: 'failed', attempts: 3, reason: 'refused', isUnanswered: true, nextAttemptAt: 0, finishedAt: now + 9 } as const
  assert.equal(await storage.outbox.finish(here, 'O0', now, outcome), true)
  assert.equal(await storage.outbox.finish(here, 'O1', now, outcome), false)
  const ids = async (query: Parameters<typeof storage.outbox.list>[0]) => (await storage.outbox.list(query)).map(({ id }) => id)
  assert.deepEqual(await ids({ limit: 9 }), ['O2', 'O1', 'O0'])
  assert.deepEqual(await ids({ limit: 2 }), ['O2', 'O1'])
  assert.deepEqual(await ids({ limit: 9, states: ['pending', 'sent'] }), ['O2', 'O1'], 'a message of another project is another message')
  assert.deepEqual(await ids({ limit: 9, states: [] }), [])
  assert.deepEqual(await storage.outbox.list({ limit: 9, states: ['failed'] }), [message(here, 'O0', { createdAt: now, ...outcome })])
})

contractAlone('outbox: messages to somebody are there for a developer, decoys are not', async ({ storage, here, there }) => {
  const to = { recipientDigest: 'digest' }
  const rows = [
    message(here, 'O0', { ...to, state: 'kept', createdAt: now }),
    message(there, 'O1', { ...to, state: 'kept', createdAt: now }),
    message(here, 'O2', { ...to, state: 'expired', createdAt: now + 1 }),
    message(here, 'O3', { state: 'expired', createdAt: now + 2 }),
    message(here, 'O4', { ...to, createdAt: now + 3 }),
  ]
  for (const row of rows) await storage.outbox.insert(row)
  const ids = async (query: Parameters<typeof storage.outbox.addressed>[0]) => (await storage.outbox.addressed(query)).map(({ id }) => id)
  assert.deepEqual(await ids({ limit: 9 }), ['O4', 'O2', 'O1', 'O0'])
  assert.deepEqual(await ids({ limit: 1 }), ['O4'])
  assert.deepEqual(await ids({ limit: 2, createdFrom: now + 1 }), ['O2', 'O4'])
  assert.deepEqual(await storage.outbox.byId('O1'), rows[1])
  assert.equal(await storage.outbox.byId('O9'), undefined)
  assert.equal(await storage.outbox.deleteKept(there), 1)
  assert.equal(await storage.outbox.deleteKept(there), 0)
  assert.deepEqual(await ids({ limit: 9 }), ['O4', 'O2', 'O0'])
  assert.equal(await storage.outbox.deleteKept(), 1)
  assert.deepEqual(await ids({ limit: 9 }), ['O4', 'O2'])
})

contractAlone('meta: the first value stays', async ({ storage, url }) => {
  assert.equal(await storage.meta.get('k'), undefined)
  const second = await openStorage({ database: url })
  try {
    const values = await race(10, (index) => (index % 2 ? storage : second).meta.putIfAbsent('k', `v${index}`))
    assert.equal(new Set(values).size, 1)
    assert.equal(await second.meta.get('k'), values[0])
    assert.equal(await storage.meta.putIfAbsent('k', 'late'), values[0])
  } finally {
    await second.close()
  }
})

contract('BF-06: several counters are taken in one step, each by its own limit', async ({ storage, here }) => {
  const requests = [
    { key: 'z', max: 2, windowSeconds: 60 },
    { key: 'a', max: 1, windowSeconds: 0 },
    { key: 'm', max: 9, windowSeconds: 10 },
  ]
  const answers = [await storage.attempts.takeEach(here, requests, now), await storage.attempts.takeEach(here, requests, now + 5)]
  assert.deepEqual(answers, [
    [
      { isTaken: true, count: 1, windowEndsAt: now + 60 },
      { isTaken: true, count: 1, windowEndsAt: 0 },
      { isTaken: true, count: 1, windowEndsAt: now + 10 },
    ],
    [
      { isTaken: true, count: 2, windowEndsAt: now + 60 },
      { isTaken: false, count: 1, windowEndsAt: 0 },
      { isTaken: true, count: 2, windowEndsAt: now + 10 },
    ],
  ])
  const later = await storage.attempts.takeEach(here, requests, now + 10)
  assert.deepEqual(
    later.map(({ isTaken, count }) => [isTaken, count]),
    [
      [false, 2],
      [false, 1],
      [true, 1],
    ],
  )
  assert.deepEqual(await storage.attempts.takeEach(here, [], now), [])
})

contract('BF-06: racers for several counters at once never exceed a limit', async ({ storage, here }) => {
  const requests = [
    { key: 'one', max: 10, windowSeconds: 60 },
    { key: 'two', max: 25, windowSeconds: 60 },
  ]
  const answers = await race(50, (index) => storage.attempts.takeEach(here, index % 2 ? requests : requests.toReversed(), now))
  const taken = (key: number) => answers.filter((answer, index) => answer[index % 2 ? key : 1 - key]?.isTaken).length
  assert.deepEqual([taken(0), taken(1)], [10, 25])
})

contractAlone('RL-13: the purge takes what nobody can use, in bounded bites', async ({ storage, here }) => {
  const day = 86_400
  await storage.users.insert(user(here, 'U1'), [loginId('a')])
  await race(260, (index) => storage.challenges.insert(challenge(here, 'U1', `Cold${index}`, { expiresAt: now })))
  await storage.challenges.insert(challenge(here, 'U1', 'Clive', { expiresAt: now + 1 }))
  await storage.attempts.take(here, 'old', { max: 5, windowSeconds: 60 }, now - 60)
  await storage.attempts.take(here, 'live', { max: 5, windowSeconds: 60 }, now - 59)
  await storage.attempts.take(here, 'endless', { max: 5, windowSeconds: 0 }, now - 60)
  const ended = { endedAt: now - 8 * day, endedReason: 'logout' }
  await storage.sessions.insert(session(here, 'U1', 'Sended', { ...ended, expiresAt: now + day }))
  await storage.sessions.insert(session(here, 'U1', 'Sexpired', { expiresAt: now - 8 * day }))
  await storage.sessions.insert(session(here, 'U1', 'Slately', { endedAt: now - day, endedReason: 'logout' }))
  await storage.sessions.insert(session(here, 'U1', 'Slive'))
  await storage.outbox.insert(message(here, 'Osent', { state: 'sent', finishedAt: now - 8 * day }))
  await storage.outbox.insert(message(here, 'Olately', { state: 'failed', finishedAt: now - day }))
  await storage.outbox.insert(message(here, 'Opending', { createdAt: now - 30 * day }))
  assert.equal(await storage.purge(now, 7), 7)
  assert.equal(await storage.purge(now, 250), 250)
  assert.equal(await storage.purge(now, 1_000), 260 + 1 + 2 + 1 - 257)
  assert.equal(await storage.purge(now, 1_000), 0)
  assert.notEqual(await storage.challenges.byId(here, 'Clive'), undefined)
  assert.equal(await storage.attempts.current(here, 'live', now), 1)
  assert.equal(await storage.attempts.current(here, 'endless', now), 1)
  const sessions = await Promise.all(['Sended', 'Sexpired', 'Slately', 'Slive'].map((id) => storage.sessions.withUser(here, id)))
  assert.deepEqual(
    sessions.map((found) => found?.session.id),
    [undefined, undefined, 'Slately', 'Slive'],
  )
  assert.deepEqual(
    (await storage.outbox.list({ limit: 9 })).map(({ id }) => id),
    ['Olately', 'Opending'],
  )
})
