import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { deviceOf } from '../../core/devices.ts'
import { actionOf, eventsNamed, isReserved } from './actions.ts'
import { methodOf } from './methods.ts'

const searchPath = '/v1/mgmt/audit/search'
const eventPath = '/v1/mgmt/audit/event'

async function search(kit: Kit, body: object = {}): Promise<{ readonly audits: readonly Json[]; readonly total: number }> {
  const answer = await kit.manage(searchPath, { body })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const actions = async (kit: Kit, body: object = {}) => (await search(kit, body)).audits.map((audit) => audit.action)

/** Ada signs up, fails to sign in, and gets a status; an application writes an event about a tenant. A minute lies between. */
async function makeHistory(kit: Kit): Promise<{ readonly userId: string; readonly keyId: string; readonly start: number }> {
  // How the project came to be is too long ago for a search that names no time.
  kit.clock.advance(31 * 86_400)
  const start = kit.clock.nowMilliseconds()
  const { user } = await kit.signUp('ada@example.com', goodPassword, { isVerified: false })
  kit.clock.advance(60)
  await kit.call('/v1/auth/password/signin', {
    body: { loginId: 'ada@example.com', password: 'wrong horse 1' },
    headers: { 'user-agent': 'Mozilla/5.0 (iPhone) Mobile' },
  })
  kit.clock.advance(60)
  const body = { loginId: 'ada@example.com', status: 'enabled' }
  assert.equal((await kit.manage('/v1/mgmt/user/update/status', { body })).status, 200)
  kit.clock.advance(60)
  const event = { action: 'pencil.created', type: 'error', actorId: 'mallory', tenantId: 'T1', data: { color: 'Red', userId: user.userId } }
  const answer = await kit.manage(eventPath, { body: event })
  assert.deepEqual([answer.status, answer.body], [200, {}])
  return { userId: user.userId, keyId: kit.managementKey.split('.')[0] ?? '', start }
}

onEveryDatabase('audit: events in the shape that clients read, newest first', async (kit) => {
  const { userId, keyId } = await makeHistory(kit)
  const { audits, total } = await search(kit)
  const names = audits.map((audit) => audit.action)
  assert.deepEqual(names.slice(0, 3), ['pencil.created', 'UserModified', 'LoginFailed'])
  assert.deepEqual(names.slice(3).toSorted(), ['LoginSucceed', 'UserCreated'])
  assert.equal(total, 5)
  const [own, modified, failed] = audits
  const { ID, ...rest } = own
  assert.match(ID, /^E/)
  assert.deepEqual(rest, {
    ...{ projectId: kit.projectId, userId: '', action: 'pencil.created', occurred: String(kit.clock.nowMilliseconds()) },
    ...{ device: 'Unknown', method: '', geo: '', remoteAddress: '127.0.0.1', externalIds: [], tenants: ['T1'] },
    ...{ data: { color: 'Red', userId }, type: 'error', actorId: keyId, actorKind: 'managementKey' },
    ...{ event: 'audit.event:pencil.created', claimedActorId: 'mallory' },
  })
  assert.deepEqual([modified.actorId, modified.userId, modified.externalIds, modified.type], [keyId, userId, ['ada@example.com'], 'info'])
  assert.deepEqual(modified.data, { status: 'enabled', outcome: 'success' })
  assert.deepEqual([failed.device, failed.method, failed.type, failed.event], ['Mobile', 'password', 'warn', 'password.signIn'])
})

onEveryDatabase('audit: every filter that clients send', async (kit) => {
  const { userId, keyId, start } = await makeHistory(kit)
  const both = ['LoginSucceed', 'UserCreated']
  const cases: readonly (readonly [body: object, expected: readonly string[]])[] = [
    [{ userIds: [userId] }, ['LoginFailed', 'LoginSucceed', 'UserCreated', 'UserModified']],
    [{ externalIds: ['ADA@example.com'], actions: ['LoginSucceed', 'pencil.created'] }, ['LoginSucceed']],
    [{ loginIds: ['nobody'] }, []],
    [{ excludedExternalIds: ['ada@example.com'] }, ['pencil.created']],
    [{ actorIds: [keyId] }, ['UserModified', 'pencil.created']],
    [{ actions: ['LoginFailed', 'user.status', 'session.logout'] }, ['LoginFailed', 'UserModified']],
    [{ excludedActions: ['UserModified', 'pencil.created'] }, ['LoginFailed', ...both]],
    [{ excludeActions: ['LoginFailed', 'LoginSucceed', 'UserCreated'] }, ['UserModified', 'pencil.created']],
    [{ devices: ['mobile'] }, ['LoginFailed']],
    [{ methods: ['PASSWORD', 'otp'] }, ['LoginFailed', ...both]],
    [{ geos: ['US'] }, []],
    [{ remoteAddresses: ['127.0.0.1'], actions: ['pencil.created'] }, ['pencil.created']],
    [{ remoteAddresses: ['192.0.2.1'] }, []],
    [{ tenants: ['T1'] }, ['pencil.created']],
    [{ tenants: ['T2'], noTenants: true }, ['LoginFailed', ...both, 'UserModified']],
    [{ text: '"RED"' }, ['pencil.created']],
    [{ text: 'loginfa' }, ['LoginFailed']],
    [{ text: 'ada@example.com', actions: ['UserCreated'] }, ['UserCreated']],
    [{ from: start, to: String(start) }, both],
    [{ from: start + 60_000.5, to: start + 120_000, text: '' }, ['LoginFailed', 'UserModified']],
    [
      { from: -62_135_596_800_000, to: -62_135_596_800_000, userIds: [], actions: null, noTenants: false },
      ['LoginFailed', ...both, 'UserModified', 'pencil.created'],
    ],
    [{ from: start - 40 * 86_400_000, to: start - 1 }, ['project.create']],
    [{ searchFields: [], levels: [], limit: 0, page: 0 }, ['LoginFailed', ...both, 'UserModified', 'pencil.created']],
  ]
  for (const [body, expected] of cases) assert.deepEqual((await actions(kit, body)).toSorted(), expected, JSON.stringify(body))
  const oldest = await search(kit, { oldestFirst: true, size: 2, page: 1 })
  assert.deepEqual([oldest.audits.map((audit) => audit.action), oldest.total], [['LoginFailed', 'UserModified'], 5])
})

onEveryDatabase('MG-07: pages, times and lists are bounded, and no filter is dropped', async (kit) => {
  const now = kit.clock.nowMilliseconds()
  const bodies: readonly object[] = [
    { limit: 201 },
    { size: 1e9 },
    { page: -1 },
    { page: 51 },
    { from: now - 367 * 86_400_000 },
    { from: 'yesterday' },
    { actions: Array.from({ length: 201 }, () => 'a') },
    { text: 'a\u0000' },
    { searchFields: [{ field: 'action' }] },
    { loginIdsContain: ['a'] },
    { levels: ['warn'] },
  ]
  for (const body of bodies) {
    const answer = await kit.manage(searchPath, { body })
    assert.deepEqual([answer.status, answer.body.errorCode], [400, 'E011003'], JSON.stringify(body))
  }
})

onEveryDatabase('MG-03: an application writes events of its own, and none that passes for ours', async (kit) => {
  const event = { action: 'a', type: 'info', actorId: 'a', tenantId: 'T' }
  for (const action of ['LoginSucceed', 'UserDeleted', 'session.start', 'password.signIn', 'otp.verify']) {
    const answer = await kit.manage(eventPath, { body: { ...event, action } })
    assert.deepEqual([answer.status, answer.body.errorCode], [400, 'E011004'], action)
  }
  for (const body of [
    { ...event, action: '' },
    { ...event, type: 'fatal' },
    { ...event, action: 'a\nb' },
    { ...event, data: { a: 'x'.repeat(2100) } },
    { ...event, userId: 'x'.repeat(65) },
    { type: 'info' },
  ]) {
    assert.equal((await kit.manage(eventPath, { body })).status, 400, JSON.stringify(body).slice(0, 80))
  }
  const { user, refreshJwt } = await kit.signUp('ada@example.com')
  await kit.manage(eventPath, { body: { ...event, action: 'session.started', userId: user.userId, actorId: user.userId } })
  const { audits } = await search(kit, { userIds: [user.userId], actions: ['session.started'] })
  assert.deepEqual([audits[0].actorKind, audits[0].actorId], ['managementKey', kit.managementKey.split('.')[0]])
  assert.equal((await kit.call('/v1/auth/me/history', { token: refreshJwt })).body.length, 1)
})

onEveryDatabase('audit: what test users do is not kept, what is done to them and what failed is', async (kit) => {
  await kit.manage('/v1/mgmt/user/create', { body: { loginId: 'test@example.com', test: true, password: goodPassword } })
  const body = { loginId: 'test@example.com', password: goodPassword }
  assert.equal((await kit.call('/v1/auth/password/signin', { body })).status, 200)
  assert.equal((await kit.call('/v1/auth/password/signin', { body: { ...body, password: 'wrong' } })).status, 401)
  const types = (await search(kit)).audits.map((audit) => audit.event)
  assert.ok(types.includes('user.create'))
  assert.deepEqual([types.includes('session.start'), types.includes('password.signIn')], [false, true])
})

for (const [userAgent, device] of [
  ['', 'Unknown'],
  ['node', 'Unknown'],
  ['Mozilla/5.0 (X11; Linux x86_64)', 'Desktop'],
  ['Mozilla/5.0 (Linux; Android 14; Pixel) Mobile Safari', 'Mobile'],
  ['Mozilla/5.0 (iPad; CPU OS 17) Mobile', 'Tablet'],
  ['Mozilla/5.0 (compatible; GOOGLEBOT/2.1; Android) Mobile', 'Bot'],
] as const) {
  test(`device of "${userAgent}"`, () => assert.equal(deviceOf(userAgent), device))
}

for (const [type, data, method] of [
  ['session.start', { amr: 'pwd mfa' }, 'password'],
  ['session.start', { amr: 'sms' }, 'otp'],
  ['session.start', { amr: '' }, ''],
  ['session.logout', { amr: 'pwd' }, ''],
  ['password.update', {}, 'password'],
  ['jwt.impersonate', {}, 'Impersonate'],
] as const) {
  test(`method of ${type} with ${JSON.stringify(data)}`, () => assert.equal(methodOf({ type, data }), method))
}

test("actions: the contract's name where there is one, by outcome; and back", () => {
  assert.equal(actionOf({ type: 'otp.verify', outcome: 'failure' }), 'LoginFailed')
  assert.equal(actionOf({ type: 'otp.verify', outcome: 'success' }), 'otp.verify')
  assert.equal(actionOf({ type: 'audit.event:LoginSucceed', outcome: 'success' }), 'LoginSucceed')
  assert.deepEqual(eventsNamed('UserDeleted'), [{ type: 'user.delete' }, { type: 'UserDeleted' }, { type: 'audit.event:UserDeleted' }])
  assert.equal(actionOf({ type: 'jwt.impersonate', outcome: 'success' }), 'LoginSucceed', 'with Impersonate as its method')
  assert.deepEqual([isReserved('LoginSucceed'), isReserved('session.start'), isReserved('pencil.created')], [true, true, false])
})
