import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { tenant } from '../../../test/storage-contract/records.ts'
import type { TenantRecord } from '../../core/storage.ts'

const loginId = 'ada@example.com'
const told = ({ status, body }: Answer) => [status, body.errorCode]
const refresh = (kit: Kit, token: string) => kit.call('/v1/auth/refresh', { token, body: {} })
const select = (kit: Kit, token: string, tenantId: string) => kit.call('/v1/auth/tenant/select', { token, body: { tenant: tenantId } })
const signIn = (kit: Kit, loginOptions: object = {}, token?: string) =>
  kit.call('/v1/auth/password/signin', { ...(token ? { token } : {}), body: { loginId, password: goodPassword, loginOptions } })
const dctOf = (jwt: string) => decodeJwt(jwt).dct

async function mine(kit: Kit, token: string, body: object): Promise<readonly string[]> {
  const answer = await kit.call('/v1/auth/me/tenants', { token, body })
  assert.equal(answer.status, 200, answer.text)
  return answer.body.tenants.map(({ id }: Json) => id)
}

/** A user who is in these tenants, signed in after that. */
async function member(kit: Kit, tenants: Readonly<Record<string, Partial<TenantRecord>>>): Promise<Json> {
  const { storage } = kit.auth.deps
  const { user } = await kit.signUp(loginId)
  for (const [id, facts] of Object.entries(tenants)) {
    await storage.tenants.insert(tenant(kit.projectId, id, facts))
    await storage.grants.join(kit.projectId, user.userId, id)
  }
  const { body } = await signIn(kit)
  assert.ok(body.sessionJwt, JSON.stringify(body))
  return body
}

const close = (kit: Kit, id: string, isDisabled = true) => kit.auth.deps.storage.tenants.update(kit.projectId, id, { isDisabled })

/** Session settings that a tenant says itself. */
const own = (fields: object) => ({ sessionSettings: { enabled: true, ...fields } })

onEveryDatabase('the only tenant is the current one by itself; of several none is, until one is selected', async (kit) => {
  const { refreshJwt, sessionJwt, user } = await member(kit, { T1: {} })
  assert.deepEqual([dctOf(sessionJwt), decodeJwt(sessionJwt).tenants], ['T1', { T1: {} }])
  const { storage } = kit.auth.deps
  await storage.tenants.insert(tenant(kit.projectId, 'T2'))
  await storage.grants.join(kit.projectId, user.userId, 'T2')
  const two = (await refresh(kit, refreshJwt)).body
  assert.deepEqual([dctOf(two.sessionJwt), decodeJwt(two.sessionJwt).tenants], [undefined, { T1: {}, T2: {} }])
  const selected = await select(kit, refreshJwt, 'T2')
  assert.equal(selected.status, 200)
  assert.deepEqual([dctOf(selected.body.sessionJwt), dctOf(selected.body.refreshJwt)], ['T2', 'T2'])
  assert.equal(selected.body.user.userId, user.userId)
  kit.clock.advance(60)
  const next = (await refresh(kit, selected.body.refreshJwt)).body
  assert.deepEqual([dctOf(next.sessionJwt), next.refreshJwt], ['T2', selected.body.refreshJwt])
  await storage.grants.leave(kit.projectId, user.userId, 'T2')
  assert.equal(dctOf((await refresh(kit, next.refreshJwt)).body.sessionJwt), 'T1', 'SE-06: a choice that is no tenant of the user any more')
})

onEveryDatabase('me/tenants shows those that can be selected: all, some, or the current one', async (kit) => {
  const { refreshJwt } = await member(kit, { T1: { customAttributes: { plan: 'gold' } }, T2: {}, T3: { isDisabled: true } })
  const answer = await kit.call('/v1/auth/me/tenants', { token: refreshJwt, body: { ids: ['T1'] } })
  assert.deepEqual(answer.body, { tenants: [{ id: 'T1', name: 'Name of T1', customAttributes: { plan: 'gold' } }] })
  for (const [body, ids] of [
    [{}, ['T1', 'T2']],
    [{ dct: false, ids: [] }, ['T1', 'T2']],
    [{ ids: null }, ['T1', 'T2']],
    [{ ids: ['T2', 'T3', 'T9'] }, ['T2']],
    [{ dct: true }, []],
  ] as const) {
    assert.deepEqual(await mine(kit, refreshJwt, body), ids, JSON.stringify(body))
  }
  await select(kit, refreshJwt, 'T2')
  assert.deepEqual(await mine(kit, refreshJwt, { dct: true }), ['T2'])
})

