import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, fakeServer, jsonReply, signToken } from '../test/fake-server.ts'
import { type Client, createClient, errorCodes, failedWith, isErrorCode, RefusedError, UnavailableError } from './index.ts'

const bare = 'Bearer P2abcdefghijklmnopqrstuvwxyz'

for (const [name, run, method, path, authorization, body] of [
  [
    'password.signUp',
    (c) => c.password.signUp('a@b.c', 'pw', { name: 'A' }, { customClaims: { k: 1 } }),
    'POST',
    '/v1/auth/password/signup',
    bare,
    { loginId: 'a@b.c', password: 'pw', user: { name: 'A' }, loginOptions: { customClaims: { k: 1 } } },
  ],
  [
    'password.signUp, least',
    (c) => c.password.signUp('a', 'pw'),
    'POST',
    '/v1/auth/password/signup',
    bare,
    { loginId: 'a', password: 'pw' },
  ],
  ['password.signIn', (c) => c.password.signIn('a', 'pw'), 'POST', '/v1/auth/password/signin', bare, { loginId: 'a', password: 'pw' }],
  [
    'password.signIn, step-up',
    (c) => c.password.signIn('a', 'pw', { stepup: true }, 'r.r.r'),
    'POST',
    '/v1/auth/password/signin',
    `${bare}:r.r.r`,
    { loginId: 'a', password: 'pw', loginOptions: { stepup: true } },
  ],
  [
    'password.sendReset',
    (c) => c.password.sendReset('a', 'https://app/reset', { x: 'y' }),
    'POST',
    '/v1/auth/password/reset',
    bare,
    { loginId: 'a', redirectUrl: 'https://app/reset', templateOptions: { x: 'y' } },
  ],
  [
    'password.update',
    (c) => c.password.update('a', 'new', 'r.r.r'),
    'POST',
    '/v1/auth/password/update',
    `${bare}:r.r.r`,
    { loginId: 'a', newPassword: 'new' },
  ],
  [
    'password.replace',
    (c) => c.password.replace('a', 'old', 'new'),
    'POST',
    '/v1/auth/password/replace',
    bare,
    { loginId: 'a', oldPassword: 'old', newPassword: 'new' },
  ],
  ['myTenants, the current one', (c) => c.myTenants(true, 'r.r.r'), 'POST', '/v1/auth/me/tenants', `${bare}:r.r.r`, { dct: true }],
  ['myTenants, some', (c) => c.myTenants(['T1'], 'r.r.r'), 'POST', '/v1/auth/me/tenants', `${bare}:r.r.r`, { ids: ['T1'] }],
  ['selectTenant', (c) => c.selectTenant('T1', 'r.r.r'), 'POST', '/v1/auth/tenant/select', `${bare}:r.r.r`, { tenant: 'T1' }],
  ['password.policy', (c) => c.password.policy(), 'GET', '/v1/auth/password/policy', bare, undefined],
  ['magicLink.verify', (c) => c.magicLink.verify('id.secret'), 'POST', '/v1/auth/magiclink/verify', bare, { token: 'id.secret' }],
  [
    'accessKey.exchange',
    (c) => c.accessKey.exchange('AK1.secret', { customClaims: { k: 1 }, selectedTenant: 'T1' }),
    'POST',
    '/v1/auth/accesskey/exchange',
    `${bare}:AK1.secret`,
    { loginOptions: { customClaims: { k: 1 }, selectedTenant: 'T1' } },
  ],
  ['accessKey.exchange, least', (c) => c.accessKey.exchange('AK1.secret'), 'POST', '/v1/auth/accesskey/exchange', `${bare}:AK1.secret`, {}],
  ['refresh', (c) => c.refresh('r.r.r'), 'POST', '/v1/auth/refresh', `${bare}:r.r.r`, {}],
  ['refresh by cookie', (c) => c.refresh(), 'POST', '/v1/auth/refresh', bare, {}],
  ['logout', (c) => c.logout('r.r.r'), 'POST', '/v1/auth/logout', `${bare}:r.r.r`, {}],
  ['logoutAll', (c) => c.logoutAll('r.r.r'), 'POST', '/v1/auth/logoutall', `${bare}:r.r.r`, {}],
  ['me', (c) => c.me('r.r.r'), 'GET', '/v1/auth/me', `${bare}:r.r.r`, undefined],
  ['history', (c) => c.history('r.r.r'), 'GET', '/v1/auth/me/history', `${bare}:r.r.r`, undefined],
] as const satisfies readonly (readonly [
  string,
  (client: Client) => Promise<{ readonly ok: boolean }>,
  string,
  string,
  string,
  unknown,
])[]) {
  test(`${name} sends what the protocol says`, async () => {
    const server = fakeServer({ [path]: () => jsonReply({}) })
    const result = await run(createClient(server.options))
    assert.equal(result.ok, true)
    const [request] = server.arrived
    assert.ok(request)
    assert.deepEqual(
      [request.method, request.path, request.headers.get('authorization'), request.body],
      [method, path, authorization, body],
    )
    assert.equal(request.init.redirect, 'manual')
    assert.equal('credentials' in request.init, false)
  })
}

