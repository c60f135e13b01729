import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { channels } from '../../core/messages.ts'

const ada = 'ada@example.com'
const phone = '+15555550123'

const start = (kit: Kit, what: string, body: object = {}, call: object = {}) =>
  kit.call(`/v1/auth/otp/${what}`, { body: { loginId: ada, ...body }, ...call })
const verify = (kit: Kit, code: unknown, method = 'email', loginId = ada) =>
  kit.call(`/v1/auth/otp/verify/${method}`, { body: { loginId, code } })
const sent = async (kit: Kit) => (await kit.mails()).filter(({ kind }) => kind.startsWith('otp.'))
const newestCode = async (kit: Kit) => (await sent(kit))[0]?.code ?? ''
const told = ({ status, body }: Answer) => [status, body.errorCode]
const wrong = [401, 'E061102']

/** Asks for a code and redeems it. */
async function through(kit: Kit, what: string, body: { readonly loginId?: string } & object = {}, call: object = {}): Promise<Json> {
  const started = await start(kit, what, body, call)
  assert.equal(started.status, 200, started.text)
  const session = await verify(kit, await newestCode(kit), what.split('/')[1], body.loginId)
  assert.equal(session.status, 200, session.text)
  return session.body
}

onEveryDatabase('a code signs in, once, and proves the address', async (kit) => {
  const { user } = await kit.signUp(ada)
  const started = await start(kit, 'signin/email')
  assert.deepEqual([started.status, started.body], [200, { maskedEmail: 'a*****@e*****.com' }])
  const [mail] = await sent(kit)
  assert.deepEqual([mail?.kind, mail?.to, mail?.channel, mail?.link], ['otp.signIn', ada, 'email', undefined])
  const code = await newestCode(kit)
  assert.match(code, /^\d{6}$/)
  const session = await verify(kit, code)
  assert.deepEqual([session.status, session.body.user.userId, session.body.firstSeen], [200, user.userId, false])
  assert.deepEqual([session.body.user.verifiedEmail, decodeJwt(session.body.sessionJwt).amr], [true, ['email']])
  assert.deepEqual(told(await verify(kit, code)), wrong)
})

onEveryDatabase('a sign-up makes its user when the code is redeemed, and not before', async (kit) => {
  await start(kit, 'signup/email', { email: ada, user: { name: 'Ada', phone } })
  assert.equal((await kit.manage(`/v1/mgmt/user?loginId=${ada}`)).status, 404)
  const [mail] = await sent(kit)
  assert.deepEqual([mail?.kind, mail?.to], ['otp.signUp', ada])
  const { user, firstSeen } = (await verify(kit, await newestCode(kit))).body
  assert.deepEqual([firstSeen, user.name, user.email, user.verifiedEmail], [true, 'Ada', ada, true])
  assert.deepEqual([user.phone, user.verifiedPhone, user.loginIds], [phone, false, [ada]])
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, user.userId, { types: ['user.signUp'], limit: 9 })
  assert.deepEqual(
    events.map(({ actorId, data }) => [actorId, data]),
    [[user.userId, { method: 'email' }]],
  )
  assert.deepEqual(told(await start(kit, 'signup/email')), [400, 'E062107'])
})

onEveryDatabase('sign-up-or-in makes whom nobody knows, and signs in whom somebody made meanwhile', async (kit) => {
  const first = await through(kit, 'signup-in/email')
  const second = await through(kit, 'signup-in/email')
  assert.deepEqual([first.firstSeen, second.firstSeen, second.user.userId], [true, false, first.user.userId])
  await start(kit, 'signup-in/email', { loginId: 'bob@example.com' })
  const code = await newestCode(kit)
  const { user } = await kit.signUp('bob@example.com')
  assert.equal((await verify(kit, code, 'email', 'bob@example.com')).body.user.userId, user.userId)
})

onEveryDatabase('a sign-up whose login ID was taken meanwhile is void, and so is an older code once there is a newer', async (kit) => {
  await start(kit, 'signup/email')
  const code = await newestCode(kit)
  await kit.signUp(ada)
  assert.deepEqual(told(await verify(kit, code)), wrong)
  kit.clock.advance(1)
  await start(kit, 'signin/email')
  const newer = await newestCode(kit)
  if (newer !== code) assert.deepEqual(told(await verify(kit, code)), wrong)
  assert.equal((await verify(kit, newer)).status, 200)
})

