import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { coreErrors, defineErrors } from '../core/errors.ts'
import { fakeEdge, goodManagementKey, goodRefreshToken, post, projectId, verdict } from './fakes.ts'
import { html, page } from './page.ts'
import { reply, route } from './route.ts'

const ownErrors = defineErrors({ TooWeak: { status: 400, wire: 'E062901', text: 'Password is too weak' } })
const signInPath = '/v1/auth/password/signin'
const Query = z.object({ id: z.string().max(5).optional() })

const routes = [
  route({
    method: 'POST',
    path: signInPath,
    access: 'project',
    summary: 'Sign in',
    body: z.object({ loginId: z.string() }),
    reply: z.object({ loginId: z.string() }),
    errors: [ownErrors.TooWeak],
    limit: { max: 5, perSeconds: 60 },
    run: async ({ body }) => {
      if (body.loginId === 'weak') throw ownErrors.TooWeak({ message: 'It needs a digit', fields: { rules: ['number'], errorCode: 'no' } })
      if (body.loginId === 'undeclared') throw coreErrors.UserDisabled()
      if (body.loginId === 'busy') throw coreErrors.RateLimited({ retryAfterSeconds: 2.2 })
      if (body.loginId === 'bug') throw new Error('SELECT secret FROM /srv/app/users.ts')
      if (body.loginId === 'null') return Promise.reject(null)
      return { loginId: body.loginId, passwordHash: 'hidden' }
    },
  }),
  route({
    method: 'GET',
    path: '/v2/keys/{projectId}',
    access: 'open',
    summary: 'Key set',
    params: z.object({ projectId: z.string().max(64) }),
    reply: z.object({ keys: z.array(z.unknown()), id: z.string() }),
    errors: [],
    run: async ({ params }) =>
      reply({ body: { keys: [], id: params.projectId }, headers: { etag: '"v1"', 'cache-control': 'public, max-age=300' } }),
  }),
  route({
    method: 'GET',
    path: '/v2/keys/fixed',
    access: 'open',
    summary: 'Fixed',
    reply: z.object({ isFixed: z.boolean() }),
    errors: [],
    run: async () => ({ isFixed: true }),
  }),
  route({
    method: 'GET',
    path: '/query',
    access: 'open',
    summary: 'Query',
    query: Query,
    reply: Query,
    errors: [],
    run: async ({ query }) => query,
  }),
  route({
    method: 'GET',
    path: '/broken',
    access: 'open',
    summary: 'Wrong reply',
    reply: z.object({ a: z.string() }),
    errors: [],
    run: async () => ({ a: 7 }) as never,
  }),
  route({
    method: 'GET',
    path: '/headers',
    access: 'project',
    summary: 'Headers a route may see',
    reply: z.object({ seen: z.array(z.string().optional()) }),
    errors: [],
    run: async ({ header }) => ({ seen: ['authorization', 'cookie', 'x-descope-sdk-name', 'x-none'].map(header) }),
  }),
  route({
    method: 'GET',
    path: '/cookies',
    access: 'open',
    summary: 'Cookies',
    reply: z.object({}),
    errors: [],
    run: async () =>
      reply({
        body: {},
        cookies: [
          { name: 'DSR', value: 'a.b.c', maxAgeSeconds: 60, sameSite: 'lax', domain: '' },
          { name: 'DS', value: '', maxAgeSeconds: 0, sameSite: 'strict', domain: 'example.com' },
        ],
      }),
  }),
  route({
    method: 'GET',
    path: '/page',
    access: 'open',
    summary: 'Page',
    kind: 'page',
    reply: z.string(),
    errors: [],
    limit: { max: 2, perSeconds: 60 },
    run: ({ deps }) => page(deps, { title: 'Hello', body: html`<p>${'<b>'}</p>` }),
  }),
]

const newEdge = (input: Parameters<typeof fakeEdge>[1] = {}) => fakeEdge(routes, input)
const signIn = (edge: ReturnType<typeof newEdge>, loginId: string, path = signInPath) => edge.send(path, post({ loginId }))

