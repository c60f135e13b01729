import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose'
import { retireSigningKeys } from '../../src/features/projects/signing-keys.ts'
import { databases } from '../databases.ts'
import { createKit, goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'
import { failingStorage } from './failing-storage.ts'

const loginId = 'ada@example.com'
const keySet = (kit: Kit, headers: Record<string, string> = {}) => kit.call(`/v2/keys/${kit.projectId}`, { headers })
const kids = async (kit: Kit): Promise<readonly string[]> => (await keySet(kit)).body.keys.map((key: { kid: string }) => key.kid)
const signIn = async (kit: Kit): Promise<Json> =>
  (await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })).body
const refresh = async (kit: Kit, token: string) => kit.call('/v1/auth/refresh', { token, body: {} })
const kidOf = (token: string) => decodeProtectedHeader(token).kid

onEveryDatabase('JW-05: the key sets show public members and nothing else', async (kit) => {
  await kit.auth.api.rotateSigningKey({ projectId: kit.projectId })
  const { body } = await keySet(kit)
  assert.deepEqual(Object.keys(body), ['keys'])
  const older = (await kit.call(`/v1/keys/${kit.projectId}`)).body
  assert.deepEqual(older, body.keys)
  assert.equal(body.keys.length, 2)
  for (const key of body.keys as readonly Record<string, string>[]) {
    assert.deepEqual(new Set(Object.keys(key)), new Set(['alg', 'e', 'kid', 'kty', 'n', 'use']))
    assert.deepEqual([key.alg, key.kty, key.use, key.e], ['RS256', 'RSA', 'sig', 'AQAB'])
    assert.equal(Buffer.from(key.n ?? '', 'base64url').length * 8, 2048)
  }
  assert.equal(new Set(body.keys.map((key: { n: string }) => key.n)).size, 2)
})

onEveryDatabase('JW-07: the key set may be cached for five minutes, and its tag changes with the keys', async (kit) => {
  const first = await keySet(kit)
  assert.equal(first.headers.get('cache-control'), 'public, max-age=300')
  const etag = first.headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]{22}"$/)
  assert.equal((await keySet(kit, { 'if-none-match': etag })).status, 304)
  assert.equal((await keySet(kit, { 'if-none-match': '"other"' })).status, 200)
  await kit.auth.api.rotateSigningKey({ projectId: kit.projectId })
  const later = await keySet(kit, { 'if-none-match': etag })
  assert.equal(later.status, 200)
  assert.notEqual(later.headers.get('etag'), etag)
})

onEveryDatabase('JW-07: an unknown project is 404, whatever its name', async (kit) => {
  for (const name of ['P2unknown', '%00', '..%2f..', "'%20OR%201=1--", '__proto__', 'x'.repeat(65), '%F0%9F']) {
    const { status } = await kit.call(`/v2/keys/${name}`)
    assert.ok(status === 404 || status === 400, `${name}: ${status}`)
  }
})

for (const database of databases) {
  test(`JW-07: once warm, the key set is served while the database is away, for hours [${database.name}]`, async () => {
    const opened = await database.open()
    const failing = failingStorage(opened.storage)
    const kit = await createKit(failing.storage)
    const { body } = await keySet(kit)
    failing.fail('*')
    for (let i = 0; i < 50; i++) {
      kit.clock.advance(300)
      const answer = await keySet(kit)
      assert.deepEqual([answer.status, answer.body], [200, body])
    }
    assert.equal((await kit.call('/readyz')).status, 503)
    assert.equal((await kit.call('/healthz')).status, 200)
    failing.fail()
    await kit.signUp(loginId)
    await opened.close()
  })
}

onEveryDatabase('JW-06: a rotation publishes at once, signs after ten minutes, and fails nobody', async (kit) => {
  const { projectId } = kit
  const session = await kit.signUp(loginId)
  const [oldKid = ''] = await kids(kit)
  const { kid, activeAt } = await kit.auth.api.rotateSigningKey({ projectId })
  assert.equal(activeAt, kit.clock.nowSeconds() + 600)
  assert.deepEqual([...(await kids(kit))].toSorted(), [kid, oldKid].toSorted())
  for (const [seconds, signer] of [
    [0, oldKid],
    [599, oldKid],
    [1, kid],
    [86_400, kid],
  ] as const) {
    kit.clock.advance(seconds)
    const fresh = await signIn(kit)
    assert.deepEqual([kidOf(fresh.sessionJwt), kidOf(fresh.refreshJwt)], [signer, signer], `after ${seconds} s`)
    assert.equal((await refresh(kit, session.refreshJwt)).status, 200)
    assert.equal((await refresh(kit, fresh.refreshJwt)).status, 200)
  }
})

