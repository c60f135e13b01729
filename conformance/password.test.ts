import assert from 'node:assert/strict'
import { claimsOf, goodPassword, onEveryDatabase, refused, succeeded } from './fixture.ts'

const check = onEveryDatabase()
const otherPassword = 'copper lantern 42 fox'

check('password.signUp: both tokens, the user and firstSeen', async ({ sdk, projectId }) => {
  const before = Math.floor(Date.now() / 1000)
  const data = succeeded(await sdk.password.signUp('ada@example.com', goodPassword))
  assert.equal(data.firstSeen, true)
  assert.deepEqual(data.user?.loginIds, ['ada@example.com'])
  assert.deepEqual([data.user?.email, data.user?.status, data.user?.password], ['ada@example.com', 'enabled', true])
  assert.equal(data.user?.verifiedEmail, false)
  assert.ok((data.user?.createdTime ?? 0) >= before - 1)
  assert.ok(data.sessionExpiration > before && (data.cookieExpiration ?? 0) > data.sessionExpiration)
  const session = claimsOf(data.sessionJwt)
  assert.deepEqual([session.iss, session.sub, session.drn, session.amr], [projectId, data.user?.userId, 'DS', ['pwd']])
  assert.equal(claimsOf(data.refreshJwt ?? '').drn, 'DSR')
})

check('password.signUp: user details', async ({ sdk }) => {
  const details = { name: 'Grace Hopper', givenName: 'Grace', familyName: 'Hopper', email: 'grace@example.com', phone: '+15550100123' }
  const { user } = succeeded(await sdk.password.signUp('grace', goodPassword, details))
  assert.deepEqual(user?.loginIds, ['grace'])
  assert.deepEqual({ ...details, ...pick(user, Object.keys(details)) }, details)
})

check('password.signUp: custom claims, under nsec', async ({ sdk }) => {
  const customClaims = { plan: 'trial', sub: 'somebody else' }
  const data = succeeded(await sdk.password.signUp('claims@example.com', goodPassword, {}, { customClaims }))
  const { token } = await sdk.validateSession(data.sessionJwt)
  assert.deepEqual(token.nsec, customClaims)
  assert.equal(token.sub, data.user?.userId)
})

check('password.signUp: the cookie string that the SDK makes', async ({ sdk }) => {
  const data = succeeded(await sdk.password.signUp('jar@example.com', goodPassword))
  const [cookie = ''] = data.cookies ?? []
  assert.ok(cookie.startsWith(`DSR=${data.refreshJwt}; `), 'the refresh token is in it')
  assert.match(cookie, /; Max-Age=2419200; Path=\/; HttpOnly; SameSite=Strict$/)
})

check('password.signIn: both tokens and the user', async ({ sdk, signUp }) => {
  const account = await signUp('signin')
  const data = succeeded(await sdk.password.signIn(account.loginId, account.password))
  assert.equal(data.firstSeen, false)
  assert.equal(data.user?.userId, account.userId)
  const { token } = await sdk.validateSession(data.sessionJwt)
  assert.equal(token.sub, account.userId)
  assert.notEqual(data.refreshJwt, account.refreshJwt)
})

check('password.signIn: login IDs in any letter case', async ({ sdk, signUp }) => {
  const account = await signUp('Case')
  const data = succeeded(await sdk.password.signIn('cAsE@EXAMPLE.com', account.password))
  assert.equal(data.user?.userId, account.userId)
})

check('password.signIn: custom claims, kept by a refresh', async ({ sdk, signUp }) => {
  const account = await signUp('keeps')
  const options = { customClaims: { tier: 'gold' } }
  const data = succeeded(await sdk.password.signIn(account.loginId, account.password, options))
  const { token } = await sdk.refreshSession(data.refreshJwt ?? '')
  assert.deepEqual(token.nsec, options.customClaims)
})

check('password.signIn: revokeOtherSessions', async ({ sdk, signUp }) => {
  const account = await signUp('revokes')
  const data = succeeded(await sdk.password.signIn(account.loginId, account.password, { revokeOtherSessions: true }))
  refused(await sdk.refresh(account.refreshJwt), 401, 'E064001')
  succeeded(await sdk.refresh(data.refreshJwt))
})

check('password.update: with the refresh token, other sessions end', async ({ sdk, signUp }) => {
  const account = await signUp('update')
  const other = succeeded(await sdk.password.signIn(account.loginId, account.password))
  succeeded(await sdk.password.update(account.loginId, otherPassword, account.refreshJwt))
  refused(await sdk.password.signIn(account.loginId, account.password), 401, 'E062903')
  succeeded(await sdk.password.signIn(account.loginId, otherPassword))
  succeeded(await sdk.refresh(account.refreshJwt))
  refused(await sdk.refresh(other.refreshJwt), 401, 'E064001')
})

check("password.update: nobody else's password, and no session token", async ({ sdk, signUp }) => {
  const [account, victim] = [await signUp('mallory'), await signUp('victim')]
  refused(await sdk.password.update(victim.loginId, otherPassword, account.refreshJwt), 400, 'E011004')
  refused(await sdk.password.update(account.loginId, otherPassword, account.sessionJwt), 401, 'E064002')
  refused(await sdk.password.update(account.loginId, otherPassword), 401, 'E064002')
  succeeded(await sdk.password.signIn(victim.loginId, victim.password))
  succeeded(await sdk.password.signIn(account.loginId, account.password))
})

check('password.replace: with the old password, a new session', async ({ sdk, signUp }) => {
  const account = await signUp('replace')
  const data = succeeded(await sdk.password.replace(account.loginId, account.password, otherPassword))
  assert.equal(data.user?.userId, account.userId)
  await sdk.validateSession(data.sessionJwt)
  succeeded(await sdk.refresh(data.refreshJwt))
  refused(await sdk.refresh(account.refreshJwt), 401, 'E064001')
  refused(await sdk.password.signIn(account.loginId, account.password), 401, 'E062903')
  succeeded(await sdk.password.signIn(account.loginId, otherPassword))
})

check('password.policy: what is in force', async ({ sdk }) => {
  const { minLength, lowercase, uppercase, number, nonAlphanumeric } = succeeded(await sdk.password.policy())
  assert.deepEqual(
    { minLength, lowercase, uppercase, number, nonAlphanumeric },
    { minLength: 8, lowercase: false, uppercase: false, number: false, nonAlphanumeric: false },
  )
})

function pick(value: object | undefined, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, value && Reflect.get(value, name)]))
}
