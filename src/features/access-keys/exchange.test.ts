import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { databases } from '../../../test/databases.ts'
import { createKit, goodPassword, onEveryDatabase } from '../../../test/kit.ts'
import { exchangeAccessKey } from './exchange.ts'
import { accessKeyKit, claimsOf } from './test-access-keys.ts'

const stranger = '203.0.113.9'

onEveryDatabase('a key is exchanged for a session token that says what the key holds', async (kit) => {
  const { make, exchange, role, tenant } = accessKeyKit(kit)
  await role('Reader', ['read'])
  await role('Writer', ['write', 'read'])
  const red = await tenant('red')
  const { key, cleartext } = await make({
    ...{ roleNames: ['Reader'], keyTenants: [{ tenantId: red, roleNames: ['Writer'] }], customClaims: { k1: 'v1', nested: { a: [1] } } },
  })
  const answer = await exchange(cleartext, { loginOptions: { customClaims: { 'nsec-k1': 'nsec-v1' } } })
  assert.equal(answer.status, 200, answer.text)
  const now = kit.clock.nowSeconds()
  const { keyId, sessionJwt, refreshJwt, expiration } = answer.body
  assert.deepEqual([keyId, refreshJwt, expiration], [key.id, sessionJwt, now + 600])
  const { jti, ...claims } = claimsOf(sessionJwt)
  assert.match(jti, /^[A-Za-z0-9_-]{22}$/)
  assert.deepEqual(claims, {
    ...{ k1: 'v1', nested: { a: [1] }, nsec: { 'nsec-k1': 'nsec-v1' } },
    ...{ roles: ['Reader'], permissions: ['read'], tenants: { [red]: { roles: ['Writer'], permissions: ['read', 'write'] } }, dct: red },
    ...{ iss: kit.projectId, sub: key.id, drn: 'DS', iat: now, exp: now + 600, amr: ['accessKey'] },
    rexp: new Date((now + 600) * 1000).toISOString().replace('.000Z', 'Z'),
  })
  const { body: keys } = await kit.call(`/v2/keys/${kit.projectId}`)
  await jwtVerify(sessionJwt, createLocalJWKSet(keys), { currentDate: new Date(now * 1000), issuer: kit.projectId })
})

onEveryDatabase('bodies of every client are taken: none, null, empty, and the array of PHP', async (kit) => {
  const { make, exchange } = accessKeyKit(kit)
  const { cleartext } = await make()
  for (const body of [
    {},
    { loginOptions: null },
    { loginOptions: {} },
    { loginOptions: [] },
    { loginOptions: { customClaims: {} }, audience: 'x' },
  ]) {
    const answer = await exchange(cleartext, body)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(claimsOf(answer.body.sessionJwt).nsec, undefined)
  }
  const withAuthKey = await kit.call('/v1/auth/accesskey/exchange', { token: `${cleartext}:authKey123`, body: {} })
  assert.equal(withAuthKey.status, 200)
  const bare = await kit.call('/v1/auth/accesskey/exchange', { method: 'POST', token: cleartext })
  assert.equal(bare.status, 200)
})

onEveryDatabase('SE-09: no claim of the caller or of the key replaces one of the server', async (kit) => {
  const { make, exchange } = accessKeyKit(kit)
  const { key, cleartext } = await make({ customClaims: { email: 'a@example.com' } })
  const customClaims = { sub: 'U1', roles: ['admin'], exp: 9_999_999_999, drn: 'DSR', email: 'evil@example.com', tenants: { T1: {} } }
  const { body } = await exchange(cleartext, { loginOptions: { customClaims } })
  const claims = claimsOf(body.sessionJwt)
  assert.partialDeepStrictEqual(claims, { sub: key.id, drn: 'DS', exp: kit.clock.nowSeconds() + 600, email: 'a@example.com', tenants: {} })
  assert.deepEqual([claims.nsec, claims.roles], [customClaims, undefined])
  const tooMany = await exchange(cleartext, { loginOptions: { customClaims: { x: 'x'.repeat(2100) } } })
  assert.equal(tooMany.status, 400)
})