onEveryDatabase('a tenant that the user is not in, or that is closed, is refused, and nothing changes', async (kit) => {
  const { refreshJwt } = await member(kit, { T1: {}, T2: {}, T3: { isDisabled: true }, T4: { isSsoEnforced: true } })
  await kit.auth.deps.storage.tenants.insert(tenant(kit.projectId, 'T5'))
  await select(kit, refreshJwt, 'T1')
  for (const id of ['T3', 'T4', 'T5', 'none', 'constructor']) {
    const answer = await select(kit, refreshJwt, id)
    assert.deepEqual(told(answer), [403, 'E064005'], id)
  }
  assert.deepEqual(told(await kit.call('/v1/auth/tenant/select', { token: refreshJwt, body: {} })), [400, 'E011003'])
  assert.equal(dctOf((await refresh(kit, refreshJwt)).body.sessionJwt), 'T1')
})

onEveryDatabase('without rotation the token from before the choice stays good, and gets the one that names it', async (kit) => {
  const { refreshJwt } = await member(kit, { T1: {}, T2: {} })
  const { body } = await select(kit, refreshJwt, 'T1')
  assert.notEqual(body.refreshJwt, refreshJwt)
  const again = (await refresh(kit, refreshJwt)).body
  assert.deepEqual([dctOf(again.sessionJwt), again.refreshJwt], ['T1', body.refreshJwt])
})

onEveryDatabase(
  'SE-02, SE-03: with rotation a choice is a refresh: one successor within the grace, the end of the family after',
  async (kit) => {
    const { refreshJwt } = await member(kit, { T1: {}, T2: {} })
    await kit.set({ project: { rotateJwt: true } })
    const { body } = await select(kit, refreshJwt, 'T1')
    assert.deepEqual([decodeJwt(body.refreshJwt).gen, dctOf(body.refreshJwt)], [2, 'T1'])
    kit.clock.advance(5)
    const lost = await select(kit, refreshJwt, 'T1')
    assert.equal(lost.body.refreshJwt, body.refreshJwt, 'a lost answer is made again')
    assert.equal((await refresh(kit, refreshJwt)).body.refreshJwt, body.refreshJwt)
    kit.clock.advance(6)
    assert.deepEqual(told(await select(kit, refreshJwt, 'T1')), [401, 'E064002'])
    assert.equal((await refresh(kit, body.refreshJwt)).status, 200)
    assert.equal((await refresh(kit, refreshJwt)).status, 401)
    assert.equal((await refresh(kit, body.refreshJwt)).status, 401, 'the old token came back: the family is ended')
  },
)

onEveryDatabase('choices and refreshes at the same time leave one live generation', async (kit) => {
  const { refreshJwt } = await member(kit, { T1: {}, T2: {} })
  await kit.set({ project: { rotateJwt: true } })
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      index % 3 === 0 ? refresh(kit, refreshJwt) : select(kit, refreshJwt, index % 3 === 1 ? 'T1' : 'T2'),
    ),
  )
  for (const answer of answers) assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(new Set(answers.map(({ body }) => decodeJwt(body.refreshJwt).gen)), new Set([2]))
  for (const { body } of answers) assert.equal((await kit.call('/v1/auth/me', { token: body.refreshJwt })).status, 200)
})