test('a sign-in resolves to status, tokens, user and a cookie for the refresh token', async () => {
  const answer = { sessionJwt: 's.s.s', refreshJwt: 'r.r.r', cookiePath: '/', cookieMaxAge: 60, user: { userId: 'U1' }, firstSeen: true }
  const server = fakeServer({ '/v1/auth/password/signin': () => jsonReply(answer) })
  const result = await createClient(server.options).password.signIn('a', 'pw')
  assert.deepEqual(result, {
    ok: true,
    code: 200,
    data: { ...answer, cookies: ['DSR=r.r.r; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict'] },
  })
})

test('tokens that the server put into cookies are found there', async () => {
  const headers = new Headers([
    ['set-cookie', 'DS=s.s.s; Path=/; HttpOnly'],
    ['set-cookie', 'DSR=r.r.r; Path=/; HttpOnly; Secure'],
  ])
  const server = fakeServer({ '/v1/auth/password/signin': () => new Response('{"sessionJwt":"","refreshJwt":""}', { headers }) })
  const result = await createClient(server.options).password.signIn('a', 'pw')
  assert.deepEqual(result.data, {
    sessionJwt: 's.s.s',
    refreshJwt: 'r.r.r',
    cookies: ['DS=s.s.s; Path=/; HttpOnly', 'DSR=r.r.r; Path=/; HttpOnly; Secure'],
  })
})

test('a refresh without rotation has no refreshJwt', async () => {
  const server = fakeServer({ '/v1/auth/refresh': () => jsonReply({ sessionJwt: 's.s.s', refreshJwt: '' }) })
  assert.deepEqual((await createClient(server.options).refresh('r.r.r')).data, { sessionJwt: 's.s.s' })
})

test('history resolves to the bare list', async () => {
  const entry = { userId: 'U1', loginTime: 1, city: '', country: '', ip: '127.0.0.1' }
  const server = fakeServer({ '/v1/auth/me/history': () => jsonReply([entry]) })
  assert.deepEqual((await createClient(server.options).history('r.r.r')).data, [entry])
})

