import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { AuthError, coreErrors } from '../errors.ts'
import { createHashQueue, type HashQueueOptions } from './hash-queue.ts'
import { callerAt, handClock, pick, seeded } from './test-passwords.ts'

const isOverloaded = (error: unknown) =>
  error instanceof AuthError && error.spec === coreErrors.RateLimited.spec && error.details.retryAfterSeconds === 1

/** A queue over work that ends when the test says so. */
function workshop(t: TestContext, options: Partial<HashQueueOptions> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = handClock()
  const queue = createHashQueue({ clock, concurrency: 1, maxQueued: 8, maxWaitMilliseconds: 1000, maxShare: 0.25, ...options })
  const started: string[] = []
  const ends = new Map<string, () => void>()
  return {
    queue,
    started,
    clock,
    /** Asks for a piece of work; the result is its name. */
    ask(name: string, caller = callerAt(name)): Promise<string> {
      const result = queue.run(async () => {
        started.push(name)
        await new Promise<void>((resolve) => ends.set(name, resolve))
        return name
      }, caller)
      result.catch(() => undefined)
      return result
    },
    async finish(name: string) {
      ends.get(name)?.()
      ends.delete(name)
      await settle()
    },
    /** Names of the work that has started and not ended. */
    open: () => [...ends.keys()],
    /** Lets time pass for the clock and for timers. */
    async pass(milliseconds: number) {
      clock.advance(milliseconds)
      t.mock.timers.tick(milliseconds)
      await settle()
    },
  }
}

test('BF-08: never more at once than allowed, and everything is done', async () => {
  const next = seeded(1)
  const queue = createHashQueue({ clock: handClock(), concurrency: 3, maxQueued: 1000, maxWaitMilliseconds: 1000, maxShare: 1 })
  let most = 0
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      queue.run(
        async () => {
          most = Math.max(most, queue.running())
          for (let i = 0; i < next() * 4; i++) await settle()
          return index
        },
        callerAt(pick(next, ['a', 'b', 'c'])),
      ),
    ),
  )
  assert.deepEqual(
    results,
    Array.from({ length: 200 }, (_, index) => index),
  )
  assert.deepEqual([most, queue.running(), queue.waiting()], [3, 0, 0])
})

