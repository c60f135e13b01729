import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NextQuery } from '../core/shown-messages.ts'
import { inWorld, link, project, projectId, type World } from './test-world.ts'

const never = new AbortController().signal

/** Asks as a test of an application does. */
function asker({ outbox }: World) {
  return async (query: Partial<NextQuery> = {}) => {
    const { messages, next } = await outbox.next({ limit: 50, waitSeconds: 0, signal: never, ...query })
    return { to: messages.map((message) => message.to), next }
  }
}

const address = (name: string | number) => `${name}@a.example`

/** A text message, by a template of the project. */
async function queueText(world: World, to: string): Promise<void> {
  const template = {
    projectId,
    id: 'MT1',
    kind: 'password.reset',
    channel: 'sms',
    name: 'text',
    isActive: true,
    isPublic: false,
    options: [],
  }
  const versions = { en: { body: 'Open {{ link }}' } }
  await world.storage.messageTemplates.insert({ ...template, versions, createdAt: 0, modifiedAt: 0 })
  await world.queue({ to, channel: 'sms', values: { link, lifetime: 60 } })
}

/** A message that commits now and says that it is from then, as one of a slow transaction or of a process whose clock is late. */
async function queueLate(world: World, to: string, secondsAgo: number): Promise<void> {
  world.advance(-secondsAgo)
  await world.queue({ to })
  world.advance(secondsAgo)
}

test(
  'shown: without a position the newest that fit, with one what came since',
  inWorld(async (world) => {
    const ask = asker(world)
    const none = await ask()
    assert.deepEqual(none.to, [])
    for (const name of ['one', 'two', 'three']) await world.queue({ to: address(name) })
    await queueText(world, '+15555550100')
    const all = await ask({ after: none.next })
    assert.deepEqual(all.to, ['+15555550100', ...['three', 'two', 'one'].map(address)])
    assert.deepEqual((await ask({ limit: 2, channel: 'email' })).to, ['three', 'two'].map(address))
    assert.deepEqual((await ask({ channel: 'sms' })).to, ['+15555550100'])
    assert.deepEqual((await ask({ limit: 1, kind: 'password.reset' })).to, ['+15555550100'])
    assert.deepEqual((await ask({ to: 'TWO@a.example' })).to, [address('two')])
    assert.deepEqual((await ask({ to: address('two'), kind: 'password.changed' })).to, [])
    assert.deepEqual((await ask({ projectId, to: address('two') })).to, [address('two')])
    assert.deepEqual((await ask({ projectId: 'Pother' })).to, [])
    assert.deepEqual((await ask({ after: all.next })).to, [])
    await world.queue({ to: address('four') })
    assert.deepEqual((await ask({ after: all.next })).to, [address('four')])
  }),
)

test(
  'shown: a message that appears late is not lost, and none comes twice',
  inWorld(async (world) => {
    const ask = asker(world)
    await world.queue({ to: address('first') })
    const { next } = await ask()
    await queueLate(world, address('late'), 50)
    const late = await ask({ after: next })
    assert.deepEqual(late.to, [address('late')])
    assert.deepEqual((await ask({ after: late.next })).to, [])
    await queueLate(world, address('very.late'), 90)
    assert.deepEqual((await ask({ after: late.next })).to, [])
  }),
)

test(
  'shown: whoever goes on step by step gets each message once, whatever the steps and however late the messages',
  inWorld(async (world) => {
    const ask = asker(world)
    let { next } = await ask()
    const queued: string[] = []
    const got: string[] = []
    for (let round = 0; round < 40; round++) {
      for (let count = 0; count < (round * 7) % 5; count++) {
        queued.push(address(queued.length))
        await queueLate(world, queued.at(-1) ?? '', (queued.length * 13) % 59)
      }
      world.advance((round * 11) % 23)
      const step = await ask({ after: next, limit: 1 + (round % 3) })
      got.push(...step.to)
      next = step.next
    }
    for (let step = await ask({ after: next, limit: 2 }); step.to.length > 0; step = await ask({ after: step.next, limit: 2 }))
      got.push(...step.to)
    assert.equal(got.length, queued.length, 'none twice')
    assert.deepEqual(new Set(got), new Set(queued), 'none left out')
    assert.ok(next.length < 2_000)
  }),
)