const html = (status: number) => new Response('<h1>Bad gateway</h1>', { status })
for (const [name, answer, code, error] of [
  [
    'wrong password',
    () => jsonReply({ errorCode: 'E062903', errorDescription: 'd', errorMessage: 'm' }, 401),
    401,
    { errorCode: 'E062903', errorDescription: 'd', errorMessage: 'm' },
  ],
  [
    'broken policy',
    () => jsonReply({ errorCode: 'E062904', errorDescription: 'd', errorMessage: 'm', brokenRules: [{ text: 'too short' }] }, 400),
    400,
    { errorCode: 'E062904', errorDescription: 'd', errorMessage: 'm', brokenRules: [{ text: 'too short' }] },
  ],
  [
    'rate limit',
    () => jsonReply({ errorCode: 'E130429', errorDescription: 'd' }, 429, { 'retry-after': '7' }),
    429,
    { errorCode: 'E130429', errorDescription: 'd', errorMessage: '', retryAfter: 7 },
  ],
  [
    'rate limit without a time',
    () => jsonReply({ errorCode: 'E130429' }, 429),
    429,
    { errorCode: 'E130429', errorDescription: 'Server error', errorMessage: '', retryAfter: 0 },
  ],
  ['a page of a proxy', () => html(502), 502, { errorCode: 'HTTP502', errorDescription: 'Server error', errorMessage: '' }],
  ['null as body', () => jsonReply(null, 500), 500, { errorCode: 'HTTP500', errorDescription: 'Server error', errorMessage: '' }],
  [
    'a redirect',
    () => new Response(null, { status: 307, headers: { location: 'https://evil.example' } }),
    307,
    { errorCode: 'HTTP307', errorDescription: 'Server error', errorMessage: '' },
  ],
] as const satisfies readonly (readonly [string, Answer, number, unknown])[]) {
  test(`errors over HTTP resolve: ${name}`, async () => {
    const server = fakeServer({ '/v1/auth/password/signin': answer })
    assert.deepEqual(await createClient(server.options).password.signIn('a', 'pw'), { ok: false, code, error })
    assert.equal(server.arrived.length, 1)
  })
}

test('a success that is not JSON rejects', async () => {
  const server = fakeServer({ '/v1/auth/me': () => html(200) })
  await assert.rejects(createClient(server.options).me('r.r.r'), (error) => error instanceof UnavailableError && error.reason === 'reply')
})

for (const token of ['a b', 'a:b', 'a\r\nx: y', 'ä']) {
  test(`a token that no server made is refused without a request: ${JSON.stringify(token)}`, async () => {
    const server = fakeServer()
    const result = await createClient(server.options).me(token)
    assert.deepEqual([result.code, result.error?.errorCode, server.arrived.length], [401, errorCodes.invalidSession, 0])
  })
}

test('error codes are told apart by type', async () => {
  const server = fakeServer({ '/v1/auth/password/signin': () => jsonReply({ errorCode: 'E062909' }, 401) })
  const result = await createClient(server.options).password.signIn('a', 'pw')
  assert.equal(failedWith(result, errorCodes.wrongPassword), false)
  assert.equal(failedWith(result, errorCodes.wrongPassword, errorCodes.passwordExpired), true)
  if (failedWith(result, errorCodes.passwordExpired)) result.error.errorCode satisfies 'E062909'
  assert.equal(failedWith({}, errorCodes.wrongPassword), false)
  assert.equal(isErrorCode('E062903'), true)
  for (const other of ['E000000', 'wrongPassword', '', undefined, 5]) assert.equal(isErrorCode(other), false)
  assert.equal(new Set(Object.values(errorCodes)).size, Object.keys(errorCodes).length)
})

test('refreshSession checks the refresh token, refreshes, and checks the new session', async () => {
  const [refreshJwt, sessionJwt, next] = await Promise.all([signToken({ drn: 'DSR' }), signToken(), signToken({ drn: 'DSR', jti: '2' })])
  const server = fakeServer({ '/v1/auth/refresh': () => jsonReply({ sessionJwt, refreshJwt: next }) })
  const info = await createClient(server.options).refreshSession(refreshJwt)
  assert.equal(info.jwt, sessionJwt)
  assert.equal(info.token.sub, 'U1')
  assert.equal(info.refreshJwt, next)
  assert.equal(info.cookies?.length, 1)
  assert.equal(server.arrived.at(-1)?.headers.get('authorization'), `${bare}:${refreshJwt}`)
})

test('JW-04: refreshSession takes no session token, and no refresh token as the new session', async () => {
  const [refreshJwt, sessionJwt] = await Promise.all([signToken({ drn: 'DSR' }), signToken()])
  const server = fakeServer({ '/v1/auth/refresh': () => jsonReply({ sessionJwt: refreshJwt }) })
  const client = createClient(server.options)
  await assert.rejects(client.refreshSession(sessionJwt), { name: 'TokenError', reason: 'kind' })
  assert.equal(server.arrived.filter(({ path }) => path === '/v1/auth/refresh').length, 0)
  await assert.rejects(client.refreshSession(refreshJwt), { name: 'TokenError', reason: 'kind' })
})

