import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newManagementKey } from '../../src/core/management-keys.ts'
import * as features from '../../src/features/index.ts'
import { apiDocs } from '../../src/http/api-docs.ts'
import type { Access, AnyRoute } from '../../src/http/route.ts'
import { type Options, parseOptions } from '../../src/options.ts'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'

/** One project with users and keys of every kind, and a neighbour. */
interface World {
  readonly kit: Kit
  readonly other: { readonly projectId: string; readonly managementKey: string; readonly refreshJwt: string }
  readonly revokedKey: string
  readonly expiredKey: string
  /** The user that a cell is about; fresh for each cell that shows its tokens. */
  user: { readonly loginId: string; readonly userId: string; readonly refreshJwt: string; readonly sessionJwt: string }
}

interface Request_ {
  readonly path?: string
  readonly body?: object
  readonly form?: Record<string, string>
}

interface Row {
  readonly access: Access
  /** A request that succeeds when access is given. */
  readonly request?: (world: World) => Request_ | Promise<Request_>
}

let fresh = 0
const freshLoginId = () => `user${fresh++}@example.com`
const newPassword = 'another good passphrase 2'
const aLink = `C${'0'.repeat(27)}.${'A'.repeat(43)}`
const empty = () => ({ body: {} })

async function freshLink({ kit }: World): Promise<Request_> {
  const loginId = freshLoginId()
  await kit.signUp(loginId, goodPassword, { isVerified: false })
  return { body: { token: await kit.linkToken(loginId, 'email.verify') } }
}

async function freshUser({ kit }: World): Promise<string> {
  const loginId = freshLoginId()
  await kit.signUp(loginId)
  return loginId
}

/** MG-03: every route with the access that it is meant to have. A new route fails this file until it is here. */
const table: Readonly<Record<string, Row>> = {
  'GET /healthz': { access: 'open' },
  'GET /readyz': { access: 'open' },
  'GET /metrics': { access: 'local' },
  'GET /v2/keys/{projectId}': { access: 'open' },
  'GET /v1/keys/{projectId}': { access: 'open' },
  'POST /v1/auth/magiclink/verify': { access: 'project', request: freshLink },
  'GET /verify/{projectId}': { access: 'open', request: () => ({ path: `?t=${aLink}` }) },
  'POST /verify/{projectId}': { access: 'open', request: () => ({ form: { t: aLink } }) },
  'GET /outbox': { access: 'loopback' },
  'GET /outbox/{id}': { access: 'loopback' },
  'GET /outbox.json': { access: 'loopback' },
  'POST /v1/auth/password/signup': { access: 'project', request: () => ({ body: { loginId: freshLoginId(), password: goodPassword } }) },
  'POST /v1/auth/password/signin': {
    access: 'project',
    request: ({ user }) => ({ body: { loginId: user.loginId, password: goodPassword } }),
  },
  'POST /v1/auth/password/reset': { access: 'project', request: ({ user }) => ({ body: { loginId: user.loginId } }) },
  'POST /v1/auth/password/update': { access: 'refresh', request: ({ user }) => ({ body: { loginId: user.loginId, newPassword } }) },
  'POST /v1/auth/password/replace': {
    access: 'project',
    request: async (world) => ({ body: { loginId: await freshUser(world), oldPassword: goodPassword, newPassword } }),
  },
  'GET /v1/auth/password/policy': { access: 'project' },
  'GET /reset/{projectId}': { access: 'open', request: () => ({ path: `?t=${aLink}` }) },
  'POST /reset/{projectId}': { access: 'open', request: () => ({ form: { t: aLink, password: newPassword } }) },
  'GET /v1/mgmt/license': { access: 'management' },
  'POST /v1/auth/refresh': { access: 'refreshToken', request: empty },
  'POST /v1/auth/try-refresh': { access: 'refreshToken', request: empty },
  'POST /v1/auth/logout': { access: 'refreshToken', request: empty },
  'POST /v1/auth/logoutall': { access: 'refreshToken', request: empty },
  'GET /v1/auth/me': { access: 'refresh' },
  'GET /v1/auth/me/history': { access: 'refresh' },
  'POST /v1/auth/validate': { access: 'session', request: empty },
  'GET /openapi.json': { access: 'open' },
  'GET /docs': { access: 'open' },
  'GET /docs/start.js': { access: 'open' },
  'GET /docs/swagger-ui.css': { access: 'open' },
  'GET /docs/swagger-ui-bundle.js': { access: 'open' },
}

const routes: readonly AnyRoute[] = [...Object.values(features).flatMap((feature) => feature.routes), ...apiDocs(() => ({})).routes]

