import assert from 'node:assert/strict'
import { type Kit, onEveryDatabase } from '../../../test/kit.ts'
import type { OutboxState } from '../../core/storage.ts'

const search = async (kit: Kit, body: object = {}) => {
  const answer = await kit.manage('/v1/mgmt/message/search', { body })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const retry = (kit: Kit, body: object) => kit.manage('/v1/mgmt/message/retry', { body })

/** Queues a reset mail for a user, and makes it end. */
async function queued(kit: Kit, loginId: string, state: OutboxState, lifeSeconds = 1_800): Promise<string> {
  const { storage, outbox, projects, clock } = kit.auth.deps
  const project = await projects.byId(kit.projectId)
  const found = await storage.users.byLoginId(kit.projectId, loginId)
  assert.ok(project && found)
  const { user } = found
  const values = { link: 'https://auth.example.com/reset?t=canary', lifetime: lifeSeconds }
  const message = { project, kind: 'password.reset', channel: 'email', user, to: user.email, ttlSeconds: lifeSeconds, values } as const
  await storage.transaction((tx) => outbox.queue(tx, message))
  const [row] = await storage.outbox.search(kit.projectId, { kinds: ['password.reset'] }, { limit: 1, offset: 0 })
  assert.ok(row)
  const now = clock.nowSeconds()
  // There is no transport in this world: the message is written anew as one of a server that has one.
  await storage.outbox.deleteKept(kit.projectId)
  const ended = {
    state,
    attempts: 10,
    finishedAt: state === 'pending' ? 0 : now,
    reason: state === 'failed' ? 'The peer answered 550' : '',
  }
  await storage.outbox.insert({ ...row, ...ended })
  return row.id
}

onEveryDatabase('the delivery log shows what became of messages, and not what they say', async (kit) => {
  const { user } = await kit.signUp('ada@example.com')
  await kit.signUp('eve@example.com')
  const failed = await queued(kit, 'ada@example.com', 'failed')
  kit.clock.advance(5)
  const sent = await queued(kit, 'eve@example.com', 'sent')
  const { messages, hasMore } = await search(kit)
  assert.deepEqual([messages.map((one: { id: string }) => one.id), hasMore], [[sent, failed], false])
  const createdAt = kit.clock.nowSeconds() - 5
  assert.deepEqual(messages[1], {
    ...{ id: failed, kind: 'password.reset', channel: 'email', userId: user.userId, recipient: 'a*****@e*****.com', state: 'failed' },
    ...{ attempts: 10, reason: 'The peer answered 550', createdAt, expiresAt: createdAt + 1_800, nextAttemptAt: 0, finishedAt: createdAt },
  })
  const { body } = await kit.manage('/v1/mgmt/message/counts')
  assert.deepEqual(body.counts, [
    { channel: 'email', state: 'failed', count: 1 },
    { channel: 'email', state: 'sent', count: 1 },
  ])
  for (const text of [JSON.stringify(messages), JSON.stringify(body)]) assert.doesNotMatch(text, /canary|ada@|eve@|auth\.example/)
})

onEveryDatabase('every filter of the delivery log', async (kit) => {
  const { user } = await kit.signUp('ada@example.com')
  await kit.signUp('eve@example.com')
  const one = await queued(kit, 'ada@example.com', 'failed')
  kit.clock.advance(5)
  const two = await queued(kit, 'eve@example.com', 'sent')
  const now = kit.clock.nowSeconds()
  for (const [body, expected] of [
    [{ loginId: ' ADA@example.com ' }, [one]],
    [{ userId: user.userId }, [one]],
    [{ loginId: 'nobody@example.com' }, []],
    [{ recipient: 'EVE@Example.com' }, [two]],
    [{ recipient: '+15555550100' }, []],
    [{ recipient: 'eve@example.co' }, []],
    [{ kinds: ['password.reset'], channels: ['email'] }, [two, one]],
    [{ kinds: ['otp.signIn'] }, []],
    [{ channels: ['sms'] }, []],
    [{ states: ['failed', 'pending'] }, [one]],
    [{ states: [], ids: [], kinds: [] }, [two, one]],
    [{ ids: [two, 'none'] }, [two]],
    [{ from: now }, [two]],
    [{ to: now - 5 }, [one]],
    [{ limit: 1 }, [two]],
    [{ limit: 1, page: 1 }, [one]],
    [{ limit: 1, page: 2 }, []],
  ] as const) {
    const { messages } = await search(kit, body)
    assert.deepEqual(
      messages.map(({ id }: { id: string }) => id),
      expected,
      JSON.stringify(body),
    )
  }
  assert.equal((await search(kit, { limit: 1 })).hasMore, true)
  for (const body of [
    { recipient: 'nobody' },
    { limit: 201 },
    { limit: 200, page: 51 },
    { states: ['lost'] },
    { ids: Array(201).fill('M') },
  ]) {
    assert.equal((await kit.manage('/v1/mgmt/message/search', { body })).status, 400, JSON.stringify(body))
  }
})

onEveryDatabase('RL-12: dead letters wait again, but not those whose link is dead', async (kit) => {
  await kit.signUp('ada@example.com')
  const dead = await queued(kit, 'ada@example.com', 'failed', 60)
  kit.clock.advance(61)
  const one = await queued(kit, 'ada@example.com', 'failed')
  const two = await queued(kit, 'ada@example.com', 'failed')
  const sent = await queued(kit, 'ada@example.com', 'sent')
  const first = await retry(kit, { ids: [one, dead, sent, 'Mnone'] })
  assert.equal(first.status, 200, first.text)
  const refused = [
    { id: sent, reason: 'notFailed' },
    { id: dead, reason: 'expired' },
    { id: 'Mnone', reason: 'notFound' },
  ]
  assert.deepEqual(first.body, { retried: [one], refused, hasMore: false })
  assert.deepEqual((await retry(kit, { ids: [one] })).body, { retried: [], refused: [{ id: one, reason: 'notFailed' }], hasMore: false })
  assert.equal((await retry(kit, {})).body.errorCode, 'E011004', 'not everything by mistake')
  kit.clock.advance(1)
  const rest = await retry(kit, { all: true })
  assert.deepEqual(rest.body, { retried: [two], refused: [{ id: dead, reason: 'expired' }], hasMore: false })
  const { messages } = await search(kit, { states: ['pending'] })
  assert.deepEqual(new Set(messages.map(({ id }: { id: string }) => id)), new Set([one, two]))
  for (const message of messages) assert.deepEqual([message.attempts, message.reason, message.finishedAt], [0, '', 0])
  const { body } = await kit.manage('/v1/mgmt/audit/search', { body: { actions: ['message.retry'] } })
  assert.deepEqual(
    body.audits.map(({ data }: { data: object }) => data),
    [
      { count: 1, outcome: 'success' },
      { count: 1, ids: [one], outcome: 'success' },
    ],
  )
})

onEveryDatabase('JW-08: the delivery log of a project is no other project’s', async (kit) => {
  await kit.signUp('ada@example.com')
  const id = await queued(kit, 'ada@example.com', 'failed')
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const call = (path: string, body: object) => kit.call(path, { projectId: other.projectId, token: other.managementKey, body })
  assert.deepEqual((await call('/v1/mgmt/message/search', { ids: [id] })).body.messages, [])
  assert.deepEqual((await call('/v1/mgmt/message/retry', { ids: [id] })).body.refused, [{ id, reason: 'notFound' }])
})