describe('BF-05: every spelling of a path is refused or shares one counter', () => {
  const spellings = [
    signInPath,
    '//v1/auth/password/signin',
    '/v1//auth///password/signin',
    `${signInPath}/`,
    `${signInPath}//`,
    '/v1/auth/./password/signin',
    '/v1/auth/%2e/password/signin',
    '/v1/x/../auth/password/signin',
    `${signInPath}?a=b`,
    `${signInPath}#x`,
    '/v1/AUTH/password/signin',
    '/v1%2Fauth/password/signin',
    '/v1/auth/password/sign%69n',
    `${signInPath};x=1`,
    `${signInPath}%00`,
    `${signInPath}%20`,
    '/%2e%2e/v1/auth/password/signin',
    '/v1\\auth\\password\\signin',
  ]
  test('5 pass in all, then 429 or 404', async () => {
    const edge = newEdge()
    const statuses: number[] = []
    for (const spelling of spellings)
      statuses.push(
        (await edge.handler(new Request(`http://auth.internal${spelling}`, post({ loginId: 'ada' })), { remoteAddress: '198.51.100.7' }))
          .status,
      )
    assert.equal(statuses.filter((status) => status === 200).length, 5)
    assert.ok(
      statuses.every((status) => [200, 404, 429].includes(status)),
      statuses.join(),
    )
    assert.ok(statuses.filter((status) => status === 429).length >= 4, statuses.join())
  })
})

describe('BF-04: the limit of a route', () => {
  test('a refusal says when to come back, and the window ends', async () => {
    const edge = newEdge()
    for (let call = 0; call < 5; call++) assert.equal((await signIn(edge, 'ada')).status, 200)
    edge.clock.milliseconds += 10_000
    const refused = await signIn(edge, 'ada')
    assert.equal(refused.headers.get('retry-after'), '50')
    assert.equal(await verdict(refused), '429 E130429')
    edge.clock.milliseconds += 50_000
    assert.equal((await signIn(edge, 'ada')).status, 200)
  })
  test('neither a forwarded header nor another address of the same /64 buys calls', async () => {
    const edge = newEdge()
    const statuses: number[] = []
    for (let call = 0; call < 8; call++) {
      const headers = { 'x-forwarded-for': `203.0.113.${call}` }
      statuses.push(
        (await edge.send(signInPath, { ...post({ loginId: 'ada' }, projectId, headers), remoteAddress: `2001:db8::${call + 1}` })).status,
      )
    }
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429])
  })
  test('trusted sources are not limited', async () => {
    const edge = newEdge({ options: { trustedSources: ['198.51.100.0/24'] } })
    for (let call = 0; call < 8; call++) assert.equal((await signIn(edge, 'ada')).status, 200)
  })
})

describe('routing', () => {
  for (const [name, method, path, expected] of [
    ['an unknown path', 'GET', '/v1/nothing', '404 E011005'],
    ['an unknown method', 'PUT', signInPath, '405 E011006'],
    ['GET where POST is meant', 'GET', signInPath, '405 E011006'],
    ['OPTIONS that is no preflight', 'OPTIONS', signInPath, '405 E011006'],
    ['a parameter that is empty', 'GET', '/v2/keys/', '404 E011005'],
    ['a parameter that cannot be decoded', 'GET', '/v2/keys/%zz', '400 E011001'],
    ['a parameter that is too long', 'GET', `/v2/keys/${'x'.repeat(65)}`, '400 E011003'],
    ['a query that is wrong', 'GET', '/query?id=123456', '400 E011003'],
  ] as const) {
    test(name, async () => assert.equal(await verdict(await newEdge().send(path, { method })), expected))
  }
  test('405 names the methods that are there', async () => {
    assert.equal((await newEdge().send(signInPath, { method: 'DELETE' })).headers.get('allow'), 'POST')
  })
  test('a parameter is decoded once', async () => {
    assert.equal(((await (await newEdge().send('/v2/keys/a%252Fb')).json()) as { id: string }).id, 'a%2Fb')
  })
  test('a fixed path wins over one with a parameter', async () => {
    assert.deepEqual(await (await newEdge().send('/v2/keys/fixed')).json(), { isFixed: true })
  })
  test('of a doubled query parameter the last one counts', async () => {
    assert.deepEqual(await (await newEdge().send('/query?id=a&id=b&__proto__=c')).json(), { id: 'b' })
  })
  test('HEAD is GET without a body', async () => {
    const response = await newEdge().send('/query?id=a', { method: 'HEAD' })
    assert.deepEqual([response.status, await response.text()], [200, ''])
  })
  test('two routes of one shape stop the start', () => {
    assert.throws(() => fakeEdge([...routes, ...routes.slice(1, 2).map((one) => ({ ...one, path: '/v2/keys/{other}' }))]), /Two routes/)
  })
})

