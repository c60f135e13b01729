import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const ada = 'ada@example.com'

const start = (kit: Kit, what: string, body: object = {}, call: object = {}) =>
  kit.call(`/v1/auth/magiclink/${what}`, { body: { loginId: ada, ...body }, ...call })
const verify = (kit: Kit, token: string) => kit.call('/v1/auth/magiclink/verify', { body: { token } })
const sent = async (kit: Kit) => (await kit.mails()).filter(({ kind }) => kind.startsWith('magicLink.'))

async function newestToken(kit: Kit): Promise<string> {
  const [mail] = await sent(kit)
  return new URL(mail?.link ?? '').searchParams.get('t') ?? ''
}

/** Asks for a link and redeems it. */
async function through(kit: Kit, what: string, body: object = {}, call: object = {}): Promise<Json> {
  const started = await start(kit, what, body, call)
  assert.equal(started.status, 200, started.text)
  const session = await verify(kit, await newestToken(kit))
  assert.equal(session.status, 200, session.text)
  return session.body
}

onEveryDatabase('a link signs in, once, and proves the address', async (kit) => {
  const { user } = await kit.signUp(ada)
  const started = await start(kit, 'signin/email')
  assert.deepEqual([started.status, started.body], [200, { maskedEmail: 'a*****@e*****.com' }])
  const [mail] = await sent(kit)
  assert.deepEqual([mail?.kind, mail?.to, mail?.channel], ['magicLink.signIn', ada, 'email'])
  const token = await newestToken(kit)
  const session = await verify(kit, token)
  assert.deepEqual([session.status, session.body.user.userId, session.body.firstSeen], [200, user.userId, false])
  assert.deepEqual((await kit.call('/v1/auth/me', { token: session.body.refreshJwt })).body.verifiedEmail, true)
  assert.equal((await verify(kit, token)).body.errorCode, 'E062504')
})

onEveryDatabase('a sign-up makes its user when the link is redeemed, and not before', async (kit) => {
  await start(kit, 'signup/email', { email: ada, user: { name: 'Ada', phone: '+15555555555' } })
  assert.equal((await kit.manage(`/v1/mgmt/user?loginId=${ada}`)).status, 404)
  const [mail] = await sent(kit)
  assert.deepEqual([mail?.kind, mail?.to], ['magicLink.signUp', ada])
  const { user, firstSeen } = (await verify(kit, await newestToken(kit))).body
  assert.deepEqual([firstSeen, user.name, user.email, user.verifiedEmail], [true, 'Ada', ada, true])
  assert.deepEqual([user.phone, user.verifiedPhone, user.loginIds], ['+15555555555', false, [ada]])
  assert.equal((await start(kit, 'signup/email')).body.errorCode, 'E062107')
})

onEveryDatabase('sign-up-or-in makes whom nobody knows, and signs in whom somebody made meanwhile', async (kit) => {
  const first = await through(kit, 'signup-in/email')
  const second = await through(kit, 'signup-in/email')
  assert.deepEqual([first.firstSeen, second.firstSeen, second.user.userId], [true, false, first.user.userId])
  await start(kit, 'signup-in/email', { loginId: 'bob@example.com' })
  const token = await newestToken(kit)
  const { user } = await kit.signUp('bob@example.com')
  assert.equal((await verify(kit, token)).body.user.userId, user.userId)
})

onEveryDatabase('a sign-up whose login ID was taken meanwhile is void', async (kit) => {
  await start(kit, 'signup/email')
  const token = await newestToken(kit)
  await kit.signUp(ada)
  assert.equal((await verify(kit, token)).body.errorCode, 'E062504')
})

for (const channel of ['sms', 'whatsapp'] as const) {
  onEveryDatabase(`a link by ${channel} goes to the phone, proves it, and is masked`, async (kit) => {
    const phone = '+15555550123'
    const started = await start(kit, `signup/${channel}`, { loginId: 'ada', [channel === 'sms' ? 'phone' : channel]: phone })
    assert.deepEqual([started.status, started.body], [200, { maskedPhone: '+*********23' }])
    const [message] = await sent(kit)
    assert.deepEqual([message?.to, message?.channel, message?.subject], [phone, channel, ''])
    const { user, sessionJwt } = (await verify(kit, await newestToken(kit))).body
    assert.deepEqual([user.phone, user.verifiedPhone, user.email], [phone, true, ''])
    assert.deepEqual(JSON.parse(Buffer.from(sessionJwt.split('.')[1], 'base64url').toString()).amr, [channel])
  })
}

