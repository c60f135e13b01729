import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import type { AttemptStep, Storage } from '../../src/core/storage.ts'
import { together } from '../../src/core/together.ts'
import { openStorage } from '../../src/storage/open.ts'
import { sendTogether } from '../../src/storage/postgres-flight.ts'
import { databases } from '../databases.ts'
import { startProxy } from '../faults/proxy.ts'
import { challenge, contract, credential, event, loginId, now, project, race, session, user } from './records.ts'

/** Statements that are begun at once, in transactions and by steps. */

contract('transactions: what is begun at once runs in the order in which it was begun', async ({ storage, here }) => {
  const [isNew, , found, ids] = await storage.transaction((tx) =>
    together(
      tx.users.insert(user(here, 'U1'), [loginId('a')]),
      tx.sessions.insert(session(here, 'U1', 'S1')),
      tx.sessions.withUser(here, 'S1'),
      tx.users.byIds(here, ['U1', 'U2']),
      tx.challenges.insert(challenge(here, 'U1', 'C1')),
    ),
  )
  assert.equal(isNew, true)
  assert.equal(found?.session.id, 'S1')
  assert.equal(ids.length, 1)
  assert.notEqual(await storage.challenges.byId(here, 'C1'), undefined)
})

contract('RL-01: a refusal among statements that were begun at once undoes all, and is what is told', async ({ storage, here }) => {
  const refuse = async (tx: Storage) => {
    if (!(await tx.users.noteSignIn(here, 'nobody', now))) throw new Error('refused')
  }
  const write = (tx: Storage) => [
    tx.users.insert(user(here, 'U1'), [loginId('a')]),
    refuse(tx),
    // There is no such user, which the database refuses too.
    tx.sessions.insert(session(here, 'nobody', 'S1')),
    tx.challenges.insert(challenge(here, 'U1', 'C1')),
  ]
  await assert.rejects(
    storage.transaction((tx) => together(...write(tx))),
    /^Error: refused$/,
  )
  // The first failure ends it, while others are under way.
  await assert.rejects(
    storage.transaction((tx) => Promise.all(write(tx))),
    /refused|nobody|FOREIGN|foreign/,
  )
  assert.equal(await storage.users.byId(here, 'U1'), undefined)
  assert.equal(await storage.challenges.byId(here, 'C1'), undefined)
  assert.equal(await storage.users.insert(user(here, 'U1'), [loginId('a')]), true, 'and the connection is as good as before')
})

contract('transactions: an error of the database among several undoes all, whoever catches it', async ({ storage, here }) => {
  const write = storage.transaction((tx) =>
    together(
      tx.users.insert(user(here, 'U1'), [loginId('a')]),
      tx.projects.insert(project({ id: here })).catch(() => undefined),
      tx.challenges.insert(challenge(here, 'U1', 'C1')),
    ),
  )
  const isWritten = await write.then(
    () => true,
    () => false,
  )
  assert.equal((await storage.users.byId(here, 'U1')) !== undefined, isWritten)
  assert.equal((await storage.challenges.byId(here, 'C1')) !== undefined, isWritten)
})

contract('transactions: nothing is asked of one that is over', async ({ storage, here }) => {
  let kept: Storage | undefined
  await storage.transaction(async (tx) => {
    kept = tx
    await tx.users.insert(user(here, 'U1'), [loginId('a')])
  })
  // What comes too late must not join somebody else's transaction, which may be undone.
  const late = kept?.challenges.insert(challenge(here, 'U1', 'C1')).catch(() => undefined)
  await storage
    .transaction(async (tx) => {
      await tx.users.insert(user(here, 'U2'), [loginId('b')])
      await late
      throw new Error('no')
    })
    .catch(() => undefined)
  if (storage && databases.length > 1) assert.equal(await storage.users.byId(here, 'U2'), undefined)
})

contract('users: a sign-in is noted of those who may', async ({ storage, here }) => {
  for (const status of ['enabled', 'invited', 'disabled'] as const) {
    await storage.users.insert(user(here, status, { status, lastSignInAt: 5 }), [loginId(status)])
  }
  const noted = ['enabled', 'invited', 'disabled', 'nobody'].map((id) => storage.users.noteSignIn(here, id, now))
  assert.deepEqual(await Promise.all(noted), [true, true, false, false])
  const found = await storage.users.byIds(here, ['enabled', 'invited', 'disabled'])
  const facts = found.map((one) => `${one.user.id} ${one.user.status} ${one.user.lastSignInAt}`).toSorted()
  assert.deepEqual(facts, ['disabled disabled 5', `enabled enabled ${now}`, `invited enabled ${now}`])
})

const limit = (key: string, max: number, windowSeconds = 60) => ({ key, max, windowSeconds })
const steps = (account: string): readonly AttemptStep[] => [
  { requests: [limit('source', 3), limit(`pair ${account}`, 1_000)] },
  { requests: [limit('accounts', 2)], onlyAfterFirst: `pair ${account}` },
  { requests: [limit(`lock ${account}`, 2, 0)], unless: `temporary ${account}` },
]

