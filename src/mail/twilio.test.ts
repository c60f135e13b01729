import assert from 'node:assert/strict'
import test from 'node:test'
import { MessageRefused, type RenderedText } from '../core/ports.ts'
import { MessageUnanswered } from './refusal.ts'
import { hostileAddresses } from './test-addresses.ts'
import { type HttpPeerBehaviour, startHttpPeer } from './test-http-peer.ts'
import { createTwilioTransport, type TwilioOptions } from './twilio.ts'

const accountSid = `AC${'a1'.repeat(16)}`
const authToken = 'canary-auth-token'
const from = { sms: '+15555550001', whatsapp: '+15555550002', voice: '+15555550003' }
const text: RenderedText = {
  ...{ id: 'M0abc', projectId: 'P1', kind: 'otp.signIn', channel: 'sms', locale: 'en', to: '+15555550100', text: 'Your code is 123456' },
}

async function sendAll(
  texts: readonly RenderedText[],
  behaviour: HttpPeerBehaviour = { status: 201 },
  options: Partial<TwilioOptions> = {},
) {
  const peer = await startHttpPeer(behaviour)
  const transport = createTwilioTransport({ accountSid, authToken, url: peer.url, from, timeouts: { whole: 500 }, ...options })
  const outcomes: unknown[] = []
  for (const one of texts) outcomes.push(await transport.send(one).catch((error: unknown) => error))
  transport.close()
  await peer.close()
  const requests = peer.requests.map(({ body, ...rest }) => ({ ...rest, fields: Object.fromEntries(new URLSearchParams(body)) }))
  return { outcomes, requests, channels: transport.channels, connections: peer.connections() }
}