onEveryDatabase('SE-08: a tenant with shorter sessions brings the end forward, and none moves it back', async (kit) => {
  const day = { refreshTokenExpiration: 1, refreshTokenExpirationUnit: 'days' }
  const long = { refreshTokenExpiration: 9, refreshTokenExpirationUnit: 'weeks' }
  const { refreshJwt } = await member(kit, { T1: own(day), T2: own(long), T3: { sessionSettings: { enabled: false, ...day } } })
  const start = kit.clock.nowSeconds()
  const endOf = async (id: string, token = refreshJwt) => {
    const { body } = await select(kit, token, id)
    assert.equal(decodeJwt(body.refreshJwt).exp, body.cookieExpiration)
    return body.cookieExpiration - start
  }
  assert.equal(await endOf('T3'), 28 * 86_400, 'settings that are not enabled do not hold')
  assert.equal(await endOf('T2'), 28 * 86_400)
  kit.clock.advance(3600)
  assert.equal(await endOf('T1'), 86_400)
  assert.equal(await endOf('T2'), 86_400)
  kit.clock.advance(86_400 - 3601)
  assert.equal((await refresh(kit, refreshJwt)).status, 200)
  kit.clock.advance(1)
  assert.equal((await refresh(kit, refreshJwt)).status, 401)
})

onEveryDatabase('a session that is older than a tenant allows does not get into it; a new sign-in does', async (kit) => {
  const { refreshJwt } = await member(kit, { T1: own({ refreshTokenExpiration: 1, refreshTokenExpirationUnit: 'days' }), T2: {} })
  kit.clock.advance(2 * 86_400)
  assert.deepEqual(told(await select(kit, refreshJwt, 'T1')), [401, 'E064003'])
  assert.equal((await refresh(kit, refreshJwt)).status, 200, 'the session itself goes on')
  const { body } = await signIn(kit, { tenantId: 'T1' })
  assert.deepEqual([dctOf(body.sessionJwt), body.cookieMaxAge], ['T1', 86_400])
})

onEveryDatabase('the lifetimes of the current tenant hold: session, step-up, inactivity', async (kit) => {
  const short = { sessionTokenExpiration: 4, stepupTokenExpiration: 3, enableInactivity: true, inactivityTime: 15 }
  const { refreshJwt } = await member(kit, { T1: own(short), T2: {} })
  const lifeOf = ({ sessionExpiration }: Json) => sessionExpiration - kit.clock.nowSeconds()
  assert.equal(lifeOf((await refresh(kit, refreshJwt)).body), 600)
  const { body } = await select(kit, refreshJwt, 'T1')
  assert.deepEqual([lifeOf(body), body.nextRefreshSeconds], [240, 120])
  const stepped = (await signIn(kit, { stepup: true }, body.refreshJwt)).body
  assert.deepEqual([dctOf(stepped.sessionJwt), decodeJwt(stepped.sessionJwt).su, lifeOf(stepped)], ['T1', true, 180])
  kit.clock.advance(899)
  assert.equal((await refresh(kit, body.refreshJwt)).status, 200)
  kit.clock.advance(901)
  assert.equal((await refresh(kit, body.refreshJwt)).status, 401)
})

onEveryDatabase('choosing a tenant counts as activity', async (kit) => {
  const { refreshJwt } = await member(kit, { T1: own({ enableInactivity: true, inactivityTime: 10 }), T2: {} })
  kit.clock.advance(3600)
  assert.equal((await select(kit, refreshJwt, 'T1')).status, 200)
  assert.equal((await refresh(kit, refreshJwt)).status, 200)
})

onEveryDatabase('a tenant can be chosen at sign-in; one that the user is not in is no choice', async (kit) => {
  await member(kit, { T1: {}, T2: {}, T3: { isDisabled: true } })
  for (const [tenantId, dct] of [
    ['T2', 'T2'],
    ['T3', undefined],
    ['T9', undefined],
    ['', undefined],
  ] as const) {
    const { status, body } = await signIn(kit, { tenantId })
    assert.deepEqual([status, dctOf(body.sessionJwt), dctOf(body.refreshJwt)], [200, dct, dct], tenantId)
  }
})

onEveryDatabase('SE-06: a closed tenant is in no token from the next one on, and is back when it opens', async (kit) => {
  const { refreshJwt } = await member(kit, { T1: {}, T2: {} })
  await select(kit, refreshJwt, 'T1')
  await close(kit, 'T1')
  const closed = decodeJwt((await refresh(kit, refreshJwt)).body.sessionJwt)
  assert.deepEqual([closed.tenants, closed.dct], [{ T2: {} }, 'T2'])
  await close(kit, 'T1', false)
  const open = decodeJwt((await refresh(kit, refreshJwt)).body.sessionJwt)
  assert.deepEqual([open.tenants, open.dct], [{ T1: {}, T2: {} }, 'T1'])
})

