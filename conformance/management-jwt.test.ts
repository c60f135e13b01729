import assert from 'node:assert/strict'
import { claimsOf, goodPassword, onEveryDatabase, refused, type Sdk, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

/** The part of the SDK that works with a management key. */
const managementOf = ({ newSdk, managementKey }: Target): Sdk['management'] => newSdk({ managementKey }).management

check('management.jwt.update: claims in a session and in a refresh token, and in those that follow', async (target) => {
  const { sdk, signUp } = target
  const { jwt } = managementOf(target)
  const { sessionJwt, refreshJwt, userId } = await signUp('update-jwt')
  const session = await sdk.validateSession(succeeded(await jwt.update(sessionJwt, { plan: 'gold' })).jwt)
  assert.deepEqual([session.token.plan, session.token.sub, session.token.drn], ['gold', userId, 'DS'])
  const refresh = succeeded(await jwt.update(refreshJwt, { seats: 3 }, 3600)).jwt
  const { drn, seats, plan, exp } = claimsOf(refresh)
  assert.deepEqual([drn, seats, plan], ['DSR', 3, 'gold'])
  assert.ok(Math.abs(Number(exp) - Date.now() / 1000 - 3600) < 60)
  for (const token of [refresh, refreshJwt]) {
    const { token: claims } = await sdk.refreshSession(token)
    assert.deepEqual([claims.seats, claims.plan], [3, 'gold'])
  }
  refused(await jwt.update(`${refreshJwt}x`, { a: 1 }), 401, 'E064002')
  refused(await jwt.update(refreshJwt, { sub: 'another' }), 400, 'E011004')
})

check('management.jwt.impersonate, impersonateStepup, stopImpersonation: a user acts as another, and is back', async (target) => {
  const { sdk, signUp } = target
  const { jwt, role, user: users } = managementOf(target)
  const [agent, owner] = [await signUp('agent'), await signUp('impersonated')]
  refused(await jwt.impersonate(agent.userId, owner.loginId, false), 403, 'E111801')
  succeeded(await role.create('Impersonator', 'acts as others', ['Impersonate']))
  succeeded(await users.addRoles(agent.loginId, ['Impersonator']))

  const acting = succeeded(await jwt.impersonate(agent.userId, owner.loginId, false, { ticket: 7 }, undefined, 600)).jwt
  const { sub, act, drn, ticket } = claimsOf(acting)
  assert.deepEqual([sub, act, drn, ticket], [owner.userId, { sub: agent.userId }, 'DSR', 7])
  const refreshed = await sdk.refreshSession(acting)
  assert.deepEqual([refreshed.token.sub, refreshed.token.act], [owner.userId, { sub: agent.userId }])
  assert.equal(succeeded(await sdk.me(acting)).userId, owner.userId)
  refused(await sdk.password.update(owner.loginId, 'another good passphrase 2', acting), 403, 'E064004')

  const stepped = await sdk.validateSession(succeeded(await jwt.impersonateStepup(agent.userId, owner.userId, false)).jwt)
  assert.deepEqual([stepped.token.su, stepped.token.act, stepped.token.drn], [true, { sub: agent.userId }, 'DS'])

  const back = succeeded(await jwt.stopImpersonation(acting, { back: true })).jwt
  assert.deepEqual([claimsOf(back).sub, claimsOf(back).act, claimsOf(back).back], [agent.userId, undefined, true])
  await sdk.refreshSession(back)
  refused(await sdk.refresh(acting), 401, 'E064001')
  refused(await jwt.impersonate(agent.userId, owner.loginId, true), 403, 'E111802')
  refused(await jwt.impersonate(agent.userId, 'nobody@example.com', false), 404, 'E112102')
})

check('management.jwt.signIn: tokens without a factor', async (target) => {
  const { sdk, signUp } = target
  const { jwt } = managementOf(target)
  const { loginId, userId, refreshJwt } = await signUp('vouched')
  const data = succeeded(await jwt.signIn(loginId, { customClaims: { from: 'back end' }, refreshDuration: 600 }))
  assert.deepEqual([data.user?.userId, data.firstSeen], [userId, false])
  assert.ok(data.sessionExpiration > Date.now() / 1000)
  const { token } = await sdk.validateSession(data.sessionJwt)
  assert.deepEqual([token.from, token.amr], ['back end', []])
  await sdk.refreshSession(data.refreshJwt ?? '')
  const stepped = succeeded(await jwt.signIn(loginId, { stepup: true, jwt: refreshJwt }))
  assert.equal(claimsOf(stepped.sessionJwt).su, true)
  refused(await jwt.signIn(loginId, { stepup: true }), 401, 'E064002')
  succeeded(await jwt.signIn(loginId, { revokeOtherSessions: true }))
  refused(await sdk.refresh(refreshJwt), 401, 'E064001')
  refused(await jwt.signIn('nobody@example.com'), 404, 'E112102')
})

check('management.jwt.signUp, signUpOrIn: a user without a credential', async (target) => {
  const { sdk } = target
  const { jwt } = managementOf(target)
  const options = { name: 'Ada', givenName: 'Ada', verifiedEmail: true }
  const data = succeeded(await jwt.signUp('signed-up@example.com', options, { customClaims: { a: 1 }, refreshDuration: 600 }))
  const { name, verifiedEmail, status, password } = { ...data.user }
  assert.deepEqual([name, verifiedEmail, status, password, data.firstSeen], ['Ada', true, 'enabled', false, true])
  const { token } = await sdk.validateSession(data.sessionJwt)
  assert.deepEqual([token.a, token.sub], [1, data.user?.userId])
  refused(await jwt.signUp('signed-up@example.com'), 400, 'E062107')
  const again = succeeded(await jwt.signUpOrIn('signed-up@example.com', { name: 'Another' }))
  assert.deepEqual([again.user?.userId, again.user?.name, again.firstSeen], [data.user?.userId, 'Ada', false])
  assert.equal(succeeded(await jwt.signUpOrIn('new-or-in@example.com')).firstSeen, true)
})

check('management.jwt.anonymous: tokens for somebody unknown', async (target) => {
  const { sdk } = target
  const { jwt, tenant, user: users } = managementOf(target)
  const { id } = succeeded(await tenant.create('Anonymous'))
  const data = succeeded(await jwt.anonymous({ cart: 7 }, id, 600))
  assert.ok(!('user' in data) && !('firstSeen' in data))
  const { token } = await sdk.validateSession(data.sessionJwt)
  assert.deepEqual([token.cart, token.dct, Object.keys(Object(token.tenants))], [7, id, [id]])
  await sdk.refreshSession(data.refreshJwt ?? '')
  const found = succeeded(await users.search({ limit: 100 }))
  assert.ok(!found.users.some(({ userId }) => userId === token.sub))
  refused(await jwt.anonymous({}, 'no such tenant'), 404, 'E111401')
})

check('management.user.generateEmbeddedLink: a token that signs in, once', async (target) => {
  const { sdk, signUp } = target
  const users = managementOf(target).user
  const { loginId, userId } = await signUp('embedded')
  const { token } = succeeded(await users.generateEmbeddedLink(loginId, { plan: 'gold' }))
  const data = succeeded(await sdk.magicLink.verify(token))
  assert.equal(data.user?.userId, userId)
  assert.equal((await sdk.validateSession(data.sessionJwt)).token.plan, 'gold')
  refused(await sdk.magicLink.verify(token), 401, 'E062504')
  const { token: short } = succeeded(await users.generateEmbeddedLink(loginId, {}, 1))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const { errorMessage } = refused(await sdk.magicLink.verify(short), 401, 'E062504')
  assert.match(errorMessage, /token|expire/)
  refused(await users.generateEmbeddedLink('nobody@example.com'), 404, 'E112102')
})

check('management.user.generateSignUpEmbeddedLink: a token that makes its user', async (target) => {
  const { sdk } = target
  const users = managementOf(target).user
  const loginId = 'embedded-new@example.com'
  const { token } = succeeded(await users.generateSignUpEmbeddedLink(loginId, { name: 'New', phone: '+15550002222' }, true, false))
  refused(await users.load(loginId), 404, 'E112102')
  const { user, firstSeen } = succeeded(await sdk.magicLink.verify(token))
  assert.deepEqual([user?.name, user?.verifiedEmail, user?.verifiedPhone, firstSeen], ['New', true, false, true])
  refused(await users.generateSignUpEmbeddedLink(loginId), 400, 'E062107')
  refused(await sdk.password.signIn(loginId, goodPassword), 401, 'E062903')
})
