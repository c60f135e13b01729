import assert from 'node:assert/strict'
import { claimsOf, onEveryDatabase, refused, succeeded } from './fixture.ts'

const check = onEveryDatabase()

check('validateSession: a session token', async ({ sdk, signUp, projectId }) => {
  const account = await signUp('validate')
  const { jwt, token } = await sdk.validateSession(account.sessionJwt)
  assert.equal(jwt, account.sessionJwt)
  assert.deepEqual([token.iss, token.sub, token.drn, token.tenants], [projectId, account.userId, 'DS', {}])
  assert.equal(sdk.isJwtExpired(jwt), false)
})

check('validateSession: refuses forged, cut and foreign tokens', async ({ sdk, signUp, newSdk }) => {
  const { sessionJwt } = await signUp('forged')
  const [head = '', body = '', signature = ''] = sessionJwt.split('.')
  const changed = Buffer.from(JSON.stringify({ ...claimsOf(sessionJwt), sub: 'U0' })).toString('base64url')
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url')
  const hmac = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(head, 'base64url').toString()), alg: 'HS256' })).toString('base64url')
  const forged = [`${head}.${changed}.${signature}`, `${unsigned}.${body}.`, `${hmac}.${body}.${signature}`, `${head}.${body}`, '...', 'x']
  for (const token of forged) await assert.rejects(sdk.validateSession(token), /session validation failed/)
  await assert.rejects(newSdk({ projectId: 'P00000000000000000000000000A' }).validateSession(sessionJwt), /session validation failed/)
})

check('validateSession: audience, when the application asks for one', async ({ sdk, signUp }) => {
  const { sessionJwt } = await signUp('audience')
  await assert.rejects(sdk.validateSession(sessionJwt, { audience: 'another' }), /session validation failed/)
})

check('refreshSession: a new session token', async ({ sdk, signUp }) => {
  const account = await signUp('refresh-session')
  const { jwt, token } = await sdk.refreshSession(account.refreshJwt)
  assert.notEqual(jwt, account.sessionJwt)
  assert.deepEqual([token.sub, token.drn], [account.userId, 'DS'])
  await sdk.validateSession(jwt)
})

check('refresh: the auth response', async ({ sdk, signUp }) => {
  const account = await signUp('refresh')
  const data = succeeded(await sdk.refresh(account.refreshJwt))
  assert.equal(data.user?.userId, account.userId)
  assert.equal(data.firstSeen, false)
  assert.ok(data.sessionExpiration > Date.now() / 1000)
  await sdk.validateSession(data.sessionJwt)
  succeeded(await sdk.refresh(account.refreshJwt))
})

check('validateAndRefreshSession: a live session token as it is', async ({ sdk, signUp }) => {
  const account = await signUp('still-live')
  const { jwt } = await sdk.validateAndRefreshSession(account.sessionJwt, account.refreshJwt)
  assert.equal(jwt, account.sessionJwt)
})

check('validateAndRefreshSession: without a live one, by the refresh token', async ({ sdk, signUp }) => {
  const account = await signUp('comes-back')
  for (const sessionJwt of [undefined, 'not.a.token']) {
    const { jwt, token } = await sdk.validateAndRefreshSession(sessionJwt, account.refreshJwt)
    assert.notEqual(jwt, account.sessionJwt)
    assert.equal(token.sub, account.userId)
  }
})

check('me: the user', async ({ sdk, signUp }) => {
  const account = await signUp('me', { name: 'Me Myself', givenName: 'Me' })
  const user = succeeded(await sdk.me(account.refreshJwt))
  assert.deepEqual([user.userId, user.loginIds, user.name, user.givenName], [account.userId, ['me@example.com'], 'Me Myself', 'Me'])
})

check('history: a bare list of sign-ins, newest first', async ({ sdk, signUp }) => {
  const account = await signUp('history')
  succeeded(await sdk.password.signIn(account.loginId, account.password))
  const entries: unknown = succeeded(await sdk.history(account.refreshJwt))
  assert.ok(Array.isArray(entries) && entries.length === 2)
  for (const { userId, loginTime, ip } of entries) {
    assert.equal(userId, account.userId)
    assert.ok(Number.isInteger(loginTime) && loginTime <= Date.now() / 1000)
    assert.match(ip, /127\.0\.0\.1|::1/)
  }
})

check('logout: ends this session and no other', async ({ sdk, signUp }) => {
  const account = await signUp('logout')
  const other = succeeded(await sdk.password.signIn(account.loginId, account.password))
  succeeded(await sdk.logout(account.refreshJwt))
  const { errorMessage } = refused(await sdk.refresh(account.refreshJwt), 401, 'E064001')
  assert.match(errorMessage, /Expired due to logout/)
  refused(await sdk.me(account.refreshJwt), 401, 'E064001')
  await assert.rejects(sdk.refreshSession(account.refreshJwt), /Expired due to logout/)
  succeeded(await sdk.refresh(other.refreshJwt))
})

check('logout: again is fine', async ({ sdk, signUp }) => {
  const account = await signUp('twice')
  succeeded(await sdk.logout(account.refreshJwt))
  succeeded(await sdk.logout(account.refreshJwt))
})

check('logoutAll: ends every session of the user and of nobody else', async ({ sdk, signUp }) => {
  const [account, bystander] = [await signUp('logout-all'), await signUp('bystander')]
  const other = succeeded(await sdk.password.signIn(account.loginId, account.password))
  succeeded(await sdk.logoutAll(account.refreshJwt))
  refused(await sdk.refresh(account.refreshJwt), 401, 'E064001')
  refused(await sdk.refresh(other.refreshJwt), 401, 'E064001')
  succeeded(await sdk.refresh(bystander.refreshJwt))
  succeeded(await sdk.password.signIn(account.loginId, account.password))
})

check('validateRoles, validatePermissions, getTenants: of a user who has none', async ({ sdk, signUp }) => {
  const { sessionJwt } = await signUp('roles')
  const info = await sdk.validateSession(sessionJwt)
  assert.equal(sdk.validateRoles(info, ['admin']), false)
  assert.equal(sdk.validatePermissions(info, ['write']), false)
  assert.deepEqual(sdk.getMatchedRoles(info, ['admin']), [])
  assert.equal(sdk.validateTenantRoles(info, 'T0', ['admin']), false)
  assert.deepEqual(sdk.getTenants(sessionJwt), [])
})