test('texts, calls and WhatsApp messages are posted as the API asks', async () => {
  const spoken = { ...text, channel: 'voice', locale: 'de', text: `Dein Code: 1 & 2 <Hangup/> "x" 'y'\u0000\u0007` } as const
  const { outcomes, requests } = await sendAll([text, { ...text, channel: 'whatsapp' }, spoken])
  assert.deepEqual(outcomes, [undefined, undefined, undefined])
  assert.deepEqual(
    requests.map(({ method, target, fields }) => ({ method, target, fields })),
    [
      {
        method: 'POST',
        target: `/2010-04-01/Accounts/${accountSid}/Messages.json`,
        fields: { To: text.to, From: from.sms, Body: text.text },
      },
      {
        method: 'POST',
        target: `/2010-04-01/Accounts/${accountSid}/Messages.json`,
        fields: { To: `whatsapp:${text.to}`, From: `whatsapp:${from.whatsapp}`, Body: text.text },
      },
      {
        method: 'POST',
        target: `/2010-04-01/Accounts/${accountSid}/Calls.json`,
        fields: { To: text.to, From: from.voice, Twiml: twiml('de-DE', 'Dein Code: 1 &amp; 2 &lt;Hangup/&gt; &quot;x&quot; &#39;y&#39; ') },
      },
    ],
  )
  const basic = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`
  for (const { headers } of requests) {
    assert.deepEqual([headers.authorization, headers['content-type']], [basic, 'application/x-www-form-urlencoded'])
  }
})

const twiml = (language: string, words: string) => {
  const say = `<Say language="${language}">${words}</Say>`
  return `<Response>${say}<Pause length="1"/>${say}</Response>`
}

test('IN-05: what is spoken can hold no markup, whatever its text and its language are', async () => {
  const hostile = [
    '</Say><Dial>+15555550199</Dial><Say>',
    ']]><Redirect>https://evil.example</Redirect>',
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    `lone \ud800 and \ufffe and \u0001`,
    '"'.repeat(10_000),
  ]
  const texts = hostile.flatMap((one) => [
    { ...text, channel: 'voice' as const, text: one },
    { ...text, channel: 'voice' as const, locale: one },
  ])
  const { requests } = await sendAll(texts)
  assert.equal(requests.length, texts.length)
  for (const { fields } of requests) {
    const tags = fields.Twiml?.match(/<[^>]*>/g)?.map((tag) => tag.replace(/language="[^"<>]*"/, ''))
    assert.deepEqual(tags, ['<Response>', '<Say >', '</Say>', '<Pause length="1"/>', '<Say >', '</Say>', '</Response>'])
    assert.doesNotMatch(fields.Twiml ?? '', /&(?!(?:amp|lt|gt|quot|#39);)|[\p{Cc}\p{Cs}\ufffe]/u)
    assert.ok((fields.Twiml ?? '').length <= 4_000)
  }
})

test('a messaging service takes the place of a number, for SMS alone', async () => {
  const messagingServiceSid = `MG${'b2'.repeat(16)}`
  const { requests, channels } = await sendAll([text], { status: 201 }, { from: {}, messagingServiceSid })
  assert.deepEqual(channels, ['sms'])
  assert.deepEqual(requests[0]?.fields, { To: text.to, MessagingServiceSid: messagingServiceSid, Body: text.text })
})

test('IN-05: one phone number, or nothing on the wire', async () => {
  const numbers = [
    ...hostileAddresses.map(([, address]) => address),
    ...['+15555550100,+15555550199', '+15555550100&To=+15555550199', '+1555555\r\n0100', ' +15555550100', '+15555550100\n', '15555550100'],
    ...[
      '+1555555010٠',
      'whatsapp:+15555550100',
      'client:evil',
      'sip:me@evil.example',
      '+',
      '+123456',
      `+${'1'.repeat(16)}`,
      '+1 555 555 0100',
    ],
  ]
  const channels = ['sms', 'whatsapp', 'voice'] as const
  const { outcomes, connections } = await sendAll(numbers.flatMap((to) => channels.map((channel) => ({ ...text, channel, to }))))
  assert.ok(outcomes.length > 150 && outcomes.every((outcome) => outcome instanceof MessageRefused && outcome.isPermanent))
  assert.equal(connections, 0)
  const { outcomes: email } = await sendAll([{ ...text, channel: 'email', to: 'ada@example.com' }])
  assert.ok(email[0] instanceof MessageRefused && email[0].isPermanent)
})

const answer = (code: unknown) => JSON.stringify({ code, message: `The number ${text.to} canary`, more_info: 'canary', status: 400 })
for (const [name, status, body, isPermanent, message] of [
  ['no such number', 400, answer(21211), true, 'The peer answered 400, error 21211'],
  ['who does not want it', 400, answer(21610), true, 'The peer answered 400, error 21610'],
  ['a sender of somebody else', 400, answer(21606), false, 'The peer answered 400, error 21606'],
  ['a closed region', 400, answer(21408), false, 'The peer answered 400, error 21408'],
  ['a full queue', 400, answer(21611), false, 'The peer answered 400, error 21611'],
  ['wrong credentials', 401, answer(20003), false, 'The peer answered 401, error 20003'],
  ['no such account', 404, answer(20404), false, 'The peer answered 404, error 20404'],
  ['no such path', 404, 'canary', false, 'The peer answered 404'],
  ['too many', 429, answer(20429), false, 'The peer answered 429, error 20429'],
  ['a broken answer', 500, '{', false, 'The peer answered 500'],
  ['a code that is text', 400, answer('canary'), true, 'The peer answered 400'],
  ['a code that is a number of somebody', 400, answer(15_555_550_100), true, 'The peer answered 400'],
  ['null', 400, 'null', true, 'The peer answered 400'],
] as const) {
  test(`RL-12, IN-07: Twilio says: ${name}`, async () => {
    const { outcomes } = await sendAll([text], { status, body, headers: { 'retry-after': '9' } })
    const [outcome] = outcomes
    assert.ok(outcome instanceof MessageRefused, String(outcome))
    assert.deepEqual([outcome.isPermanent, outcome.message.split(':')[0], outcome.cause], [isPermanent, message, undefined])
    assert.doesNotMatch(outcome.message, /canary|555/)
  })
}

for (const afterRequest of ['hang', 'drop'] as const) {
  test(`RL-12: Twilio has the message and does not answer (${afterRequest})`, async () => {
    const { outcomes, requests } = await sendAll([text], { afterRequest })
    assert.equal(requests.length, 1)
    assert.ok(outcomes[0] instanceof MessageUnanswered)
  })
}
