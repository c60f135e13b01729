import assert from 'node:assert/strict'
import test from 'node:test'
import type { OutboxRecord } from '../core/storage.ts'
import type { Transports } from './delivery.ts'
import { sealedText } from './sealed-message.ts'
import { hostileAddresses } from './test-addresses.ts'
import { type HttpTestPeer, startHttpPeer } from './test-http-peer.ts'
import { inWorld, link, newMail, projectId, type World } from './test-world.ts'
import { createTwilioTransport } from './twilio.ts'
import { createMailWebhook, createTextWebhook } from './webhook.ts'

const secrets = [`whsec_${Buffer.alloc(32, 1).toString('base64')}`]
const clock = { nowSeconds: () => 1_790_000_000, nowMilliseconds: () => 0, monotonicMilliseconds: () => 0 }

const hostileNumbers = [
  '+15555550100,+15555550199',
  '+15555550100&To=+15555550199',
  '+1555\r\n5550100',
  'whatsapp:+15555550100',
  'client:evil',
]
const hostile = [...hostileAddresses.map(([, address]) => address), ...hostileNumbers]

const webhooks = ({ url }: HttpTestPeer): Transports => ({
  mail: createMailWebhook({ url, secrets, clock }),
  texts: createTextWebhook({ url, secrets, clock, channels: ['sms', 'voice', 'whatsapp', 'im'] }),
})
const twilio = ({ url }: HttpTestPeer): Transports => ({
  texts: createTwilioTransport({
    ...{ url, accountSid: `AC${'0'.repeat(32)}`, authToken: 'canary-token' },
    from: { sms: '+15555550001', voice: '+15555550001', whatsapp: '+15555550001' },
  }),
})

for (const [name, transports, channels] of [
  ['webhooks', webhooks, ['email', 'sms', 'voice', 'whatsapp', 'im']],
  ['Twilio', twilio, ['sms', 'voice', 'whatsapp']],
] as const) {
  test(
    `IN-05, IN-07: of rows written past the domain ${name} get nothing, and a line tells nothing`,
    inWorld(async (world) => {
      const peer = await startHttpPeer()
      const sender = world.sender({ send: async () => undefined }, { transports: transports(peer) })
      for (const channel of channels) {
        const plain = channel === 'email' ? 'ada@example.com' : '+15555550100'
        for (const [index, to] of hostile.entries()) await poison(world, `M${channel}${index}`, channel, { to })
        // An address by phone, a number by mail, more than one, and none.
        for (const [index, to] of [channel === 'email' ? '+15555550100' : 'ada@example.com', [plain, plain], null].entries()) {
          await poison(world, `Mother${channel}${index}`, channel, { to })
        }
        await poison(world, `Mmoved${channel}`, channel, { to: plain }, 'Melsewhere')
      }
      await poison(world, 'Mfax', 'fax', { to: '+15555550100' })
      const count = await sender.runOnce()
      assert.equal(count, channels.length * (hostile.length + 4) + 1)
      assert.equal(peer.connections(), 0)
      const rows = await world.rows()
      assert.deepEqual([...new Set(rows.map(({ state, reason }) => `${state}: ${reason}`))], ['failed: the stored message does not open'])
      const told = world.logged().replaceAll(/M(?:email|sms|voice|whatsapp|im|other\w+|moved\w+)\d*/g, '')
      assert.doesNotMatch(told, /ada@|canary|evil|victim|555/)
      // The same rows with one plain recipient leave.
      for (const channel of channels)
        await poison(world, `Mgood${channel}`, channel, { to: channel === 'email' ? 'ada@example.com' : '+15555550100' })
      await sender.runOnce()
      await sender.stop()
      await peer.close()
      assert.equal(peer.requests.length, channels.length, world.logged())
    }),
  )
}

/** Writes a row with a seal that holds, for the row or for another one. */
async function poison(world: World, id: string, channel: string, changes: { readonly to: unknown }, sealedFor = id): Promise<void> {
  const isMail = channel === 'email'
  const values = isMail ? { link, lifetime: 60 } : { code: '123456', lifetime: 60, domain: '' }
  const content = { ...JSON.parse(sealedText(newMail({ values }), 'locale')), ...changes }
  const sealedContent = world.sealer.seal(`outbox/${projectId}/${sealedFor}`, JSON.stringify(content))
  const now = world.now()
  const row: OutboxRecord = {
    ...{
      projectId,
      id,
      kind: isMail ? 'password.reset' : 'otp.signIn',
      channel,
      userId: '',
      recipientDigest: 'digest',
      reason: '',
      isUnanswered: false,
    },
    ...{ sealedContent, state: 'pending', attempts: 0, finishedAt: 0, nextAttemptAt: now, createdAt: now, expiresAt: now + 600 },
  }
  await world.storage.outbox.insert(row)
}
