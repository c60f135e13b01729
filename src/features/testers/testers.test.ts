import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { type Answer, goodPassword, onEveryDatabase } from '../../../test/kit.ts'
import { narrowKey } from '../../../test/management-key.ts'
import { loginId, testUserKit, tokenOf } from './test-testers.ts'

const told = ({ status, body }: Answer) => [status, body.errorCode]

for (const [deliveryMethod, method, amr] of [
  ['email', 'email', ['email']],
  ['sms', 'sms', ['sms']],
  ['voice', 'voice', ['voice']],
  ['whatsapp', 'whatsapp', ['whatsapp']],
  ['im', 'im', ['im']],
  ['Embedded', 'email', []],
  ['Embedded', 'embedded', []],
] as const) {
  onEveryDatabase(`a code for ${deliveryMethod} signs in at ${method}, and proves no address`, async (kit) => {
    const { user, generate, verifyCode } = await testUserKit(kit)
    const made = await generate('otp', { deliveryMethod, loginOptions: { customClaims: { a: 1 } } })
    assert.deepEqual([made.status, made.body.loginId], [200, loginId], made.text)
    assert.match(made.body.code, /^\d{6}$/)
    const { status, body, text } = await verifyCode(made.body.code, method)
    assert.equal(status, 200, text)
    assert.deepEqual(
      [body.user.userId, body.user.verifiedEmail, body.user.verifiedPhone, body.user.test],
      [user.userId, false, false, true],
    )
    const claims = decodeJwt(body.sessionJwt)
    assert.deepEqual([claims.amr, claims.nsec], [amr, { a: 1 }])
  })
}

onEveryDatabase('a code for a method that the user has no address for', async (kit) => {
  const { user, generate, verifyCode } = await testUserKit(kit)
  await kit.auth.deps.storage.users.update(kit.projectId, user.userId, { email: '', phone: '' })
  for (const deliveryMethod of ['email', 'sms']) {
    const { code } = (await generate('otp', { deliveryMethod })).body
    assert.equal((await verifyCode(code, deliveryMethod)).status, 200)
  }
})

onEveryDatabase('a magic link signs in, and leads where the call says', async (kit) => {
  const { user, generate, verifyLink } = await testUserKit(kit)
  for (const [body, start] of [
    [{ URI: 'https://app.example.com/cb?x=1' }, 'https://app.example.com/cb?x=1&t='],
    [{ redirectUrl: 'myapp://signin' }, 'myapp://signin?t='],
    [{ uri: 'http://localhost:3000' }, 'http://localhost:3000/?t='],
    [{}, `/verify/${kit.projectId}?t=`],
    [{ URI: '' }, `/verify/${kit.projectId}?t=`],
  ] as const) {
    const { link } = (await generate('magiclink', body)).body
    assert.ok(link.startsWith(start), link.slice(0, 60))
    const answer = await verifyLink(tokenOf(link))
    assert.deepEqual([answer.status, answer.body.user.userId, answer.body.user.verifiedEmail], [200, user.userId, false])
    assert.deepEqual(decodeJwt(answer.body.sessionJwt).amr, ['email'])
  }
  await kit.set({ magicLink: { redirectUrl: 'http://127.0.0.1:4000/landing' } })
  assert.match((await generate('magiclink')).body.link, /^http:\/\/127\.0\.0\.1:4000\/landing\?t=/)
  for (const URI of ['javascript:alert(1)', 'nonsense', 'https://user:pw@example.com/', 'https:\\\\example.com']) {
    assert.deepEqual(told(await generate('magiclink', { URI })), [400, 'E011004'], URI)
  }
})

onEveryDatabase('an enchanted link signs in whoever waits', async (kit) => {
  const { user, generate, confirm, poll } = await testUserKit(kit)
  const made = await generate('enchantedlink', { URI: 'https://app.example.com' })
  assert.deepEqual(new Set(Object.keys(made.body)), new Set(['link', 'loginId', 'pendingRef']))
  assert.deepEqual(told(await poll(made.body.pendingRef)), [401, 'E062503'])
  const clicked = await confirm(tokenOf(made.body.link))
  assert.deepEqual([clicked.status, clicked.text], [200, '{}'])
  const { status, body } = await poll(made.body.pendingRef)
  assert.deepEqual([status, body.user.userId, body.user.verifiedEmail], [200, user.userId, false])
  assert.deepEqual(decodeJwt(body.sessionJwt).amr, ['email'])
})

