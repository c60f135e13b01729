import assert from 'node:assert/strict'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { tenant } from '../../../test/storage-contract/records.ts'
import { newManagementKey, Rights } from '../../core/management-keys.ts'

const path = '/v1/mgmt/password/settings'
const told = ({ status, body }: Answer) => [status, body.errorCode]
const set = (kit: Kit, body: object) => kit.manage(path, { body })
const get = async (kit: Kit, tenantId?: string): Promise<Json> =>
  (await kit.manage(tenantId === undefined ? path : `${path}?tenantId=${tenantId}`)).body

async function withTenants(kit: Kit): Promise<void> {
  for (const id of ['T1', 'T2']) await kit.auth.deps.storage.tenants.insert(tenant(kit.projectId, id))
}

/** Every field of the contract, each with another value than by default. */
const whole = {
  ...{ enabled: true, minLength: 10, lowercase: true, uppercase: true, number: true, nonAlphanumeric: true, anyLetter: true },
  ...{ disallowedCharacters: '<>', disallowEmailMatch: true, enablePasswordStrength: true, passwordStrengthScore: 3 },
  ...{ expiration: true, expirationWeeks: 4, reuse: true, reuseAmount: 6, lock: true, lockAttempts: 7 },
  ...{ tempLock: true, tempLockAttempts: 4, tempLockDuration: 30, maskError: false },
}

onEveryDatabase('what was written comes back equal, of the project and of a tenant, each for itself', async (kit) => {
  await withTenants(kit)
  const initial = await get(kit)
  assert.partialDeepStrictEqual(initial, { enabled: true, minLength: 8, nonAlphanumeric: false, nonAlphaNumeric: false, maskError: true })
  for (const tenantId of ['', 'T1']) {
    assert.deepEqual(await get(kit, tenantId), { ...initial, tenantId })
    assert.deepEqual((await set(kit, { ...whole, tenantId })).body, {})
    assert.deepEqual(await get(kit, tenantId), { ...initial, ...whole, nonAlphaNumeric: true, tenantId })
    await set(kit, { ...initial, tenantId: '' })
  }
  assert.deepEqual(await get(kit), initial)
  assert.deepEqual(await get(kit, 'T2'), { ...initial, tenantId: 'T2' })
  await set(kit, { minLength: 20, tenantId: 'T1' })
  assert.deepEqual([(await get(kit)).minLength, (await get(kit, 'T1')).minLength], [8, 20])
})

/** What each client sends that changes nothing but the shortest password. */
const clients = {
  nothing: {},
  Ruby: { ...{ resetAuthMethod: 'magiclink', emailServiceProvider: 'x', emailSubject: 's', emailBody: 'b' }, useEmailBodyPlainText: true },
  'Go, with its zero values': {
    ...{ enabled: true, lowercase: true, uppercase: true, number: true, nonAlphanumeric: true, expiration: true, reuse: true, lock: true },
    ...{ expirationWeeks: 0, reuseAmount: 0, lockAttempts: 0 },
  },
  Node: {
    ...{ enabled: true, lowercase: true, uppercase: true, number: true, nonAlphaNumeric: true },
    expirationWeeks: 4,
    lockAttempts: 7,
  },
  Java: { enabled: null, lowercase: null },
}

for (const tenantId of ['', 'T1']) {
  onEveryDatabase(`a client that knows fewer fields clears none${tenantId ? ' of a tenant' : ''}`, async (kit) => {
    await withTenants(kit)
    await set(kit, { ...whole, tenantId })
    for (const [client, body] of Object.entries(clients)) {
      const before = await get(kit, tenantId)
      assert.equal((await set(kit, { tenantId, ...body, minLength: before.minLength + 1 })).status, 200, client)
      assert.deepEqual(await get(kit, tenantId), { ...before, minLength: before.minLength + 1 }, client)
    }
  })

  onEveryDatabase(`of two names of a field the one that says something new counts${tenantId ? ' for a tenant' : ''}`, async (kit) => {
    await withTenants(kit)
    for (const name of ['nonAlphanumeric', 'nonAlphaNumeric']) {
      for (const value of [true, false]) {
        await set(kit, { ...(await get(kit, tenantId)), [name]: value })
        assert.equal((await get(kit, tenantId)).nonAlphanumeric, value, `${name} ${value}`)
      }
    }
  })
}

