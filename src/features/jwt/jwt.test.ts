import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { tenant } from '../../../test/storage-contract/records.ts'

const loginId = 'ada@example.com'
const told = ({ status, body }: Answer) => [status, body.errorCode]
const update = (kit: Kit, body: object) => kit.manage('/v1/mgmt/jwt/update', { body })
const auth = (kit: Kit, how: string, body: object) => kit.manage(`/v1/mgmt/auth/${how}`, { body })
const refresh = (kit: Kit, token: string) => kit.call('/v1/auth/refresh', { token, body: {} })
const events = (kit: Kit, userId: string, type: string) =>
  kit.auth.deps.storage.events.forUser(kit.projectId, userId, { types: [type], limit: 9 })

for (const kind of ['sessionJwt', 'refreshJwt'] as const) {
  onEveryDatabase(`update answers a ${kind} with the claims, and refreshes keep them`, async (kit) => {
    await kit.set({ project: { rotateJwt: true } })
    const first = await kit.signUp(loginId)
    const answer = await update(kit, { jwt: first[kind], customClaims: { plan: 'gold', seats: { max: 3 } } })
    assert.equal(answer.status, 200, answer.text)
    const [before, after] = [decodeJwt(first[kind]), decodeJwt(answer.body.jwt)]
    assert.deepEqual([after.drn, after.sub, after.sid, after.exp], [before.drn, before.sub, before.sid, before.exp])
    assert.deepEqual([after.plan, after.seats], ['gold', { max: 3 }])
    assert.deepEqual(Object.keys(answer.body), ['jwt'])

    const second = await update(kit, { jwt: first[kind], customClaims: { seats: 4 } })
    assert.deepEqual([decodeJwt(second.body.jwt).plan, decodeJwt(second.body.jwt).seats], ['gold', 4], 'what is not named stays')
    for (const { body } of [await refresh(kit, first.refreshJwt)]) {
      for (const token of [body.sessionJwt, body.refreshJwt]) assert.deepEqual([decodeJwt(token).plan, decodeJwt(token).seats], ['gold', 4])
      assert.equal((await refresh(kit, body.refreshJwt)).status, 200)
    }
    const written = await events(kit, first.user.userId, 'jwt.update')
    assert.deepEqual(written.map(({ data }) => data.claims).toSorted(), [['plan', 'seats'], ['seats']])
    assert.ok(written.every(({ actorId }) => actorId === kit.managementKey.split('.')[0]))
    assert.ok(!JSON.stringify(written).includes('gold'), 'names, no values')
  })
}

onEveryDatabase('update moves the end of the session where it is asked to, and a refresh answers a token of that end', async (kit) => {
  const first = await kit.signUp(loginId)
  const now = kit.clock.nowSeconds()
  const { body } = await update(kit, { jwt: first.refreshJwt, refreshDuration: 300 })
  assert.equal(decodeJwt(body.jwt).exp, now + 300)
  assert.equal(decodeJwt(first.refreshJwt).exp, now + 2_419_200)
  const again = await refresh(kit, first.refreshJwt)
  assert.equal(decodeJwt(again.body.refreshJwt).exp, now + 300)
  assert.equal(decodeJwt(again.body.sessionJwt).exp, now + 300, 'a session token does not outlive it')
  assert.equal(decodeJwt((await update(kit, { jwt: first.refreshJwt, refreshDuration: 0 })).body.jwt).exp, now + 300, '0 leaves it')
  kit.clock.advance(300)
  assert.equal((await refresh(kit, first.refreshJwt)).status, 401)
})

onEveryDatabase('update of a session token leaves its expiry, a step-up stays one', async (kit) => {
  const first = await kit.signUp(loginId)
  const options = { loginId, password: goodPassword, loginOptions: { stepup: true } }
  const { body } = await kit.call('/v1/auth/password/signin', { token: first.refreshJwt, body: options })
  kit.clock.advance(500)
  const answer = await update(kit, { jwt: body.sessionJwt, customClaims: { a: 1 } })
  const claims = decodeJwt(answer.body.jwt)
  assert.deepEqual([claims.su, claims.exp, claims.a], [true, decodeJwt(body.sessionJwt).exp, 1])
  assert.equal(decodeJwt((await refresh(kit, body.refreshJwt)).body.sessionJwt).su, undefined)
})