contract('BF-03: counters are taken step by step, and a refusal leaves later steps alone', async ({ storage, here }) => {
  const take = async (account: string) => {
    const answers = await storage.attempts.takeInSteps(here, steps(account), now)
    return answers.map(({ isPassedOver, counts }) =>
      isPassedOver ? 'passed over' : counts.map((one) => `${one.isTaken ? '' : 'not '}${one.count}`).join(),
    )
  }
  const current = (key: string) => storage.attempts.current(here, key, now)
  assert.deepEqual(await take('a'), ['1,1', '1', '1'])
  assert.deepEqual(await take('a'), ['2,2', 'passed over', '2'])
  assert.deepEqual(await take('a'), ['3,3', 'passed over', 'not 2'], 'the last step refuses')
  assert.deepEqual(await take('b'), ['not 3,1'], 'the first step refuses')
  assert.deepEqual([await current('accounts'), await current('lock b')], [1, 0])
  await storage.attempts.clear(here, ['source', 'pair b'])
  await storage.attempts.take(here, 'temporary b', limit('', 1), now)
  assert.deepEqual(await take('b'), ['1,1', '2', 'passed over'])
  assert.equal(await current('lock b'), 0)
  assert.deepEqual(await take('c'), ['2,1', 'not 2'], 'the step in the middle refuses')
  assert.equal(await current('lock c'), 0)
  const later = await storage.attempts.takeInSteps(here, steps('b'), now + 60)
  assert.deepEqual(later, [
    { isPassedOver: false, counts: [1, 1].map((count) => ({ isTaken: true, count, windowEndsAt: now + 120 })) },
    { isPassedOver: false, counts: [{ isTaken: true, count: 1, windowEndsAt: now + 120 }] },
    { isPassedOver: false, counts: [{ isTaken: true, count: 1, windowEndsAt: 0 }] },
  ])
})

contract('BF-06: racers for steps of counters never exceed a limit', async ({ storage, here, url }) => {
  const second = await openStorage({ database: url })
  try {
    const wanted = (index: number): readonly AttemptStep[] => [
      { requests: [limit('source', 30), limit(`pair ${index % 5}`, 1_000)] },
      { requests: [limit('accounts', 3)], onlyAfterFirst: `pair ${index % 5}` },
      { requests: [limit(`lock ${index % 5}`, 4, 0)] },
    ]
    const answers = await race(60, (index) => (index % 2 ? storage : second).attempts.takeInSteps(here, wanted(index), now))
    const taken = (step: number, at = 0) => answers.filter((answer) => answer[step]?.counts[at]?.isTaken).length
    assert.deepEqual([taken(0), taken(1)], [30, 3])
    for (const account of [0, 1, 2, 3, 4]) {
      const count = await storage.attempts.current(here, `lock ${account}`, now)
      assert.ok(count <= 4)
    }
    const locks = answers.filter((answer) => answer.at(-1)?.counts[0]?.windowEndsAt === 0 && answer.at(-1)?.counts[0]?.isTaken).length
    const counts = await Promise.all([0, 1, 2, 3, 4].map((account) => storage.attempts.current(here, `lock ${account}`, now)))
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      locks,
    )
  } finally {
    await second.close()
  }
})

/** One test on PostgreSQL, if it is there. */
function onPostgres(title: string, run: (url: string, storage: Storage) => Promise<void>): void {
  const kind = databases.find(({ name }) => name === 'postgres')
  if (!kind) return
  test(`postgres: ${title}`, async () => {
    const database = await kind.open()
    try {
      await run(database.url, database.storage)
    } finally {
      await database.close()
    }
  })
}

onPostgres('transactions: statements that are begun at once are one round trip, and the commit another', async (url, direct) => {
  await direct.projects.insert(project({ id: 'P' }))
  const { port, hostname, pathname } = new URL(url)
  assert.equal(hostname, '127.0.0.1')
  const proxy = await startProxy({ port: Number(port) })
  const storage = await openStorage({ database: `postgres://postern@127.0.0.1:${proxy.port}${pathname}` })
  try {
    const before = proxy.pieces()
    await storage.transaction((tx) =>
      together(
        tx.users.insert(user('P', 'U1'), []),
        tx.sessions.insert(session('P', 'U1', 'S1')),
        tx.credentials.insert(credential('P', 'U1')),
        tx.events.insert(event('P', 'U1', 'E1')),
      ),
    )
    assert.equal(proxy.pieces() - before, 2)
    await assert.rejects(storage.transaction(async () => Promise.reject(new Error('no'))))
    assert.equal(proxy.pieces() - before, 2, 'a transaction without statements is none')
  } finally {
    await storage.close()
    await proxy.close()
  }
})

onPostgres('transactions: nothing runs behind a statement that failed, not even behind a begin', async (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const client = await pool.connect()
  try {
    const insert = { text: "insert into meta (key, value) values ($1, 'x')", values: ['k'], name: 'insert_one' }
    const count = { text: 'select count(*)::int as count from meta where key = $1', values: ['k'], name: 'count_them' }
    const send = async (...texts: ({ text: string; values: unknown[]; name?: string } | string)[]) => {
      const statements = texts.map((one) => (typeof one === 'string' ? { text: one, values: [] } : one))
      const outcomes = await sendTogether(client, statements, 20_000)
      return outcomes.map((one) => (one.status === 'fulfilled' ? (one.value.rows[0] ?? one.value.command) : String(one.reason)))
    }
    const failed = await send('begin wrong', insert, count)
    assert.match(String(failed[0]), /syntax error/)
    assert.deepEqual(failed[1], failed[0])
    // Their names were on their way when they were not run.
    assert.deepEqual(await send(count, insert, count), [{ count: 0 }, 'INSERT', { count: 1 }])
    const twice = await send('begin', count, insert, count)
    assert.deepEqual(twice.slice(0, 2), ['BEGIN', { count: 1 }])
    assert.match(String(twice[2]), /duplicate key/)
    assert.deepEqual(twice[3], twice[2])
    assert.deepEqual(await send('rollback', count), ['ROLLBACK', { count: 1 }])
    assert.deepEqual((await client.query(count)).rows, [{ count: 1 }], 'both ways know the same names')
    await assert.rejects(send(insert, { text: 'select $1', values: [{}] }), /kind that is not stored/)
    assert.deepEqual(await send(count), [{ count: 1 }])
  } finally {
    client.release()
    await pool.end()
  }
})