onEveryDatabase('a link leads where the call says, the settings say, or to our own page', async (kit) => {
  await kit.set({ project: { trustedDomains: 'app.example.com' } })
  await kit.signUp(ada)
  await start(kit, 'signin/email', { URI: 'https://app.example.com/in?a=b' })
  assert.match((await sent(kit))[0]?.link ?? '', /^https:\/\/app\.example\.com\/in\?a=b&t=C/)
  await kit.set({ magicLink: { redirectUrl: 'https://app.example.com/configured' } })
  await start(kit, 'signin/email')
  assert.match((await sent(kit))[0]?.link ?? '', /^https:\/\/app\.example\.com\/configured\?t=C/)
  const refused = await start(kit, 'signin/email', { URI: 'https://evil.example' })
  assert.deepEqual([refused.status, refused.body.errorCode], [400, 'E062908'])
  await kit.set({ magicLink: { redirectUrl: '' } })
  await start(kit, 'signin/email')
  const link = new URL((await sent(kit))[0]?.link ?? '')
  assert.equal(link.pathname, `/signin/${kit.projectId}`)
  for (let round = 0; round < 3; round++)
    assert.equal((await kit.call(link.pathname + link.search)).status, 200, 'opening spends nothing (RC-10)')
  const form = {
    body: new URLSearchParams({ t: link.searchParams.get('t') ?? '' }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }
  const done = await kit.call(link.pathname, form)
  assert.match(done.text, /You are signed in/)
  assert.equal(done.headers.getSetCookie().filter((cookie) => /^DSR?=ey/.test(cookie)).length, 2)
  assert.match((await kit.call(link.pathname, form)).text, /expired/)
})

onEveryDatabase('EN-03: starts answer alike for known, unknown, unverified, disabled and test users', async (kit) => {
  await kit.signUp('known@example.com')
  await kit.signUp('unverified@example.com', goodPassword, { isVerified: false })
  await kit.signUp('disabled@example.com')
  await kit.manage('/v1/mgmt/user/update/status', { body: { loginId: 'disabled@example.com', status: 'disabled' } })
  await kit.manage('/v1/mgmt/user/create', { body: { loginId: 'test@example.com', test: true } })
  for (const what of ['signin/email', 'signin/sms']) {
    const answers = new Set<string>()
    for (const name of ['known', 'unknown', 'unverified', 'disabled', 'test']) {
      const { status, text } = await start(kit, what, { loginId: `${name}@example.com` })
      answers.add(`${status} ${text.replace(/"[a-z]\*/, '"x*')}`)
    }
    assert.equal(answers.size, 1, [...answers].join('\n'))
  }
  assert.deepEqual(new Set((await sent(kit)).map(({ to }) => to)), new Set(['known@example.com', 'unverified@example.com']))
  await kit.set({ magicLink: { maskError: false } })
  assert.equal((await start(kit, 'signin/email', { loginId: 'unknown@example.com' })).body.errorCode, 'E062108')
  assert.equal((await start(kit, 'signin/email', { loginId: 'disabled@example.com' })).body.errorCode, 'E062110')
})

onEveryDatabase('RC-09: a link goes to the stored address only', async (kit) => {
  await kit.signUp(ada)
  for (const loginId of [['ada@example.com', 'me@evil.example'], 'ada@example.com,me@evil.example', { $ne: '' }, ' ADA@EXAMPLE.COM ']) {
    await start(kit, 'signin/email', { loginId, email: 'me@evil.example', user: { email: 'me@evil.example' } })
    await start(kit, 'signup-in/email', { loginId, email: 'me@evil.example' })
  }
  for (const { to } of await sent(kit)) assert.equal(to, ada)
})

onEveryDatabase('RC-11: the first proof of an address ends what was set before it', async (kit) => {
  const intruder = await kit.signUp(ada, goodPassword, { isVerified: false })
  await kit.manage('/v1/mgmt/user/update/phone', { body: { loginId: ada, phone: '+15555550199', verified: true } })
  const session = await through(kit, 'signin/email')
  assert.deepEqual([session.user.userId, session.user.password, session.user.phone], [intruder.user.userId, false, ''])
  const signIn = await kit.call('/v1/auth/password/signin', { body: { loginId: ada, password: goodPassword } })
  assert.equal(signIn.status, 401)
  for (const path of ['/v1/auth/refresh', '/v1/auth/me']) {
    const method = path.endsWith('me') ? 'GET' : 'POST'
    assert.equal((await kit.call(path, { token: intruder.refreshJwt, method })).status, 401, path)
  }
  assert.equal((await kit.call('/v1/auth/refresh', { token: session.refreshJwt, body: {} })).status, 200)
})

onEveryDatabase('RC-11: who confirms the sign-up, or holds a session, keeps what was set', async (kit) => {
  const { refreshJwt } = await kit.signUp(ada, goodPassword, { isVerified: false })
  await through(kit, 'signin/email', { loginOptions: { mfa: true } }, { token: refreshJwt })
  assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId: ada, password: goodPassword } })).status, 200)
  await kit.signUp('bob@example.com', goodPassword, { isVerified: false })
  assert.equal((await verify(kit, await kit.linkToken('bob@example.com', 'email.verify'))).status, 200)
  assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId: 'bob@example.com', password: goodPassword } })).status, 200)
})