for (const channel of channels.slice(1)) {
  onEveryDatabase(`a code by ${channel} goes to the phone, proves it, and is redeemed there alone`, async (kit) => {
    const started = await start(kit, `signup/${channel}`, { loginId: 'ada', email: '', [channel === 'im' ? 'phone' : channel]: phone })
    assert.deepEqual([started.status, started.body], [200, { maskedPhone: '+*********23' }], started.text)
    const [message] = await sent(kit)
    assert.deepEqual([message?.to, message?.channel, message?.subject], [phone, channel, ''])
    const code = await newestCode(kit)
    for (const other of channels) {
      if (other !== channel && other !== 'voice') assert.deepEqual(told(await verify(kit, code, other, 'ada')), wrong, other)
    }
    const { user, sessionJwt } = (await verify(kit, code, channel, 'ada')).body
    assert.deepEqual([user.phone, user.verifiedPhone, user.email], [phone, true, ''])
    assert.deepEqual(decodeJwt(sessionJwt).amr, [channel])
  })
}

onEveryDatabase('a text message binds its code to the domain of the settings, other messages do not', async (kit) => {
  await kit.set({ otp: { domain: 'app.example.com' } })
  await start(kit, 'signup/sms', { loginId: phone })
  const [bound] = await sent(kit)
  assert.ok(bound?.text.endsWith(`\n@app.example.com #${bound.code}`), bound?.text)
  await start(kit, 'signup/whatsapp', { loginId: '+15555550124' })
  assert.ok(!(await sent(kit))[0]?.text.includes('app.example.com'))
})

onEveryDatabase('EN-03: starts answer alike for known, unknown, unverified, disabled and test users', async (kit) => {
  await kit.signUp('known@example.com')
  await kit.signUp('unverified@example.com', goodPassword, { isVerified: false })
  await kit.signUp('disabled@example.com')
  await kit.manage('/v1/mgmt/user/update/status', { body: { loginId: 'disabled@example.com', status: 'disabled' } })
  await kit.manage('/v1/mgmt/user/create', { body: { loginId: 'test@example.com', test: true } })
  for (const what of ['signin/email', 'signin/sms', 'signin/im']) {
    const answers = new Set<string>()
    for (const name of ['known', 'unknown', 'unverified', 'disabled', 'test']) {
      const { status, text } = await start(kit, what, { loginId: `${name}@example.com` })
      answers.add(`${status} ${text.replace(/"[a-z]\*/, '"x*')}`)
    }
    assert.equal(answers.size, 1, [...answers].join('\n'))
  }
  assert.deepEqual(new Set((await sent(kit)).map(({ to }) => to)), new Set(['known@example.com', 'unverified@example.com']))
  await kit.set({ otp: { maskError: false } })
  const unknown = await start(kit, 'signin/email', { loginId: 'unknown@example.com' })
  assert.deepEqual(told(unknown), [400, 'E062108'])
  assert.match(unknown.body.errorMessage, /user/i)
  assert.deepEqual(told(await start(kit, 'signin/email', { loginId: 'disabled@example.com' })), [403, 'E062110'])
})

onEveryDatabase('RC-09: a code goes to the stored address only', async (kit) => {
  await kit.signUp(ada)
  for (const loginId of [['ada@example.com', 'me@evil.example'], 'ada@example.com,me@evil.example', { $ne: '' }, ' ADA@EXAMPLE.COM ']) {
    await start(kit, 'signin/email', { loginId, email: 'me@evil.example', user: { email: 'me@evil.example' } })
    await start(kit, 'signup-in/email', { loginId, email: 'me@evil.example' })
  }
  for (const { to } of await sent(kit)) assert.equal(to, ada)
})

onEveryDatabase('RC-11: the first proof of an address ends what was set before it', async (kit) => {
  const intruder = await kit.signUp(ada, goodPassword, { isVerified: false })
  for (const what of ['signin/email', 'signup-in/email']) {
    const session = await through(kit, what)
    assert.deepEqual([session.user.userId, session.user.password], [intruder.user.userId, false])
    assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId: ada, password: goodPassword } })).status, 401)
    assert.equal((await kit.call('/v1/auth/refresh', { token: intruder.refreshJwt, body: {} })).status, 401)
    assert.equal((await kit.call('/v1/auth/refresh', { token: session.refreshJwt, body: {} })).status, 200)
  }
})

