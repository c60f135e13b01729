import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { createHashQueue } from '../core/password/hash-queue.ts'
import { callerAt, handClock, pick, seeded } from '../core/password/test-passwords.ts'
import { createPermitBroker } from './permit-broker.ts'

test('permits: those who asked first are served first, and what is given back goes on', () => {
  const broker = createPermitBroker(2)
  const granted: string[] = []
  for (const worker of [1, 2, 3, 1]) broker.ask(worker, () => granted.push(`worker ${worker}`))
  assert.deepEqual(granted, ['worker 1', 'worker 2'])
  broker.giveBack(2)
  assert.deepEqual(granted, ['worker 1', 'worker 2', 'worker 3'])
  broker.giveBack(3)
  assert.deepEqual(granted, ['worker 1', 'worker 2', 'worker 3', 'worker 1'])
})

test('permits: a worker that dies leaves its permits to the others, and one that gives back too much makes no more of them', () => {
  const broker = createPermitBroker(2)
  let granted = 0
  const grant = () => void granted++
  broker.ask(1, grant)
  broker.ask(1, grant)
  broker.ask(1, grant)
  broker.ask(2, grant)
  assert.equal(granted, 2)
  broker.leave(1)
  assert.equal(granted, 3)
  for (let i = 0; i < 5; i++) broker.giveBack(1)
  for (let i = 0; i < 5; i++) broker.ask(2, grant)
  assert.equal(granted, 4, 'two are out, as there are')
})

for (const workers of [1, 2, 5]) {
  test(`BF-08: ${workers} workers together never hash more at once than there are permits, and everything is done`, async () => {
    const permits = 3
    const broker = createPermitBroker(permits)
    const next = seeded(workers)
    let running = 0
    let most = 0
    const queues = Array.from({ length: workers }, (_, worker) =>
      createHashQueue({
        ...{ clock: handClock(), concurrency: permits, maxQueued: 1000, maxWaitMilliseconds: 1000, maxShare: 1 },
        permits: {
          // As between processes: nothing is granted at once.
          ask: (granted) => broker.ask(worker, () => setImmediate(granted)),
          giveBack: () => void setImmediate(() => broker.giveBack(worker)),
        },
      }),
    )
    async function work(index: number): Promise<number> {
      most = Math.max(most, ++running)
      for (let i = 0; i < next() * 4; i++) await settle()
      running--
      return index
    }
    const leaving = new AbortController()
    const doomed = Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => pick(next, queues).run(() => work(index), { ...callerAt('z'), signal: leaving.signal })),
    )
    const wanted = Array.from({ length: 300 }, (_, index) =>
      pick(next, queues).run(() => work(index), callerAt(pick(next, ['a', 'b', 'c']))),
    )
    leaving.abort(new Error('gone'))
    assert.equal((await Promise.all(wanted)).length, 300)
    await doomed
    assert.equal(most, permits)
    for (let turn = 0; turn < 10; turn++) await settle()
    let left = 0
    for (let i = 0; i <= permits; i++) broker.ask(99, () => void left++)
    assert.equal(left, permits, 'every permit came back')
  })
}
