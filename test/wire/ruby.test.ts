import assert from 'node:assert/strict'
import { type Json, onEveryDatabase } from '../kit.ts'
import { addTestUser, assertTexts, audited, worked } from './answers.ts'

/** What the official Ruby SDK (1.1) sends: older paths and names, booleans as texts, and roles in tenants by the paths of tenants. */

const login = 'ada@example.com'

onEveryDatabase('Ruby: users, with flags as texts and a password in the clear', async (kit) => {
  const facts = {
    ...{ email: login, phone: '+15555550100', roleNames: [], userTenants: [], test: false, invite: false, password: 'plum kettle orbit 7' },
    ...{ verifiedEmail: 'true', verifiedPhone: 'false', name: 'Ada', additionalIdentifiers: ['ada-too'] },
  }
  const { user } = await worked(kit, '/v1/mgmt/user/create', { loginId: login, ...facts })
  assert.deepEqual([user.verifiedEmail, user.verifiedPhone, user.name, user.loginIds], [true, false, 'Ada', [login, 'ada-too']])
  assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId: login, password: facts.password } })).status, 200)
  const batch = await worked(kit, '/v1/mgmt/user/create/batch', {
    users: [{ loginId: 'b', roleNames: [], userTenants: [], invite: false, test: false }],
  })
  assert.equal(batch.createdUsers.length, 1)
  await worked(kit, '/v1/mgmt/user/update/email', { loginId: login, email: 'b@example.com', verified: true })
  assert.equal(
    (await worked(kit, '/v1/mgmt/user/update/customAttribute', { loginId: login, attributeKey: 'a', attributeValue: 'b' })).user
      .customAttributes.a,
    'b',
  )
  const names = { loginId: login, displayName: 'D', givenName: 'G', middleName: 'M', familyName: 'F' }
  assert.equal((await worked(kit, '/v1/mgmt/user/update/name', names)).user.name, 'D')
})

onEveryDatabase('Ruby: the older search, and one login ID', async (kit) => {
  await kit.signUp(login)
  await kit.signUp('bob@example.com')
  const query = {
    ...{ tenantIds: [], roleNames: [], ssoOnly: false, limit: 0, page: 0, testUsersOnly: false, withTestUser: false, ssoAppIds: [] },
  }
  assert.equal((await worked(kit, '/v1/mgmt/user/search', query)).total, 2)
  const found = await worked(kit, '/v1/mgmt/user/search', { ...query, loginId: login })
  assert.deepEqual([found.total, found.users[0].loginIds], [1, [login]])
})

onEveryDatabase('Ruby: roles in tenants by the paths of tenants, roles by the older path', async (kit) => {
  await worked(kit, '/v1/mgmt/tenant/create', { name: 'Acme', id: 'acme' })
  await worked(kit, '/v1/mgmt/role/create', { name: 'Editor', permissionNames: [] })
  await worked(kit, '/v1/mgmt/role/create', { name: 'Author', permissionNames: [], tenantId: 'acme' })
  await worked(kit, '/v1/mgmt/user/create', { loginId: login, roleNames: [], userTenants: [{ tenantId: 'acme', roleNames: [] }] })
  const there = { loginId: login, tenantId: 'acme', roleNames: ['Author'] }
  const added = await worked(kit, '/v1/mgmt/user/update/tenant/add', there)
  assert.deepEqual(added.user.userTenants[0].roleNames, ['Author'])
  const removed = await worked(kit, '/v1/mgmt/user/update/tenant/remove', there)
  assert.deepEqual([removed.user.userTenants[0].tenantId, removed.user.userTenants[0].roleNames], ['acme', []])
  const project = await worked(kit, '/v1/mgmt/user/update/role/add', { loginId: login, roleNames: ['Editor'] })
  assert.deepEqual(project.user.roleNames, ['Editor'])
})

onEveryDatabase('Ruby: tenants by its names, keys, projects', async (kit) => {
  await worked(kit, '/v1/mgmt/tenant/create', { name: 'Acme', id: 'acme', customAttributes: [] })
  const found = await worked(kit, '/v1/mgmt/tenant/search', { ids: ['acme'], names: ['Acme'] })
  assert.equal(found.tenants.length, 1)
  await worked(kit, '/v1/mgmt/accesskey/create', { name: 'ak', roleNames: [], keyTenants: [{ tenantId: 'acme', roleNames: [] }] })
  assert.equal((await worked(kit, '/v1/mgmt/managementkey/search?status=active')).keys.length, 1)
  const cloned = await worked(kit, '/v1/mgmt/project/clone', { name: 'Copy', tag: 'production' })
  assert.equal(cloned.environment, 'production')
  const { files } = await worked(kit, '/v1/mgmt/project/export', {})
  await worked(kit, '/v1/mgmt/project/import', { files })
  const settings = { tenantId: 'acme', minLength: 9, resetAuthMethod: 'magiclink', emailSubject: 'Reset', useEmailBodyPlainText: false }
  await worked(kit, '/v1/mgmt/password/settings', settings)
  assert.equal((await worked(kit, '/v1/mgmt/password/settings?tenantId=acme')).minLength, 9)
})

onEveryDatabase('Ruby: codes and links of test users, and embedded links', async (kit) => {
  await addTestUser(kit, login)
  const by = { loginId: login, deliveryMethod: 'email' }
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/otp', by), 'loginId', 'code')
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/magiclink', { ...by, URI: 'https://app.example' }), 'loginId', 'link')
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/enchantedlink', { loginId: login, URI: null }), 'loginId', 'link', 'pendingRef')
  assertTexts(await worked(kit, '/v1/mgmt/user/signin/embeddedlink', { loginId: login, customClaims: {} }), 'token')
})

onEveryDatabase('Ruby: the audit trail, with its own name for actions that are left out', async (kit) => {
  await audited(kit, { type: 'error', data: {} }, { excludeActions: ['UserCreated'], noTenants: false })
  const { audits } = await worked(kit, '/v1/mgmt/audit/search', { noTenants: false, excludeActions: ['pencil.created'] })
  assert.deepEqual(
    audits.filter(({ action }: Json) => action === 'pencil.created'),
    [],
  )
})
