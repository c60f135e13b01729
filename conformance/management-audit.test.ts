import assert from 'node:assert/strict'
import { goodPassword, onEveryDatabase, refused, type Sdk, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

const managementOf = ({ newSdk, managementKey }: Target): Sdk['management'] => newSdk({ managementKey }).management

check('management.audit.search: what a user did, in the shape of the SDK', async (target) => {
  const { signUp, sdk, projectId } = target
  const { audit } = managementOf(target)
  const { userId, loginId } = await signUp('audit-ada')
  refused(await sdk.password.signIn(loginId, 'a wrong password'), 401, 'E062903')
  succeeded(await sdk.password.signIn(loginId, goodPassword))
  const records = succeeded(await audit.search({ userIds: [userId], actions: ['LoginSucceed', 'LoginFailed'] }))
  assert.deepEqual(
    records.map(({ action }) => action),
    ['LoginSucceed', 'LoginFailed', 'LoginSucceed'],
  )
  for (const record of records) {
    assert.ok(Math.abs(record.occurred - Date.now()) < 60_000, 'a number of milliseconds')
    assert.deepEqual([record.projectId, record.userId, record.loginIds, record.tenants], [projectId, userId, [loginId], []])
    assert.deepEqual([record.remoteAddress, record.method, record.geo, record.device], ['127.0.0.1', 'password', '', 'Unknown'])
    assert.equal(typeof record.data, 'object')
  }
})

check('management.audit.searchAll: every filter that the SDK knows', async (target) => {
  const { signUp } = target
  const { audit, user: users } = managementOf(target)
  const from = Date.now() - 60_000
  const { userId, loginId } = await signUp('audit-bob')
  succeeded(await users.deactivate(loginId))
  const find = async (options: Parameters<typeof audit.searchAll>[0]) => {
    const { audits, total } = succeeded(await audit.searchAll({ loginIds: [loginId], from, ...options }))
    assert.equal(total, audits.length)
    return audits.map(({ action }) => action).toSorted()
  }
  const all = ['LoginSucceed', 'UserCreated', 'UserModified']
  for (const options of [
    {},
    { userIds: [userId], to: Date.now() + 1000 },
    { devices: ['Unknown'] },
    { remoteAddresses: ['127.0.0.1'] },
    { noTenants: true },
    { tenants: ['none'], noTenants: true },
    { text: loginId },
  ]) {
    assert.deepEqual(await find(options), all, JSON.stringify(options))
  }
  assert.deepEqual(await find({ actions: ['UserModified'] }), ['UserModified'])
  assert.deepEqual(await find({ excludedActions: ['UserModified', 'LoginSucceed'] }), ['UserCreated'])
  assert.deepEqual(await find({ methods: ['password'] }), ['LoginSucceed', 'UserCreated'])
  for (const options of [{ userIds: ['U-none'] }, { geos: ['US'] }, { tenants: ['none'] }, { devices: ['Bot'] }, { to: from }]) {
    assert.deepEqual(await find(options), [], JSON.stringify(options))
  }
})

check('management.audit.createEvent', async (target) => {
  const { audit } = managementOf(target)
  const event = { action: 'pencil.created', type: 'info' as const, actorId: 'artist', tenantId: 'T-pencils', data: { color: 'red', n: 1 } }
  succeeded(await audit.createEvent(event))
  const [record] = succeeded(await audit.search({ tenants: ['T-pencils'] }))
  assert.deepEqual([record?.action, record?.tenants, record?.data], ['pencil.created', ['T-pencils'], event.data])
  refused(await audit.createEvent({ ...event, action: 'LoginSucceed' }), 400, 'E011004')
})
