import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { takeMail } from '../../src/core/message-limits.ts'
import { type HttpPeerBehaviour, startHttpPeer } from '../../src/mail/test-http-peer.ts'
import { type PeerBehaviour, startPeer } from '../../src/mail/test-smtp-peer.ts'
import { type Options, parseOptions } from '../../src/options.ts'
import { openStorage } from '../../src/storage/open.ts'
import { createKit, goodPassword, type Kit, onEveryDatabase } from '../kit.ts'

const { limits } = parseOptions({ flags: {}, environment: {}, file: undefined })
const off = { max: 0, perSeconds: 1 }
const secret = `whsec_${randomBytes(32).toString('base64')}`

/** A server with a database of its own that hands messages over in the background. */
async function serving(overrides: Partial<Options>, run: (kit: Kit) => Promise<void>): Promise<void> {
  const kit = await createKit(await openStorage({ database: 'sqlite::memory:' }), { outbox: false, ...overrides })
  try {
    kit.auth.start()
    await run(kit)
  } finally {
    await kit.auth.close()
  }
}

/** Waits for what happens in the background. */
async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const found = await look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('It did not happen')
}

/** Milliseconds of resets for accounts that exist and that do not, in the order of their length. */
async function timesOfResets(kit: Kit, count: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    for (const loginId of [`user${index % 4}@example.com`, `nobody${index}@example.com`]) {
      const startedAt = performance.now()
      const answer = await kit.call('/v1/auth/password/reset', { body: { loginId } })
      times.push(performance.now() - startedAt)
      assert.equal(answer.status, 200)
    }
  }
  return times.toSorted((a, b) => a - b)
}

const unlimited = { ...limits, recipientMessages: off, recipientMessagesDaily: off, sourceMessages: off, sourceSignUps: off }

for (const [name, behaviour, parameters] of [
  ['takes mails', {}, ''],
  ['hangs after DATA', { afterMessage: 'hang' }, ''],
  ['refuses for now', { onMessage: () => '451 4.3.0 later' }, ''],
  ['refuses for good', { onRecipient: () => '550 5.1.1 nobody' }, ''],
  ['drops the connection', { afterMessage: 'drop' }, ''],
  ['shows a certificate that does not hold', {}, '?requireTls=true'],
  ['offers no STARTTLS', { hasStartTls: false }, '?requireTls=true'],
] as const satisfies readonly (readonly [string, PeerBehaviour, string])[]) {
  test(`RL-12, EN-03, F16: calls do not wait for a mail server that ${name}`, async (context) => {
    const peer = await startPeer(behaviour)
    const options = { smtpUrl: `smtp://localhost:${peer.port}${parameters}`, limits: unlimited }
    await serving(options, async (kit) => {
      for (let index = 0; index < 4; index++) await kit.signUp(`user${index}@example.com`, goodPassword)
      const times = await timesOfResets(kit, 15)
      context.diagnostic(`median ${times[15]?.toFixed(1)} ms, longest ${times.at(-1)?.toFixed(1)} ms`)
      // The peer's silence is a minute; a call that waits for it, or for a slow handshake, would be far over this.
      assert.ok((times[15] ?? 0) < 1_000 && (times.at(-1) ?? 0) < 5_000, String(times))
      const attempts = await until(async () => {
        const { counts } = await kit.manage('/v1/mgmt/message/counts').then(({ body }) => body)
        return counts.length > 0 && (peer.connections() > 0 ? counts : undefined)
      })
      assert.ok(attempts)
      if (parameters) assert.equal(peer.mails.length, 0)
      // Those that hang are cut off, so that the server ends.
      await peer.close()
    })
    assert.doesNotMatch(peer.wire(), /AUTH|canary/)
  })
}