test(
  'shown: with a position the earliest come first, so that a limit loses nothing',
  inWorld(async (world) => {
    const ask = asker(world)
    const start = await ask()
    for (let count = 0; count < 230; count++) await world.queue({ to: address(count) })
    const first = await ask({ after: start.next, limit: 2 })
    assert.deepEqual(first.to, [address(1), address(0)])
    assert.deepEqual((await ask({ after: first.next, limit: 1 })).to, [address(2)])
    assert.deepEqual((await ask({ after: start.next, limit: 1_000 })).to.length, 200, 'never more than 200')
    world.advance(1)
    const crowded = await ask()
    await world.queue({ to: address('last') })
    assert.deepEqual((await ask({ after: crowded.next })).to, [address('last')], 'more than fit into a position')
  }),
)

test(
  'shown: a wait ends at once when this process has a message, and soon when another one has',
  inWorld(async (world) => {
    const ask = asker(world)
    const { next } = await ask()
    const own = ask({ after: next, to: address('ada'), waitSeconds: 10 })
    await world.timers.running(2)
    await world.queue({ to: address('bob') })
    world.outbox.wake()
    await world.queue({ to: address('ada') })
    world.outbox.wake()
    assert.deepEqual((await own).to, [address('ada')])
    const others = ask({ to: address('eve'), waitSeconds: 10 })
    await world.timers.running(2)
    await world.queue({ to: address('eve') })
    world.timers.advance(750)
    assert.deepEqual((await others).to, [address('eve')])
  }),
)

test(
  'shown: a wait for nothing ends with its time, and its position misses nothing',
  inWorld(async (world) => {
    const ask = asker(world)
    const wait = ask({ to: address('ada'), waitSeconds: 10 })
    await world.timers.running(2)
    await world.queue({ to: address('bob') })
    world.timers.advance(10_000)
    const { to, next } = await wait
    assert.deepEqual(to, [])
    await world.queue({ to: address('ada') })
    assert.deepEqual((await ask({ after: next })).to, [address('ada')])
  }),
)

test(
  'shown: a wait ends when its caller goes, and when the server stops',
  inWorld(async (world) => {
    const ask = asker(world)
    const gone = new AbortController()
    const abandoned = ask({ waitSeconds: 30, signal: gone.signal })
    await world.timers.running(2)
    gone.abort(new Error('the client has gone'))
    await assert.rejects(abandoned, /the client has gone/)
    const waits = Array.from({ length: 3 }, () => ask({ waitSeconds: 30 }))
    await world.timers.running(6)
    await world.stopWaiting()
    for (const { to } of await Promise.all(waits)) assert.deepEqual(to, [])
    assert.deepEqual((await ask({ waitSeconds: 30 })).to, [], 'nobody waits from now on')
  }),
)

test(
  'shown: a process lets 32 wait and refuses others',
  inWorld(async (world) => {
    const ask = asker(world)
    const waits = Array.from({ length: 32 }, () => ask({ waitSeconds: 30 }))
    await assert.rejects(ask({ waitSeconds: 1 }), { name: 'RateLimited' })
    assert.deepEqual((await ask()).to, [], 'who does not wait is answered')
    await world.queue()
    world.outbox.wake()
    assert.equal((await Promise.all(waits)).filter(({ to }) => to.length === 1).length, 32)
    assert.equal((await ask({ waitSeconds: 1 })).to.length, 1)
  }),
)

test(
  'shown: what was kept can be forgotten, of one project or of all',
  inWorld(
    async ({ outbox, queue, rows, storage }) => {
      await queue()
      await queue({ project: { ...project, id: 'Pother' } })
      const [kept] = await rows()
      await storage.outbox.insert({ ...kept, id: 'Msent', state: 'sent' } as never)
      assert.equal(await outbox.forget('Pother'), 1)
      assert.equal(await outbox.forget(), 1)
      assert.deepEqual(
        (await rows()).map(({ id }) => id),
        ['Msent'],
      )
    },
    { mode: 'keep' },
  ),
)
