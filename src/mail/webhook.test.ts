import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import test from 'node:test'
import { MessageRefused, type RenderedMail, type RenderedText } from '../core/ports.ts'
import { parsePeerUrl } from './http-post.ts'
import { MessageUnanswered } from './refusal.ts'
import { hostileAddresses, plainAddresses } from './test-addresses.ts'
import { makeCertificate } from './test-certificate.ts'
import { type HttpPeerBehaviour, type HttpTestPeer, startHttpPeer } from './test-http-peer.ts'
import { createMailWebhook, createTextWebhook, signatureHeaders, type WebhookOptions } from './webhook.ts'

const mail: RenderedMail = {
  ...{ id: 'M0abc', projectId: 'P1', kind: 'password.reset', locale: 'de', from: 'Acme <no-reply@acme.example>', to: 'ada@example.com' },
  ...{ subject: 'Grüße, Ada', text: 'https://auth.example.com/reset?t=canary-token\n', html: '<p>Hällo</p>' },
}
const text: RenderedText = {
  ...{ id: 'M0abc', projectId: 'P1', kind: 'otp.signIn', channel: 'sms', locale: 'en', to: '+15555550100', text: 'Your code is 123456' },
}
const keys = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)]
const secrets = keys.map((key) => `whsec_${key.toString('base64')}`)
const now = 1_790_000_000
const clock = { nowSeconds: () => now, nowMilliseconds: () => now * 1000, monotonicMilliseconds: () => 0 }

interface Setting {
  readonly behaviour?: HttpPeerBehaviour
  readonly options?: Partial<WebhookOptions>
}

/** Sends one mail to a peer; answers what became of it. Everything is closed afterwards. */
async function attempt({ behaviour, options }: Setting, use?: (peer: HttpTestPeer) => void, sent = mail): Promise<unknown> {
  const peer = await startHttpPeer(behaviour)
  const transport = createMailWebhook({ url: `${peer.url}/hook?key=canary-query`, secrets, clock, ...options })
  try {
    return await transport.send(sent).catch((error: unknown) => error)
  } finally {
    use?.(peer)
    transport.close()
    await peer.close()
  }
}

test('a mail is posted with what a receiver needs and no more, signed with every secret', async () => {
  const outcome = await attempt({}, ({ requests: [request] }) => {
    const { from: _, ...expected } = mail
    assert.deepEqual(JSON.parse(request?.body ?? ''), { ...expected, channel: 'email' })
    assert.deepEqual([request?.method, request?.target], ['POST', '/hook?key=canary-query'])
    const { headers = {} } = request ?? {}
    assert.deepEqual([headers['webhook-id'], headers['webhook-timestamp']], [mail.id, String(now)])
    const signature = (key: Buffer) => `v1,${createHmac('sha256', key).update(`${mail.id}.${now}.${request?.body}`).digest('base64')}`
    assert.equal(headers['webhook-signature'], keys.map(signature).join(' '))
    assert.deepEqual(request?.headerNames.toSorted(), [
      ...['connection', 'content-length', 'content-type', 'host', 'user-agent', 'webhook-id', 'webhook-signature', 'webhook-timestamp'],
    ])
  })
  assert.equal(outcome, undefined)
})

