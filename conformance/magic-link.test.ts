import assert from 'node:assert/strict'
import { claimsOf, onEveryDatabase, refused, succeeded, type Target, tokenOf } from './fixture.ts'

const check = onEveryDatabase()

/** A user who signed up by a link that was mailed. */
async function linkUser({ sdk, url, linkToken }: Target, name: string) {
  const loginId = `${name}@example.com`
  succeeded(await sdk.magicLink.signUp.email(loginId, `${url}/app`))
  const { user, refreshJwt = '' } = succeeded(await sdk.magicLink.verify(await linkToken(loginId, 'magicLink.signUp')))
  return { loginId, userId: user?.userId ?? '', refreshJwt }
}

check('magicLink.signUp.email: a link by mail, which makes the user when it is verified', async ({ sdk, url, newest, linkToken }) => {
  const loginId = 'up@example.com'
  const uri = `${url}/app/verify?lang=en`
  const details = { name: 'Up Word', givenName: 'Up', phone: '+15555550300' }
  const { maskedEmail } = succeeded(await sdk.magicLink.signUp.email(loginId, uri, details, { customClaims: { shop: 'node' } }))
  assert.equal(maskedEmail, 'u*****@e*****.com')
  const mail = await newest(loginId, 'magicLink.signUp')
  assert.ok(mail.link?.startsWith(`${uri}&t=`), 'the token is added to the query that is there')
  const data = succeeded(await sdk.magicLink.verify(await linkToken(loginId, 'magicLink.signUp')))
  assert.deepEqual([data.firstSeen, data.user?.name, data.user?.verifiedEmail, data.user?.verifiedPhone], [true, 'Up Word', true, false])
  const { token } = await sdk.validateSession(data.sessionJwt)
  assert.deepEqual([token.amr, token.nsec], [['email'], { shop: 'node' }])
  refused(await sdk.magicLink.signUp.email(loginId, uri), 400, 'E062107')
})

check('magicLink.signIn.email: a link by mail, once', async (target) => {
  const { sdk, url, linkToken } = target
  const { loginId, userId } = await linkUser(target, 'in')
  const { maskedEmail } = succeeded(await sdk.magicLink.signIn.email(loginId, `${url}/app`, { customClaims: { shop: 'node' } }))
  assert.equal(maskedEmail, 'i*****@e*****.com')
  const token = await linkToken(loginId, 'magicLink.signIn')
  const data = succeeded(await sdk.magicLink.verify(token))
  assert.deepEqual([data.user?.userId, data.firstSeen, claimsOf(data.sessionJwt).nsec], [userId, false, { shop: 'node' }])
  refused(await sdk.magicLink.verify(token), 401, 'E062504')
})

for (const [index, method] of (['sms', 'whatsapp'] as const).entries()) {
  check(`magicLink.signUp.${method}, magicLink.signIn.${method}: a link to the phone`, async ({ sdk, url, linkToken }) => {
    const phone = `+1555555031${index}`
    const { maskedPhone } = succeeded(await sdk.magicLink.signUp[method](phone, `${url}/app`, { name: 'Phone' }))
    assert.equal(maskedPhone, `+*********1${index}`)
    const made = succeeded(await sdk.magicLink.verify(await linkToken(phone, 'magicLink.signUp')))
    assert.deepEqual([made.user?.phone, made.user?.verifiedPhone, made.firstSeen], [phone, true, true])
    assert.equal(succeeded(await sdk.magicLink.signIn[method](phone, `${url}/app`)).maskedPhone, maskedPhone)
    const data = succeeded(await sdk.magicLink.verify(await linkToken(phone, 'magicLink.signIn')))
    assert.deepEqual([data.user?.userId, claimsOf(data.sessionJwt).amr], [made.user?.userId, [method]])
  })
}

check('magicLink.signUpOrIn: up whom nobody knows, in whom somebody does', async ({ sdk, url, newest }) => {
  const loginId = 'up-or-in@example.com'
  const seen: unknown[] = []
  for (const [kind, uri] of [
    ['magicLink.signUp', `${url}/app`],
    ['magicLink.signIn', undefined],
  ] as const) {
    const { maskedEmail } = succeeded(await sdk.magicLink.signUpOrIn.email(loginId, uri))
    assert.equal(maskedEmail, 'u*****@e*****.com')
    const { link = '' } = await newest(loginId, kind)
    assert.ok(link.startsWith(uri ?? `${url}/signin/`), 'without a URI the link leads to our own page')
    seen.push(succeeded(await sdk.magicLink.verify(tokenOf(link))).firstSeen)
  }
  assert.deepEqual(seen, [true, false])
})

check('magicLink.signIn: a URI that is not approved', async (target) => {
  const { sdk } = target
  const { loginId } = await linkUser(target, 'elsewhere')
  refused(await sdk.magicLink.signIn.email(loginId, 'https://evil.example/in'), 400, 'E062908')
  refused(await sdk.magicLink.signIn.email(loginId, 'javascript:alert(1)'), 400, 'E062908')
})

check('magicLink.verify: what is no token, or a dead one', async (target) => {
  const { sdk, url, linkToken } = target
  const { loginId } = await linkUser(target, 'dead')
  succeeded(await sdk.magicLink.signIn.email(loginId, `${url}/app`))
  const older = await linkToken(loginId, 'magicLink.signIn')
  succeeded(await sdk.magicLink.signIn.email(loginId, `${url}/app`))
  refused(await sdk.magicLink.verify(older), 401, 'E062504')
  refused(await sdk.magicLink.verify(`${older.slice(0, -2)}AA`), 401, 'E062504')
  refused(await sdk.magicLink.verify('no token'), 401, 'E062504')
})

check('magicLink.signIn: alike for unknown users, to whom nothing is sent', async ({ sdk, url, mails }) => {
  const { maskedEmail } = succeeded(await sdk.magicLink.signIn.email('nobody@example.com', `${url}/app`))
  assert.equal(maskedEmail, 'n*****@e*****.com')
  assert.ok(!(await mails()).some(({ to }) => to === 'nobody@example.com'))
})

check('magicLink.signIn: step-up adds to the session of the refresh token, revokeOtherSessions ends the others', async (target) => {
  const { sdk, url, linkToken } = target
  const { loginId, userId, refreshJwt } = await linkUser(target, 'step')
  refused(await sdk.magicLink.signIn.email(loginId, `${url}/app`, { stepup: true }), 401, 'E064002')
  const options = { stepup: true, revokeOtherSessions: true }
  succeeded(await sdk.magicLink.signIn.email(loginId, `${url}/app`, options, refreshJwt))
  const stepped = succeeded(await sdk.magicLink.verify(await linkToken(loginId, 'magicLink.signIn')))
  const { sub, su } = claimsOf(stepped.sessionJwt)
  assert.deepEqual([sub, su], [userId, true])
  refused(await sdk.refresh(refreshJwt), 401, 'E064001')
  succeeded(await sdk.refresh(stepped.refreshJwt))
})

check('magicLink.signUp: what is no address of the method', async ({ sdk, url }) => {
  refused(await sdk.magicLink.signUp.email('no address', `${url}/app`), 400, 'E011004')
  refused(await sdk.magicLink.signUp.sms('nobody@example.com', `${url}/app`), 400, 'E011004')
})

check('magicLink.signIn: unknown users, where errors are not masked', async ({ sdk, url, command }) => {
  await command(['settings', 'set', 'magicLink.maskError=false'])
  // A change holds within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  refused(await sdk.magicLink.signIn.email('nobody@example.com', `${url}/app`), 400, 'E062108')
})
