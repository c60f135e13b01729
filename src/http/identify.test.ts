import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { fakeEdge, goodManagementKey, goodRefreshToken, goodSessionToken, otherProjectId, post, projectId, verdict } from './fakes.ts'
import { type Access, route } from './route.ts'

const Seen = z.object({
  token: z.string().optional(),
  provenBy: z.unknown(),
  key: z.string().optional(),
  keyId: z.string().optional(),
  project: z.string().optional(),
})

const accesses = ['open', 'project', 'refreshToken', 'refresh', 'session', 'accessKey', 'management', 'local'] as const

/** One route for each access, which tells what it knows of its caller. */
const routes = accesses.flatMap((access: Access) =>
  (['GET', 'POST'] as const).map((method) =>
    route({
      method,
      path: `/${access}`,
      access,
      summary: 'Tells who calls',
      reply: Seen,
      errors: [],
      run: async ({ caller }) => ({
        project: 'project' in caller ? caller.project.id : undefined,
        token: 'token' in caller ? caller.token : undefined,
        provenBy: 'live' in caller ? caller.live.claims.provenBy : undefined,
        key: 'key' in caller ? caller.key : undefined,
        keyId: 'managementKeyId' in caller ? caller.managementKeyId : undefined,
      }),
    }),
  ),
)

const edge = fakeEdge(routes, { project: { allowedOrigins: 'https://app.example.com' } })
const stale = 'eyJzdGFsZSI6MX0.eyJzdGFsZSI6MX0.c3RhbGU'

