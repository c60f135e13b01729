import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { deniableRights, extraRights, newManagementKey, type Rights } from '../../src/core/management-keys.ts'
import * as features from '../../src/features/index.ts'
import { apiDocs } from '../../src/http/api-docs.ts'
import type { AnyRoute } from '../../src/http/route.ts'
import { type Options, parseOptions } from '../../src/options.ts'
import { type Call, createKit, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'
import { freshLoginId, type Row, type Rows, type World } from './route-rows/row.ts'

/** MG-03: every route with the access that it is meant to have, from the files in `route-rows/`. A new route fails this file until it is in one. */
const table: Record<string, Row> = {}
for (const file of readdirSync(new URL('./route-rows/', import.meta.url)).filter((name) => name.endsWith('.rows.ts'))) {
  const { rows }: { rows: Rows } = await import(`./route-rows/${file}`)
  for (const [name, row] of Object.entries(rows)) {
    if (table[name]) throw new Error(`${name} is in two files`)
    table[name] = row
  }
}

const routes: readonly AnyRoute[] = [...Object.values(features).flatMap((feature) => feature.routes), ...apiDocs(() => ({})).routes]

test('MG-03: every route is in the tables of this test, with the access, effect and rights it is meant to have', () => {
  const factsOf = (one: Pick<Row, 'access' | 'right' | 'effect' | 'isTenantAware'>, method = '') => {
    const effect = one.access === 'management' ? (one.effect ?? (method === 'GET' ? 'read' : 'write')) : undefined
    return [one.access, effect, one.right, one.isTenantAware ?? false]
  }
  const actual = Object.fromEntries(routes.map((route) => [`${route.method} ${route.path}`, factsOf(route, route.method)]))
  const meant = Object.fromEntries(Object.entries(table).map(([name, row]) => [name, factsOf(row, name.split(' ')[0])]))
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
  'a revoked management key': ({ kit, keys }) => `${kit.projectId}:${keys.revoked}`,
  'an expired management key': ({ kit, keys }) => `${kit.projectId}:${keys.expired}`,
  'a management key with another secret': ({ kit }) => `${kit.projectId}:${kit.managementKey.slice(0, -3)}AAA`,
  'a management key with every right': ({ kit, keys }) => `${kit.projectId}:${keys.everyRight}`,
  'a read-only management key': ({ kit, keys }) => `${kit.projectId}:${keys.readOnly}`,
  'a management key that is denied what can be denied': ({ kit, keys }) => `${kit.projectId}:${keys.deniedAll}`,
  'a management key for one tenant': ({ kit, keys }) => `${kit.projectId}:${keys.oneTenant}`,
  'an access key': ({ kit, accessKeys }) => `${kit.projectId}:${accessKeys.usable}`,
  'an inactive access key': ({ kit, accessKeys }) => `${kit.projectId}:${accessKeys.inactive}`,
  'an access key of another project': ({ kit, accessKeys }) => `${kit.projectId}:${accessKeys.foreign}`,
  'our access key at another project': ({ other, accessKeys }) => `${other.projectId}:${accessKeys.usable}`,
  'a management key without its secret': ({ kit }) => `${kit.projectId}:${kit.managementKey.split('.')[0]}`,
}

type Verdict = 'allowed' | 'refused' | 'forbidden' | 'elsewhere' | 'absent'

function expected(row: Row, credential: string, method = ''): Verdict {
  const { access } = row
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
    case 'accessKey':
      return credential === 'an access key' ? 'allowed' : 'refused'
    case 'management':
    case 'local':
      return expectedOfKey(row, credential, method)
  }
}

function expectedOfKey({ effect, right, isTenantAware }: Row, credential: string, method: string): Verdict {
  const isExtra = extraRights.some((name) => name === right)
  const isWrite = (effect ?? (method === 'GET' ? 'read' : 'write')) === 'write'
  switch (credential) {
    case 'a management key':
      return isExtra ? 'forbidden' : 'allowed'
    case 'a management key with every right':
      return 'allowed'
    case 'a read-only management key':
      return isWrite ? 'forbidden' : 'allowed'
    case 'a management key that is denied what can be denied':
      return right ? 'forbidden' : 'allowed'
    case 'a management key for one tenant':
      return isTenantAware ? 'elsewhere' : 'forbidden'
    default:
      return 'refused'
  }
}

/** Whether a route takes tokens of users, which it may use up. */
const isForUsers = (access: Row['access']) => access === 'refreshToken' || access === 'refresh' || access === 'session'

interface Seen {
  readonly status: number
  readonly text: string
}

async function send(world: World, name: string, bearer: string | undefined, ip: string): Promise<Seen> {
  const [method = '', path = ''] = name.split(' ')
  const { path: suffix = '', body, form } = (await table[name]?.request?.(world)) ?? {}
  const [mail] = await world.kit.auth.deps.outbox.recent(1)
  const filled = path
    .replace('{projectId}', world.kit.projectId)
    .replace('{id}', mail?.id ?? '')
    .replace('{method}', 'email')
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
  if (verdict === 'forbidden') return tellsNothing && seen.status === 403
  if (verdict === 'elsewhere') return seen.status < 500 && !seen.text.includes(world.user.userId)
  return tellsNothing && (seen.status === 401 || isLenientNo)
}

async function makeWorld(kit: Kit): Promise<World> {
  const project = await kit.auth.api.createProject({ name: 'Other' })
  const body = { loginId: 'neighbour@example.com', password: goodPassword }
  const neighbour = await kit.call('/v1/auth/password/signup', { projectId: project.projectId, body })
  const { deps } = kit.auth
  const now = kit.clock.nowSeconds()
  const makeKey = async (rights: Partial<Rights>, expiresAt = 0) => {
    const whole = { isReadOnly: false, denied: [], extra: [...extraRights], tenantIds: [], networks: [], ...rights }
    const made = newManagementKey(deps, { projectId: kit.projectId, name: 'key', rights: whole, expiresAt })
    await deps.storage.managementKeys.insert(made.record)
    return made
  }
  const revoked = await makeKey({})
  const keys = {
    revoked: revoked.key,
    expired: (await makeKey({}, now + 60)).key,
    everyRight: (await makeKey({})).key,
    readOnly: (await makeKey({ isReadOnly: true })).key,
    deniedAll: (await makeKey({ denied: [...deniableRights], extra: [] })).key,
    oneTenant: (await makeKey({ tenantIds: ['T-elsewhere'] })).key,
  }
  const other = { ...project, refreshJwt: neighbour.body.refreshJwt }
  const world: World = { kit, other, keys, accessKeys: await makeAccessKeys(kit, project), user: await makeUser(kit) }
  for (const key of [keys.revoked, keys.expired]) {
    assert.equal((await send(world, 'GET /v1/mgmt/license', `${kit.projectId}:${key}`, stranger)).status, 200, 'before')
  }
  await deps.storage.managementKeys.revoke(kit.projectId, revoked.record.id, now)
  kit.clock.advance(60)
  return world
}

async function makeAccessKeys(
  kit: Kit,
  other: { readonly projectId: string; readonly managementKey: string },
): Promise<World['accessKeys']> {
  const make = async (call: Partial<Call> = {}) => {
    const answer = await kit.call('/v1/mgmt/accesskey/create', { token: kit.managementKey, body: { name: 'program' }, ...call })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  const inactive = await make()
  await kit.manage('/v1/mgmt/accesskey/deactivate', { body: { id: inactive.key.id } })
  const foreign = await make({ projectId: other.projectId, token: other.managementKey })
  return { usable: (await make()).cleartext, inactive: inactive.cleartext, foreign: foreign.cleartext }
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
    for (const [name, row] of Object.entries(table)) {
      const { access } = row
      for (const [credential, bearerOf] of Object.entries(credentials)) {
        const verdict = expected(row, credential, name.split(' ')[0])
        if (isForUsers(access) && /(refresh|session) token/.test(credential)) world.user = await makeUser(kit)
        const own =
          row.isDestructive && verdict === 'allowed' ? await makeWorld(await createKit(kit.auth.deps.storage, withoutLimits)) : world
        const seen = await send(own, name, bearerOf(own), stranger)
        if (!isAsExpected(name, seen, verdict, own)) faults.push(`${name} with ${credential}: ${seen.status}, expected ${verdict}`)
      }
    }
    assert.deepEqual(faults, [])
  },
  withoutLimits,
)

onEveryDatabase('MG-02: revoked, expired, unknown, foreign and misspelt keys answer alike, byte for byte', async (kit) => {
  const world = await makeWorld(kit)
  const names = Object.keys(credentials).filter(
    (name) => name.includes('management key') && expected({ access: 'management' }, name, 'GET') === 'refused',
  )
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
