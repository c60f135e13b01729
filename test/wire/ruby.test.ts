import assert from 'node:assert/strict'
import { type Json, onEveryDatabase } from '../kit.ts'
import { addTestUser, answered, assertSession, assertTexts, audited, clickAndPoll, newestTo, tokenIn, worked } from './answers.ts'

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

const phone = '+15555550100'
const redirectUrl = 'http://localhost:3000/in'
const loginOptions = { stepup: false, mfa: false, customClaims: {}, ssoAppId: null }

onEveryDatabase('Ruby: magic links, with a redirectUrl, and phone updates without a method', async (kit) => {
  const verified = async (to: string, channel?: string) =>
    answered(kit, 'magiclink/verify', { token: tokenIn((await newestTo(kit, to, channel)).link) })
  const signUp = { loginId: login, redirectUrl, user: { name: 'Ada', email: login }, email: login }
  assertTexts(await answered(kit, 'magiclink/signup/email', signUp), 'maskedEmail')
  assert.ok((await newestTo(kit, login)).link?.startsWith(`${redirectUrl}?t=`))
  assert.equal(assertSession(await verified(login)).name, 'Ada')
  assertTexts(
    await answered(kit, 'magiclink/signup/email', { loginId: 'b@example.com', redirectUrl: null, user: {}, email: '' }),
    'maskedEmail',
  )
  assert.equal(assertSession(await verified('b@example.com')).email, 'b@example.com')
  assertTexts(await answered(kit, 'magiclink/signin/email', { loginId: login, redirectUrl, loginOptions }), 'maskedEmail')
  const { refreshJwt } = await verified(login)
  const update = { loginId: login, phone, addToLoginIDs: null, onMergeUseExisting: null }
  assertTexts(await answered(kit, 'magiclink/update/phone', update, refreshJwt), 'maskedPhone')
  assert.equal(assertSession(await verified(phone, 'sms')).phone, phone)
})

onEveryDatabase('Ruby: codes, with empty texts and underscores', async (kit) => {
  await worked(kit, '/v1/mgmt/user/create', { loginId: login })
  const signUp = { loginId: phone, user: { name: 'Bob', phone }, phone, email: '', provider_id: 'sms', template_id: 'none' }
  assertTexts(await answered(kit, 'otp/signup/sms', signUp), 'maskedPhone')
  const { code } = await newestTo(kit, phone, 'sms')
  assert.equal(assertSession(await answered(kit, 'otp/verify/sms', { loginId: phone, code })).name, 'Bob')
  assertTexts(await answered(kit, 'otp/signup-in/email', { loginId: login, loginOptions, ssoAppId: 'app' }), 'maskedEmail')
  const session = await answered(kit, 'otp/verify/email', { loginId: login, code: (await newestTo(kit, login)).code })
  const update = { loginId: login, phone: '+15555550199', addToLoginIDs: false, onMergeUseExisting: false }
  assertTexts(await answered(kit, 'otp/update/phone/sms', update, session.refreshJwt), 'maskedPhone')
})

onEveryDatabase('Ruby: the template of a sign-up by code, named by template_id', async (kit) => {
  const versions = { en: { body: 'Ours: {{ code }}' } }
  const template = { kind: 'otp.signUp', channel: 'sms', name: 'Ours', public: true, versions }
  const made = await worked(kit, '/v1/mgmt/message/template/create', template)
  await answered(kit, 'otp/signup/sms', { loginId: phone, user: { phone }, phone, template_id: made.template.id })
  assert.match((await newestTo(kit, phone, 'sms')).text, /^Ours: \d{6}$/)
})

onEveryDatabase('Ruby: enchanted links', async (kit) => {
  const signUp = { loginId: login, redirectUrl, user: { email: login }, email: login }
  for (const [path, body] of [
    ['signup', signUp],
    ['signin', { loginId: login, redirectUrl, loginOptions: {} }],
    ['signup-in', { loginId: login, redirectUrl: null, loginOptions: {} }],
  ] as const) {
    const started = await answered(kit, `enchantedlink/${path}/email`, body)
    assertTexts(started, 'linkId', 'pendingRef', 'maskedEmail')
    assert.equal((await clickAndPoll(kit, started)).email, login)
  }
})