onEveryDatabase('step-up, a further factor and the end of other sessions are as the options say', async (kit) => {
  const { generate, verifyCode, verifyLink } = await testUserKit(kit)
  const signedIn = await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })
  const jwt = signedIn.body.refreshJwt
  const other = await kit.signUp('other@example.com')
  for (const loginOptions of [{ stepup: true }, { mfa: true }, { mfa: true, jwt: other.refreshJwt }, { stepup: true, jwt: 'x' }]) {
    assert.deepEqual(told(await generate('otp', { loginOptions })), [401, 'E064002'])
  }
  const { code } = (await generate('otp', { deliveryMethod: 'sms', loginOptions: { mfa: true, jwt } })).body
  assert.deepEqual(decodeJwt((await verifyCode(code, 'sms')).body.sessionJwt).amr, ['pwd', 'sms', 'mfa'])
  const { link } = (await generate('magiclink', { loginOptions: { stepup: true, jwt, revokeOtherSessions: true } })).body
  const stepped = (await verifyLink(tokenOf(link))).body
  const { su, amr } = decodeJwt(stepped.sessionJwt)
  assert.deepEqual([su, amr], [true, ['pwd', 'email']], 'a mailbox is no second factor beside a password')
  assert.equal((await kit.call('/v1/auth/me', { token: jwt })).status, 401)
  assert.equal((await kit.call('/v1/auth/me', { token: stepped.refreshJwt })).status, 200)
})

onEveryDatabase('a factor is added to a live session only', async (kit) => {
  const { generate, verifyCode } = await testUserKit(kit)
  const { body } = await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })
  const { code } = (await generate('otp', { loginOptions: { mfa: true, jwt: body.refreshJwt } })).body
  await kit.call('/v1/auth/logout', { token: body.refreshJwt, body: {} })
  assert.deepEqual(told(await verifyCode(code)), [401, 'E064001'])
})

onEveryDatabase('only test users have codes and links, and only where the method is on', async (kit) => {
  const { generate } = await testUserKit(kit)
  const { user } = await kit.signUp('real@example.com')
  const all = ['otp', 'magiclink', 'enchantedlink'] as const
  for (const what of all) {
    assert.deepEqual(told(await generate(what, { loginId: 'real@example.com' })), [400, 'E112170'])
    assert.deepEqual(told(await generate(what, { loginId: 'nobody@example.com' })), [404, 'E112102'])
  }
  assert.deepEqual(told(await generate('otp', { deliveryMethod: 'pigeon' })), [400, 'E011003'])
  assert.deepEqual(await kit.auth.deps.storage.challenges.newestForUser(kit.projectId, user.userId, 'otp'), undefined)
  await kit.auth.api.setUserStatus({ projectId: kit.projectId, loginId, status: 'disabled' })
  for (const what of all) assert.deepEqual(told(await generate(what)), [403, 'E062110'])
  await kit.auth.api.setUserStatus({ projectId: kit.projectId, loginId, status: 'enabled' })
  await kit.set({ otp: { enabled: false }, magicLink: { enabled: false }, enchantedLink: { enabled: false } })
  for (const what of all) assert.deepEqual(told(await generate(what)), [403, 'E061001'])
})

onEveryDatabase('MG-05: test codes need their right, and are audited with key and user', async (kit) => {
  const { user, generate } = await testUserKit(kit)
  const token = await narrowKey(kit, { denied: ['testCodes'] })
  for (const what of ['otp', 'magiclink', 'enchantedlink'] as const) {
    const body = { loginId, deliveryMethod: 'email' }
    assert.deepEqual(told(await kit.call(`/v1/mgmt/tests/generate/${what}`, { token, body })), [403, 'E111120'])
    await generate(what)
  }
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, user.userId, { types: ['testUser.generate'], limit: 9 })
  assert.deepEqual(events.map(({ data }) => data.kind).toSorted(), ['enchantedLink', 'magicLink', 'otp'])
  assert.ok(events.every(({ actorKind, actorId }) => actorKind === 'managementKey' && kit.managementKey.startsWith(`${actorId}.`)))
})

onEveryDatabase('the static code is for test users of the pattern, and never in production', async (kit) => {
  const { projectId } = kit
  const { storage } = kit.auth.deps
  const { user, verifyCode } = await testUserKit(kit)
  const isTaken = async (method = 'email') => (await verifyCode('123456', method)).status === 200
  assert.equal(await isTaken(), false, 'off')
  await kit.set({ project: { testUserFixedAuthToken: '123456' } })
  assert.equal(await isTaken(), false, 'not allowed')
  await kit.set({ project: { testUserAllowFixedAuth: true } })
  assert.equal(await isTaken(), true)
  assert.equal(await isTaken('sms'), true, 'as often as one likes')
  await kit.set({ project: { testUserFixedAuthVerifierRegex: '^qa\\+' } })
  assert.equal(await isTaken(), false, 'of another pattern')
  await kit.set({ project: { testUserFixedAuthVerifierRegex: '^test@' } })
  assert.equal(await isTaken(), true)
  assert.equal((await verifyCode('123457')).status, 401)
  await storage.projects.update(projectId, { environment: 'production' })
  kit.auth.deps.projects.forget(projectId)
  assert.equal(await isTaken(), false, 'production')
  await storage.projects.update(projectId, { environment: '' })
  kit.auth.deps.projects.forget(projectId)
  await storage.users.update(projectId, user.userId, { isTest: false })
  assert.equal(await isTaken(), false, 'no test user')
})

onEveryDatabase('test users get no mail', async (kit) => {
  await kit.set({ project: { testUserRegex: '^test' } })
  await kit.signUp(loginId)
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  await kit.auth.api.setPassword({ projectId: kit.projectId, loginId, password: 'another good passphrase 2' })
  assert.deepEqual(await kit.mails(), [])
})