async function call(path: string, headers: Record<string, string>, method = 'POST') {
  const response = await edge.send(path, { method, headers: { 'content-type': 'application/json', ...headers } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('bearers that are taken', () => {
  const table: readonly (readonly [string, string, string, Record<string, unknown>])[] = [
    ['all: a public call', 'project', projectId, { project: projectId }],
    ['Ruby: a bearer that ends in a colon', 'project', `${projectId}:`, { project: projectId }],
    ['Ruby: a management key on a public call', 'project', `${projectId}:${goodManagementKey}`, { project: projectId }],
    ['Ruby: a wrong management key on a public call', 'project', `${projectId}:K123.nonsense`, { project: projectId }],
    ['web-js: a stale refresh token on sign-in', 'project', `${projectId}:${stale}`, { project: projectId, token: stale }],
    [
      'web-js: a refresh token of another project on sign-in',
      'project',
      `${otherProjectId}:${goodRefreshToken}`,
      { project: otherProjectId, token: goodRefreshToken },
    ],
    ['Node: an auth management key on a public call', 'project', `${projectId}:authKey123`, { project: projectId }],
    [
      'Go: a refresh token with an auth management key',
      'refresh',
      `${projectId}:${goodRefreshToken}:authKey123`,
      { project: projectId, provenBy: 'refresh' },
    ],
    ['all: a refresh token', 'refresh', `${projectId}:${goodRefreshToken}`, { project: projectId, provenBy: 'refresh' }],
    ['all: a refresh token that the use case will judge', 'refreshToken', `${projectId}:${stale}`, { project: projectId, token: stale }],
    ['web-js: try-refresh without a token', 'refreshToken', projectId, { project: projectId }],
    ['docs: a session token', 'session', `${projectId}:${goodSessionToken}`, { project: projectId, provenBy: 'session' }],
    ['all: an access key', 'accessKey', `${projectId}:AKabcdefgh.secret`, { project: projectId, key: 'AKabcdefgh.secret' }],
    [
      'Python: an access key with an auth management key',
      'accessKey',
      `${projectId}:AKabcdefgh.secret:authKey123`,
      { project: projectId, key: 'AKabcdefgh.secret' },
    ],
    ['a token where an access key belongs is no key', 'accessKey', `${projectId}:${goodSessionToken}`, { project: projectId }],
    ['all: a management key', 'management', `${projectId}:${goodManagementKey}`, { project: projectId, keyId: 'Kabcdefgh' }],
    ['a management key on a local route', 'local', `${projectId}:${goodManagementKey}`, {}],
    ['anything on an open route', 'open', `${projectId}:x:y:z`, {}],
  ]
  for (const [name, access, bearer, expected] of table) {
    test(name, async () => {
      const { status, body } = await call(`/${access}`, { authorization: `Bearer ${bearer}` })
      assert.equal(status, 200)
      assert.deepEqual(body, expected)
    })
  }

  test('the scheme is matched without case', async () => {
    assert.equal((await call('/project', { authorization: `bearer ${projectId}` })).status, 200)
  })
  test('PHP and .NET: no Authorization on an open route', async () => {
    assert.equal((await call('/open', {}, 'GET')).status, 200)
  })
  test('browsers: the project ID in its own header alone', async () => {
    assert.deepEqual((await call('/project', { 'x-descope-project-id': projectId })).body, { project: projectId })
  })
})

describe('JW-08: bearers that are refused', () => {
  const table: readonly (readonly [string, string, string | undefined, string])[] = [
    ['no header', 'project', undefined, 'E011010'],
    ['another scheme', 'project', `Basic ${projectId}`, 'E011010'],
    ['nothing after the scheme', 'project', 'Bearer ', 'E011010'],
    ['an unknown project', 'project', 'Bearer P000000000000000000000000000', 'E011010'],
    ['a project ID with a slash', 'project', `Bearer ${projectId}/x`, 'E011010'],
    ['an empty project', 'refresh', `Bearer :${goodRefreshToken}`, 'E011010'],
    ['a doubled colon', 'refresh', `Bearer ${projectId}::${goodRefreshToken}`, 'E011010'],
    ['an empty third part', 'refresh', `Bearer ${projectId}:${goodRefreshToken}:`, 'E011010'],
    ['two colons and nothing', 'project', `Bearer ${projectId}::`, 'E011010'],
    ['four parts', 'refresh', `Bearer ${projectId}:${goodRefreshToken}:a:b`, 'E011010'],
    ['two bearers', 'project', `Bearer ${projectId}, Bearer ${projectId}`, 'E011010'],
    ['a space inside', 'refresh', `Bearer ${projectId} ${goodRefreshToken}`, 'E011010'],
    ['a token of project 1 in project 2', 'refresh', `Bearer ${otherProjectId}:${goodRefreshToken}`, 'E064002'],
    ['a session token where a refresh token belongs', 'refresh', `Bearer ${projectId}:${goodSessionToken}`, 'E064002'],
    ['a refresh token where a session token belongs', 'session', `Bearer ${projectId}:${goodRefreshToken}`, 'E064002'],
    ['no token where one is needed', 'refresh', `Bearer ${projectId}`, 'E064002'],
    ['a token in five parts (JWE)', 'refresh', `Bearer ${projectId}:a.b.c.d.e`, 'E064002'],
    ['a token with a dot at the end', 'refresh', `Bearer ${projectId}:${goodRefreshToken}.`, 'E064002'],
    ['a key where a token belongs', 'refresh', `Bearer ${projectId}:${goodManagementKey}`, 'E064002'],
  ]
  for (const [name, access, authorization, code] of table) {
    test(name, async () => {
      const { status, body } = await call(`/${access}`, authorization === undefined ? {} : { authorization })
      assert.equal(status, 401)
      assert.equal(body.errorCode, code)
    })
  }
})

describe('MG-03: management routes deny by default', () => {
  for (const [name, bearer] of [
    ['no key', projectId],
    ['an empty key', `${projectId}:`],
    ['a refresh token', `${projectId}:${goodRefreshToken}`],
    ['a session token', `${projectId}:${goodSessionToken}`],
    ['a key of another project', `${otherProjectId}:${goodManagementKey}`],
    ['a wrong key', `${projectId}:Kabcdefgh.wrong`],
  ] as const) {
    test(name, async () => {
      const { status, body } = await call('/management', { authorization: `Bearer ${bearer}` })
      assert.deepEqual([status, body.errorCode], [401, 'E111119'])
    })
  }
})

describe('local routes', () => {
  const send = (url: string, remoteAddress: string, headers: Record<string, string> = {}) =>
    edge.handler(new Request(url, { headers }), { remoteAddress })
  const local = 'http://127.0.0.1:8787/local'
  for (const [name, url, address, headers, status] of [
    ['a direct loopback connection', local, '127.0.0.1', {}, 200],
    ['IPv6 loopback', 'http://[::1]:8787/local', '::1', {}, 200],
    ['IPv4-mapped loopback', 'http://localhost:8787/local', '::ffff:127.0.0.1', {}, 200],
    ['a person at the browser', local, '127.0.0.1', { 'sec-fetch-site': 'none' }, 200],
    ['another machine', local, '198.51.100.7', {}, 401],
    ['a proxy on this machine', local, '127.0.0.1', { 'x-forwarded-for': '198.51.100.7' }, 401],
    ['a proxy that only says Via', local, '127.0.0.1', { via: '1.1 proxy' }, 401],
    ['a rebound DNS name', 'http://evil.example:8787/local', '127.0.0.1', {}, 401],
    ['a web page elsewhere', local, '127.0.0.1', { 'sec-fetch-site': 'cross-site' }, 401],
    ['a web page on another port', local, '127.0.0.1', { 'sec-fetch-site': 'same-site' }, 401],
    ['an old browser with an Origin', local, '127.0.0.1', { origin: 'https://evil.example' }, 401],
  ] as const) {
    test(name, async () => assert.equal((await send(url, address, headers)).status, status))
  }
})

describe('WB-02: a change that rides on a cookie needs a same-site proof', () => {
  const bearer = { authorization: `Bearer ${projectId}`, cookie: `DSR=${goodRefreshToken}` }
  const json = { 'content-type': 'application/json' }
  const table: readonly (readonly [string, string, Record<string, string>, string])[] = [
    ['an allowed origin', 'POST', { ...json, origin: 'https://app.example.com' }, '200'],
    ['our own origin', 'POST', { ...json, origin: 'https://auth.example.com' }, '200'],
    ['the browser says same-origin', 'POST', { ...json, 'sec-fetch-site': 'same-origin' }, '200'],
    ['a read needs no proof', 'GET', {}, '200'],
    ['another origin', 'POST', { ...json, origin: 'https://evil.example' }, '403 E011009'],
    ['a null origin', 'POST', { ...json, origin: 'null' }, '403 E011009'],
    ['a null origin that claims to be same-origin', 'POST', { ...json, origin: 'null', 'sec-fetch-site': 'same-origin' }, '403 E011009'],
    ['no origin', 'POST', json, '403 E011009'],
    ['a form', 'POST', { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://app.example.com' }, '403 E011009'],
    ['plain text', 'POST', { 'content-type': 'text/plain', origin: 'https://app.example.com' }, '403 E011009'],
    ['multipart', 'POST', { 'content-type': 'multipart/form-data; boundary=x', origin: 'https://app.example.com' }, '403 E011009'],
    ['a cross-site fetch', 'POST', { ...json, 'sec-fetch-site': 'cross-site' }, '403 E011009'],
  ]
  for (const access of ['refresh', 'refreshToken']) {
    for (const [name, method, headers, expected] of table) {
      test(`${access}: ${name}`, async () => {
        assert.equal(await verdict(await edge.send(`/${access}`, { method, headers: { ...bearer, ...headers } })), expected)
      })
    }
  }

  test('a GET with a method override stays a GET', async () => {
    const response = await edge.send('/refresh', { headers: { ...bearer, 'x-http-method-override': 'POST' } })
    assert.equal(response.status, 200)
  })
  test('a forged cookie on a public call is left out, and the call goes on', async () => {
    const response = await edge.send('/project', post({}, projectId, { cookie: `DSR=${goodRefreshToken}`, origin: 'https://evil.example' }))
    assert.deepEqual(await response.json(), { project: projectId })
  })
  test('a bearer token needs no proof, and wins over the cookie', async () => {
    const headers = { ...json, authorization: `Bearer ${projectId}:${goodRefreshToken}`, cookie: 'DSR=a.b.c' }
    assert.equal(await verdict(await edge.send('/refresh', { method: 'POST', headers })), '200')
  })
})

describe('refresh cookies', () => {
  const proof = { 'content-type': 'application/json', origin: 'https://app.example.com', authorization: `Bearer ${projectId}` }
  for (const [name, headers, status] of [
    ['DSR', { cookie: `a=b; DSR=${goodRefreshToken}` }, 200],
    ['quoted', { cookie: `DSR="${goodRefreshToken}"` }, 200],
    ['a name that the header chose', { cookie: `MY=${goodRefreshToken}`, 'x-descope-refresh-cookie-name': 'MY' }, 200],
    ['a name that no cookie can have', { cookie: `DSR=${goodRefreshToken}`, 'x-descope-refresh-cookie-name': 'a b;' }, 200],
    ['the name of the session cookie', { cookie: `DS=${goodRefreshToken}`, 'x-descope-refresh-cookie-name': 'DS' }, 401],
    ['not a JWT', { cookie: 'DSR=hello' }, 401],
    ['an empty one', { cookie: 'DSR=' }, 401],
    ['another cookie', { cookie: `XDSR=${goodRefreshToken}` }, 401],
  ] as const) {
    test(name, async () => {
      const response = await edge.send('/refresh', { method: 'POST', headers: { ...proof, ...headers } })
      assert.equal(response.status, status)
    })
  }
  test('a page never acts on a cookie', async () => {
    const asPage = routes.map((one) => ({ ...one, kind: 'page' as const, reply: z.unknown() }))
    const response = await fakeEdge(asPage).send('/refresh', {
      headers: { authorization: `Bearer ${projectId}`, cookie: `DSR=${goodRefreshToken}` },
    })
    assert.equal(response.status, 401)
  })
  test('a session is never proven by a cookie', async () => {
    const response = await edge.send('/session', { method: 'POST', headers: { ...proof, cookie: `DSR=${goodSessionToken}` } })
    assert.equal(response.status, 401)
  })
})
