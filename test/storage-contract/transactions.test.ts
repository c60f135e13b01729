import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { columns } from '../../src/storage/columns.ts'
import { openStorage } from '../../src/storage/open.ts'
import { challenge, contract, contractAlone, loginId, now, project, race, user } from './records.ts'

contract('RL-01: a transaction commits all of it or nothing', async ({ storage, here }) => {
  const write = (id: string, fails: boolean) =>
    storage.transaction(async (tx) => {
      await tx.users.insert(user(here, id), [loginId(id)])
      await tx.challenges.insert(challenge(here, id, `C${id}`))
      if (fails) throw new Error('no')
      return `made ${id}`
    })
  assert.equal(await write('U1', false), 'made U1')
  await assert.rejects(write('U2', true), /^Error: no$/)
  assert.notEqual(await storage.challenges.byId(here, 'CU1'), undefined)
  assert.equal(await storage.users.byId(here, 'U2'), undefined)
  assert.equal(await storage.challenges.byId(here, 'CU2'), undefined)
})

contract('transactions: an error of the database rolls back, and the next one works', async ({ storage, here }) => {
  const failing = storage.transaction(async (tx) => {
    await tx.users.insert(user(here, 'U1'), [loginId('a')])
    await tx.projects.insert(project({ id: here }))
  })
  await assert.rejects(failing)
  assert.equal(await storage.users.byId(here, 'U1'), undefined)
  assert.equal(await storage.users.insert(user(here, 'U1'), [loginId('a')]), true)
})

contract('transactions: a caught error of the database does not commit half', async ({ storage, here }) => {
  const half = storage.transaction(async (tx) => {
    await tx.projects.insert(project({ id: here })).catch(() => undefined)
    await tx.users.insert(user(here, 'U1'), [loginId('a')])
  })
  const outcome = await half.then(
    () => 'committed' as const,
    () => 'rolled back' as const,
  )
  const found = await storage.users.byId(here, 'U1')
  assert.equal(found !== undefined, outcome === 'committed', 'the databases differ in which, and both are whole')
})

contract('transactions: nobody else sees or joins one that is open', async ({ storage, here }) => {
  const order: string[] = []
  const open = Promise.withResolvers<void>()
  const transaction = storage.transaction(async (tx) => {
    await tx.users.insert(user(here, 'U1'), [loginId('a')])
    open.resolve()
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    order.push('end of transaction')
    throw new Error('no')
  })
  await open.promise
  const other = storage.users.insert(user(here, 'U2'), [loginId('b')])
  const seen = storage.users.byId(here, 'U1')
  await assert.rejects(transaction, /no/)
  assert.equal(await seen, undefined)
  assert.equal(await other, true, 'a write of somebody else is not rolled back with it')
  assert.notEqual(await storage.users.byId(here, 'U2'), undefined)
  assert.deepEqual(order, ['end of transaction'])
})

contract('transactions: do not nest, and end with their function', async ({ storage, here }) => {
  let kept: typeof storage | undefined
  await storage.transaction(async (tx) => {
    kept = tx
    await assert.rejects(
      tx.transaction(async () => undefined),
      /do not nest/,
    )
    await assert.rejects(tx.close(), /inside a transaction/)
    await tx.attempts.take(here, 'k', { max: 1, windowSeconds: 0 }, now)
  })
  assert.ok(kept)
  await assert.rejects(kept.attempts.clear(here, ['k']))
  assert.equal(await storage.attempts.current(here, 'k', now), 1)
})

contract('transactions: many at once all commit', async ({ storage, url, here }) => {
  const second = await openStorage({ database: url })
  try {
    await race(40, (index) =>
      (index % 2 ? storage : second).transaction(async (tx) => {
        await tx.users.insert(user(here, `U${index}`), [loginId(`l${index}`)])
        await nextTurn()
        await tx.attempts.take(here, 'k', { max: 100, windowSeconds: 0 }, now)
      }),
    )
    assert.equal((await second.users.list(here, { limit: 100 })).items.length, 40)
    assert.equal(await storage.attempts.current(here, 'k', now), 40)
  } finally {
    await second.close()
  }
})

contractAlone('storage: what was written is there after a close and an open', async ({ url, storage, here }) => {
  await storage.users.insert(user(here, 'U1'), [loginId('a')])
  await storage.ping()
  await storage.meta.putIfAbsent('k', 'v')
  const again = await openStorage({ database: url })
  await again.close()
  await assert.rejects(again.ping(), 'closed')
  const third = await openStorage({ database: url })
  try {
    assert.equal((await third.users.byLoginId(here, 'a'))?.user.id, 'U1')
    assert.equal(await third.meta.get('k'), 'v')
  } finally {
    await third.close()
  }
})

test('openStorage refuses what is not the URL of a database', async () => {
  for (const database of ['', 'postern.db', 'mysql://localhost/x', 'http://localhost', 'sqlite', 'sqlite:']) {
    await assert.rejects(openStorage({ database }), /must be given as sqlite:FILE or postgres:/, database)
  }
})

test('columns: partial rows hold what was given and nothing else', () => {
  const rows = columns<{ name: string; isOn: boolean; data: unknown; userId: string }>('t', {
    name: 'text',
    isOn: 'flag',
    data: 'json',
    userId: 'optionalText',
  })
  assert.deepEqual(rows.toPartialRow({ isOn: false }), { is_on: 0 })
  assert.deepEqual(rows.toRow({ name: 'n', isOn: true, data: undefined, userId: '' }), { name: 'n', is_on: 1, data: 'null', user_id: null })
})