onEveryDatabase('RC-11: whoever signs somebody up cannot get in by the other address that they named', async (kit) => {
  await start(kit, 'signup/email', { user: { phone } })
  const { refreshJwt } = (await verify(kit, await newestCode(kit))).body
  for (const what of ['otp/signin/sms', 'otp/signup-in/voice', 'magiclink/signin/sms']) {
    const answer = await kit.call(`/v1/auth/${what}`, { body: { loginId: ada } })
    assert.equal(answer.status, 200, answer.text)
  }
  assert.deepEqual(
    (await kit.mails()).filter(({ to }) => to === phone),
    [],
  )
  kit.clock.advance(3_600)
  const session = await through(kit, 'signin/sms', { loginOptions: { mfa: true } } as object, { token: refreshJwt })
  assert.deepEqual([session.user.verifiedPhone, session.user.verifiedEmail], [true, true], 'the owner proves it with a session')
  kit.clock.advance(3_600)
  assert.equal((await through(kit, 'signin/sms')).user.phone, phone)
})

onEveryDatabase('step-up and MFA add to the session of the caller, and to nobody else’s', async (kit) => {
  const { refreshJwt, user } = await kit.signUp(ada)
  await kit.manage('/v1/mgmt/user/update/phone', { body: { loginId: ada, phone, verified: true } })
  const { refreshJwt: other } = await kit.signUp('bob@example.com')
  for (const [loginOptions, token] of [
    [{ stepup: true }, undefined],
    [{ mfa: true }, other],
  ] as const) {
    assert.equal((await start(kit, 'signin/sms', { loginOptions }, { token })).status, 401)
  }
  const options = { mfa: true, stepup: true, customClaims: { a: 1 } }
  const session = await through(kit, 'signin/sms', { loginOptions: options } as object, { token: refreshJwt })
  const claims = decodeJwt(session.sessionJwt)
  assert.deepEqual([claims.sub, claims.amr, claims.su, claims.nsec], [user.userId, ['pwd', 'sms', 'mfa'], true, { a: 1 }])
})

onEveryDatabase('revokeOtherSessions ends the others when the code is redeemed', async (kit) => {
  const { refreshJwt } = await kit.signUp(ada)
  await start(kit, 'signin/email', { loginOptions: { revokeOtherSessions: true } })
  assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 200)
  await verify(kit, await newestCode(kit))
  assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 401)
})

onEveryDatabase('a sign-up needs an address of its way of delivery', async (kit) => {
  for (const [what, body, code] of [
    ['signup/email', { loginId: 'ada' }, 'E011004'],
    ['signup/sms', { loginId: ada }, 'E011004'],
    ['signup/voice', { loginId: ada, voice: '' }, 'E011004'],
    ['signup/email', { loginId: 'ada', email: 'no address' }, 'E011003'],
    ['signin/pigeon', {}, 'E011003'],
    ['signin/embedded', {}, 'E011003'],
  ] as const) {
    const refused = await start(kit, what, body)
    assert.deepEqual(told(refused), [400, code], `${what} ${refused.text}`)
  }
  assert.deepEqual(await sent(kit), [])
  await kit.set({ otp: { enabled: false } })
  for (const what of ['signin', 'signup', 'signup-in']) assert.deepEqual(told(await start(kit, `${what}/email`)), [403, 'E061001'])
})

onEveryDatabase('test users get no message; those who sign up do so by the static code, which proves nothing', async (kit) => {
  await kit.set({ project: { testUserRegex: '^qa-', testUserAllowFixedAuth: true, testUserFixedAuthToken: '424242' } })
  const tester = 'qa-1@example.com'
  assert.deepEqual(told(await verify(kit, '424242', 'email', tester)), wrong, 'nobody asked')
  for (const firstSeen of [true, false]) {
    await start(kit, 'signup-in/email', { loginId: tester })
    assert.deepEqual(told(await verify(kit, '000000', 'email', tester)), wrong)
    const { body } = await verify(kit, '424242', 'email', tester)
    assert.deepEqual([body.firstSeen, body.user?.test, body.user?.verifiedEmail], [firstSeen, true, false])
  }
  await start(kit, 'signup/email')
  assert.deepEqual(told(await verify(kit, '424242')), wrong, 'no test user')
  assert.deepEqual(new Set((await sent(kit)).map(({ to }) => to)), new Set([ada]))
})