onEveryDatabase('settings out of their range are refused with every problem, and nothing is changed', async (kit) => {
  await withTenants(kit)
  for (const tenantId of ['', 'T1']) {
    const before = await get(kit, tenantId)
    const answer = await set(kit, { tenantId, minLength: 3, expirationWeeks: 1000, passwordStrengthScore: 5, number: true })
    assert.deepEqual(told(answer), [400, 'E011004'])
    for (const field of ['minLength', 'expirationWeeks', 'passwordStrengthScore']) assert.match(answer.body.errorMessage, new RegExp(field))
    for (const body of [{ minLength: '8' }, { number: 'yes' }, { minLength: 8.5 }, { minLength: -1 }]) {
      assert.deepEqual(told(await set(kit, { tenantId, ...body })), [400, 'E011003'], JSON.stringify(body))
    }
    assert.deepEqual(await get(kit, tenantId), before)
  }
  assert.deepEqual(told(await set(kit, { tenantId: 'none' })), [404, 'E111401'])
  assert.deepEqual(told(await kit.manage(`${path}?tenantId=none`)), [404, 'E111401'])
})

onEveryDatabase('every change is in the audit trail, with the fields and the tenant', async (kit) => {
  await withTenants(kit)
  await set(kit, { minLength: 9 })
  kit.clock.advance(1)
  await set(kit, { minLength: 10, number: true, tenantId: 'T1' })
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { types: ['settings.change'], limit: 5 })
  assert.deepEqual(
    events.map(({ actorKind, data }) => [actorKind, data]),
    [
      ['managementKey', { tenantId: 'T1', fields: ['password.minLength', 'password.number'] }],
      ['managementKey', { fields: ['password.minLength'] }],
    ],
  )
})

onEveryDatabase('changes of different fields at the same time all hold', async (kit) => {
  await withTenants(kit)
  for (const tenantId of ['', 'T1']) {
    await Promise.all([
      set(kit, { tenantId, minLength: 11 }),
      set(kit, { tenantId, number: true }),
      set(kit, { tenantId, disallowedCharacters: '#' }),
    ])
    const { minLength, number, disallowedCharacters } = await get(kit, tenantId)
    assert.deepEqual([minLength, number, disallowedCharacters], [11, true, '#'])
  }
})

onEveryDatabase('a key that is limited to tenants reads and changes their settings and no others', async (kit) => {
  await withTenants(kit)
  const made = newManagementKey(kit.auth.deps, { projectId: kit.projectId, name: 'one', rights: Rights.parse({ tenantIds: ['T1'] }) })
  await kit.auth.deps.storage.managementKeys.insert(made.record)
  for (const [tenantId, status] of [
    ['', 403],
    ['T2', 403],
    ['T1', 200],
  ] as const) {
    assert.equal((await kit.call(`${path}?tenantId=${tenantId}`, { token: made.key })).status, status)
    assert.equal((await kit.call(path, { token: made.key, body: { tenantId, minLength: 12 } })).status, status)
  }
})

onEveryDatabase('MG-05: without the right to projects a key changes settings of tenants only', async (kit) => {
  await withTenants(kit)
  const made = newManagementKey(kit.auth.deps, { projectId: kit.projectId, name: 'narrow', rights: Rights.parse({ denied: ['projects'] }) })
  await kit.auth.deps.storage.managementKeys.insert(made.record)
  const change = (tenantId: string) => kit.call(path, { token: made.key, body: { tenantId, minLength: 12 } })
  assert.deepEqual(told(await change('')), [403, 'E111120'])
  assert.equal((await change('T1')).status, 200)
  assert.equal((await kit.call(path, { token: made.key })).status, 200)
})

