import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPlainAddress } from '../../src/mail/address.ts'
import { hostileAddresses } from '../../src/mail/test-addresses.ts'
import { startPeer } from '../../src/mail/test-smtp-peer.ts'
import { parseOptions } from '../../src/options.ts'
import { openStorage } from '../../src/storage/open.ts'
import { createKit, type Kit, onEveryDatabase } from '../kit.ts'

const { limits } = parseOptions({ flags: {}, environment: {}, file: undefined })
const off = { max: 0, perSeconds: 1 }
const unlimited = { limits: { ...limits, recipientMessages: off, recipientMessagesDaily: off, sourceMessages: off, sourceSignUps: off } }

const victim = 'victim@example.com'
/** What some of the addresses are once they are normalised: the victim's own, and one of another domain. */
const plain = new Set([victim, 'victim@xn--exmple-cua.com'])

const numbers = [
  '+15555550123,+15555550666',
  '+15555550123;ext=5',
  'tel:+15555550123',
  '+1555555012３',
  'whatsapp:+15555550123',
  '+15555550123\r\nTo: +15555550666',
  '15555550123',
  '+',
  '*31#+15555550123',
]

interface HostileCall {
  readonly path: string
  readonly body: object
  readonly token?: string
}

/** Every start, with a hostile text wherever it takes an address. */
function callsWith(text: string, token: string): readonly HostileCall[] {
  const calls: HostileCall[] = [{ path: 'password/reset', body: { loginId: text } }]
  for (const method of ['magiclink', 'otp', 'enchantedlink']) {
    calls.push({ path: `${method}/signin/email`, body: { loginId: text } })
    calls.push({ path: `${method}/signin/email`, body: { loginId: victim, email: text, user: { email: text } } })
    for (const mode of ['signup', 'signup-in']) {
      calls.push({ path: `${method}/${mode}/email`, body: { loginId: text } })
      calls.push({ path: `${method}/${mode}/email`, body: { loginId: 'newcomer', email: text } })
      calls.push({ path: `${method}/${mode}/email`, body: { loginId: 'newcomer', user: { email: text } } })
    }
    calls.push({ path: `${method}/update/email`, body: { loginId: 'mallory@example.net', email: text, addToLoginIDs: true }, token })
  }
  for (const way of ['sms', 'voice', 'whatsapp', 'im'])
    calls.push({ path: `otp/signup-in/${way}`, body: { loginId: 'newcomer', [way === 'im' ? 'phone' : way]: text } })
  calls.push({ path: 'magiclink/update/phone', body: { loginId: 'mallory@example.net', phone: text }, token })
  return calls
}

/** Makes all the calls, of which none may do harm. */
async function attack(kit: Kit): Promise<void> {
  await kit.signUp(victim)
  const { refreshJwt } = await kit.signUp('mallory@example.net')
  const texts = [...hostileAddresses.map(([, address]) => address), ...numbers]
  let index = 0
  for (const text of texts) {
    for (const { path, body, token } of callsWith(text, refreshJwt)) {
      const ip = `198.51.${100 + (Math.floor(index / 250) % 100)}.${index++ % 250}`
      const answer = await kit.call(`/v1/auth/${path}`, { body, ip, ...(token ? { token } : {}) })
      assert.ok([200, 400].includes(answer.status), `${path} ${JSON.stringify(body)} ${answer.text}`)
    }
  }
}

onEveryDatabase(
  'IN-05, RC-09: forty hostile addresses in every start reach nobody but whom they name',
  async (kit) => {
    await attack(kit)
    const { outbox } = kit.auth.deps
    const messages = (await outbox.recent(1_000)).filter(({ projectId }) => projectId === kit.projectId)
    assert.ok(messages.length > 20)
    for (const { to, kind, channel } of messages) {
      if (kind === 'email.verify') continue
      if (channel === 'email') assert.ok(isPlainAddress(to) && plain.has(to), `${kind} to ${JSON.stringify(to)}`)
      else assert.fail(`${kind} by ${channel} to ${to}`)
    }
    const { user } = (await kit.manage(`/v1/mgmt/user?loginId=${victim}`)).body
    assert.deepEqual([user.email, user.loginIds, user.phone], [victim, [victim], ''])
  },
  unlimited,
)

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('It did not happen')
}

test('IN-05: on the wire each mail of a hostile start has one recipient', async () => {
  const peer = await startPeer({ hasStartTls: false })
  const options = { ...unlimited, outbox: false, smtpUrl: `smtp://localhost:${peer.port}` }
  const kit = await createKit(await openStorage({ database: 'sqlite::memory:' }), options)
  try {
    await attack(kit)
    kit.auth.start()
    await until(async () => (await kit.auth.deps.storage.outbox.list({ limit: 2_000 })).every(({ state }) => state !== 'pending'))
    assert.ok(peer.mails.length > 20, `${peer.mails.length} mails`)
    const expected = new Set([...plain, 'mallory@example.net'])
    for (const { recipients, source } of peer.mails) {
      assert.equal(recipients.length, 1)
      const headers = source.slice(0, source.indexOf('\r\n\r\n'))
      assert.equal(headers.match(/^to:/gim)?.length, 1)
      assert.doesNotMatch(headers, /^(b?cc|evil)/im)
    }
    const named = [...peer.wire().matchAll(/RCPT TO:<([^>]*)>/g)].map(([, address]) => address)
    assert.equal(named.length, peer.mails.length)
    for (const address of named) assert.ok(expected.has(address ?? ''), address)
  } finally {
    await kit.auth.close()
    await peer.close()
  }
})
