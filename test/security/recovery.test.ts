import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { newChallenge } from '../../src/core/challenges.ts'
import { type Answer, goodPassword, type Kit, onEveryDatabase, testClock } from '../kit.ts'

const loginId = 'ada@example.com'
const newPassword = 'another good passphrase 2'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

const signIn = (kit: Kit, password: string) => kit.call('/v1/auth/password/signin', { body: { loginId, password } })
const sendReset = (kit: Kit, body: object = {}) => kit.call('/v1/auth/password/reset', { body: { loginId, ...body } })
const verify = (kit: Kit, token: string) => kit.call('/v1/auth/magiclink/verify', { body: { token } })
const post = (kit: Kit, path: string, fields: Record<string, string>): Promise<Answer> =>
  kit.call(path, { body: new URLSearchParams(fields).toString(), headers: form })

const draw = 10_000

/** Draws link tokens and tells which of their 256 bits are set too often or too seldom, by four standard deviations of a fair coin. */
function suspiciousBits(): ReadonlySet<number> {
  const deps = { clock: testClock(), random: { bytes: randomBytes } }
  const input = { projectId: 'P', userId: 'U', purpose: 'passwordReset', address: loginId, ttlSeconds: 600 } as const
  const secrets = Array.from({ length: draw }, () => newChallenge(deps, input).token.split('.')[1] ?? '')
  assert.equal(new Set(secrets).size, draw)
  const ones = new Uint32Array(256)
  for (const secret of secrets) {
    const bytes = Buffer.from(secret, 'base64url')
    assert.equal(bytes.length, 32)
    for (let bit = 0; bit < 256; bit++) ones[bit] = (ones[bit] ?? 0) + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1)
  }
  const sigma = Math.sqrt(draw) / 2
  return new Set([...ones.keys()].filter((bit) => Math.abs((ones[bit] ?? 0) - draw / 2) > 4 * sigma))
}

test('RC-01: 10 000 link tokens carry 256 bits each, none twice, every bit as often set as not', () => {
  const first = suspiciousBits()
  // One fair bit in 16 000 is that far off by chance; hardly one is so in two draws.
  const again = first.size === 0 ? new Set<number>() : suspiciousBits()
  assert.deepEqual(
    [...first].filter((bit) => again.has(bit)),
    [],
  )
})

onEveryDatabase('RC-01: tokens in mails are of that form, and the ID before the dot is no secret', async (kit) => {
  await kit.signUp(loginId)
  await sendReset(kit)
  const token = await kit.linkToken(loginId, 'password.reset')
  assert.match(token, /^C[A-Za-z0-9]{27}\.[A-Za-z0-9_-]{43}$/)
  const [id = '', secret = ''] = token.split('.')
  for (const guess of [id, `${id}.`, `${id}.${'A'.repeat(43)}`, `${id}.${secret.slice(0, -1)}`, `${id}.${secret}A`, secret, `.${secret}`]) {
    assert.equal((await verify(kit, guess)).status, 401, guess.replace(secret, 'SECRET'))
  }
  assert.equal((await verify(kit, token)).status, 200)
})

for (const [section, field] of [
  ['password', 'resetExpirationTime'],
  ['magicLink', 'verificationExpirationTime'],
] as const) {
  onEveryDatabase(`RC-04: ${section}.${field} takes up to 24 hours and not 48, nor none`, async (kit) => {
    const { projectId } = kit
    const set = (minutes: number) => kit.auth.api.changeSettings({ projectId, changes: { [section]: { [field]: minutes } } })
    for (const minutes of [2880, 1441, 0, -1, 1.5, Number.POSITIVE_INFINITY])
      await assert.rejects(set(minutes), /invalid|Invalid|Too|expected/)
    await set(1440)
  })
}

onEveryDatabase('RC-04: a reset link of 24 hours works in its last second and not after', async (kit) => {
  await kit.set({ password: { resetExpirationTime: 1440 } })
  await kit.signUp(loginId)
  await sendReset(kit)
  const first = await kit.linkToken(loginId, 'password.reset')
  kit.clock.advance(86_399)
  assert.equal((await kit.call(`/reset/${kit.projectId}?t=${first}`)).status, 200)
  kit.clock.advance(1)
  assert.match((await post(kit, `/reset/${kit.projectId}`, { t: first, password: newPassword })).text, /expired/)
  assert.equal((await verify(kit, first)).body.errorCode, 'E062504')
})

const resetLink = async (kit: Kit): Promise<string> => {
  const mail = (await kit.mails()).find(({ kind }) => kind === 'password.reset')
  return new URL(mail?.link ?? '').searchParams.get('t') ?? ''
}

/** Every way to change a password, each leaving `newPassword`; with the answer that the caller saw. */
const changes: Readonly<Record<string, (kit: Kit) => Promise<string>>> = {
  update: async (kit) => {
    const { body } = await signIn(kit, goodPassword)
    return (await kit.call('/v1/auth/password/update', { token: body.refreshJwt, body: { loginId, newPassword } })).text
  },
  replace: async (kit) => (await kit.call('/v1/auth/password/replace', { body: { loginId, oldPassword: goodPassword, newPassword } })).text,
  'reset through the API': async (kit) => {
    await sendReset(kit)
    const { body } = await verify(kit, await resetLink(kit))
    return (await kit.call('/v1/auth/password/update', { token: body.refreshJwt, body: { loginId, newPassword } })).text
  },
  'reset on our own page': async (kit) => {
    await sendReset(kit)
    return (await post(kit, `/reset/${kit.projectId}`, { t: await resetLink(kit), password: newPassword })).text
  },
  'an administrator': async (kit) => {
    await kit.auth.api.setPassword({ projectId: kit.projectId, loginId, password: newPassword })
    return ''
  },
}