onEveryDatabase('JW-06: twenty rotations, and a client that caches the key set for its ten minutes misses none', async (kit) => {
  await kit.signUp(loginId)
  const { projectId } = kit
  const url = new URL(`http://127.0.0.1:8787/v2/keys/${projectId}`)
  let cached: unknown
  const fetchKeys = async () => Response.json(cached)
  for (let round = 0; round < 20; round++) {
    // The client has just fetched the set, a moment before the new key is made.
    cached = (await keySet(kit)).body
    const client = createRemoteJWKSet(url, { cooldownDuration: 3_600_000, [customFetch]: fetchKeys })
    await kit.auth.api.rotateSigningKey({ projectId })
    for (const seconds of [0, 300, 299]) {
      kit.clock.advance(seconds)
      const { sessionJwt } = await signIn(kit)
      await jwtVerify(sessionJwt, client, { currentDate: new Date(kit.clock.nowMilliseconds()) })
    }
    kit.clock.advance(1)
  }
})

onEveryDatabase('JW-06: an emergency drops the old keys at once', async (kit) => {
  const { projectId } = kit
  const session = await kit.signUp(loginId)
  const { kid, activeAt } = await kit.auth.api.rotateSigningKey({ projectId, isEmergency: true })
  assert.equal(activeAt, kit.clock.nowSeconds())
  assert.deepEqual(await kids(kit), [kid])
  const refused = [
    await refresh(kit, session.refreshJwt),
    await kit.call('/v1/auth/me', { token: session.refreshJwt }),
    await kit.call('/v1/auth/validate', { token: session.sessionJwt, body: {} }),
    await kit.call('/v1/auth/password/update', { token: session.refreshJwt, body: { loginId, newPassword: 'another good passphrase 2' } }),
    await kit.call('/v1/auth/logoutall', { token: session.refreshJwt, body: {} }),
  ]
  assert.deepEqual(
    refused.map(({ status, body }) => `${status} ${body.errorCode}`),
    Array(5).fill('401 E064002'),
  )
  const fresh = await signIn(kit)
  assert.equal(kidOf(fresh.refreshJwt), kid)
  assert.equal((await refresh(kit, fresh.refreshJwt)).status, 200)
})

onEveryDatabase('JW-06: a replaced key leaves the set only when everything that it signed has run out', async (kit) => {
  const { deps, api } = kit.auth
  await kit.signUp(loginId)
  const [oldKid = ''] = await kids(kit)
  const { kid } = await api.rotateSigningKey({ projectId: kit.projectId })
  kit.clock.advance(599)
  const last = await signIn(kit)
  assert.equal(kidOf(last.refreshJwt), oldKid)
  kit.clock.advance(2_419_199)
  await retireSigningKeys(deps)
  assert.equal((await refresh(kit, last.refreshJwt)).status, 200, 'the last second of the last token')
  kit.clock.advance(7200)
  await retireSigningKeys(deps)
  assert.deepEqual(await kids(kit), [kid])
})

onEveryDatabase('JW-06: a key stays as long as a session that lives longer than others', async (kit) => {
  const { deps, api } = kit.auth
  await kit.signUp(loginId)
  const refreshDuration = 90 * 86_400
  const { body } = await kit.manage('/v1/mgmt/auth/signin', { body: { loginId, refreshDuration } })
  const { kid } = await api.rotateSigningKey({ projectId: kit.projectId })
  for (const days of [60, 29]) {
    kit.clock.advance(days * 86_400)
    await retireSigningKeys(deps)
    assert.equal((await refresh(kit, body.refreshJwt)).status, 200)
  }
  kit.clock.advance(2 * 86_400)
  await retireSigningKeys(deps)
  assert.deepEqual(await kids(kit), [kid])
})

onEveryDatabase('JW-05: two projects share no key, and a project cannot use the key of another', async (kit) => {
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const session = await kit.signUp(loginId)
  const theirs: readonly string[] = (await kit.call(`/v2/keys/${other.projectId}`)).body.keys.map((key: { kid: string }) => key.kid)
  assert.equal(
    (await kids(kit)).some((kid) => theirs.includes(kid)),
    false,
  )
  const answer = await kit.call('/v1/auth/me', { projectId: other.projectId, token: session.refreshJwt })
  assert.equal(answer.body.errorCode, 'E064002')
})

onEveryDatabase('RL-07: a clock behind that of the process that made the project signs with its key', async (kit) => {
  kit.clock.advance(-10)
  const { refreshJwt } = await kit.signUp(loginId)
  kit.clock.advance(-3_600)
  assert.equal((await refresh(kit, refreshJwt)).status, 200, 'and takes what was issued before the step')
})
