import assert from 'node:assert/strict'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { goodPassword, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { newSigningKey } from '../../core/signing-keys.ts'

const loginId = 'ada@example.com'
const refresh = (kit: Kit, token: string) => kit.call('/v1/auth/refresh', { token, body: {} })
const signIn = async (kit: Kit, options: object = {}) =>
  (await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword, ...options } })).body

onEveryDatabase('tokens carry what every SDK relies on', async (kit) => {
  const { sessionJwt, refreshJwt, user } = await kit.signUp(loginId)
  const now = kit.clock.nowSeconds()
  for (const [token, drn, seconds] of [
    [sessionJwt, 'DS', 600],
    [refreshJwt, 'DSR', 2_419_200],
  ] as const) {
    const header = decodeProtectedHeader(token)
    assert.deepEqual([header.alg, header.typ], ['RS256', 'JWT'])
    assert.match(header.kid ?? '', /^SK[A-Za-z0-9]{27}$/)
    const claims = decodeJwt(token)
    assert.equal(claims.iss, kit.projectId)
    assert.equal(claims.sub, user.userId)
    assert.equal(claims.drn, drn)
    assert.equal(claims.iat, now)
    assert.equal(claims.exp, now + seconds)
    assert.deepEqual(claims.amr, ['pwd'])
    assert.deepEqual(claims.tenants, {})
    assert.equal(claims.aud, undefined)
    assert.ok(claims.jti)
  }
  assert.equal(decodeJwt(sessionJwt).rexp, new Date((now + 2_419_200) * 1000).toISOString().replace('.000Z', 'Z'))
})

onEveryDatabase('SE-09: custom claims land under nsec and replace nothing', async (kit) => {
  await kit.signUp(loginId)
  const customClaims = {
    sub: 'other',
    exp: 9_999_999_999,
    roles: ['admin'],
    drn: 'DSR',
    iss: 'x',
    amr: ['mfa'],
    tenants: { t: {} },
    plan: 'gold',
  }
  const { sessionJwt, refreshJwt, user } = await signIn(kit, { loginOptions: { customClaims } })
  for (const token of [sessionJwt, refreshJwt, (await refresh(kit, refreshJwt)).body.sessionJwt]) {
    const claims = decodeJwt(token)
    assert.deepEqual(claims.nsec, customClaims)
    assert.deepEqual([claims.sub, claims.iss, claims.roles, claims.tenants], [user.userId, kit.projectId, undefined, {}])
  }
  const tooLarge = await kit.call('/v1/auth/password/signin', {
    body: { loginId, password: goodPassword, loginOptions: { customClaims: { a: 'x'.repeat(2100) } } },
  })
  assert.equal(tooLarge.status, 400)
})

onEveryDatabase('refresh without rotation answers a new session token and the same refresh token', async (kit) => {
  const { refreshJwt, sessionJwt } = await kit.signUp(loginId)
  kit.clock.advance(60)
  const { status, body } = await refresh(kit, refreshJwt)
  assert.equal(status, 200)
  assert.equal(body.refreshJwt, refreshJwt)
  assert.notEqual(body.sessionJwt, sessionJwt)
  assert.equal(body.firstSeen, false)
})

onEveryDatabase('SE-01, SE-03: with rotation each predecessor fails after the grace and ends its family, and no other', async (kit) => {
  await kit.set({ project: { rotateJwt: true } })
  await kit.signUp(loginId)
  const other = await signIn(kit)
  let token: string = (await signIn(kit)).refreshJwt
  const chain = [token]
  for (let i = 0; i < 20; i++) {
    kit.clock.advance(11)
    const { status, body } = await refresh(kit, token)
    assert.equal(status, 200)
    assert.notEqual(body.refreshJwt, token)
    token = body.refreshJwt
    chain.push(token)
  }
  assert.equal((await refresh(kit, chain[18] ?? '')).status, 401)
  assert.equal((await refresh(kit, token)).status, 401)
  assert.equal((await refresh(kit, other.refreshJwt)).status, 200)
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, decodeJwt(token).sub ?? '', {
    types: ['session.reuse'],
    limit: 10,
  })
  assert.equal(events.length, 1)
  assert.equal((await kit.mails()).filter(({ kind, to }) => kind === 'session.reused' && to === loginId).length, 1)
})

onEveryDatabase('SE-02: fifty refreshes at once all get the same successor', async (kit) => {
  await kit.set({ project: { rotateJwt: true } })
  const { refreshJwt } = await kit.signUp(loginId)
  kit.clock.advance(5)
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(kit, refreshJwt)))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.equal(new Set(answers.map(({ body }) => body.refreshJwt)).size, 1)
  assert.equal(decodeJwt(answers[0]?.body.refreshJwt).gen, 2)
})