onEveryDatabase('JW-04: the token opens no endpoint of this server, neither as a session nor as a refresh token', async (kit) => {
  const { make, exchange } = accessKeyKit(kit)
  const { user } = await kit.signUp('owner@example.com')
  for (const facts of [{}, { userId: user.userId }]) {
    const { sessionJwt } = (await exchange((await make(facts)).cleartext)).body
    for (const [path, body] of [
      ['/v1/auth/validate', {}],
      ['/v1/auth/refresh', {}],
      ['/v1/auth/me', undefined],
      ['/v1/auth/logout', {}],
      ['/v1/auth/logoutall', {}],
      ['/v1/auth/password/update', { loginId: 'owner@example.com', newPassword: 'another good passphrase 2' }],
      ['/v1/auth/accesskey/exchange', {}],
      ['/v1/mgmt/accesskey/search', {}],
    ] as const) {
      const answer = await kit.call(path, { token: sessionJwt, ...(body ? { body } : {}) })
      assert.equal(answer.status, 401, `${path}: ${answer.text}`)
    }
  }
  const body = { loginId: 'owner@example.com', password: goodPassword }
  assert.equal((await kit.call('/v1/auth/password/signin', { body })).status, 200, 'nothing was changed or ended')
})

onEveryDatabase('the token lives as the settings say, and never longer than the key', async (kit) => {
  const { make, exchange } = accessKeyKit(kit)
  await kit.set({ project: { keySessionTokenExpiration: 2, keySessionTokenExpirationUnit: 'hours' } })
  const now = kit.clock.nowSeconds()
  const lasting = await make()
  const ending = await make({ expireTime: now + 300 })
  assert.equal((await exchange(lasting.cleartext)).body.expiration, now + 7200)
  assert.equal((await exchange(ending.cleartext)).body.expiration, now + 300)
  kit.clock.advance(299)
  assert.equal((await exchange(ending.cleartext)).body.expiration, now + 300)
  kit.clock.advance(1)
  assert.equal((await exchange(ending.cleartext)).status, 401)
})

onEveryDatabase('the selected tenant becomes dct; one that the key does not belong to is refused', async (kit) => {
  const { make, exchange, tenant } = accessKeyKit(kit)
  const [red, blue, green] = [await tenant('red'), await tenant('blue'), await tenant('green')]
  const { cleartext } = await make({ keyTenants: [{ tenantId: red }, { tenantId: blue }] })
  const dct = async (selectedTenant?: string) => {
    const answer = await exchange(cleartext, { loginOptions: { selectedTenant } })
    return answer.status === 200 ? claimsOf(answer.body.sessionJwt).dct : answer.body.errorCode
  }
  assert.equal(await dct(), undefined)
  assert.equal(await dct(''), undefined)
  assert.equal(await dct(blue), blue)
  assert.equal(await dct(green), 'E011004')
})

onEveryDatabase('a bound key speaks for its user with what the user holds now, and ends with the user', async (kit) => {
  const { make, exchange, role } = accessKeyKit(kit)
  const { auth, projectId } = kit
  await role('Reader', ['read'])
  const { user } = await kit.signUp('owner@example.com')
  const { key, cleartext } = await make({ userId: user.userId, roleNames: ['Reader'], customClaims: { k1: 'v1' } })
  assert.deepEqual([key.boundUserId, key.roleNames], [user.userId, []], 'the roles of the call are not taken')
  const claims = async () => claimsOf((await exchange(cleartext)).body.sessionJwt)
  assert.partialDeepStrictEqual(await claims(), { sub: user.userId, k1: 'v1', tenants: {} })
  assert.equal((await claims()).roles, undefined)
  const held = await auth.deps.storage.roles.byName(projectId, '', 'Reader')
  await auth.deps.storage.grants.give(projectId, user.userId, [{ tenantId: '', roleId: held?.id ?? '' }])
  assert.deepEqual((await claims()).roles, ['Reader'])
  const keyId = (await exchange(cleartext)).body.keyId
  assert.equal(keyId, key.id)

  await auth.api.setUserStatus({ projectId, loginId: user.userId, status: 'disabled' })
  assert.equal((await exchange(cleartext)).body.errorCode, 'E062803')
  await auth.api.setUserStatus({ projectId, loginId: user.userId, status: 'enabled' })
  assert.equal((await exchange(cleartext)).status, 200)
  await auth.api.deleteUser({ projectId, loginId: user.userId })
  assert.equal((await exchange(cleartext)).body.errorCode, 'E062803')
  assert.equal((await kit.manage(`/v1/mgmt/accesskey?id=${key.id}`)).status, 404)
})