for (const [name, status] of [
  ['takes it', 200],
  ['is down first', 503],
] as const) {
  test(`a code by text message, through a webhook that ${name}, signs up`, async () => {
    const behaviour: HttpPeerBehaviour = { status: (count) => (count === 1 ? status : 204) }
    const peer = await startHttpPeer(behaviour)
    const hook = { textWebhookUrl: peer.url, textWebhookSecrets: secret }
    await serving(hook, async (kit) => {
      const start = await kit.call('/v1/auth/otp/signup/sms', { body: { loginId: 'ada', user: { phone: '+15555550100' } } })
      assert.deepEqual([start.status, start.body], [200, { maskedPhone: '+*********00' }])
      const first = await until(() => peer.requests[0])
      if (status !== 200) {
        // The message waits for at least 7 seconds of the clock, which stands still; the sender looks every five of ours.
        await until(async () => (await kit.manage('/v1/mgmt/message/search', { body: {} })).body.messages[0]?.attempts === 1)
        kit.clock.advance(60)
        kit.auth.deps.outbox.wake()
      }
      const request = await until(() => peer.requests[status === 200 ? 0 : 1])
      const { verifiedMessage } = await documentedReceiver()
      const message = verifiedMessage(new Headers(request.headers as Record<string, string>), request.body, secret, kit.clock.nowSeconds())
      assert.deepEqual(Object.keys(message ?? {}), ['id', 'projectId', 'kind', 'channel', 'to', 'locale', 'text'])
      assert.equal(first.headers['webhook-id'], request.headers['webhook-id'])
      const code = /\d{6}/.exec(String(message?.text))?.[0]
      const end = await kit.call('/v1/auth/otp/verify/sms', { body: { loginId: 'ada', code } })
      assert.equal(end.status, 200, end.text)
      assert.equal(end.body.user.verifiedPhone, true)
      const { messages } = (await kit.manage('/v1/mgmt/message/search', { body: { recipient: '+1 555 555 0100' } })).body
      assert.deepEqual([messages[0].state, messages[0].recipient, messages[0].channel], ['sent', '+*********00', 'sms'])
      const refused = await kit.call('/v1/auth/otp/signup/email', { body: { loginId: 'eve@example.com' } })
      assert.equal(refused.body.errorCode, 'E061002', 'nothing takes mails')
      assert.doesNotMatch(JSON.stringify(kit.log.lines), new RegExp(`${code}|5550100|whsec_`))
    })
    await peer.close()
  })
}

type Receiver = {
  verifiedMessage(headers: Headers, body: string, secret: string, now?: number): Readonly<Record<string, unknown>> | undefined
}