onEveryDatabase('SE-08: neither refresh nor rotation moves the absolute end', async (kit) => {
  await kit.set({ project: { rotateJwt: true } })
  let token = (await kit.signUp(loginId)).refreshJwt
  for (let day = 0; day < 27; day++) {
    kit.clock.advance(86_400)
    token = (await refresh(kit, token)).body.refreshJwt
  }
  kit.clock.advance(86_400)
  assert.equal((await refresh(kit, token)).status, 401)
})

onEveryDatabase('with inactivity on, a session that was not refreshed in time ends, and answers say how often to refresh', async (kit) => {
  await kit.set({ project: { enableInactivity: true, inactivityTime: 20 } })
  const { refreshJwt, nextRefreshSeconds } = await kit.signUp(loginId)
  assert.ok(nextRefreshSeconds > 0 && nextRefreshSeconds < 1200)
  kit.clock.advance(1199)
  assert.equal((await refresh(kit, refreshJwt)).status, 200)
  kit.clock.advance(1201)
  assert.equal((await refresh(kit, refreshJwt)).status, 401)
})

onEveryDatabase('SE-07: logout ends this session, logoutall every one; both may be repeated', async (kit) => {
  const first = await kit.signUp(loginId)
  const [second, third] = [await signIn(kit), await signIn(kit)]
  const end = (path: string, token: string) => kit.call(path, { token, body: {} })
  for (let i = 0; i < 2; i++) {
    const { status, body } = await end('/v1/auth/logout', first.refreshJwt)
    assert.deepEqual([status, body], [200, {}])
  }
  const me = await kit.call('/v1/auth/me', { token: first.refreshJwt })
  assert.deepEqual([me.status, me.body.errorCode, me.body.errorMessage], [401, 'E064001', 'Expired due to logout'])
  assert.equal((await kit.call('/v1/auth/validate', { token: first.sessionJwt, body: {} })).status, 401)
  assert.equal((await refresh(kit, second.refreshJwt)).status, 200)
  // A session that has ended cannot end the ones that live.
  assert.equal((await end('/v1/auth/logoutall', first.refreshJwt)).status, 200)
  assert.equal((await refresh(kit, second.refreshJwt)).status, 200)
  assert.equal((await end('/v1/auth/logoutall', second.refreshJwt)).status, 200)
  assert.equal((await refresh(kit, third.refreshJwt)).status, 401)
})

onEveryDatabase('SE-06: disabling a user ends all sessions at once, and enabling revives none', async (kit) => {
  const { refreshJwt, sessionJwt } = await kit.signUp(loginId)
  const { projectId } = kit
  await kit.auth.api.setUserStatus({ projectId, loginId, status: 'disabled' })
  assert.equal((await refresh(kit, refreshJwt)).status, 401)
  assert.equal((await kit.call('/v1/auth/validate', { token: sessionJwt, body: {} })).status, 401)
  await kit.auth.api.setUserStatus({ projectId, loginId, status: 'enabled' })
  assert.equal((await refresh(kit, refreshJwt)).status, 401)
  await kit.auth.api.deleteUser({ projectId, loginId })
  assert.equal((await refresh(kit, refreshJwt)).status, 401)
})

onEveryDatabase('JW-04: session and refresh tokens are not interchangeable', async (kit) => {
  const { refreshJwt, sessionJwt } = await kit.signUp(loginId)
  for (const [method, path, token] of [
    ['POST', '/v1/auth/refresh', sessionJwt],
    ['POST', '/v1/auth/logout', sessionJwt],
    ['POST', '/v1/auth/logoutall', sessionJwt],
    ['GET', '/v1/auth/me', sessionJwt],
    ['GET', '/v1/auth/me/history', sessionJwt],
    ['POST', '/v1/auth/validate', refreshJwt],
    ['GET', '/v1/mgmt/license', refreshJwt],
    ['GET', '/v1/mgmt/license', sessionJwt],
    ['GET', '/v1/auth/me', kit.managementKey],
  ] as const) {
    const answer = await kit.call(path, { method, token, ...(method === 'POST' ? { body: {} } : {}) })
    assert.equal(answer.status, 401, `${path} with the wrong kind of token`)
  }
  assert.equal((await kit.call('/v1/auth/me', { token: refreshJwt })).status, 200)
})