onEveryDatabase('SE-06, EN-01: whoever is in closed tenants only is signed out and not in, told after the right password', async (kit) => {
  const { refreshJwt, sessionJwt } = await member(kit, { T1: {} })
  await close(kit, 'T1')
  assert.equal((await refresh(kit, refreshJwt)).status, 401)
  assert.equal((await kit.call('/v1/auth/validate', { token: sessionJwt, body: {} })).status, 401)
  const right = await signIn(kit)
  assert.deepEqual([...told(right), right.body.errorMessage], [403, 'E062110', 'The tenant of the user is disabled'])
  const wrong = await kit.call('/v1/auth/password/signin', { body: { loginId, password: 'wrong' } })
  assert.deepEqual(told(wrong), [401, 'E062903'])
  const before = (await kit.mails()).length
  assert.equal((await kit.call('/v1/auth/password/reset', { body: { loginId } })).status, 200)
  assert.equal((await kit.mails()).length, before)
  await close(kit, 'T1', false)
  assert.equal((await refresh(kit, refreshJwt)).status, 200, 'nothing was ended: the tenant is open again')
})

onEveryDatabase('history and the audit trail name the tenant', async (kit) => {
  const { refreshJwt, user } = await member(kit, { T1: {}, T2: {} })
  kit.clock.advance(1)
  await signIn(kit, { tenantId: 'T2' })
  await select(kit, refreshJwt, 'T1')
  const history = (await kit.call('/v1/auth/me/history', { token: refreshJwt })).body
  assert.deepEqual(
    history.map(({ selectedTenant }: Json) => selectedTenant),
    ['T2', '', ''],
  )
  const query = { types: ['session.selectTenant'], limit: 5 }
  const [event] = await kit.auth.deps.storage.events.forUser(kit.projectId, user.userId, query)
  assert.deepEqual([event?.actorId, event?.data], [user.userId, { sessionId: decodeJwt(refreshJwt).sid, tenantId: 'T1' }])
})

onEveryDatabase('WB-01: Ruby gets the refresh token in a cookie too, where cookies are safe; nobody else does', async (kit) => {
  const { refreshJwt } = await member(kit, { T1: {}, T2: {} })
  const by = (client: string, url = 'http://127.0.0.1:8787') => {
    kit.auth.setPublicUrl(url)
    const headers = { 'x-descope-sdk-name': client }
    return kit.call('/v1/auth/tenant/select', { token: refreshJwt, body: { tenantId: 'T2' }, headers })
  }
  const ruby = await by('ruby', 'https://auth.example.com')
  const [cookie] = ruby.headers.getSetCookie()
  assert.match(cookie ?? '', /^DSR=[^;]+; Path=\/; Max-Age=\d+; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/)
  assert.equal(cookie?.split(/[=;]/)[1], ruby.body.refreshJwt)
  assert.deepEqual([dctOf(ruby.body.sessionJwt), ruby.body.cookieName], ['T2', ''])
  assert.deepEqual((await by('nodejs', 'https://auth.example.com')).headers.getSetCookie(), [])
  const plain = await by('ruby', 'http://auth.example.com')
  assert.deepEqual([plain.status, plain.headers.getSetCookie()], [200, []])
})

onEveryDatabase('a user of very many tenants has tokens that every place takes, in bodies and in cookies', async (kit) => {
  const tenants = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`T${String(index).padStart(27, '0')}`, {}]))
  const [id = ''] = Object.keys(tenants)
  const customClaims = { note: 'x'.repeat(1_900) }
  await member(kit, tenants)
  for (const sessionTokenResponseMethod of ['onBody', 'cookie'] as const) {
    await kit.set({ project: { sessionTokenResponseMethod } })
    const { status, body, headers } = await signIn(kit, { tenantId: id, customClaims })
    const sessionJwt = body.sessionJwt || headers.getSetCookie()[0]?.split(/[=;]/)[1]
    assert.deepEqual([status, decodeJwt(sessionJwt).tenants], [200, { [id]: {} }])
    assert.equal((await kit.call('/v1/auth/validate', { token: sessionJwt, body: {} })).status, 200)
    assert.equal((await mine(kit, body.refreshJwt, {})).length, 120)
  }
})