/** The receiver of `docs/delivery.md`, as it stands there. */
async function documentedReceiver(): Promise<Receiver> {
  const page = await readFile(new URL('../../docs/delivery.md', import.meta.url), 'utf8')
  const code = /^```js\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? ''
  const folder = await mkdtemp(join(tmpdir(), 'postern-receiver-'))
  try {
    await writeFile(join(folder, 'receiver.mjs'), code)
    return (await import(pathToFileURL(join(folder, 'receiver.mjs')).href)) as Receiver
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('docs: the receiver of delivery.md refuses what is not from the server', async () => {
  const { verifiedMessage } = await documentedReceiver()
  const published = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const body = '{"test": 2432232314}'
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  const headers = (changes: Record<string, string> = {}) =>
    new Headers({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': signature,
      ...changes,
    })
  const now = 1_614_265_330
  assert.deepEqual(verifiedMessage(headers(), body, published, now), { test: 2432232314 })
  assert.deepEqual(verifiedMessage(headers({ 'webhook-signature': `v1,AAAA v2,x ${signature}` }), body, published, now + 299), {
    test: 2432232314,
  })
  for (const [given, text, key, at] of [
    [headers(), `${body} `, published, now],
    [headers(), body, secret, now],
    [headers(), body, published, now + 301],
    [headers({ 'webhook-timestamp': '1614265331' }), body, published, now],
    [headers({ 'webhook-timestamp': 'x' }), body, published, now],
    [headers({ 'webhook-id': 'msg_other' }), body, published, now],
    [headers({ 'webhook-signature': '' }), body, published, now],
    [headers({ 'webhook-signature': 'v1,' }), body, published, now],
    [new Headers(), body, published, now],
  ] as const) {
    assert.equal(verifiedMessage(given, text, key, at), undefined)
  }
})

onEveryDatabase(
  'BF-09: a project sends so many mails an hour, whatever callers see',
  async (kit) => {
    for (let index = 0; index < 4; index++) await kit.signUp(`user${index}@example.com`)
    const before = (await kit.mails()).length
    assert.equal(before, 3, 'verification mails count too')
    kit.clock.advance(3_600)
    const ask = async (loginId: string) => (await kit.call('/v1/auth/password/reset', { body: { loginId } })).text
    for (let index = 0; index < 9; index++) await ask(`nobody${index}@example.com`)
    const answers = []
    for (let index = 0; index < 4; index++) answers.push(await ask(`user${index}@example.com`))
    assert.equal(new Set(answers).size, 1)
    const sent = async () => (await kit.mails()).length - before
    assert.equal(await sent(), 3, 'requests for nobody use nothing up')
    const { text } = await kit.auth.deps.metrics.render()
    assert.match(text, /postern_messages_refused_total\{channel="email",limit="project"\} 2\n/)
    const lines = kit.log.lines.filter(({ event }) => event === 'message.projectLimit')
    const line = ['warn', { projectId: kit.projectId, channel: 'email', max: 3, perSeconds: 3_600 }]
    assert.deepEqual(
      lines.map(({ level, fields }) => [level, fields]),
      [line, line],
    )
    kit.clock.advance(3_600)
    await ask('user3@example.com')
    assert.equal(await sent(), 4)
  },
  { limits: { ...unlimited, projectMails: { max: 3, perSeconds: 3_600 } } },
)

onEveryDatabase('BF-09: to a phone, messages of all kinds and ways count together; to an address, by kind', async (kit) => {
  const { deps } = kit.auth
  const take = async (kind: string, channel: 'email' | 'sms' | 'voice' | 'whatsapp', recipient: string) =>
    (await takeMail(deps, { projectId: kit.projectId, kind, channel, recipient })).isTaken
  const phone = '+15555550100'
  const taken = [await take('otp', 'sms', phone), await take('magicLink', 'whatsapp', phone), await take('otp', 'voice', phone)]
  assert.deepEqual([...taken, await take('otp', 'sms', phone)], [true, true, true, false])
  assert.equal(await take('otp', 'sms', '+15555550101'), true)
  for (let count = 0; count < 3; count++) assert.equal(await take('otp', 'email', 'ada@example.com'), true)
  assert.deepEqual([await take('otp', 'email', 'ADA@example.com'), await take('password.reset', 'email', 'ada@example.com')], [false, true])
})

test('figures tell what waits, how long, and what is dead, by channel', async () => {
  const peer = await startPeer({ onMessage: (count) => (count > 1 ? '451 4.3.0 later' : '554 5.6.0 no') })
  const options = { smtpUrl: `smtp://localhost:${peer.port}`, limits: unlimited }
  await serving(options, async (kit) => {
    const figure = async (name: string) => {
      const { text } = await kit.auth.deps.metrics.render()
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    }
    assert.equal(await figure('postern_messages_dead\\{channel="email"\\}'), 0, 'there from the start')
    kit.clock.advance(2)
    await kit.signUp('ada@example.com', goodPassword, { isVerified: false })
    await until(async () => (await figure('postern_message_attempts_total\\{channel="email",result="failed"\\}')) === 1)
    await kit.signUp('bob@example.com', goodPassword, { isVerified: false })
    await until(async () => (await figure('postern_message_attempts_total\\{channel="email",result="deferred"\\}')) === 1)
    kit.clock.advance(5)
    assert.equal(await figure('postern_messages_dead\\{channel="email"\\}'), 1)
    assert.equal(await figure('postern_messages_waiting\\{channel="email"\\}'), 1)
    assert.equal(await figure('postern_messages_oldest_waiting_seconds\\{channel="email"\\}'), 5)
  })
  await peer.close()
})