onEveryDatabase('JW-08: nothing of one project works in another', async (kit) => {
  const { refreshJwt, sessionJwt } = await kit.signUp(loginId)
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const elsewhere = { projectId: other.projectId }
  assert.equal((await kit.call('/v1/auth/refresh', { ...elsewhere, token: refreshJwt, body: {} })).status, 401)
  assert.equal((await kit.call('/v1/auth/validate', { ...elsewhere, token: sessionJwt, body: {} })).status, 401)
  assert.equal((await kit.call('/v1/mgmt/license', { ...elsewhere, token: kit.managementKey })).status, 401)
  assert.equal((await kit.call('/v1/mgmt/license', { ...elsewhere, token: other.managementKey })).status, 200)
  const signInThere = await kit.call('/v1/auth/password/signin', { ...elsewhere, body: { loginId, password: goodPassword } })
  assert.equal(signInThere.status, 401)
  const signUpThere = await kit.call('/v1/auth/password/signup', { ...elsewhere, body: { loginId, password: goodPassword } })
  assert.equal(signUpThere.status, 200)
  const keysOf = async (projectId: string) => (await kit.call(`/v2/keys/${projectId}`)).body.keys.map((key: { n: string }) => key.n)
  assert.notDeepEqual(await keysOf(kit.projectId), await keysOf(other.projectId))
})

onEveryDatabase('me answers the user at the root, history a bare array of sign-ins', async (kit) => {
  const { refreshJwt, user } = await kit.signUp(loginId)
  kit.clock.advance(10)
  await signIn(kit)
  const me = await kit.call('/v1/auth/me', { token: refreshJwt })
  assert.equal(me.body.userId, user.userId)
  const history = (await kit.call('/v1/auth/me/history', { token: refreshJwt })).body
  assert.equal(history.length, 2)
  assert.equal(history[0].loginTime, kit.clock.nowSeconds())
  assert.deepEqual(new Set(Object.keys(history[0])), new Set(['city', 'country', 'ip', 'loginTime', 'selectedTenant', 'userId']))
})

onEveryDatabase('try-refresh answers 200 with an empty object where refresh would refuse', async (kit) => {
  const { refreshJwt } = await kit.signUp(loginId)
  assert.ok((await kit.call('/v1/auth/try-refresh?dcs=t&dcr=f', { token: refreshJwt, body: {} })).body.sessionJwt)
  for (const token of [undefined, 'a.b.c', `${refreshJwt.slice(0, -4)}AAAA`]) {
    const answer = await kit.call('/v1/auth/try-refresh', { ...(token ? { token } : {}), body: {} })
    assert.deepEqual([answer.status, answer.body], [200, {}])
  }
})

onEveryDatabase('validate answers the claims at the root and as parsedJWT', async (kit) => {
  const { sessionJwt, user } = await kit.signUp(loginId)
  const { status, body } = await kit.call('/v1/auth/validate', { token: sessionJwt, body: {} })
  assert.deepEqual([status, body.sub, body.parsedJWT.sub], [200, user.userId, user.userId])
  kit.clock.advance(601)
  assert.equal((await kit.call('/v1/auth/validate', { token: sessionJwt, body: {} })).status, 401)
})

onEveryDatabase('step-up and mfa need a live session of the same user, and merge the factors', async (kit) => {
  await kit.signUp(loginId)
  const without = await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword, loginOptions: { stepup: true } } })
  assert.equal(without.status, 401)
  const { refreshJwt } = await signIn(kit)
  const body = { loginId, password: goodPassword, loginOptions: { stepup: true } }
  const stepped = (await kit.call('/v1/auth/password/signin', { token: refreshJwt, body })).body
  assert.equal(decodeJwt(stepped.sessionJwt).su, true)
  assert.equal(decodeJwt((await refresh(kit, stepped.refreshJwt)).body.sessionJwt).su, undefined)
  await kit.signUp('bob@example.com')
  const foreign = { loginId: 'bob@example.com', password: goodPassword, loginOptions: { stepup: true } }
  assert.equal((await kit.call('/v1/auth/password/signin', { token: refreshJwt, body: foreign })).status, 401)
})

onEveryDatabase('revokeOtherSessions at sign-in ends the others', async (kit) => {
  const first = await kit.signUp(loginId)
  const second = await signIn(kit, { loginOptions: { revokeOtherSessions: true } })
  assert.equal((await refresh(kit, first.refreshJwt)).status, 401)
  assert.equal((await refresh(kit, second.refreshJwt)).status, 200)
})

onEveryDatabase('JW-06: an emergency rotation by another process holds here within a second', async (kit) => {
  const { refreshJwt } = await kit.signUp(loginId)
  assert.equal((await refresh(kit, refreshJwt)).status, 200)
  const elsewhere = await newSigningKey(kit.auth.deps, { projectId: kit.projectId, activeAt: kit.clock.nowSeconds() })
  const { signingKeys } = kit.auth.deps.storage
  const [old] = await signingKeys.list(kit.projectId)
  await signingKeys.insert(elsewhere)
  await signingKeys.revoke(kit.projectId, old?.id ?? '', kit.clock.nowSeconds())
  kit.clock.advance(1)
  assert.equal((await refresh(kit, refreshJwt)).status, 401)
})
