import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { apiDocs } from './api-docs.ts'
import { fakeEdge, post, verdict } from './fakes.ts'
import { publicPath } from './headers.ts'
import { ownPath } from './page.ts'
import { route } from './route.ts'

/** A public URL with a path: the server shares its host with an application, behind a proxy or inside its framework. */

const signIn = route({
  method: 'POST',
  path: '/v1/auth/password/signin',
  access: 'project',
  summary: 'Sign in',
  body: z.object({}),
  reply: z.object({}),
  errors: [],
  limit: { max: 3, perSeconds: 60 },
  run: async () => ({}),
})
const edgeUnder = (publicUrl: string) => fakeEdge([signIn, ...apiDocs(() => ({ openapi: '3.1.1' })).routes], { publicUrl })

describe('a path of the public URL may be there or not', () => {
  for (const [publicUrl, path, expected] of [
    ['https://example.com/auth', '/auth/v1/auth/password/signin', '200'],
    ['https://example.com/auth', '/v1/auth/password/signin', '200'],
    ['https://example.com/auth', '//auth//v1/auth/password/signin/', '200'],
    ['https://example.com/a/b/', '/a/b/v1/auth/password/signin', '200'],
    ['https://example.com/v1', '/v1/v1/auth/password/signin', '200'],
    ['https://example.com/v1', '/v1/auth/password/signin', '200'],
    ['https://example.com/auth', '/auth/auth/v1/auth/password/signin', '404 E011005'],
    ['https://example.com/auth', '/authv1/auth/password/signin', '404 E011005'],
    ['https://example.com/auth', '/auth', '404 E011005'],
    ['https://example.com/auth', '/auth/nothing', '404 E011005'],
    ['https://example.com', '/auth/v1/auth/password/signin', '404 E011005'],
  ] as const) {
    test(`${publicUrl}: ${path}`, async () => assert.equal(await verdict(await edgeUnder(publicUrl).send(`.${path}`, post({}))), expected))
  }

  test('405 tells the methods below it too', async () => {
    const response = await edgeUnder('https://example.com/auth').send('/auth/v1/auth/password/signin')
    assert.deepEqual([response.status, response.headers.get('allow')], [405, 'POST'])
  })

  test('BF-05: both spellings share one counter', async () => {
    const edge = edgeUnder('https://example.com/auth')
    const statuses: number[] = []
    for (const path of ['/auth/v1', '/v1', '/auth//v1', '/v1', '/auth/v1']) {
      statuses.push((await edge.send(`${path}/auth/password/signin`, post({}))).status)
    }
    assert.deepEqual(statuses, [200, 200, 200, 429, 429])
  })
})

test('what pages ask for is below the path', async () => {
  const edge = edgeUnder('https://example.com/auth')
  const page = await (await edge.send('/docs')).text()
  const asked = [...page.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path = '']) => path)
  assert.equal(asked.length, 3)
  for (const path of asked) {
    assert.match(path, /^\/auth\/docs\//)
    assert.equal((await edge.send(path)).status, 200)
  }
  assert.match(await (await edge.send('/auth/docs/start.js')).text(), /url: "\/auth\/openapi\.json"/)
  const { servers } = (await (await edge.send('/auth/openapi.json')).json()) as { servers: unknown }
  assert.deepEqual(servers, [{ url: '/auth' }])
  assert.equal(ownPath({ publicUrl: () => 'https://example.com/auth' }, '/reset/P1'), '/auth/reset/P1')
})

for (const [url, path] of [
  ['https://example.com', ''],
  ['https://example.com/', ''],
  ['https://example.com/a//b//', '/a/b'],
] as const) {
  test(`the path of ${url} is "${path}"`, () => assert.equal(publicPath(url), path))
}
