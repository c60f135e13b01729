import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '@postern/client'
import { type Installation, install } from '../test/server-process.ts'

type Route = typeof import('./next-route.ts')

const baseUrl = 'http://127.0.0.1:3000/auth'
let installation: Installation
let route: Route

before(async () => {
  installation = await install()
  process.env.POSTERN_DATA = installation.folder
  process.env.POSTERN_PUBLIC_URL = baseUrl
  process.env.POSTERN_TRUSTED_PROXY_HOPS = '1'
  process.env.POSTERN_LOG_LEVEL = 'silent'
  route = await import('./next-route.ts')
})

after(async () => {
  const { postern } = globalThis as { postern?: Promise<{ close(): Promise<void> }> }
  await (await postern)?.close()
  await installation.remove()
})

/** Sends a request the way Next.js does: to the function of its method, with the header of the proxy in front. */
async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(url, init)
  request.headers.set('x-forwarded-for', '198.51.100.7')
  return route[request.method as 'GET' | 'POST'](request)
}

test('next: signs up and in, and checks the session', async () => {
  const client = createClient({ projectId: installation.projectId, baseUrl, fetch: send })
  const password = 'correct horse battery staple 7'
  assert.equal((await client.password.signUp('ada@example.com', password)).ok, true)
  const { ok, data } = await client.password.signIn('ada@example.com', password)
  assert.equal(ok, true)
  const { token } = await client.validateSession(data?.sessionJwt ?? '')
  assert.equal(token.sub, data?.user?.userId)
})

test('next: every method of the server has its function, preflights included', async () => {
  const methods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']
  assert.deepEqual(new Set(Object.keys(route)), new Set([...methods, 'dynamic', 'runtime']))
  const headers = { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' }
  const preflight = await route.OPTIONS(new Request(`${baseUrl}/v1/auth/password/signin`, { method: 'OPTIONS', headers }))
  assert.equal(preflight.status, 403)
})