onEveryDatabase(
  'MG-02: unknown, wrong, foreign, inactive, expired, deleted and misplaced keys answer alike, byte for byte',
  async (kit) => {
    const { make, exchange } = accessKeyKit(kit)
    const expiring = await make({ expireTime: kit.clock.nowSeconds() + 60 })
    kit.clock.advance(60)
    const [inactive, deleted, rotated, elsewhere, good] = [
      await make(),
      await make(),
      await make(),
      await make({ permittedIps: ['10.0.0.0/8'] }),
      await make(),
    ]
    await kit.manage('/v1/mgmt/accesskey/deactivate', { body: { id: inactive.key.id } })
    await kit.manage('/v1/mgmt/accesskey/delete', { body: { id: deleted.key.id } })
    const { body: after } = await kit.manage('/v1/mgmt/accesskey/rotate', { body: { id: rotated.key.id } })
    const other = await kit.auth.api.createProject({ name: 'Other' })
    const body = { name: 'foreign' }
    const foreign = await kit.call('/v1/mgmt/accesskey/create', { ...{ projectId: other.projectId, token: other.managementKey }, body })
    const bad = {
      ...{ expired: expiring.cleartext, inactive: inactive.cleartext, deleted: deleted.cleartext, rotated: rotated.cleartext },
      ...{ elsewhere: elsewhere.cleartext, foreign: foreign.body.cleartext, management: kit.managementKey },
      ...{ garbage: 'garbage', unknown: `AK${'0'.repeat(27)}.${'A'.repeat(43)}`, idOnly: good.key.id },
      ...{
        firstByte: `${good.key.id}.${flip(good.cleartext.split('.')[1], 0)}`,
        lastByte: `${good.key.id}.${flip(good.cleartext.split('.')[1], 41)}`,
      },
    }
    const texts = new Set<string>()
    for (const [name, token] of Object.entries(bad)) {
      const answer = await exchange(token)
      assert.equal(answer.status, 401, name)
      texts.add(answer.text)
    }
    assert.deepEqual(
      [...texts].map((text) => JSON.parse(text).errorCode),
      ['E062803'],
    )
    for (const token of [good.cleartext, after.cleartext]) assert.equal((await exchange(token)).status, 200)
    await kit.manage('/v1/mgmt/accesskey/activate', { body: { id: inactive.key.id } })
    assert.equal((await exchange(inactive.cleartext)).status, 200)

    const missing = await kit.call('/v1/auth/accesskey/exchange', { body: {} })
    assert.deepEqual([missing.status, missing.body.errorCode], [401, 'E062802'])
  },
)

function flip(text = '', at = 0): string {
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}

for (const { name, open } of databases) {
  test(`permitted addresses are those of the client behind the trusted proxy [${name}]`, async () => {
    const database = await open()
    try {
      const kit = await createKit(database.storage, { trustedProxyHops: 1 })
      const { make, exchange } = accessKeyKit(kit)
      const { cleartext } = await make({ permittedIps: ['198.51.100.0/24', '2001:db8::/32'] })
      for (const [forwarded, status] of [
        ['198.51.100.7', 200],
        ['203.0.113.9, 198.51.100.7', 200],
        ['198.51.100.7, 203.0.113.9', 401],
        ['::ffff:198.51.100.7', 200],
        ['2001:db8::1', 200],
        ['2001:db9::1', 401],
      ] as const) {
        const answer = await exchange(cleartext, {}, { ip: '10.0.0.1', headers: { 'x-forwarded-for': forwarded } })
        assert.equal(answer.status, status, forwarded)
      }
    } finally {
      await database.close()
    }
  })
}