test('the signature is that of the published example of the scheme', () => {
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const headers = signatureHeaders([key], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}')
  assert.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

test('a text is posted with its channel', async () => {
  const peer = await startHttpPeer({ status: 202 })
  const transport = createTextWebhook({ url: peer.url, secrets, clock, channels: ['sms', 'im'] })
  await transport.send(text)
  await transport.send({ ...text, channel: 'im' })
  transport.close()
  await peer.close()
  assert.deepEqual(
    peer.requests.map(({ body }) => JSON.parse(body)),
    [text, { ...text, channel: 'im' }],
  )
})

const quoting = 'no such user <ada@example.com> canary-token'
for (const [status, isPermanent, hint] of [
  [301, false, ': redirects are not followed, check the URL'],
  [302, false, ': redirects are not followed, check the URL'],
  [307, false, ': redirects are not followed, check the URL'],
  [400, true, ''],
  [401, false, ': check the secret or the credentials'],
  [403, false, ': check the secret or the credentials'],
  [404, true, ''],
  [405, false, ': check the URL and what listens there'],
  [408, false, ''],
  [410, true, ''],
  [413, true, ''],
  [415, false, ': check the URL and what listens there'],
  [422, true, ''],
  [425, false, ''],
  [429, false, ''],
  [500, false, ''],
  [503, false, ''],
] as const) {
  test(`RL-12, IN-07: a webhook that answers ${status}`, async () => {
    const elsewhere = await startHttpPeer()
    const behaviour = { status, body: quoting, headers: { 'retry-after': '7', location: `${elsewhere.url}/?${mail.to}` } }
    const outcome = await attempt({ behaviour })
    await elsewhere.close()
    assert.ok(outcome instanceof MessageRefused && !(outcome instanceof MessageUnanswered), String(outcome))
    assert.deepEqual([outcome.isPermanent, outcome.message, outcome.cause], [isPermanent, `The peer answered ${status}${hint}`, undefined])
    if (!isPermanent) assert.equal(outcome.retryAfterSeconds, 7)
    assert.equal(elsewhere.connections(), 0, 'redirects are not followed')
  })
}

test('RL-12: a Retry-After that is no whole number of seconds says nothing', async () => {
  for (const header of ['Wed, 21 Oct 2099 07:28:00 GMT', '-1', '1e9', '99999999999', '']) {
    const outcome = await attempt({ behaviour: { status: 503, headers: { 'retry-after': header } } })
    assert.ok(outcome instanceof MessageRefused)
    assert.equal(outcome.retryAfterSeconds, 0, header)
  }
})

for (const afterRequest of ['hang', 'drop'] as const) {
  test(`RL-12: a webhook that has the message and does not answer (${afterRequest}) is known as unanswered`, async () => {
    const setting = { behaviour: { afterRequest }, options: { timeouts: { whole: 300 } } }
    const outcome = await attempt(setting, ({ requests }) => assert.equal(requests.length, 1))
    assert.ok(outcome instanceof MessageUnanswered && !outcome.isPermanent, String(outcome))
  })
}

for (const [name, behaviour, isTaken] of [
  ['trickles its text after 200', { afterRequest: 'trickle', body: 'x' }, true],
  ['never stops its text after 200', { body: 'x'.repeat(4_000_000) }, true],
  ['never stops its text after 500', { status: 500, body: 'x'.repeat(4_000_000) }, false],
] as const satisfies readonly (readonly [string, HttpPeerBehaviour, boolean])[]) {
  test(`RL-12: a webhook that ${name} is understood by its status`, async () => {
    const outcome = await attempt({ behaviour, options: { timeouts: { whole: 300 } } })
    assert.equal(outcome === undefined, isTaken, String(outcome))
  })
}

test('a webhook whose headers never end has not answered', async () => {
  const outcome = await attempt({ behaviour: { headers: { 'x-long': 'x'.repeat(40_000) } } })
  assert.ok(outcome instanceof MessageUnanswered, String(outcome))
})

const own = makeCertificate()
test('a webhook with a certificate that holds gets the mail', async () => {
  const setting = { behaviour: { certificate: own }, options: { trustedCertificates: own.cert } }
  assert.equal(await attempt(setting, ({ requests }) => assert.equal(requests.length, 1)), undefined)
})

for (const [name, certificate, trusted] of [
  ['that nobody signed', own, undefined],
  ['of another authority', own, makeCertificate().cert],
  ['for another name', makeCertificate({ host: 'hook.evil.example' }), 'itself'],
  ['that has run out', makeCertificate({ lastYear: 2022 }), 'itself'],
] as const) {
  test(`RL-12: a webhook with a certificate ${name} gets nothing, and is tried again`, async () => {
    const trustedCertificates = trusted === 'itself' ? certificate.cert : trusted
    const options = trustedCertificates ? { trustedCertificates } : {}
    const outcome = await attempt({ behaviour: { certificate }, options }, ({ requests }) => assert.equal(requests.length, 0))
    assert.ok(outcome instanceof MessageRefused && !outcome.isPermanent && !(outcome instanceof MessageUnanswered), String(outcome))
    assert.doesNotMatch(outcome.message, /evil|localhost|canary/)
  })
}

test('RL-12: a webhook where nobody listens, and one that accepts no TLS', async () => {
  const peer = await startHttpPeer()
  const secure = peer.url.replace('http:', 'https:')
  const refusedTls = await attempt({ options: { url: secure } })
  await peer.close()
  const nobody = await attempt({ options: { url: peer.url } })
  for (const outcome of [refusedTls, nobody]) {
    assert.ok(outcome instanceof MessageRefused && !outcome.isPermanent && !(outcome instanceof MessageUnanswered), String(outcome))
  }
  assert.equal(peer.requests.length, 0)
})

test('IN-05: a webhook gets one plain recipient, or nothing', async () => {
  const peer = await startHttpPeer()
  const transport = createMailWebhook({ url: peer.url, secrets, clock })
  const texts = createTextWebhook({ url: peer.url, secrets, clock, channels: ['sms'] })
  try {
    for (const [name, to] of hostileAddresses) {
      await assert.rejects(transport.send({ ...mail, to }), { name: 'MessageRefused', isPermanent: true }, name)
      await assert.rejects(texts.send({ ...text, to }), { name: 'MessageRefused', isPermanent: true }, name)
    }
    await assert.rejects(transport.send({ ...mail, id: 'M1\r\nx-evil: 1' }), { isPermanent: true })
    assert.equal(peer.connections(), 0, 'hostile addresses do not even connect')
    for (const to of plainAddresses) await transport.send({ ...mail, to })
  } finally {
    transport.close()
    await peer.close()
  }
  assert.deepEqual(
    peer.requests.map(({ body }) => JSON.parse(body).to),
    plainAddresses,
  )
})

for (const url of [
  '',
  'hooks.example.com',
  'ftp://hooks.example.com',
  'http://hooks.example.com/canary',
  'https://user:canary@hooks.example.com',
  'https://hooks.example.com/#canary',
  'http://localhost.canary.example/',
]) {
  test(`no webhook: ${url}`, () => {
    assert.throws(
      () => parsePeerUrl(url),
      (error: Error) => /must be https/.test(error.message) && !error.message.includes('canary'),
    )
  })
}

for (const secret of ['', 'canary', 'whsec_', 'whsec_Y2FuYXJ5', `whsec_${Buffer.alloc(65).toString('base64')}`, 'whsec_****canary****'])
  test(`no secret: ${secret.slice(0, 20)}`, () => {
    assert.throws(
      () => createMailWebhook({ url: 'https://hooks.example.com', secrets: [secret], clock }),
      (error: Error) => /whsec_ and 24 to 64 bytes/.test(error.message) && !error.message.includes('canary'),
    )
  })