test('work that fails makes room like work that succeeds', async () => {
  const queue = createHashQueue({ clock: handClock(), concurrency: 1, maxQueued: 8, maxWaitMilliseconds: 1000, maxShare: 1 })
  const results = await Promise.allSettled([
    queue.run(async () => assert.fail('first'), callerAt('a')),
    queue.run(() => assert.fail('thrown before the first await'), callerAt('a')),
    queue.run(async () => 'third', callerAt('a')),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected', 'fulfilled'],
  )
  assert.deepEqual([queue.running(), queue.waiting()], [0, 0])
})

test('BF-08: sources take turns, each in the order of arrival', async (t) => {
  const { ask, finish, started } = workshop(t, { maxQueued: 40 })
  void ask('first')
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) void ask(name, callerAt(name.slice(0, 1)))
  for (const name of ['first', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3']) await finish(name)
  assert.deepEqual(started, ['first', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
})

test('BF-08: each hash of a trusted source is a source of its own', async (t) => {
  const { ask, finish, started } = workshop(t, { maxQueued: 40 })
  const backEnd = callerAt('10.0.0.1', { isTrusted: true })
  void ask('first')
  for (const name of ['a1', 'a2', 't1', 't2', 'a3']) void ask(name, name.startsWith('t') ? backEnd : callerAt('a'))
  for (const name of ['first', 'a1', 't1', 't2', 'a2', 'a3']) await finish(name)
  assert.deepEqual(started, ['first', 'a1', 't1', 't2', 'a2', 'a3'])
})

test('BF-08: what comes on top of a full queue is refused at once, without time passing', async (t) => {
  const { ask, finish, queue } = workshop(t, { maxQueued: 4 })
  void ask('running')
  for (const name of ['a', 'b', 'c', 'd']) void ask(name)
  await assert.rejects(ask('e'), isOverloaded)
  await assert.rejects(ask('trusted', callerAt('f', { isTrusted: true })), isOverloaded)
  assert.equal(queue.waiting(), 4)
  await finish('running')
  void ask('e')
  assert.equal(queue.waiting(), 4)
})

test('BF-08: one source holds a quarter of the waiting places, a trusted one all', async (t) => {
  const { ask, finish, queue } = workshop(t, { maxQueued: 8 })
  void ask('running')
  const ofOne = ['a1', 'a2', 'a3', 'a4'].map((name) => ask(name, callerAt('a')))
  const results = await Promise.race([Promise.allSettled(ofOne.slice(2)), settle()])
  assert.deepEqual(
    results?.map((result) => result.status),
    ['rejected', 'rejected'],
  )
  await assert.rejects(ofOne[2] ?? Promise.resolve(), isOverloaded)
  assert.equal(queue.waiting(), 2)
  await finish('running')
  void ask('a5', callerAt('a'))
  assert.equal(queue.waiting(), 2, 'a place is free again when a turn has come')
  const backEnd = callerAt('b', { isTrusted: true })
  for (let i = 0; i < 6; i++) void ask(`t${i}`, backEnd)
  assert.equal(queue.waiting(), 8)
})

test('BF-08: a small queue still leaves every source one place', async (t) => {
  const { ask, queue } = workshop(t, { maxQueued: 2 })
  void ask('running')
  void ask('a1', callerAt('a'))
  await assert.rejects(ask('a2', callerAt('a')), isOverloaded)
  void ask('b1', callerAt('b'))
  assert.equal(queue.waiting(), 2)
})

test('BF-08: who waited for a second is refused, although nothing else happens', async (t) => {
  const { ask, pass, queue, started } = workshop(t)
  void ask('running')
  const early = ask('early')
  await pass(400)
  const late = ask('late')
  await pass(599)
  assert.equal(queue.waiting(), 2)
  await pass(1)
  await assert.rejects(early, isOverloaded)
  assert.equal(queue.waiting(), 1)
  await pass(400)
  await assert.rejects(late, isOverloaded)
  assert.deepEqual([started, queue.waiting(), queue.running()], [['running'], 0, 1])
})

test('BF-08: an overdue wait ends when a slot frees or somebody comes, even if the timer is late', async (t) => {
  const { ask, finish, clock, started, queue } = workshop(t)
  void ask('running')
  const first = ask('first')
  clock.advance(1000)
  void ask('second')
  await assert.rejects(first, isOverloaded)
  clock.advance(500)
  void ask('third')
  clock.advance(500)
  await finish('running')
  assert.deepEqual([started, queue.waiting()], [['running', 'third'], 0])
})

test('F22: work of a client that went away is never started, and its place is free at once', async (t) => {
  const { ask, finish, queue, started } = workshop(t)
  const gone = new AbortController()
  void ask('running')
  const waiting = ask('waiting', callerAt('a', { signal: gone.signal }))
  void ask('next')
  gone.abort()
  await assert.rejects(waiting, { name: 'AbortError' })
  assert.equal(queue.waiting(), 1)
  await assert.rejects(ask('too late', callerAt('a', { signal: gone.signal })), { name: 'AbortError' })
  await finish('running')
  await finish('next')
  assert.deepEqual([started, queue.running()], [['running', 'next'], 0])
})

test('F22: work that has started is finished, whether or not anybody waits for it', async (t) => {
  const { ask, finish, queue } = workshop(t)
  const gone = new AbortController()
  void ask('before')
  const started = ask('started', callerAt('a', { signal: gone.signal }))
  await finish('before')
  gone.abort()
  assert.equal(queue.running(), 1)
  await finish('started')
  assert.equal(await started, 'started')
})

test('a waiting hash does not keep the process alive', async () => {
  const queue = createHashQueue({ clock: handClock(), concurrency: 1, maxQueued: 8, maxWaitMilliseconds: 1000, maxShare: 1 })
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const { promise, resolve } = Promise.withResolvers<void>()
  const results = [queue.run(() => promise, callerAt('a')), queue.run(() => promise, callerAt('b'))]
  assert.deepEqual([queue.waiting(), timers()], [1, before])
  resolve()
  await Promise.all(results)
})

test('a queue without room for one is refused', () => {
  const options = { clock: handClock(), maxQueued: 8, maxWaitMilliseconds: 1000, maxShare: 0.25 }
  for (const concurrency of [0, -1, Number.NaN]) assert.throws(() => createHashQueue({ ...options, concurrency }))
})

test('random arrivals, endings and departures: counts stay right and nobody is forgotten', async (t) => {
  const next = seeded(2)
  const { ask, finish, open, pass, queue, started } = workshop(t, { concurrency: 2, maxQueued: 12, maxShare: 0.5 })
  const clients: { readonly name: string; readonly leave: AbortController; settled: boolean }[] = []
  for (let i = 0; i < 600; i++) {
    const client = { name: `${i}`, leave: new AbortController(), settled: false }
    const caller = callerAt(pick(next, ['a', 'b', 'c', 'd']), { signal: client.leave.signal, isTrusted: next() < 0.2 })
    const done = () => {
      client.settled = true
    }
    ask(client.name, caller).then(done, done)
    clients.push(client)
    if (next() < 0.4) await finish(pick(next, open()))
    if (next() < 0.2) pick(next, clients).leave.abort()
    if (next() < 0.1) await pass(Math.floor(next() * 900))
    assert.ok(queue.running() <= 2 && queue.waiting() <= 12)
  }
  while (open().length > 0) await finish(pick(next, open()))
  await settle()
  assert.deepEqual([queue.running(), queue.waiting()], [0, 0])
  assert.ok(clients.every(({ settled }) => settled))
  assert.equal(new Set(started).size, started.length)
  assert.ok(started.length > 100)
})