test('MG-03: every route is in the table of this file, with the access it is meant to have, and none is there twice', () => {
  const actual = Object.fromEntries(routes.map((route) => [`${route.method} ${route.path}`, route.access]))
  const meant = Object.fromEntries(Object.entries(table).map(([name, row]) => [name, row.access]))
  assert.deepEqual(actual, meant)
})

test('MG-03: every route under /v1/mgmt asks for a management key', () => {
  const open = routes.filter(({ path, access }) => path.includes('/mgmt/') && access !== 'management')
  assert.deepEqual(open, [])
})

/** What a caller may show. `undefined` is no `Authorization` at all. */
const credentials: Readonly<Record<string, (world: World) => string | undefined>> = {
  none: () => undefined,
  'the project alone': ({ kit }) => kit.projectId,
  'an unknown project': () => `P${'2'.repeat(27)}`,
  'an unknown project with a management key': ({ kit }) => `P${'2'.repeat(27)}:${kit.managementKey}`,
  'a garbage key': ({ kit }) => `${kit.projectId}:garbage`,
  'a garbage token': ({ kit }) => `${kit.projectId}:eyJhIjoxfQ.eyJhIjoxfQ.AAAA`,
  'a refresh token': ({ kit, user }) => `${kit.projectId}:${user.refreshJwt}`,
  'a session token': ({ kit, user }) => `${kit.projectId}:${user.sessionJwt}`,
  'a refresh token of another project': ({ kit, other }) => `${kit.projectId}:${other.refreshJwt}`,
  'our refresh token at another project': ({ user, other }) => `${other.projectId}:${user.refreshJwt}`,
  'our session token at another project': ({ user, other }) => `${other.projectId}:${user.sessionJwt}`,
  'a management key': ({ kit }) => `${kit.projectId}:${kit.managementKey}`,
  'a management key in third place': ({ kit }) => `${kit.projectId}:x:${kit.managementKey}`,
  'a management key of another project': ({ kit, other }) => `${kit.projectId}:${other.managementKey}`,
  'our management key at another project': ({ kit, other }) => `${other.projectId}:${kit.managementKey}`,
  'a revoked management key': ({ kit, revokedKey }) => `${kit.projectId}:${revokedKey}`,
  'an expired management key': ({ kit, expiredKey }) => `${kit.projectId}:${expiredKey}`,
  'a management key with another secret': ({ kit }) => `${kit.projectId}:${kit.managementKey.slice(0, -3)}AAA`,
  'a management key without its secret': ({ kit }) => `${kit.projectId}:${kit.managementKey.split('.')[0]}`,
}

type Verdict = 'allowed' | 'refused' | 'elsewhere' | 'absent'

function expected(access: Access, credential: string): Verdict {
  if (access === 'open') return 'allowed'
  if (access === 'loopback') return 'absent'
  if (credential === 'none' || credential.startsWith('an unknown project')) return 'refused'
  switch (access) {
    case 'project':
      return credential.endsWith('at another project') ? 'elsewhere' : 'allowed'
    case 'refresh':
    case 'refreshToken':
      return credential === 'a refresh token' ? 'allowed' : 'refused'
    case 'session':
      return credential === 'a session token' ? 'allowed' : 'refused'
    case 'management':
    case 'local':
      return credential === 'a management key' ? 'allowed' : 'refused'
  }
}

interface Seen {
  readonly status: number
  readonly text: string
}

async function send(world: World, name: string, bearer: string | undefined, ip: string): Promise<Seen> {
  const [method = '', path = ''] = name.split(' ')
  const { path: suffix = '', body, form } = (await table[name]?.request?.(world)) ?? {}
  const [mail] = await world.kit.auth.deps.outbox.recent(1)
  const filled = path.replace('{projectId}', world.kit.projectId).replace('{id}', mail?.id ?? '')
  const content = body ? JSON.stringify(body) : form ? new URLSearchParams(form).toString() : undefined
  const type = body ? 'application/json' : 'application/x-www-form-urlencoded'
  const request = new Request(`http://127.0.0.1:8787${filled}${suffix}`, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(content === undefined ? {} : { 'content-type': type }),
    },
    ...(content === undefined ? {} : { body: content }),
  })
  const response = await world.kit.auth.handler(request, { remoteAddress: ip })
  return { status: response.status, text: await response.text() }
}

/** Where others say 401, this route says `{}`. */
const lenientRoute = 'POST /v1/auth/try-refresh'

function isAsExpected(name: string, seen: Seen, verdict: Verdict, world: World): boolean {
  const isLenientNo = name === lenientRoute && seen.status === 200 && seen.text === '{}'
  if (verdict === 'allowed') return seen.status === 200 && !isLenientNo
  const tellsNothing = !seen.text.includes(world.user.userId) && !/"(?:session|refresh)Jwt":"./.test(seen.text)
  if (verdict === 'absent') return tellsNothing && seen.status === 404
  if (verdict === 'elsewhere') return seen.status < 500 && !seen.text.includes(world.user.userId)
  return tellsNothing && (seen.status === 401 || isLenientNo)
}