onEveryDatabase('BF-03: failures from one source are limited and bounded in the audit trail, and keep no good key out', async (kit) => {
  const { make, exchange } = accessKeyKit(kit)
  const { key, cleartext } = await make()
  const { max, perSeconds } = kit.auth.deps.limits.sourceFailures
  const wrong = `${key.id}.${'A'.repeat(43)}`
  const seen = new Map<number, number>()
  for (let round = 0; round < max + 5; round++) {
    const { status } = await exchange(wrong, {}, { ip: stranger })
    seen.set(status, (seen.get(status) ?? 0) + 1)
  }
  assert.deepEqual(
    [...seen],
    [
      [401, max],
      [429, 5],
    ],
  )
  const throttled = await exchange(wrong, {}, { ip: stranger })
  assert.deepEqual([throttled.body.errorCode, throttled.headers.get('retry-after')], ['E130429', String(perSeconds)])
  assert.equal((await exchange(cleartext, {}, { ip: stranger })).status, 200)
  assert.equal((await exchange(wrong, {}, { ip: '198.51.100.1' })).status, 401)
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { types: ['accessKey.exchange'], limit: 200 })
  const outcomes = events.map(({ outcome }) => outcome)
  assert.deepEqual([outcomes.filter((one) => one === 'failure').length, outcomes.filter((one) => one === 'success').length], [max + 1, 1])
  for (const { outcome, actorKind, actorId, data } of events) {
    if (outcome === 'success') assert.deepEqual([actorKind, actorId, data], ['accessKey', key.id, {}])
    else assert.deepEqual([actorKind, actorId, data], ['anonymous', '', { reason: 'secret' }])
  }
  kit.clock.advance(perSeconds)
  assert.equal((await exchange(wrong, {}, { ip: stranger })).status, 401)
})

onEveryDatabase('MG-01: a wrong key costs the same look-ups wherever it is wrong, and an unknown one too', async (kit) => {
  const { make } = accessKeyKit(kit)
  const { key, cleartext } = await make()
  const secret = cleartext.split('.')[1]
  const { deps } = kit.auth
  const calls: string[][] = []
  for (const token of [`${key.id}.${flip(secret, 0)}`, `${key.id}.${flip(secret, 41)}`, `AK${'0'.repeat(27)}.${secret}`]) {
    const seen: string[] = []
    const accessKeys = {
      ...deps.storage.accessKeys,
      byId: (...given: Parameters<typeof deps.storage.accessKeys.byId>) => {
        seen.push('byId')
        return deps.storage.accessKeys.byId(...given)
      },
    }
    const storage = { ...deps.storage, accessKeys }
    const project = await deps.projects.byId(kit.projectId)
    assert.ok(project)
    const source = { ip: stranger, userAgent: '', isTrusted: true, address: stranger }
    await assert.rejects(exchangeAccessKey({ ...deps, storage }, { project, key: token, source }), { name: 'InvalidAccessKey' })
    calls.push(seen)
  }
  assert.deepEqual(calls, [['byId'], ['byId'], ['byId']])
})

onEveryDatabase('the token of a key in very many tenants fits into a header, whatever claims it has', async (kit) => {
  const { make, exchange, role } = accessKeyKit(kit)
  await role('a role with a rather long name', ['read'])
  const keyTenants: { readonly tenantId: string; readonly roleNames: readonly string[] }[] = []
  for (let index = 0; index < 90; index++) {
    const tenantId = `a-tenant-with-an-identifier-of-some-length-${index}`
    await kit.manage('/v1/mgmt/tenant/create', { body: { id: tenantId, name: tenantId } })
    keyTenants.push({ tenantId, roleNames: ['a role with a rather long name'] })
  }
  const customClaims = { text: 'x'.repeat(2000) }
  const { cleartext } = await make({ keyTenants, customClaims })
  const { body } = await exchange(cleartext, { loginOptions: { customClaims, selectedTenant: keyTenants[7]?.tenantId } })
  assert.ok(body.sessionJwt.length < 8192, String(body.sessionJwt.length))
  assert.deepEqual(claimsOf(body.sessionJwt).dct, keyTenants[7]?.tenantId)
})
