import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { DummyDriver, Kysely, PostgresAdapter, PostgresQueryCompiler, SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import pg from 'pg'
import type { MessageFilter } from '../../src/core/storage.ts'
import { countsQuery, figuresQuery, searchQuery } from '../../src/storage/sql/delivery-log.ts'
import type { Tables } from '../../src/storage/tables.ts'
import { contract, contractAlone, loginId, message, now, race, user } from './records.ts'

const to = { recipientDigest: 'digest' }

contract('messages: every filter of the delivery log, newest first, without decoys', async ({ storage, here, there }) => {
  await storage.users.insert(user(here, 'U1'), [loginId('u1')])
  const given = {
    a: { ...to, kind: 'otp.signIn', channel: 'sms', state: 'sent' },
    b: { ...to, userId: 'U1', state: 'failed' },
    c: { recipientDigest: 'other', state: 'failed', channel: 'voice' },
    d: { recipientDigest: '', state: 'expired' },
    e: { ...to, userId: 'U1' },
  } as const
  for (const [index, [id, fields]] of Object.entries(given).entries()) {
    await storage.outbox.insert(message(here, id, { createdAt: now + index, ...fields }))
  }
  await storage.outbox.insert(message(there, 'a', { ...to, createdAt: now }))
  const cases: readonly (readonly [MessageFilter, string])[] = [
    [{}, 'ecba'],
    [{ ids: ['a', 'e', 'd', 'none'] }, 'ea'],
    [{ ids: [] }, ''],
    [{ userId: 'U1' }, 'eb'],
    [{ userId: 'none' }, ''],
    [{ recipientDigest: 'digest' }, 'eba'],
    [{ recipientDigest: 'digest', userId: 'U1', states: ['failed'] }, 'b'],
    [{ kinds: ['otp.signIn', 'otp.signUp'] }, 'a'],
    [{ kinds: [] }, ''],
    [{ channels: ['sms', 'voice'] }, 'ca'],
    [{ states: ['failed'] }, 'cb'],
    [{ states: ['failed', 'pending'] }, 'ecb'],
    [{ states: [] }, ''],
    [{ createdFrom: now + 1, createdTo: now + 2 }, 'cb'],
    [{ createdFrom: now + 5 }, ''],
  ]
  const found = async (filter: MessageFilter, page = { limit: 10, offset: 0 }) =>
    (await storage.outbox.search(here, filter, page)).map(({ id }) => id).join('')
  for (const [filter, expected] of cases) assert.equal(await found(filter), expected, JSON.stringify(filter))
  assert.equal(await found({}, { limit: 2, offset: 1 }), 'cb')
  assert.deepEqual(await storage.outbox.counts(here), [
    { channel: 'email', state: 'failed', count: 1 },
    { channel: 'voice', state: 'failed', count: 1 },
    { channel: 'email', state: 'pending', count: 1 },
    { channel: 'sms', state: 'sent', count: 1 },
  ])
})

contract('messages: what failed and is worth it waits again, once', async ({ storage, here, there }) => {
  const failed = { ...to, state: 'failed', attempts: 10, reason: 'refused', isUnanswered: true, finishedAt: now } as const
  const rows = [
    message(here, 'a', failed),
    message(here, 'b', { ...failed, expiresAt: now + 1 }),
    message(here, 'c', { ...failed, state: 'sent' }),
    message(here, 'd', { ...failed, recipientDigest: '' }),
    message(there, 'a', failed),
  ]
  for (const row of rows) await storage.outbox.insert(row)
  assert.deepEqual(await storage.outbox.requeue(here, [], now), [])
  const answers = await race(4, () => storage.outbox.requeue(here, ['a', 'b', 'c', 'd', 'none'], now + 1))
  assert.deepEqual(answers.flat(), ['a'])
  const [again] = await storage.outbox.search(here, { ids: ['a'] }, { limit: 1, offset: 0 })
  const waiting = { state: 'pending', attempts: 0, nextAttemptAt: now + 1, finishedAt: 0, reason: '', isUnanswered: false } as const
  assert.deepEqual(again, message(here, 'a', { ...to, ...waiting }))
  const untouched = await storage.outbox.search(there, {}, { limit: 9, offset: 0 })
  assert.deepEqual(untouched, [rows[4]])
})

contractAlone('RL-12: the outcome of a lease that ran out does not replace that of another worker', async ({ storage, here }) => {
  const outcome = (changes: object) =>
    ({ state: 'pending', attempts: 1, nextAttemptAt: now + 300, finishedAt: 0, reason: 'x', isUnanswered: false, ...changes }) as const
  const failed = outcome({ state: 'failed', finishedAt: now })
  const sent = outcome({ state: 'sent', finishedAt: now, reason: '' })
  for (const id of ['a', 'b', 'c']) await storage.outbox.insert(message(here, id, to))
  await storage.outbox.lease(now, now + 60, 9)
  await storage.outbox.lease(now + 60, now + 120, 9)
  for (const late of [failed, outcome({})]) assert.equal(await storage.outbox.finish(here, 'a', now + 60, late), false)
  assert.equal(await storage.outbox.finish(here, 'a', now + 120, outcome({})), true, 'whoever has the lease')
  assert.equal(await storage.outbox.finish(here, 'a', now + 120, failed), false, 'once')
  assert.equal(await storage.outbox.finish(here, 'b', now + 60, sent), true, 'what has left has left')
  assert.equal(await storage.outbox.finish(here, 'b', now + 120, failed), false)
  assert.equal(await storage.outbox.finish(here, 'c', now + 120, failed), true)
  assert.equal(await storage.outbox.finish(here, 'c', now + 60, sent), false, 'an end is an end')
  const ends = await storage.outbox.search(here, {}, { limit: 9, offset: 0 })
  assert.deepEqual(Object.fromEntries(ends.map(({ id, state }) => [id, state])), { a: 'pending', b: 'sent', c: 'failed' })
})

contractAlone('messages: figures are those of all projects', async ({ storage, here, there }) => {
  const rows = [
    message(here, 'a', { createdAt: now - 9 }),
    message(there, 'a', { createdAt: now - 60 }),
    message(here, 'b', { state: 'failed', channel: 'sms', createdAt: now }),
    message(here, 'c', { state: 'sent' }),
  ]
  for (const row of rows) await storage.outbox.insert(row)
  assert.deepEqual(await storage.outbox.figures(), [
    { channel: 'email', state: 'pending', count: 2, oldestAt: now - 60 },
    { channel: 'sms', state: 'failed', count: 1, oldestAt: now },
  ])
})

const compiler = (isSqlite: boolean) =>
  new Kysely<Tables>({
    dialect: {
      createAdapter: () => (isSqlite ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createIntrospector: () => {
        throw new Error('Nobody asks')
      },
      createQueryCompiler: () => (isSqlite ? new SqliteQueryCompiler() : new PostgresQueryCompiler()),
    },
  })

contractAlone('messages: the delivery log is read by its indexes', async ({ storage, url, here, there }) => {
  const isSqlite = url.startsWith('sqlite:')
  const db = compiler(isSqlite)
  await storage.transaction(async (tx) => {
    for (let index = 0; index < 800; index++) {
      const state = index % 40 === 0 ? 'failed' : index % 40 === 1 ? 'pending' : 'sent'
      const changes = {
        state,
        recipientDigest: `digest${index % 100}`,
        createdAt: now + index,
        finishedAt: state === 'pending' ? 0 : now,
      } as const
      await tx.outbox.insert(message(index % 2 ? here : there, `O${index}`, changes))
    }
  })
  const page = (filter: MessageFilter) => searchQuery(db, here, filter).limit(50).compile()
  const plans = await explained(url, [
    ['outbox_of_project|outbox_state|outbox_newest', page({})],
    ['outbox_of_project|outbox_state|outbox_newest', page({ createdFrom: now - 60, createdTo: now })],
    ['outbox_recipient', page({ recipientDigest: 'digest1' })],
    ['outbox_of_user', page({ userId: 'U1' })],
    ['outbox_state', page({ states: ['failed'] })],
    ['outbox_pk|outbox_1|autoindex', page({ ids: ['O1', 'O2'] })],
    ['outbox_state|outbox_of_project', countsQuery(db, here).compile()],
    ['outbox_failed', figuresQuery(db, 'failed').compile()],
    ['outbox_due', figuresQuery(db, 'pending').compile()],
  ])
  for (const { indexes, sql, plan } of plans) assert.match(plan, new RegExp(indexes), `${sql}\n${plan}`)
})

type Compiled = ReturnType<ReturnType<typeof searchQuery>['compile']> | ReturnType<ReturnType<typeof countsQuery>['compile']>

async function explained(url: string, queries: readonly (readonly [indexes: string, query: Pick<Compiled, 'sql' | 'parameters'>])[]) {
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true })
    const plans = queries.map(([indexes, { sql, parameters }]) => {
      const rows = database.prepare(`explain query plan ${sql}`).all(...(parameters as readonly (string | number)[]))
      return { indexes, sql, plan: rows.map(({ detail }) => detail).join('\n') }
    })
    database.close()
    return plans
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('analyze outbox')
  await client.query('set enable_seqscan = off')
  const plans = []
  for (const [indexes, { sql, parameters }] of queries) {
    const { rows } = await client.query(`explain ${sql}`, [...parameters])
    plans.push({ indexes, sql, plan: rows.map((row) => Object.values(row).join()).join('\n') })
  }
  await client.end()
  return plans
}
