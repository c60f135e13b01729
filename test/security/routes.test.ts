import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extraRights } from '../../src/core/management-keys.ts'
import { createKit, onEveryDatabase } from '../kit.ts'
import type { Row, World } from './route-rows/row.ts'
import { deliver, makeUser, makeWorld, routes, type Seen, send, stranger, table, withoutLimits } from './route-world.ts'

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

onEveryDatabase(
  'MG-01, MG-02, MG-03, JW-04, JW-08: every route with every credential opens to those that it should, and to no other',
  async (kit) => {
    const world = await makeWorld(kit)
    const faults: string[] = []
    for (const [name, row] of Object.entries(table)) {
      const { access } = row
      const note = (credential: string, own: World, seen: Seen) => {
        const verdict = expected(row, credential, name.split(' ')[0])
        if (!isAsExpected(name, seen, verdict, own)) faults.push(`${name} with ${credential}: ${seen.status}, expected ${verdict}`)
      }
      const refused: [credential: string, bearer: string | undefined][] = []
      for (const [credential, bearerOf] of Object.entries(credentials)) {
        const isAllowed = expected(row, credential, name.split(' ')[0]) === 'allowed'
        const mayUseUp = isForUsers(access) && /(refresh|session) token/.test(credential)
        if (mayUseUp) world.user = await makeUser(kit)
        const own = row.isDestructive && isAllowed ? await makeWorld(await createKit(kit.auth.deps.storage, withoutLimits)) : world
        if (isAllowed || mayUseUp) note(credential, own, await send(own, name, bearerOf(own), stranger))
        else refused.push([credential, bearerOf(world)])
      }
      // What is refused changes nothing, so one request serves all of them, and they need not wait for one another.
      const request = (await row.request?.(world)) ?? {}
      await Promise.all(
        refused.map(async ([credential, bearer]) => note(credential, world, await deliver(world, name, request, { bearer, ip: stranger }))),
      )
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