onEveryDatabase('SE-09: update sets nothing that is the server’s own, and no more than a session may have', async (kit) => {
  const { refreshJwt: jwt, sessionJwt } = await kit.signUp(loginId)
  for (const name of 'iss sub exp sid gen act su nsec amr roles permissions tenants dct drn'.split(' ')) {
    assert.deepEqual(told(await update(kit, { jwt, customClaims: { [name]: { sub: 'U0' } } })), [400, 'E011004'], name)
  }
  const half = (prefix: string) => Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`${prefix}${index}`, 1]))
  assert.equal((await update(kit, { jwt, customClaims: half('a') })).status, 200)
  assert.deepEqual(told(await update(kit, { jwt, customClaims: half('b') })), [400, 'E011004'], '102 in all')
  assert.deepEqual(told(await update(kit, { jwt, customClaims: { big: 'x'.repeat(1900) } })), [400, 'E011004'], 'over 2 KiB in all')
  assert.deepEqual(told(await update(kit, { jwt, customClaims: { big: 'x'.repeat(2100) } })), [400, 'E011003'])
  assert.equal(decodeJwt((await refresh(kit, jwt)).body.sessionJwt).b0, undefined)
  for (const token of ['x', 'a.b.c', `${jwt.slice(0, -4)}AAAA`, `${sessionJwt}x`, kit.managementKey]) {
    assert.deepEqual(told(await update(kit, { jwt: token, customClaims: {} })), [401, 'E064002'], token)
  }
  await kit.call('/v1/auth/logout', { token: jwt, body: {} })
  for (const token of [jwt, sessionJwt]) assert.deepEqual(told(await update(kit, { jwt: token, customClaims: { a: 1 } })), [401, 'E064001'])
})

onEveryDatabase('two updates at once both count', async (kit) => {
  const { refreshJwt: jwt } = await kit.signUp(loginId)
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  await Promise.all(names.map((name) => update(kit, { jwt, customClaims: { [name]: 1 } })))
  const claims = decodeJwt((await refresh(kit, jwt)).body.sessionJwt)
  assert.deepEqual(
    names.map((name) => claims[name]),
    [1, 1, 1, 1, 1, 1],
  )
})

function assertSignedIn({ status, text, body }: Answer, firstSeen: boolean): Json {
  assert.equal(status, 200, text)
  assert.deepEqual([decodeJwt(body.sessionJwt).drn, decodeJwt(body.refreshJwt).drn], ['DS', 'DSR'])
  assert.equal(body.firstSeen, firstSeen)
  return body
}

onEveryDatabase('signin answers both tokens, with claims at the top level and no method proven', async (kit) => {
  await kit.set({ project: { tokenResponseMethod: 'cookie', sessionTokenResponseMethod: 'cookie' } })
  const { user } = await kit.auth.api.createUser({ projectId: kit.projectId, loginId })
  const now = kit.clock.nowSeconds()
  const answer = await auth(kit, 'signin', { identifier: user.id, customClaims: { plan: 'gold' }, refreshDuration: 1200 })
  const body = assertSignedIn(answer, true)
  assert.equal(answer.headers.get('set-cookie'), null, 'the back end decides what browsers get')
  for (const token of [body.sessionJwt, body.refreshJwt]) assert.deepEqual([decodeJwt(token).plan, decodeJwt(token).amr], ['gold', []])
  assert.equal(decodeJwt(body.refreshJwt).exp, now + 1200)
  const shown = await kit.call('/v1/auth/me', { token: body.refreshJwt })
  assert.equal(shown.body.userId, user.id)
  const [event] = await events(kit, user.id, 'jwt.signIn')
  assert.deepEqual([event?.actorKind, event?.actorId], ['managementKey', kit.managementKey.split('.')[0]])
  assertSignedIn(await auth(kit, 'signin', { loginId }), false)
})

onEveryDatabase('signin steps up and adds to a session of the same user only, and ends others where asked', async (kit) => {
  const first = await kit.signUp(loginId)
  const other = await kit.signUp('grace@example.com')
  for (const options of [{ stepup: true }, { mfa: true }]) {
    assert.deepEqual(told(await auth(kit, 'signin', { loginId, ...options })), [401, 'E064002'])
    assert.deepEqual(told(await auth(kit, 'signin', { loginId, ...options, jwt: other.refreshJwt })), [401, 'E064002'])
  }
  const stepped = assertSignedIn(await auth(kit, 'signin', { loginId, stepup: true, jwt: first.refreshJwt }), false)
  assert.deepEqual([decodeJwt(stepped.sessionJwt).su, decodeJwt(stepped.sessionJwt).amr], [true, ['pwd']])
  const alone = assertSignedIn(await auth(kit, 'signin', { loginId, revokeOtherSessions: true }), false)
  for (const { refreshJwt } of [first, stepped]) assert.equal((await refresh(kit, refreshJwt)).status, 401)
  assert.equal((await refresh(kit, alone.refreshJwt)).status, 200)
})

onEveryDatabase('signin: unknown and disabled users are told to the back end', async (kit) => {
  const { projectId } = kit
  await kit.signUp(loginId)
  await kit.auth.api.setUserStatus({ projectId, loginId, status: 'disabled' })
  assert.deepEqual(told(await auth(kit, 'signin', { loginId })), [403, 'E062110'])
  assert.deepEqual(told(await auth(kit, 'signup-in', { loginId })), [403, 'E062110'])
  assert.deepEqual(told(await auth(kit, 'signin', { loginId: 'nobody' })), [404, 'E112102'])
})

