import assert from 'node:assert/strict'
import { claimsOf, onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

/** A user who signed up by a code that was mailed. */
async function codeUser({ sdk, newestCode }: Target, name: string) {
  const loginId = `${name}@example.com`
  succeeded(await sdk.otp.signUp.email(loginId))
  const { user, sessionJwt, refreshJwt = '' } = succeeded(await sdk.otp.verify.email(loginId, await newestCode(loginId)))
  return { loginId, userId: user?.userId ?? '', sessionJwt, refreshJwt }
}

check('otp.signUp.email: a code by mail, which makes the user when it is verified', async ({ sdk, newestCode }) => {
  const loginId = 'up@example.com'
  const details = { name: 'Up Word', givenName: 'Up', familyName: 'Word' }
  const { maskedEmail } = succeeded(await sdk.otp.signUp.email(loginId, details, { customClaims: { shop: 'node' } }))
  assert.equal(maskedEmail, 'u*****@e*****.com')
  const code = await newestCode(loginId, 'otp.signUp')
  assert.match(code, /^\d{6}$/)
  const data = succeeded(await sdk.otp.verify.email(loginId, code))
  assert.deepEqual([data.firstSeen, data.user?.name, data.user?.verifiedEmail], [true, 'Up Word', true])
  const { token } = await sdk.validateSession(data.sessionJwt)
  assert.deepEqual([token.amr, token.nsec], [['email'], { shop: 'node' }])
  succeeded(await sdk.refresh(data.refreshJwt))
  refused(await sdk.otp.signUp.email(loginId), 400, 'E062107')
})

check('otp.signIn.email: a code by mail, once', async (target) => {
  const { sdk, newestCode } = target
  const { loginId, userId } = await codeUser(target, 'in')
  const { maskedEmail } = succeeded(await sdk.otp.signIn.email(loginId, { customClaims: { shop: 'node' } }))
  assert.equal(maskedEmail, 'i*****@e*****.com')
  const code = await newestCode(loginId, 'otp.signIn')
  const data = succeeded(await sdk.otp.verify.email(loginId, code))
  assert.deepEqual([data.user?.userId, data.firstSeen, claimsOf(data.sessionJwt).nsec], [userId, false, { shop: 'node' }])
  refused(await sdk.otp.verify.email(loginId, code), 401, 'E061102')
})

for (const [index, method] of (['sms', 'voice', 'whatsapp', 'im'] as const).entries()) {
  check(`otp.signUp.${method}, otp.signIn.${method}: a code to the phone`, async ({ sdk, newestCode }) => {
    const phone = `+1555555020${index}`
    const { maskedPhone } = succeeded(await sdk.otp.signUp[method](phone, { name: 'Phone' }))
    assert.equal(maskedPhone, `+*********0${index}`)
    const made = succeeded(await sdk.otp.verify[method](phone, await newestCode(phone, 'otp.signUp')))
    assert.deepEqual([made.user?.phone, made.user?.verifiedPhone, made.firstSeen], [phone, true, true])
    assert.equal(succeeded(await sdk.otp.signIn[method](phone)).maskedPhone, maskedPhone)
    const data = succeeded(await sdk.otp.verify[method](phone, await newestCode(phone, 'otp.signIn')))
    assert.deepEqual([data.user?.userId, claimsOf(data.sessionJwt).amr], [made.user?.userId, [method]])
  })
}

check('otp.signUpOrIn: up whom nobody knows, in whom somebody does', async ({ sdk, newestCode }) => {
  const loginId = 'up-or-in@example.com'
  const seen: unknown[] = []
  for (const kind of ['otp.signUp', 'otp.signIn']) {
    const { maskedEmail } = succeeded(await sdk.otp.signUpOrIn.email(loginId))
    assert.equal(maskedEmail, 'u*****@e*****.com')
    seen.push(succeeded(await sdk.otp.verify.email(loginId, await newestCode(loginId, kind))).firstSeen)
  }
  assert.deepEqual(seen, [true, false])
  const phone = '+15555550210'
  assert.equal(succeeded(await sdk.otp.signUpOrIn.sms(phone)).maskedPhone, '+*********10')
  succeeded(await sdk.otp.verify.sms(phone, await newestCode(phone)))
})

check('otp.verify: wrong, empty and foreign codes, and those of another method', async (target) => {
  const { sdk, newestCode } = target
  const { loginId } = await codeUser(target, 'wrong')
  succeeded(await sdk.otp.signIn.email(loginId))
  const code = await newestCode(loginId, 'otp.signIn')
  const { errorMessage } = refused(await sdk.otp.verify.email(loginId, otherThan(code)), 401, 'E061102')
  assert.match(errorMessage, /code/)
  await assert.rejects(sdk.otp.verify.email(loginId, ''), /code/)
  refused(await sdk.otp.verify.email('up@example.com', code), 401, 'E061102')
  refused(await sdk.otp.verify.sms(loginId, code), 401, 'E061102')
  for (let i = 0; i < 3; i++) refused(await sdk.otp.verify.email(loginId, otherThan(code)), 401, 'E061102')
  refused(await sdk.otp.verify.email(loginId, code), 401, 'E061103')
})

check('otp.signIn: alike for unknown users, to whom nothing is sent', async ({ sdk, mails }) => {
  const { maskedEmail } = succeeded(await sdk.otp.signIn.email('nobody@example.com'))
  assert.equal(maskedEmail, 'n*****@e*****.com')
  assert.ok(!(await mails()).some(({ to }) => to === 'nobody@example.com'))
  refused(await sdk.otp.verify.email('nobody@example.com', '123456'), 401, 'E061102')
})

check('otp.signIn: step-up and MFA add to the session of the refresh token', async (target) => {
  const { sdk, newestCode, newSdk, managementKey } = target
  const { loginId, userId, refreshJwt } = await codeUser(target, 'step')
  refused(await sdk.otp.signIn.email(loginId, { stepup: true }), 401, 'E064002')
  succeeded(await sdk.otp.signIn.email(loginId, { stepup: true, customClaims: { for: 'transfer' } }, refreshJwt))
  const stepped = succeeded(await sdk.otp.verify.email(loginId, await newestCode(loginId, 'otp.signIn')))
  const { sub, su, nsec } = claimsOf(stepped.sessionJwt)
  assert.deepEqual([sub, su, nsec], [userId, true, { for: 'transfer' }])
  const phone = '+15555550211'
  succeeded(await newSdk({ managementKey }).management.user.updatePhone(loginId, phone, true))
  succeeded(await sdk.otp.signIn.sms(loginId, { mfa: true }, refreshJwt))
  const both = succeeded(await sdk.otp.verify.sms(loginId, await newestCode(phone)))
  assert.deepEqual(claimsOf(both.sessionJwt).amr, ['email', 'sms', 'mfa'])
})

check('otp.signIn: revokeOtherSessions', async (target) => {
  const { sdk, newestCode } = target
  const { loginId, refreshJwt } = await codeUser(target, 'revokes')
  succeeded(await sdk.otp.signIn.email(loginId, { revokeOtherSessions: true }))
  const { refreshJwt: own } = succeeded(await sdk.otp.verify.email(loginId, await newestCode(loginId, 'otp.signIn')))
  refused(await sdk.refresh(refreshJwt), 401, 'E064001')
  succeeded(await sdk.refresh(own))
})

check('otp.signUp: what is no address of the method', async ({ sdk }) => {
  refused(await sdk.otp.signUp.email('no address'), 400, 'E011004')
  refused(await sdk.otp.signUp.sms('nobody@example.com'), 400, 'E011004')
})

check('otp.signIn: unknown users, where errors are not masked', async ({ sdk, command }) => {
  await command(['settings', 'set', 'otp.maskError=false'])
  // A change holds within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  assert.match(refused(await sdk.otp.signIn.email('nobody@example.com'), 400, 'E062108').errorMessage, /user/i)
})
