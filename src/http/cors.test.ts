import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { Settings } from '../core/settings.ts'
import { createOriginRules, listedOrigins } from './cors.ts'
import { fakeEdge, fakeProject, otherProjectId, post, projectId } from './fakes.ts'
import { route } from './route.ts'

const routes = [
  route({ method: 'POST', path: '/call', access: 'project', summary: 'Call', reply: z.object({}), errors: [], run: async () => ({}) }),
  route({ method: 'GET', path: '/call', access: 'open', summary: 'Read', reply: z.object({}), errors: [], run: async () => ({}) }),
]
const edge = fakeEdge(routes, {
  project: { allowedOrigins: 'https://app.example.com, https://app.example.com:8443,capacitor://localhost' },
})

/** WB-03: origins, and whether they are exactly listed. */
const origins: readonly (readonly [string, boolean])[] = [
  ['https://app.example.com', true],
  ['https://app.example.com:8443', true],
  ['https://auth.example.com', true],
  ['capacitor://localhost', true],
  ['https://app.example.com.evil.org', false],
  ['https://evilapp.example.com', false],
  ['https://sub.app.example.com', false],
  ['http://app.example.com', false],
  ['https://app.example.com:443', false],
  ['https://app.example.com:8444', false],
  ['https://APP.example.com', false],
  ['https://app.example.com/', false],
  ['https://app.example.com@evil.org', false],
  ['https://example.com', false],
  ['null', false],
  ['*', false],
  ['file://', false],
]

describe('WB-03: only exact origins get the header', () => {
  for (const [origin, isAllowed] of origins) {
    test(`call from ${origin}`, async () => {
      const response = await edge.send('/call', post({}, projectId, { origin }))
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('access-control-allow-origin'), isAllowed ? origin : null)
      assert.equal(response.headers.get('access-control-allow-credentials'), isAllowed ? 'true' : null)
      assert.equal(response.headers.get('vary'), 'Origin')
    })
    test(`preflight from ${origin}`, async () => {
      const response = await edge.send('/call', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
      assert.equal(response.status, isAllowed ? 204 : 403)
      assert.equal(response.headers.get('access-control-allow-origin'), isAllowed ? origin : null)
      assert.equal(response.headers.get('vary'), 'Origin')
    })
  }
  test('the list of one project does not open another', async () => {
    const response = await edge.send('/call', post({}, otherProjectId, { origin: 'https://app.example.com' }))
    assert.equal(response.headers.get('access-control-allow-origin'), null)
  })
  test('an error before the project is known can be read by an origin of any project', async () => {
    const response = await edge.send('/call', post({}, 'P000000000000000000000000000', { origin: 'https://app.example.com' }))
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://app.example.com')
  })
  test('a request without Origin gets no such header', async () => {
    assert.equal((await edge.send('/call', post({}))).headers.get('access-control-allow-origin'), null)
  })
})

describe('preflights', () => {
  const ask = (headers: string, path = '/call') =>
    edge.send(path, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
    })
  for (const [asked, echoed] of [
    ['authorization,content-type', 'authorization, content-type'],
    ['Authorization, X-Descope-SDK-Name , x-descope-project-id', 'authorization, x-descope-sdk-name, x-descope-project-id'],
    ['x-evil, x-descope-, x-descope-a b, *', ''],
    ['', ''],
  ] as const) {
    test(`headers: ${asked || 'none'}`, async () => assert.equal((await ask(asked)).headers.get('access-control-allow-headers'), echoed))
  }
  test('methods are those of the path', async () => {
    assert.equal((await ask('')).headers.get('access-control-allow-methods'), 'GET, POST')
  })
  test('an unknown path is 404', async () => assert.equal((await ask('', '/nothing')).status, 404))
})

describe('the setting', () => {
  for (const [entry, expected] of [
    ['https://App.Example.com', ['https://app.example.com']],
    ['https://app.example.com:443/', ['https://app.example.com']],
    ['http://localhost:3000', ['http://localhost:3000']],
    ['http://[::1]:3000', ['http://[::1]:3000']],
    [' https://a.example , https://b.example ', ['https://a.example', 'https://b.example']],
    ['https://app.example.com/path', []],
    ['https://*.example.com', []],
    ['https://user@app.example.com', []],
    ['app.example.com', []],
    ['null', []],
    ['*', []],
    ['', []],
  ] as const) {
    test(entry || 'empty', () => assert.deepEqual(listedOrigins(entry), expected))
  }
})

test('without the database the last known lists hold, and new ones are seen after a second', async () => {
  const state: { now: number; isDown: boolean; origins: string } = { now: 0, isDown: false, origins: 'https://one.example' }
  const rules = createOriginRules({
    clock: { monotonicMilliseconds: () => state.now },
    ownOrigin: () => 'https://auth.example.com',
    storage: {
      projects: {
        async list() {
          if (state.isDown) throw new Error('down')
          const settings = Settings.parse({ project: { allowedOrigins: state.origins } })
          return [
            { ...fakeProject(projectId), settings, createdAt: 0, tags: [] },
            { ...fakeProject(otherProjectId), settings: { project: 7 }, createdAt: 0, tags: [] },
          ]
        },
      },
    },
  })
  const isAllowed = (origin: string) => rules.isAllowed(origin, undefined)
  assert.equal(await isAllowed('https://one.example'), true)
  state.origins = 'https://two.example'
  assert.equal(await isAllowed('https://two.example'), false)
  state.now = 1000
  assert.equal(await isAllowed('https://two.example'), true)
  state.isDown = true
  state.now = 3000
  assert.equal(await isAllowed('https://two.example'), true)
})
