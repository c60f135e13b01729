import assert from 'node:assert/strict'
import test from 'node:test'
import { MessageRefused, type RenderedMail } from '../core/ports.ts'
import type { OutboxRecord } from '../core/storage.ts'
import { type ComposerOptions, createComposer } from './compose.ts'
import { createMemoryTransport } from './log.ts'
import { MessageUnanswered } from './refusal.ts'
import { sealedText } from './sealed-message.ts'
import { createSmtpTransport } from './smtp.ts'
import { hostileAddresses } from './test-addresses.ts'
import { startPeer } from './test-smtp-peer.ts'
import { inWorld, link, newMail, projectId, type World } from './test-world.ts'

const states = async (world: World) => (await world.rows()).map(({ state }) => state)

function assertTellsNothing(world: World): void {
  assert.doesNotMatch(world.logged(), /ada|@|canary|auth\.example|Reset your/)
}

/** A promise that a test resolves. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** Lets everything that is ready run. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

test(
  'a queued mail is sent once, as its recipient should see it',
  inWorld(async (world) => {
    await world.queue()
    const transport = createMemoryTransport()
    const sender = world.sender(transport)
    assert.deepEqual([await sender.runOnce(), await sender.runOnce()], [1, 0])
    const [row] = await world.rows()
    const [mail] = transport.sent
    assert.deepEqual([mail?.id, mail?.to, mail?.from], [row?.id, 'ada@example.com', 'Acme <no-reply@acme.example>'])
    assert.ok(mail?.text.includes(`\n${link}\n`) && mail.html.includes('Acme'))
    assert.deepEqual([row?.state, row?.attempts, row?.finishedAt], ['sent', 1, world.now()])
    assert.deepEqual(world.counted, ['postern_message_attempts_total email sent'])
    assert.deepEqual(
      world.lines.map(({ event }) => event),
      ['message.sent'],
    )
    assertTellsNothing(world)
  }),
)

test(
  'RL-12: what is refused for now is tried again later, with the same ID, and then no more',
  inWorld(async (world) => {
    await world.queue()
    const ids: string[] = []
    const transport = createMemoryTransport(({ id }) => {
      ids.push(id)
      if (ids.length < 3) throw new MessageRefused('The peer answered 451 to RCPT TO', false)
    })
    const sender = world.sender(transport)
    await sender.runOnce()
    assert.equal(await sender.runOnce(), 0, 'not before its time')
    assert.deepEqual(await states(world), ['pending'])
    for (let seconds = 0; seconds < 200; seconds++) {
      world.advance(1)
      await sender.runOnce()
    }
    assert.deepEqual([ids.length, new Set(ids).size, transport.sent.length], [3, 1, 1])
    assert.deepEqual(await states(world), ['sent'])
    assert.deepEqual(
      world.lines.map(({ event }) => event),
      ['message.deferred', 'message.deferred', 'message.sent'],
    )
  }),
)

for (const [name, lifeSeconds, state] of [
  ['a short life', 120, 'expired'],
  ['a long life', 7 * 86_400, 'failed'],
] as const) {
  test(
    `RL-12: an outage that does not end: ${name}`,
    inWorld(async (world) => {
      await world.queue({ ttlSeconds: lifeSeconds })
      const end = world.now() + lifeSeconds
      const times: number[] = []
      const sender = world.sender({
        send: async () => {
          times.push(world.now())
          throw new Error('connect ECONNREFUSED canary')
        },
      })
      for (;;) {
        await sender.runOnce()
        const [row] = await world.rows()
        if (row?.state !== 'pending') break
        world.advance(row.nextAttemptAt - world.now())
      }
      assert.deepEqual(await states(world), [state])
      assert.ok(times.length <= 10 && times.every((time) => time < end))
      assertTellsNothing(world)
    }),
  )
}

test(
  'RL-12: a permanent refusal ends it at once, and a message that is too old is dropped',
  inWorld(async (world) => {
    const refusing = world.sender({ send: async () => Promise.reject(new MessageRefused('The peer answered 550 to RCPT TO', true)) })
    await world.queue()
    assert.equal(await refusing.runOnce(), 1)
    await world.queue({ ttlSeconds: 60 })
    world.advance(60)
    const transport = createMemoryTransport()
    assert.equal(await world.sender(transport).runOnce(), 1)
    assert.deepEqual(await states(world), ['failed', 'expired'])
    assert.equal(transport.sent.length, 0)
    const sealed = (await world.rows()).map(({ finishedAt }) => finishedAt)
    assert.ok(sealed.every((finishedAt) => finishedAt > 0))
  }),
)

test(
  'RL-12, F16: a peer that hangs after DATA gets one message twice at most, with one Message-ID',
  inWorld(async (world) => {
    const peer = await startPeer({ hasStartTls: false, afterMessage: 'hang' })
    const transport = createSmtpTransport({ url: `smtp://localhost:${peer.port}`, timeouts: { silence: 400 } })
    const sender = world.sender(transport)
    await world.queue()
    for (let hour = 0; hour < 48; hour++) {
      await sender.runOnce()
      world.advance(hour === 0 ? 30 : 3_600)
    }
    await sender.stop()
    await peer.close()
    assert.deepEqual(await states(world), ['failed'])
    assert.equal(peer.mails.length, 2)
    assert.equal(new Set(peer.mails.map(({ source }) => /^Message-ID: .*$/m.exec(source)?.[0])).size, 1)
  }),
)

test(
  'RL-12, F16: a message that was not answered for once is not given up because the peer refuses connections afterwards',
  inWorld(async (world) => {
    await world.queue({ ttlSeconds: 86_400 })
    const failures = [
      new MessageUnanswered('The peer did not answer after the message (ETIMEDOUT)'),
      new MessageRefused('The mail could not be handed over (ECONNREFUSED)', false),
      new MessageRefused('The peer answered 451 to DATA', false),
    ]
    const transport = createMemoryTransport(() => {
      const failure = failures.shift()
      if (failure) throw failure
    })
    const sender = world.sender(transport)
    for (let minute = 0; minute < 60; minute++) {
      await sender.runOnce()
      world.advance(60)
    }
    const [row] = await world.rows()
    assert.deepEqual([row?.state, row?.attempts, transport.sent.length], ['sent', 4, 1])
  }),
)

test(
  'RL-12: a process that dies between sending and noting it costs one duplicate at most',
  inWorld(async (world) => {
    await world.queue()
    const transport = createMemoryTransport()
    const outbox = { ...world.storage.outbox, finish: async () => Promise.reject(new Error('the process is gone')) }
    const dying = world.sender(transport, { storage: { outbox } })
    await dying.runOnce()
    const other = world.sender(transport)
    assert.equal(await other.runOnce(), 0, 'still leased')
    world.advance(121)
    assert.equal(await other.runOnce(), 1)
    world.advance(1_000)
    assert.equal(await other.runOnce(), 0)
    assert.deepEqual([transport.sent.length, new Set(transport.sent.map(({ id }) => id)).size], [2, 1])
    assert.deepEqual(await states(world), ['sent'])
  }),
)

test(
  'RL-12: an attempt that outlived its lease counts while nobody else took the message',
  inWorld(async (world) => {
    await world.queue()
    let sends = 0
    const transport = createMemoryTransport(() => {
      world.advance(121)
      if (++sends === 1) throw new MessageRefused('The peer answered 451 to DATA', false)
    })
    const sender = world.sender(transport)
    assert.equal(await sender.runOnce(), 1)
    const [waiting] = await world.rows()
    assert.deepEqual([waiting?.state, waiting?.attempts, (waiting?.nextAttemptAt ?? 0) > world.now()], ['pending', 1, true])
    world.advance(60)
    assert.equal(await sender.runOnce(), 1)
    assert.deepEqual([await states(world), transport.sent.length], [['sent'], 1])
  }),
)

for (const [name, late, state] of [
  ['a refusal does not replace what it wrote', new MessageRefused('The peer answered 451 to DATA', false), 'failed'],
  ['a success neither', undefined, 'failed'],
] as const) {
  test(
    `RL-12: an attempt that outlived its lease, and another process took the message: ${name}`,
    inWorld(async (world) => {
      await world.queue()
      const other = world.sender({ send: async () => Promise.reject(new MessageRefused('The peer answered 550 to RCPT TO', true)) })
      const slow = createMemoryTransport(async () => {
        world.advance(121)
        await other.runOnce()
        if (late) throw late
      })
      await world.sender(slow).runOnce()
      const [row] = await world.rows()
      assert.deepEqual([row?.state, row?.attempts, row?.reason], [state, 1, 'The peer answered 550 to RCPT TO'])
      assert.equal(world.lines.at(-1)?.event, 'message.outcomeDropped')
    }),
  )
}

test(
  'a transport that forgets its limits is waited for so long and no longer',
  inWorld(async (world) => {
    await world.queue()
    const sender = world.sender({ send: () => new Promise(() => {}) }, { times: { attempt: 20 } })
    assert.equal(await sender.runOnce(), 1)
    assert.deepEqual(
      (await world.rows()).map(({ state, attempts, isUnanswered }) => [state, attempts, isUnanswered]),
      [['pending', 1, true]],
    )
  }),
)

test(
  'RL-12: two senders share a queue and send each message once',
  inWorld(async (world) => {
    for (let count = 0; count < 60; count++) await world.queue()
    const one = createMemoryTransport(settle)
    const two = createMemoryTransport(settle)
    const handled = await Promise.all([world.sender(one).runOnce(), world.sender(two).runOnce(), world.sender(two).runOnce()])
    assert.equal(handled[0] + handled[1] + handled[2], 60)
    assert.ok(one.sent.length > 0 && two.sent.length > 0)
    assert.equal(new Set([...one.sent, ...two.sent].map(({ id }) => id)).size, 60)
    assert.deepEqual(new Set(await states(world)), new Set(['sent']))
  }),
)

test(
  'at most four messages are under way, and one that hangs holds up no other',
  inWorld(async (world) => {
    for (let count = 0; count < 30; count++) await world.queue()
    const { opened, open } = gate()
    let underWay = 0
    let most = 0
    let isFirst = true
    const transport = createMemoryTransport(async () => {
      most = Math.max(most, ++underWay)
      const isHanging = isFirst
      isFirst = false
      await (isHanging ? opened : settle())
      underWay--
      if (transport.sent.length === 28) open()
    })
    const sender = world.sender(transport)
    assert.equal(await sender.runOnce(), 30)
    assert.equal(most, 4)
  }),
)

async function poison(world: World, id: string, changes: Partial<OutboxRecord>): Promise<void> {
  const now = world.now()
  const usual = {
    projectId,
    id,
    kind: 'password.reset',
    channel: 'email',
    userId: '',
    recipientDigest: '',
    reason: '',
    isUnanswered: false,
    sealedContent: '',
    state: 'pending',
    attempts: 0,
    finishedAt: 0,
  } as const
  await world.storage.outbox.insert({ ...usual, nextAttemptAt: now, createdAt: now, expiresAt: now + 600, ...changes })
}

test(
  'IN-05, IN-07: rows written past the domain are abandoned, with nothing on the wire and a line that tells nothing',
  inWorld(async (world) => {
    const content = JSON.parse(sealedText(newMail(), 'locale'))
    const seal = (id: string, message: unknown) => world.sealer.seal(`outbox/${projectId}/${id}`, JSON.stringify(message))
    for (const [index, [, to]] of hostileAddresses.entries()) {
      await poison(world, `Maddress${index}`, { sealedContent: seal(`Maddress${index}`, { ...content, to }) })
    }
    const moved = world.sealer.seal(`outbox/${projectId}/Mother`, JSON.stringify({ ...content, to: 'ada@example.com' }))
    const script = { ...content, values: { link: 'javascript://auth.example.com/%0acanary', lifetime: 60 } }
    await poison(world, 'Mplain', { sealedContent: JSON.stringify({ ...content, to: 'ada@example.com' }) })
    await poison(world, 'Mempty', { sealedContent: '' })
    await poison(world, 'Mmoved', { sealedContent: moved })
    await poison(world, 'Mlink', { sealedContent: seal('Mlink', { ...script, to: 'ada@example.com' }) })
    await poison(world, 'Mmany', { sealedContent: seal('Mmany', { ...content, to: ['ada@example.com', 'me@evil.example'] }) })
    const peer = await startPeer()
    const sender = world.sender(createSmtpTransport({ url: `smtp://localhost:${peer.port}` }))
    const count = hostileAddresses.length + 5
    assert.equal(await sender.runOnce(), count)
    assert.equal(peer.connections(), 0)
    assert.deepEqual(new Set(await states(world)), new Set(['failed']))
    await poison(world, 'Mgood', { sealedContent: seal('Mgood', content) })
    assert.deepEqual([await sender.runOnce(), world.lines.pop()?.event], [1, 'message.sent'], 'one like them that is not hostile leaves')
    await sender.stop()
    await peer.close()
    assert.deepEqual([world.lines.length, new Set(world.lines.map(({ event }) => event))], [count, new Set(['message.abandoned'])])
    assert.doesNotMatch(world.logged().replaceAll(/Maddress\d+/g, ''), /ada|@|canary|evil|example|victim/)
  }),
)

test(
  'IN-07: what a transport throws does not reach the log',
  inWorld(async (world) => {
    await world.queue()
    const cause = new Error(`550 no such user <ada@example.com> ${link}`)
    await world
      .sender({ send: async () => Promise.reject(Object.assign(new Error('canary', { cause }), { response: 'canary' })) })
      .runOnce()
    assert.deepEqual(
      world.lines.map(({ event, fields }) => [event, fields.reason]),
      [['message.deferred', 'the transport failed without a reason']],
    )
    assertTellsNothing(world)
  }),
)

test(
  'a database that does not answer is logged, and the next round goes on',
  inWorld(async (world) => {
    await world.queue()
    const failures = [new Error('no database')]
    const lease: typeof world.storage.outbox.lease = async (...input) => {
      const failure = failures.pop()
      if (failure) throw failure
      return world.storage.outbox.lease(...input)
    }
    const transport = createMemoryTransport()
    const sender = world.sender(transport, { storage: { outbox: { ...world.storage.outbox, lease } } })
    assert.equal(await sender.runOnce(), 0)
    assert.equal(await sender.runOnce(), 1)
    assert.deepEqual(
      world.lines.map(({ event }) => event),
      ['message.queueNotRead', 'message.sent'],
    )
  }),
)

test(
  'a started sender sends when it is woken; one that is not started does not',
  inWorld(async (world) => {
    const { opened, open } = gate()
    const transport = createMemoryTransport(open)
    const sender = world.sender(transport, { times: { poll: 1_000_000 } })
    await world.queue()
    sender.wake()
    await settle()
    assert.equal(transport.sent.length, 0)
    sender.start()
    await opened
    await sender.stop()
    assert.deepEqual(await states(world), ['sent'])
  }),
)

test(
  'many wakes look at the queue a few times only',
  inWorld(async (world) => {
    let looks = 0
    const lease: typeof world.storage.outbox.lease = (...input) => {
      looks++
      return world.storage.outbox.lease(...input)
    }
    const sender = world.sender(createMemoryTransport(), {
      storage: { outbox: { ...world.storage.outbox, lease } },
      times: { poll: 1_000_000 },
    })
    sender.start()
    for (let count = 0; count < 1_000; count++) sender.wake()
    await sender.stop()
    assert.ok(looks <= 2, `${looks} looks`)
  }),
)

test(
  'RL-08: stop lets the message under way finish, takes no other, and closes the transport',
  inWorld(async (world) => {
    for (let count = 0; count < 9; count++) await world.queue()
    const begun = gate()
    const finish = gate()
    const sent: RenderedMail[] = []
    let isClosed = false
    const send = async (mail: RenderedMail) => {
      sent.push(mail)
      if (sent.length === 4) begun.open()
      await finish.opened
      assert.ok(!isClosed)
    }
    const close = () => {
      isClosed = true
    }
    const sender = world.sender({ send, close } as Parameters<typeof world.sender>[0])
    sender.start()
    await begun.opened
    const stopped = sender.stop()
    await settle()
    assert.equal(isClosed, false)
    finish.open()
    await stopped
    assert.ok(isClosed)
    assert.equal(sent.length, 4)
    assert.deepEqual((await states(world)).filter((state) => state === 'sent').length, 4)
    assert.equal((await states(world)).filter((state) => state === 'pending').length, 5)
    assert.equal(await sender.runOnce(), 0)
  }),
)

test(
  'RL-08: stop does not wait for ever; what was cut off is sent again after its lease',
  inWorld(async (world) => {
    await world.queue()
    const begun = gate()
    const later = gate()
    const send = () => {
      begun.open()
      return later.opened
    }
    const hanging = world.sender({ send }, { times: { stop: 20 } })
    hanging.start()
    await begun.opened
    await hanging.stop()
    later.open()
    await settle()
    assert.deepEqual(await states(world), ['pending'], 'nothing is written once nobody waits')
    world.advance(121)
    const transport = createMemoryTransport()
    assert.equal(await world.sender(transport).runOnce(), 1)
    assert.equal(transport.sent.length, 1)
  }),
)

test('mails need a sender address', () => {
  for (const from of ['', 'Acme', 'a@b, c@d']) {
    assert.throws(() => createComposer({ from } as ComposerOptions), /ADDRESS or NAME <ADDRESS>/)
  }
})