onEveryDatabase('signup makes a user as it is told', async (kit) => {
  await kit.set({ project: { testUserRegex: '^test' } })
  const user = { name: 'Ada', phone: '+1 555 555 5555', verifiedPhone: true }
  const body = assertSignedIn(await auth(kit, 'signup', { loginId, user, emailVerified: true, customClaims: { a: 1 } }), true)
  const { email, verifiedEmail, phone, verifiedPhone, name, status, password, test } = body.user
  assert.deepEqual([email, verifiedEmail, phone, verifiedPhone, name], [loginId, true, '+15555555555', true, 'Ada'])
  assert.deepEqual([status, password, test], ['enabled', false, false])
  assert.equal(decodeJwt(body.sessionJwt).a, 1)
  assert.deepEqual(told(await auth(kit, 'signup', { loginId: 'ADA@example.com' })), [400, 'E062107'])
  assert.deepEqual(told(await auth(kit, 'signup', { loginId: 'a@b@c' })), [400, 'E011003'])
  const plain = assertSignedIn(await auth(kit, 'signup', { loginId: 'test@example.com' }), true)
  assert.deepEqual([plain.user.verifiedEmail, plain.user.test], [false, true])
  const [event] = await events(kit, body.user.userId, 'jwt.signUp')
  assert.equal(event?.actorId, kit.managementKey.split('.')[0])
})

onEveryDatabase('signup-in signs up once, then in; of racers all get the same user', async (kit) => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => auth(kit, 'signup-in', { loginId, user: { name: 'Ada' } })))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.equal(new Set(answers.map(({ body }) => body.user.userId)).size, 1)
  const later = assertSignedIn(await auth(kit, 'signup-in', { loginId, user: { name: 'Another' } }), false)
  assert.equal(later.user.name, 'Ada', 'a sign-in changes nothing')
})

onEveryDatabase('anonymous answers tokens and no user, who is in no list and goes with the session', async (kit) => {
  const { storage } = kit.auth.deps
  const { projectId } = kit
  const answer = await auth(kit, 'anonymous', { customClaims: { cart: 7 }, refreshDuration: 600 })
  assert.equal(answer.status, 200, answer.text)
  assert.ok(!('user' in answer.body) && !('firstSeen' in answer.body))
  const { sub = '', cart, amr, tenants } = decodeJwt(answer.body.sessionJwt)
  assert.deepEqual([cart, amr, tenants], [7, [], {}])
  assert.equal((await refresh(kit, answer.body.refreshJwt)).status, 200)
  const me = await kit.call('/v1/auth/me', { token: answer.body.refreshJwt })
  assert.deepEqual([me.body.userId, me.body.loginIds], [sub, []])
  assert.deepEqual((await storage.users.list(projectId, { limit: 9 })).items, [])
  await storage.purge(kit.clock.nowSeconds(), 1000)
  assert.ok(await storage.users.byId(projectId, sub))
  kit.clock.advance(601 + 7 * 86_400)
  await storage.purge(kit.clock.nowSeconds(), 1000)
  assert.equal(await storage.users.byId(projectId, sub), undefined)
})

onEveryDatabase('anonymous: in a tenant with roles there, which go too', async (kit) => {
  const { storage } = kit.auth.deps
  const { projectId } = kit
  const createdAt = kit.clock.nowSeconds()
  await storage.tenants.insert(tenant(projectId, 'T1'))
  const facts = { description: '', isDefault: false, isPrivate: false, createdAt }
  await storage.roles.insert({ projectId, id: 'R1', tenantId: '', name: 'guest', permissionNames: ['look'], ...facts })
  const { body } = await auth(kit, 'anonymous', { selectedTenant: 'T1', roles: ['guest'], refreshDuration: 600 })
  const { sub = '', dct, tenants, roles } = decodeJwt(body.sessionJwt)
  assert.deepEqual([dct, tenants, roles], ['T1', { T1: { roles: ['guest'], permissions: ['look'] } }, undefined])
  assert.deepEqual(decodeJwt((await refresh(kit, body.refreshJwt)).body.sessionJwt).tenants, tenants)
  const everywhere = await auth(kit, 'anonymous', { roles: ['guest'] })
  assert.deepEqual(decodeJwt(everywhere.body.sessionJwt).roles, ['guest'])
  assert.deepEqual(told(await auth(kit, 'anonymous', { selectedTenant: 'T9' })), [404, 'E111401'])
  assert.deepEqual(told(await auth(kit, 'anonymous', { roles: ['ghost'] })), [404, 'E111301'])

  kit.clock.advance(601 + 7 * 86_400)
  await storage.purge(kit.clock.nowSeconds(), 1000)
  assert.deepEqual(await storage.grants.of(projectId, sub), { roles: [], tenants: [] })
  assert.equal((await storage.grants.of(projectId, decodeJwt(everywhere.body.sessionJwt).sub ?? '')).roles.length, 1, 'live ones stay')
})