onEveryDatabase('step-up and MFA add to the session of the caller, and to nobody else’s', async (kit) => {
  const { refreshJwt, user } = await kit.signUp(ada)
  const { refreshJwt: other } = await kit.signUp('bob@example.com')
  for (const [loginOptions, token] of [
    [{ stepup: true }, undefined],
    [{ mfa: true }, other],
  ] as const) {
    assert.equal((await start(kit, 'signin/email', { loginOptions }, { token })).status, 401)
  }
  const session = await through(kit, 'signin/email', { loginOptions: { stepup: true, customClaims: { a: 1 } } }, { token: refreshJwt })
  const claims = JSON.parse(Buffer.from(session.sessionJwt.split('.')[1], 'base64url').toString())
  assert.deepEqual([claims.sub, claims.amr, claims.su, claims.nsec], [user.userId, ['pwd', 'email'], true, { a: 1 }])
})

onEveryDatabase('revokeOtherSessions ends the others when the link is redeemed', async (kit) => {
  const { refreshJwt } = await kit.signUp(ada)
  await start(kit, 'signin/email', { loginOptions: { revokeOtherSessions: true } })
  assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 200)
  await verify(kit, await newestToken(kit))
  assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 401)
})

onEveryDatabase('RC-05: a newer link voids the older, also of a sign-up; a password change voids both', async (kit) => {
  for (const what of ['signup/email', 'signup-in/email', 'signin/email']) {
    await start(kit, what)
    const first = await newestToken(kit)
    kit.clock.advance(1)
    await start(kit, what)
    assert.equal((await verify(kit, first)).status, 401, what)
    assert.equal((await verify(kit, await newestToken(kit))).status, what === 'signup/email' ? 200 : 200)
    kit.clock.advance(3_600)
  }
  await start(kit, 'signin/email')
  const token = await newestToken(kit)
  await kit.manage('/v1/mgmt/user/password/set/active', { body: { loginId: ada, password: goodPassword } })
  assert.equal((await verify(kit, token)).status, 401)
})

onEveryDatabase('RC-04: a link lives as long as the settings say', async (kit) => {
  await kit.signUp(ada)
  await kit.set({ magicLink: { expirationTime: 10 } })
  for (const [seconds, status] of [
    [599, 200],
    [600, 401],
  ] as const) {
    await start(kit, 'signin/email')
    kit.clock.advance(seconds)
    assert.equal((await verify(kit, await newestToken(kit))).status, status)
  }
  await assert.rejects(kit.set({ magicLink: { expirationTime: 11 } }))
})

onEveryDatabase('BF-09: a recipient gets a few links and no more, and the answer does not tell', async (kit) => {
  await kit.signUp(ada)
  const answers = new Set<string>()
  for (let count = 0; count < 12; count++) answers.add((await start(kit, 'signin/email', {}, { ip: `203.0.113.${count}` })).text)
  assert.equal(answers.size, 1)
  assert.ok((await sent(kit)).length <= 5, `${(await sent(kit)).length} mails`)
})

onEveryDatabase('a sign-up needs an address of its way of delivery', async (kit) => {
  for (const [what, body, code] of [
    ['signup/email', { loginId: 'ada' }, 'E011004'],
    ['signup/sms', { loginId: ada }, 'E011004'],
    ['signup/email', { loginId: 'ada', email: 'no address' }, 'E011003'],
    ['signup/email', { loginId: 'a@b@c' }, 'E011003'],
    ['signin/pigeon', {}, 'E011003'],
  ] as const) {
    const refused = await start(kit, what, body)
    assert.deepEqual([refused.status, refused.body.errorCode], [400, code], `${what} ${refused.text}`)
  }
  assert.deepEqual(await sent(kit), [])
  await kit.set({ magicLink: { enabled: false } })
  for (const what of ['signin', 'signup', 'signup-in']) assert.equal((await start(kit, `${what}/email`)).body.errorCode, 'E061001')
})