async function makeWorld(kit: Kit): Promise<World> {
  const project = await kit.auth.api.createProject({ name: 'Other' })
  const body = { loginId: 'neighbour@example.com', password: goodPassword }
  const neighbour = await kit.call('/v1/auth/password/signup', { projectId: project.projectId, body })
  const { deps } = kit.auth
  const keys = [0, 1].map((index) => newManagementKey(deps, { projectId: kit.projectId, name: `key ${index}` }))
  const [revoked, expired] = keys
  if (!revoked || !expired) throw new Error('No keys')
  await deps.storage.managementKeys.insert(revoked.record)
  await deps.storage.managementKeys.insert({ ...expired.record, expiresAt: kit.clock.nowSeconds() + 60 })
  const other = { ...project, refreshJwt: neighbour.body.refreshJwt }
  const world: World = { kit, other, revokedKey: revoked.key, expiredKey: expired.key, user: await makeUser(kit) }
  assert.equal((await send(world, 'GET /v1/mgmt/license', `${kit.projectId}:${revoked.key}`, stranger)).status, 200, 'before')
  assert.equal((await send(world, 'GET /v1/mgmt/license', `${kit.projectId}:${expired.key}`, stranger)).status, 200, 'before')
  await deps.storage.managementKeys.revoke(kit.projectId, revoked.record.id, kit.clock.nowSeconds())
  kit.clock.advance(60)
  return world
}

async function makeUser(kit: Kit): Promise<World['user']> {
  const loginId = freshLoginId()
  const session: Json = await kit.signUp(loginId)
  return { loginId, userId: session.user.userId, refreshJwt: session.refreshJwt, sessionJwt: session.sessionJwt }
}

const stranger = '203.0.113.9'
const { limits } = parseOptions({ flags: {}, environment: {}, file: undefined })
const off = { max: 0, perSeconds: 1 }
const withoutLimits: Partial<Options> = {
  limits: { ...limits, accountSource: off, sourceFailures: off, sourceAccounts: off, sourceSignUps: off, accountFailures: 0 },
}

onEveryDatabase(
  'MG-01, MG-02, MG-03, JW-04, JW-08: every route with every credential opens to those that it should, and to no other',
  async (kit) => {
    const world = await makeWorld(kit)
    const faults: string[] = []
    for (const [name, { access }] of Object.entries(table)) {
      for (const [credential, bearerOf] of Object.entries(credentials)) {
        const verdict = expected(access, credential)
        if (access !== 'open' && /(refresh|session) token/.test(credential)) world.user = await makeUser(kit)
        const seen = await send(world, name, bearerOf(world), stranger)
        if (!isAsExpected(name, seen, verdict, world)) faults.push(`${name} with ${credential}: ${seen.status}, expected ${verdict}`)
      }
    }
    assert.deepEqual(faults, [])
  },
  withoutLimits,
)

onEveryDatabase('MG-02: revoked, expired, unknown, foreign and misspelt keys answer alike, byte for byte', async (kit) => {
  const world = await makeWorld(kit)
  const names = Object.keys(credentials).filter((name) => name.includes('management key') && expected('management', name) === 'refused')
  const texts = new Set<string>()
  for (const name of names.filter((one) => !one.startsWith('an unknown project'))) {
    texts.add((await send(world, 'GET /v1/mgmt/license', credentials[name]?.(world), stranger)).text)
  }
  assert.ok(names.length >= 6)
  assert.equal(texts.size, 1)
})

onEveryDatabase('local routes open to a direct loopback connection, and to nobody that a proxy or a browser page brings', async (kit) => {
  const world = await makeWorld(kit)
  for (const [name, { access }] of Object.entries(table)) {
    if (access !== 'local' && access !== 'loopback') continue
    const refusal = access === 'local' ? 401 : 404
    assert.equal((await send(world, name, undefined, '127.0.0.1')).status, 200, name)
    const [mail] = await kit.auth.deps.outbox.recent(1)
    const path = name.split(' ')[1]?.replace('{id}', mail?.id ?? '') ?? ''
    for (const headers of [
      { 'x-forwarded-for': '127.0.0.1' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { via: '1.1 x' },
    ]) {
      const { status, text } = await kit.call(path, { headers: headers as Record<string, string> })
      assert.equal(status, refusal, `${name} ${JSON.stringify(headers)}`)
      assert.doesNotMatch(text, /example\.com|postern_/)
    }
    const rebound = await kit.auth.handler(new Request(`http://evil.example${path}`), { remoteAddress: '127.0.0.1' })
    assert.equal(rebound.status, refusal, `${name} under another host name`)
  }
})