test('refreshSession throws what the server refused', async () => {
  const server = fakeServer({ '/v1/auth/refresh': () => jsonReply({ errorCode: 'E064001', errorMessage: 'Expired due to logout' }, 401) })
  const refreshJwt = await signToken({ drn: 'DSR' })
  await assert.rejects(createClient(server.options).refreshSession(refreshJwt), (error) => {
    assert.ok(error instanceof RefusedError)
    assert.deepEqual([error.code, error.error.errorCode, error.message], [401, 'E064001', 'Expired due to logout'])
    return true
  })
})

test('validateAndRefreshSession refreshes only when the session is refused and a refresh token is there', async () => {
  const [refreshJwt, good, expired] = await Promise.all([signToken({ drn: 'DSR' }), signToken(), signToken({ exp: 1 })])
  const server = fakeServer({ '/v1/auth/refresh': () => jsonReply({ sessionJwt: good }) })
  const client = createClient(server.options)
  assert.equal((await client.validateAndRefreshSession(good, refreshJwt)).jwt, good)
  assert.equal(
    server.arrived.some(({ path }) => path === '/v1/auth/refresh'),
    false,
  )
  for (const session of [expired, '', undefined, 'junk']) {
    assert.equal((await client.validateAndRefreshSession(session, refreshJwt)).jwt, good)
  }
  await assert.rejects(client.validateAndRefreshSession(expired), { reason: 'expired' })
  await assert.rejects(client.validateAndRefreshSession(), { reason: 'missing' })
  await assert.rejects(client.validateAndRefreshSession(expired, expired), { reason: 'expired' })
})

test('validateAndRefreshSession spends no refresh while the keys cannot be had', async () => {
  const server = fakeServer({ '/v2/keys/P2abcdefghijklmnopqrstuvwxyz': () => html(500) })
  const client = createClient(server.options)
  await assert.rejects(client.validateAndRefreshSession(await signToken(), await signToken({ drn: 'DSR' })), UnavailableError)
  assert.equal(server.arrived.length, 1)
})

test('withSignal ends calls and keeps the keys', async () => {
  const server = fakeServer({
    '/v1/auth/me': ({ init }) => new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason))),
  })
  const client = createClient(server.options)
  const token = await signToken()
  await client.validateSession(token)
  const controller = new AbortController()
  const bound = client.withSignal(controller.signal)
  await bound.validateSession(token)
  assert.equal(server.arrived.length, 1)
  const call = bound.me('r.r.r')
  const reason = new Error('enough')
  controller.abort(reason)
  await assert.rejects(call, reason)
  await assert.rejects(bound.withSignal(new AbortController().signal).me('r.r.r'), reason)
})

test('exchangeAccessKey: the token that the server made is checked', async () => {
  const answer = (sessionJwt: string) =>
    fakeServer({ '/v1/auth/accesskey/exchange': () => jsonReply({ keyId: 'AK1', sessionJwt, expiration: 1 }) })
  const good = await signToken({ sub: 'AK1', nsec: { k: 1 } })
  const { jwt, token } = await createClient(answer(good).options).exchangeAccessKey('AK1.secret', { customClaims: { k: 1 } })
  assert.deepEqual([jwt, token.sub], [good, 'AK1'])
  const foreign = answer(await signToken({ iss: 'Pother' }))
  await assert.rejects(createClient(foreign.options).exchangeAccessKey('AK1.secret'), { name: 'TokenError', reason: 'issuer' })
})

test('exchangeAccessKey: a refused key says why, and one with characters that no key has is not sent', async () => {
  const error = { errorCode: 'E062803', errorDescription: 'Access key is invalid', errorMessage: 'Access key is invalid' }
  const server = fakeServer({ '/v1/auth/accesskey/exchange': () => jsonReply(error, 401) })
  const client = createClient(server.options)
  await assert.rejects(client.exchangeAccessKey('AK1.wrong'), { name: 'RefusedError', code: 401, error })
  const result = await client.accessKey.exchange('AK1:other\n')
  assert.equal(failedWith(result, errorCodes.invalidAccessKey), true)
  assert.equal(server.arrived.length, 1)
})
