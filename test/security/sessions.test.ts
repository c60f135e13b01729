import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'

const loginId = 'ada@example.com'

async function signIn(
  kit: Kit,
  call: { readonly token?: string; readonly headers?: Record<string, string>; readonly loginOptions?: object } = {},
): Promise<Json> {
  const { loginOptions, ...rest } = call
  const answer = await kit.call('/v1/auth/password/signin', {
    ...rest,
    body: { loginId, password: goodPassword, ...(loginOptions ? { loginOptions } : {}) },
  })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

onEveryDatabase('SE-09: every sign-in makes a new session, whatever session the request brings along', async (kit) => {
  const first = await kit.signUp(loginId)
  const fixed = decodeJwt(first.refreshJwt).sid
  const sessions = [
    first,
    await signIn(kit),
    await signIn(kit, { token: first.refreshJwt }),
    await signIn(kit, { headers: { cookie: `DSR=${first.refreshJwt}; DS=${first.sessionJwt}; sid=${fixed}` } }),
    await signIn(kit, { token: first.refreshJwt, loginOptions: { stepup: true } }),
    await signIn(kit, { token: first.refreshJwt, loginOptions: { mfa: true } }),
    await signIn(kit, { loginOptions: { customClaims: { sid: fixed, gen: 7, jti: 'x' } } }),
  ]
  const ids = sessions.map(({ refreshJwt }) => decodeJwt(refreshJwt).sid)
  assert.equal(new Set(ids).size, sessions.length)
  assert.equal(new Set(sessions.map(({ sessionJwt }) => decodeJwt(sessionJwt).jti)).size, sessions.length)
})

onEveryDatabase('SE-09: no reserved name in customClaims reaches a claim of the server, in any token that follows', async (kit) => {
  await kit.set({ project: { rotateJwt: true } })
  await kit.signUp(loginId)
  const plain = decodeJwt((await signIn(kit)).sessionJwt)
  const reserved = [
    'iss',
    'sub',
    'aud',
    'exp',
    'iat',
    'nbf',
    'jti',
    'drn',
    'amr',
    'auth_time',
    'sid',
    'gen',
    'roles',
    'permissions',
    'tenants',
    'su',
    'rexp',
    'nsec',
    'dct',
    'act',
    'azp',
    'scope',
  ]
  for (const name of reserved) {
    const session = await signIn(kit, { loginOptions: { customClaims: { [name]: name === 'exp' ? 9_999_999_999 : 'admin' } } })
    kit.clock.advance(1)
    const refreshed = (await kit.call('/v1/auth/refresh', { token: session.refreshJwt, body: {} })).body
    for (const token of [session.sessionJwt, session.refreshJwt, refreshed.sessionJwt, refreshed.refreshJwt]) {
      const claims = decodeJwt(token)
      assert.notEqual(claims[name], 'admin', name)
      assert.ok((claims.exp ?? 0) <= kit.clock.nowSeconds() + 2_419_200)
      assert.deepEqual([claims.sub, claims.iss], [plain.sub, plain.iss])
    }
  }
})

onEveryDatabase('SE-09: a session token never outlives its family, whatever the settings say later', async (kit) => {
  await kit.set({ project: { refreshTokenExpiration: 10, refreshTokenExpirationUnit: 'minutes' } })
  const { refreshJwt } = await kit.signUp(loginId)
  const end = kit.clock.nowSeconds() + 600
  await kit.set({
    project: {
      refreshTokenExpiration: 4,
      refreshTokenExpirationUnit: 'weeks',
      sessionTokenExpiration: 1,
      sessionTokenExpirationUnit: 'hours',
    },
  })
  kit.clock.advance(500)
  const { body } = await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })
  assert.deepEqual([decodeJwt(body.sessionJwt).exp, decodeJwt(body.refreshJwt).exp], [end, end])
  kit.clock.advance(100)
  assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 401)
  assert.equal((await kit.call('/v1/auth/validate', { token: body.sessionJwt, body: {} })).status, 401)
})

onEveryDatabase('SE-02: a lost answer is asked for again within the grace and is the same one, without a second branch', async (kit) => {
  await kit.set({ project: { rotateJwt: true, rotationGraceSeconds: 10 } })
  let token: string = (await kit.signUp(loginId)).refreshJwt
  for (let i = 0; i < 30; i++) {
    kit.clock.advance(20)
    const lost = (await kit.call('/v1/auth/refresh', { token, body: {} })).body.refreshJwt
    kit.clock.advance(i % 11)
    const again = await kit.call('/v1/auth/refresh', { token, body: {} })
    assert.equal(again.status, 200, `after ${i % 11} s`)
    assert.equal(again.body.refreshJwt, lost)
    token = again.body.refreshJwt
  }
  const { sid, sub } = decodeJwt(token)
  const found = await kit.auth.deps.storage.sessions.withUser(kit.projectId, String(sid))
  assert.equal(found?.session.generation, 31)
  assert.equal((await kit.auth.deps.storage.sessions.listForUser(kit.projectId, sub ?? '', kit.clock.nowSeconds())).length, 1)
})

onEveryDatabase('SE-07: logout takes a refresh token whose session token has long expired, and clears the cookies', async (kit) => {
  await kit.set({ project: { tokenResponseMethod: 'cookie', sessionTokenResponseMethod: 'cookie' } })
  const answer = await kit.call('/v1/auth/password/signup', { body: { loginId, password: goodPassword } })
  const cookie = /DSR=([^;]+)/.exec(answer.headers.getSetCookie().join('\n'))?.[1] ?? ''
  kit.clock.advance(86_400)
  for (let i = 0; i < 2; i++) {
    const out = await kit.call('/v1/auth/logout', { token: cookie, body: {} })
    assert.deepEqual([out.status, out.body], [200, {}])
    const cleared = out.headers.getSetCookie()
    assert.equal(cleared.length, 2)
    for (const one of cleared) assert.match(one, /^DSR?=; Path=\/; Max-Age=0;/)
  }
  assert.equal((await kit.call('/v1/auth/me', { token: cookie })).status, 401)
})