for (const [name, change] of Object.entries(changes)) {
  onEveryDatabase(`RC-13: a change by ${name} tells the owner, at the right address, without a secret`, async (kit) => {
    await kit.call('/v1/auth/password/signup', { body: { loginId, password: goodPassword, user: { email: 'owner@example.org' } } })
    await kit.auth.api.verifyUser({ projectId: kit.projectId, loginId })
    await change(kit)
    const notices = (await kit.mails()).filter(({ kind }) => kind === 'password.changed')
    assert.deepEqual(
      notices.map((mail) => mail.to),
      ['owner@example.org'],
    )
    const shown = JSON.stringify(notices)
    assert.match(shown, /reset your password/)
    for (const secret of [goodPassword, newPassword, '?t=']) assert.ok(!shown.includes(secret))
    // A token or a bearer secret; an ID may well hold the letters that tokens begin with.
    assert.doesNotMatch(shown, /eyJ[A-Za-z0-9_-]+\.|[A-Za-z0-9_-]{43}/)
    assert.equal((await signIn(kit, newPassword)).status, 200)
  })

  onEveryDatabase(`SE-05: a change by ${name} ends the other sessions and voids every link`, async (kit) => {
    await kit.signUp(loginId, goodPassword, { isVerified: false })
    const verification = await kit.linkToken(loginId, 'email.verify')
    await kit.auth.api.verifyUser({ projectId: kit.projectId, loginId })
    const sessions = [(await signIn(kit, goodPassword)).body, (await signIn(kit, goodPassword)).body]
    await sendReset(kit)
    const reset = await kit.linkToken(loginId, 'password.reset')
    kit.clock.advance(1)
    await change(kit)
    for (const { refreshJwt, sessionJwt } of sessions) {
      assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 401)
      assert.equal((await kit.call('/v1/auth/me', { token: refreshJwt })).status, 401)
      assert.equal((await kit.call('/v1/auth/validate', { token: sessionJwt, body: {} })).status, 401)
    }
    for (const link of [verification, reset]) assert.equal((await verify(kit, link)).status, 401)
    assert.equal((await signIn(kit, goodPassword)).status, 401)
  })
}

onEveryDatabase('RC-13: a project may switch the notice off, and a user without an address gets none', async (kit) => {
  await kit.call('/v1/auth/password/signup', { body: { loginId, password: goodPassword } })
  await kit.set({ project: { notifyPasswordChange: false } })
  await kit.auth.api.setPassword({ projectId: kit.projectId, loginId, password: newPassword })
  await kit.auth.api.createUser({ projectId: kit.projectId, loginId: 'nameonly', password: goodPassword })
  await kit.auth.api.setPassword({ projectId: kit.projectId, loginId: 'nameonly', password: newPassword })
  assert.deepEqual(
    (await kit.mails()).filter(({ kind }) => kind === 'password.changed'),
    [],
  )
})

onEveryDatabase('RC-05: disabling a user voids what was sent to them, and a deleted one leaves nothing', async (kit) => {
  const { projectId } = kit
  await kit.signUp(loginId)
  await sendReset(kit)
  const first = await kit.linkToken(loginId, 'password.reset')
  await kit.auth.api.setUserStatus({ projectId, loginId, status: 'disabled' })
  assert.equal((await verify(kit, first)).status, 401)
  await kit.auth.api.setUserStatus({ projectId, loginId, status: 'enabled' })
  assert.equal((await verify(kit, first)).status, 401, 'enabling does not revive it')
  kit.clock.advance(1)
  await sendReset(kit)
  const second = await kit.linkToken(loginId, 'password.reset')
  await kit.auth.api.deleteUser({ projectId, loginId })
  assert.equal((await verify(kit, second)).status, 401)
  assert.match((await post(kit, `/reset/${projectId}`, { t: second, password: newPassword })).text, /expired/)
})

onEveryDatabase('RC-06: no header, all at once, in no combination, moves a link', async (kit) => {
  const hostile = [
    'host',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-server',
    'x-host',
    'x-original-url',
    'x-rewrite-url',
    'forwarded',
    'origin',
    'referer',
  ]
  const headers = Object.fromEntries(hostile.map((name) => [name, 'evil.example']))
  await kit.call('/v1/auth/password/signup', { body: { loginId, password: goodPassword }, headers })
  await kit.auth.api.verifyUser({ projectId: kit.projectId, loginId })
  for (const one of [headers, ...hostile.map((name) => ({ [name]: 'evil.example' }))]) {
    kit.clock.advance(901)
    await kit.call('/v1/auth/password/reset', { body: { loginId }, headers: one })
  }
  for (const mail of await kit.mails()) {
    assert.ok(mail.link?.startsWith('http://127.0.0.1:8787/'), mail.kind)
    assert.ok(!JSON.stringify(mail).includes('evil'))
  }
})

onEveryDatabase('BF-09: ten mails a day and recipient, twenty an hour and source, and the answer never changes', async (kit) => {
  await kit.signUp(loginId)
  const texts = new Set<string>()
  const sentTo = async () => (await kit.mails()).filter(({ kind }) => kind === 'password.reset').length
  for (let i = 0; i < 60; i++) {
    kit.clock.advance(300)
    texts.add((await sendReset(kit)).text)
  }
  assert.equal(await sentTo(), 10)
  for (let i = 0; i < 30; i++) await kit.signUp(`user${i}@example.com`)
  for (let i = 0; i < 30; i++) {
    const answer = await kit.call('/v1/auth/password/reset', { ip: '203.0.113.9', body: { loginId: `user${i}@example.com` } })
    texts.add(answer.text.replace('u*****', 'a*****'))
  }
  assert.equal(await sentTo(), 30)
  assert.equal(texts.size, 1)
})