describe('replies', () => {
  test('undeclared members never leave', async () => {
    const response = await signIn(newEdge(), 'ada')
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.deepEqual(await response.json(), { loginId: 'ada' })
  })
  test('an entity tag that still holds answers 304', async () => {
    const response = await newEdge().send('/v2/keys/x', { headers: { 'if-none-match': 'W/"v0", W/"v1"' } })
    assert.deepEqual([response.status, await response.text(), response.headers.get('cache-control')], [304, '', 'public, max-age=300'])
  })
  test('a route sees the headers it may see', async () => {
    const headers = { authorization: `Bearer ${projectId}`, cookie: 'DSR=x', 'x-descope-sdk-name': 'nodejs' }
    assert.deepEqual(await (await newEdge().send('/headers', { headers })).json(), { seen: [null, null, 'nodejs', null] })
  })
  for (const [publicUrl, count] of [
    ['https://auth.example.com', 2],
    ['http://localhost:8787', 2],
    ['http://127.0.0.1:8787', 2],
    ['http://auth.example.com', 0],
  ] as const) {
    test(`WB-01: cookies under ${publicUrl}`, async () => {
      assert.equal((await newEdge({ publicUrl }).send('/cookies')).headers.getSetCookie().length, count)
    })
  }
})

describe('errors', () => {
  test('the body has the three members, and no field replaces them', async () => {
    const response = await signIn(newEdge(), 'weak')
    assert.deepEqual(await response.json(), {
      rules: ['number'],
      errorCode: 'E062901',
      errorDescription: 'Password is too weak',
      errorMessage: 'It needs a digit',
    })
  })
  test('Retry-After is whole seconds, rounded up', async () => {
    const edge = newEdge({ options: { isStrict: false } })
    assert.equal((await signIn(edge, 'busy')).headers.get('retry-after'), '3')
  })
  test('an undeclared error is a bug in strict mode', async () => {
    const edge = newEdge()
    assert.equal(await verdict(await signIn(edge, 'undeclared')), '500 E130500')
    assert.ok(edge.lines.some((line) => line.event === 'http.undeclaredError'))
  })
  test('an undeclared error is answered and logged otherwise', async () => {
    const edge = newEdge({ options: { isStrict: false } })
    assert.equal(await verdict(await signIn(edge, 'undeclared')), '403 E062110')
    assert.ok(edge.lines.some((line) => line.event === 'http.undeclaredError'))
  })
  for (const loginId of ['bug', 'null']) {
    test(`IN-09: anything else that is thrown (${loginId}) is a 500 that tells nothing but an ID`, async () => {
      const edge = newEdge()
      const response = await signIn(edge, loginId)
      const body = (await response.json()) as Record<string, unknown>
      assert.equal(response.status, 500)
      assert.deepEqual(body, {
        requestId: response.headers.get('x-request-id'),
        errorCode: 'E130500',
        errorDescription: 'Internal error',
        errorMessage: 'Internal error',
      })
      assert.equal(edge.lines.find((line) => line.event === 'http.failed')?.fields.requestId, body.requestId)
    })
  }
  test('a reply that does not fit its schema is a 500', async () => {
    assert.equal(await verdict(await newEdge().send('/broken')), '500 E130500')
  })
  test('where a person looks, an error is a page', async () => {
    const edge = newEdge()
    for (let call = 0; call < 2; call++) await edge.send('/page')
    const response = await edge.send('/page')
    assert.equal(response.status, 429)
    assert.match(await response.text(), /<h1>Too many attempts<\/h1>/)
    assert.equal(response.headers.get('retry-after'), '60')
  })
  test('a client that has gone makes a line with 499 and no alarm', async () => {
    const edge = newEdge()
    const gone = new AbortController()
    gone.abort()
    await edge.handler(new Request(`http://auth.internal${signInPath}`, { ...post({ loginId: 'bug' }), signal: gone.signal }))
    assert.deepEqual(
      edge.lines.map(({ level, fields }) => [level, fields.status]),
      [['info', 499]],
    )
  })
})

