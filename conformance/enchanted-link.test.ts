import assert from 'node:assert/strict'
import { claimsOf, numberedToken, onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()
/** Two seconds between the questions would be the default, and ten minutes in all. */
const patience = { pollingIntervalMs: 200, timeoutMs: 20_000 }
const impatience = { pollingIntervalMs: 300, timeoutMs: 1_000 }

/** An account whose address is proven, so that its password stays when an enchanted link proves it once more. */
async function verifiedUser({ sdk, signUp, linkToken }: Target, name: string) {
  const account = await signUp(name)
  succeeded(await sdk.magicLink.verify(await linkToken(account.loginId, 'email.verify')))
  return account
}

check('enchantedLink.signUp: three numbered links by mail; the one who waits is signed up', async ({ sdk, url, newest, mails }) => {
  const loginId = 'up@example.com'
  const uri = `${url}/app/confirm?lang=en`
  const options = { customClaims: { shop: 'node' } }
  const started = succeeded(await sdk.enchantedLink.signUp(loginId, uri, { name: 'Up Word' }, options))
  assert.equal(started.maskedEmail, 'u*****@e*****.com')
  assert.match(started.linkId, /^\d\d$/)
  const mail = await newest(loginId, 'enchantedLink.signUp')
  assert.equal(new Set(mail.links.map(({ number }) => number)).size, 3)
  for (const { url: link } of mail.links) assert.ok(link.startsWith(`${uri}&t=`), 'the token is added to the query that is there')

  refused(
    await sdk.httpClient.post('/v1/auth/enchantedlink/pending-session', { pendingRef: started.pendingRef }).then(asAnswer),
    401,
    'E062503',
  )
  const waiting = sdk.enchantedLink.waitForSession(started.pendingRef, patience)
  assert.equal((await sdk.enchantedLink.verify(numberedToken(mail, started.linkId))).ok, true)
  const session = succeeded(await waiting)
  assert.deepEqual([session.firstSeen, session.user?.name, session.user?.verifiedEmail], [true, 'Up Word', true])
  const { token } = await sdk.validateSession(session.sessionJwt)
  assert.deepEqual([token.amr, token.nsec], [['email'], { shop: 'node' }])
  refused(await sdk.enchantedLink.signUp(loginId, uri), 400, 'E062107')
  assert.equal((await mails()).filter(({ to, kind }) => to === loginId && kind.startsWith('enchantedLink')).length, 1)
})

/** What the SDK makes of an answer, of one that it asks for itself. */
async function asAnswer(response: Response) {
  const body: object = JSON.parse(await response.text())
  return response.ok ? { ok: true, data: body } : { ok: false, code: response.status, error: body }
}

check('enchantedLink.signIn: the session goes once, to the one who waits, and not to the one who clicks', async (target) => {
  const { sdk, newest } = target
  const { loginId, userId, password } = await verifiedUser(target, 'in')
  const { pendingRef, linkId } = succeeded(await sdk.enchantedLink.signIn(loginId, '', { customClaims: { shop: 'node' } }))
  const token = numberedToken(await newest(loginId, 'enchantedLink.signIn'), linkId)
  const clicked = await sdk.enchantedLink.verify(token)
  assert.deepEqual([clicked.ok, clicked.data], [true, {}])
  refused(await sdk.enchantedLink.verify(token), 401, 'E062504')
  const session = succeeded(await sdk.enchantedLink.waitForSession(pendingRef, patience))
  assert.deepEqual([session.user?.userId, session.firstSeen, claimsOf(session.sessionJwt).nsec], [userId, false, { shop: 'node' }])
  succeeded(await sdk.refresh(session.refreshJwt))
  const again = await sdk.enchantedLink.waitForSession(pendingRef, impatience)
  assert.deepEqual([again.ok, again.error?.errorCode], [false, '0'])
  succeeded(await sdk.password.signIn(loginId, password))
})

check('enchantedLink.waitForSession: times out while nobody clicks, and is there for one who asks again', async (target) => {
  const { sdk, newest } = target
  const { loginId } = await verifiedUser(target, 'slow')
  const { pendingRef, linkId } = succeeded(await sdk.enchantedLink.signIn(loginId))
  const early = await sdk.enchantedLink.waitForSession(pendingRef, impatience)
  assert.deepEqual([early.ok, early.error?.errorCode], [false, '0'])
  succeeded(await sdk.enchantedLink.verify(numberedToken(await newest(loginId, 'enchantedLink.signIn'), linkId)))
  succeeded(await sdk.enchantedLink.waitForSession(pendingRef, patience))
})

check('enchantedLink.verify: a wrong number ends the attempt', async (target) => {
  const { sdk, newest } = target
  const { loginId } = await verifiedUser(target, 'wrong')
  const { pendingRef, linkId } = succeeded(await sdk.enchantedLink.signIn(loginId))
  const mail = await newest(loginId, 'enchantedLink.signIn')
  for (const isRight of [false, true]) refused(await sdk.enchantedLink.verify(numberedToken(mail, linkId, isRight)), 401, 'E062504')
  assert.equal((await sdk.enchantedLink.waitForSession(pendingRef, impatience)).ok, false)
})

check('enchantedLink.signUpOrIn: up whom nobody knows, in whom somebody does', async ({ sdk, newest }) => {
  const loginId = 'either@example.com'
  const seen: unknown[] = []
  for (const kind of ['enchantedLink.signUp', 'enchantedLink.signIn']) {
    const { pendingRef, linkId } = succeeded(await sdk.enchantedLink.signUpOrIn(loginId))
    succeeded(await sdk.enchantedLink.verify(numberedToken(await newest(loginId, kind), linkId)))
    const { user, firstSeen } = succeeded(await sdk.enchantedLink.waitForSession(pendingRef, patience))
    seen.push(firstSeen, user?.userId)
  }
  assert.deepEqual(seen, [true, seen[1], false, seen[1]])
})

check('enchantedLink.signIn: alike for unknown users, to whom nothing is sent, and who wait in vain', async ({ sdk, mails }) => {
  const { maskedEmail, linkId, pendingRef } = succeeded(await sdk.enchantedLink.signIn('stranger@example.com'))
  assert.equal(maskedEmail, 's*****@e*****.com')
  assert.match(linkId, /^\d\d$/)
  assert.equal((await sdk.enchantedLink.waitForSession(pendingRef, impatience)).error?.errorCode, '0')
  assert.ok((await mails()).every(({ to }) => to !== 'stranger@example.com'))
})

check('enchantedLink.signIn: step-up adds to the session of the refresh token, revokeOtherSessions ends the others', async (target) => {
  const { sdk, newest } = target
  const { loginId, refreshJwt } = await verifiedUser(target, 'step')
  const { pendingRef, linkId } = succeeded(
    await sdk.enchantedLink.signIn(loginId, '', { stepup: true, revokeOtherSessions: true }, refreshJwt),
  )
  succeeded(await sdk.enchantedLink.verify(numberedToken(await newest(loginId, 'enchantedLink.signIn'), linkId)))
  const { sessionJwt } = succeeded(await sdk.enchantedLink.waitForSession(pendingRef, patience))
  assert.deepEqual([claimsOf(sessionJwt).amr, claimsOf(sessionJwt).su], [['pwd', 'email'], true])
  refused(await sdk.refresh(refreshJwt), 401, 'E064001')
  refused(await sdk.enchantedLink.signIn(loginId, '', { stepup: true }), 401, 'E064002')
})

check('enchantedLink.update.email: proves a new address, which becomes a login ID', async (target) => {
  const { sdk, newest } = target
  const { loginId, userId, refreshJwt } = await verifiedUser(target, 'moves')
  const fresh = 'moved@example.com'
  const options = { addToLoginIDs: true, onMergeUseExisting: false }
  const { pendingRef, linkId, maskedEmail } = succeeded(await sdk.enchantedLink.update.email(loginId, fresh, '', refreshJwt, options))
  assert.equal(maskedEmail, 'm*****@e*****.com')
  succeeded(await sdk.enchantedLink.verify(numberedToken(await newest(fresh, 'enchantedLink.update'), linkId)))
  const { user } = succeeded(await sdk.enchantedLink.waitForSession(pendingRef, patience))
  assert.deepEqual([user?.userId, user?.email, user?.verifiedEmail, user?.loginIds], [userId, fresh, true, [loginId, fresh]])
  await newest(loginId, 'email.changed')
})

check('enchantedLink.signIn: a URI that is not approved', async (target) => {
  const { loginId } = await target.signUp('lost')
  refused(await target.sdk.enchantedLink.signIn(loginId, 'https://evil.example/in'), 400, 'E062908')
})