const loginId = 'ada@example.com'
const longPassword = 'another good passphrase 2'

/** A user of a tenant that asks for twenty characters. */
async function member(kit: Kit): Promise<Json> {
  await withTenants(kit)
  await set(kit, { tenantId: 'T1', minLength: 20 })
  const answer = await kit.signUp(loginId, 'short but 1')
  await kit.auth.deps.storage.grants.join(kit.projectId, answer.user.userId, 'T1')
  return answer
}

onEveryDatabase('the rules of a tenant hold wherever one of its users gets a password', async (kit) => {
  const { refreshJwt } = await member(kit)
  const tooShort = 'too short for it'
  const ways = {
    update: (newPassword: string) => kit.call('/v1/auth/password/update', { token: refreshJwt, body: { loginId, newPassword } }),
    replace: (newPassword: string) => kit.call('/v1/auth/password/replace', { body: { loginId, oldPassword: 'short but 1', newPassword } }),
    set: (password: string) => kit.manage('/v1/mgmt/user/password/set/active', { body: { loginId, password } }),
  }
  for (const [name, way] of Object.entries(ways)) {
    const answer = await way(tooShort)
    assert.deepEqual(told(answer), [400, 'E062904'], name)
    assert.deepEqual(answer.body.brokenRules[0].required, 20)
  }
  await kit.call('/v1/auth/password/reset', { body: { loginId } })
  const token = await kit.linkToken(loginId, 'password.reset')
  const form = (password: string) =>
    kit.auth.handler(
      new Request(`http://127.0.0.1:8787/reset/${kit.projectId}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ t: token, password }),
      }),
      { remoteAddress: '127.0.0.1' },
    )
  assert.match(await (await form(tooShort)).text(), /at least 20 characters/)
  assert.equal((await ways.update(longPassword)).status, 200)
  const { storage } = kit.auth.deps
  const [user] = (await storage.users.list(kit.projectId, { limit: 1 })).items
  await storage.grants.join(kit.projectId, user?.user.id ?? '', 'T2')
  assert.equal((await ways.set(tooShort)).status, 200, 'in two tenants the rules of the project hold')
})

onEveryDatabase('in a tenant whose passwords expire, sign-in asks for another; elsewhere it does not', async (kit) => {
  await member(kit)
  await kit.signUp('bob@example.com')
  await set(kit, { tenantId: 'T1', expiration: true, expirationWeeks: 1 })
  kit.clock.advance(8 * 86_400)
  const signIn = (who: string, password: string) => kit.call('/v1/auth/password/signin', { body: { loginId: who, password } })
  assert.deepEqual(told(await signIn(loginId, 'short but 1')), [401, 'E062909'])
  assert.equal((await signIn('bob@example.com', goodPassword)).status, 200)
})

onEveryDatabase('EN-01: where a tenant has no passwords, that is told after the right one only', async (kit) => {
  const { refreshJwt } = await member(kit)
  await set(kit, { tenantId: 'T1', enabled: false })
  const signIn = (password: string) => kit.call('/v1/auth/password/signin', { body: { loginId, password } })
  assert.deepEqual(told(await signIn('wrong')), [401, 'E062903'])
  assert.deepEqual(told(await signIn('short but 1')), [403, 'E062907'])
  const update = await kit.call('/v1/auth/password/update', { token: refreshJwt, body: { loginId, newPassword: longPassword } })
  assert.deepEqual(told(update), [403, 'E062907'])
  const before = (await kit.mails()).length
  const reset = await kit.call('/v1/auth/password/reset', { body: { loginId } })
  assert.deepEqual([reset.status, (await kit.mails()).length], [200, before], 'no link is sent, and the answer does not tell')
})