describe('WB-04: headers of every answer', () => {
  const apiHeaders = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'strict-transport-security': 'max-age=31536000',
    vary: 'Origin',
    'x-powered-by': null,
    server: null,
  }
  for (const [name, path, init] of [
    ['200', '/query', {}],
    ['304', '/v2/keys/x', { headers: { 'if-none-match': '"v1"' } }],
    ['400', '/query?id=123456', {}],
    ['401', '/headers', {}],
    ['404', '/nothing', {}],
    ['405', '/query', { method: 'POST' }],
    ['415', signInPath, { ...post({}), body: 'x', headers: { authorization: `Bearer ${projectId}`, 'content-type': 'text/plain' } }],
    ['500', '/broken', {}],
  ] as const) {
    test(name, async () => {
      const response = await newEdge().send(path, init)
      assert.equal(String(response.status), name)
      for (const [header, value] of Object.entries(apiHeaders)) assert.equal(response.headers.get(header), value, header)
      if (name !== '304') assert.equal(response.headers.get('cache-control'), 'no-store')
      if (name !== '304') assert.match(response.headers.get('content-type') ?? '', /charset=utf-8/)
    })
  }
  test('no HSTS without TLS', async () => {
    assert.equal((await newEdge({ publicUrl: 'http://localhost:8787' }).send('/query')).headers.get('strict-transport-security'), null)
  })
  test('a page', async () => {
    const response = await newEdge().send('/page')
    assert.equal(response.headers.get('cross-origin-opener-policy'), 'same-origin')
    assert.match(
      response.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; style-src 'nonce-[\w-]{22}'; script-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'$/,
    )
  })
})

describe('the log', () => {
  test('a request makes one line of known fields, and two figures', async () => {
    const edge = newEdge()
    await edge.send(signInPath, post({ loginId: 'ada' }, projectId, { 'x-external-rid': 'caller-1' }))
    const { requestId, ...fields } = edge.lines[0]?.fields ?? {}
    assert.equal(edge.lines.length, 1)
    assert.equal(typeof requestId, 'string')
    assert.deepEqual(fields, {
      externalRequestId: 'caller-1',
      method: 'POST',
      route: signInPath,
      status: 200,
      ms: 0,
      projectId,
      ip: '198.51.100.7',
      errorCode: undefined,
    })
    assert.deepEqual(edge.counted, [{ name: 'postern_http_requests_total', labels: { route: signInPath, method: 'POST', status: '200' } }])
  })
  test('IN-07: no canary of a request is in any line, body or figure', async () => {
    const edge = newEdge({ options: { isStrict: false } })
    const canary = 'CANARY7f3a'
    const bearers = [
      `${projectId}:${canary}.${canary}.${canary}`,
      `${projectId}:${canary}`,
      `${canary}`,
      `${projectId}:${goodRefreshToken}:${canary}`,
      `${projectId}:${goodManagementKey}`,
    ]
    const bodies = [`{"loginId":"${canary}"`, `{"loginId":{"${canary}":1}}`, `{"${canary}":"${canary}"}`, `{"loginId":["${canary}"]}`]
    for (const bearer of bearers) {
      for (const body of bodies) {
        const headers = {
          authorization: `Bearer ${bearer}`,
          'content-type': 'application/json',
          cookie: `DSR=${canary}`,
          'x-external-rid': `a b ${canary}`,
          'user-agent': canary,
          [`x-${canary}`]: canary,
        }
        for (const path of [signInPath, `/${canary}`, `/query?id=${canary}&token=${canary}`, `/v2/keys/${canary}`]) {
          const response = await edge.send(path, { method: 'POST', headers, body })
          assert.ok(!(await response.text()).includes(canary), 'a body has it')
        }
      }
    }
    assert.ok(!JSON.stringify([edge.lines, edge.counted]).includes(canary))
    assert.ok(edge.lines.length >= 80)
  })
  test('IN-08: hostile text makes no second line and no new label', async () => {
    const edge = newEdge()
    await edge.handler(
      new Request('http://auth.internal/a%0d%0aInjected', {
        method: 'QUERYX',
        headers: { 'x-request-id': 'a\tb', 'x-external-rid': '\u001b[31m'.slice(1) },
      }),
    )
    assert.equal(edge.lines.length, 1)
    assert.deepEqual(
      [edge.lines[0]?.fields.method, edge.lines[0]?.fields.route, edge.lines[0]?.fields.externalRequestId],
      ['OTHER', 'none', undefined],
    )
  })
})
