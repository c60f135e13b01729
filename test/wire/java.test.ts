import assert from 'node:assert/strict'
import { onEveryDatabase } from '../kit.ts'
import {
  addTestUser,
  answered,
  assertInt32,
  assertSession,
  assertTexts,
  audited,
  clickAndPoll,
  newestTo,
  tokenIn,
  worked,
} from './answers.ts'

/** What the official Java SDK (1.4) sends and how it reads the answers: `null` for every field that is not set, `Integer` times, and a body in every answer. */

const login = 'ada@example.com'
const nothing = {
  ...{ givenName: null, middleName: null, familyName: null, roleNames: null, userTenants: null, picture: null },
  ...{ customAttributes: null, additionalIdentifiers: null, ssoAppIDs: null },
}

onEveryDatabase('Java: the full cycle of a user', async (kit) => {
  const phone = '+1-555-555-5555'
  const facts = { ...nothing, email: login, verifiedEmail: true, phone, verifiedPhone: true, displayName: 'Testing Test' }
  const { user } = await worked(kit, '/v1/mgmt/user/create', {
    loginId: 'u-1',
    ...facts,
    test: false,
    additionalIdentifiers: ['u-2', 'u-3'],
  })
  assert.deepEqual([user.loginIds, user.phone, user.status], [['u-1', 'u-2', 'u-3'], '+15555555555', 'invited'])
  assertInt32(user.createdTime)
  assert.equal((await worked(kit, '/v1/mgmt/user/update/status', { loginId: 'u-1', status: 'disabled' })).user.status, 'disabled')
  await worked(kit, '/v1/mgmt/user/update/status', { loginId: 'u-1', status: 'enabled' })
  assert.equal((await worked(kit, '/v1/mgmt/user/update', { loginId: 'u-1', ...facts, displayName: 'New' })).user.name, 'New')
  await worked(kit, '/v1/mgmt/user/update/email', { loginId: 'u-1', email: 'b@example.com', verified: true, failOnConflict: null })
  await worked(kit, '/v1/mgmt/user/update/phone', { loginId: 'u-1', phone: '+1-555-555-6666', verified: true })
  await worked(kit, '/v1/mgmt/user/update/loginid', { loginId: 'u-1', newLoginId: 'u-9' })
  assert.equal((await worked(kit, '/v1/mgmt/user?loginId=u-9')).user.phone, '+15555556666')
  await worked(kit, '/v1/mgmt/user/patch', { loginId: 'u-9', familyName: 'hurray', ssoAppIDs: [] }, 'PATCH')
  await worked(kit, '/v1/mgmt/user/logout', { loginId: 'u-9', sessionTypes: [] })
  assert.deepEqual(await worked(kit, '/v1/mgmt/user/passkeys/list', { loginId: 'u-9' }), { passkeys: [] })
  await worked(kit, '/v1/mgmt/user/delete', { userId: user.userId })
})

onEveryDatabase('Java: test users are made by the ordinary call, and deleted without a body', async (kit) => {
  const { user } = await worked(kit, '/v1/mgmt/user/create', { loginId: 'u-test', invite: false, ...nothing, test: true })
  assert.equal(user.test, true)
  const answer = await kit.manage('/v1/mgmt/user/test/delete/all', { method: 'DELETE', headers: { 'content-type': 'application/json' } })
  assert.deepEqual([answer.status, answer.body], [200, {}])
  assert.equal((await worked(kit, '/v2/mgmt/user/search', { withTestUser: true })).total, 0)
})

onEveryDatabase('Java: an empty search, and one by time', async (kit) => {
  const { user } = await kit.signUp(login)
  const query = {
    ...{ tenantIds: null, roles: null, roleNames: null, limit: 0, page: 0, withTestUser: null, testUsersOnly: null, text: null },
    ...{ customAttributes: null, statuses: null, emails: null, phones: null, loginIds: null, userIds: null, ssoAppIds: null, sort: null },
    ...{ fromCreatedTime: null, toCreatedTime: null, fromModifiedTime: null, toModifiedTime: null },
    ...{ tenantRoleIds: null, tenantRoleNames: null },
  }
  const now = kit.clock.nowMilliseconds()
  for (const more of [{}, { fromCreatedTime: now - 300_000, text: 'ada' }, { statuses: ['enabled'] }]) {
    const found = await worked(kit, '/v2/mgmt/user/search', { ...query, ...more })
    assert.deepEqual([found.total, found.users[0].userId], [1, user.userId])
  }
  assertInt32((await worked(kit, '/v1/mgmt/user/history', [user.userId]))[0].loginTime)
})

onEveryDatabase('Java: batches, tenants, keys, settings', async (kit) => {
  const one = { loginId: 'b-1', password: null, hashedPassword: null, email: null, phone: null, displayName: null, ...nothing, test: false }
  const batch = await worked(kit, '/v1/mgmt/user/create/batch', { users: [one], invite: false })
  assert.deepEqual(batch.createdUsers[0].loginIds, ['b-1'])
  const tenant = { id: null, name: 'Acme', selfProvisioningDomains: null, customAttributes: null }
  const { id } = await worked(kit, '/v1/mgmt/tenant/create', tenant)
  await worked(kit, '/v1/mgmt/tenant/settings', { tenantId: id, enabled: true, sessionTokenExpiration: 20 })
  assert.equal((await worked(kit, `/v1/mgmt/tenant/settings?id=${id}`)).sessionTokenExpiration, 20)
  const made = await worked(kit, '/v1/mgmt/accesskey/create', {
    name: 'ak',
    expireTime: 0,
    roleNames: null,
    keyTenants: null,
    userId: null,
  })
  assert.ok(made.key.createdBy && made.cleartext)
  const permission = { id: null, name: 'Write', description: null, systemDefault: null }
  await worked(kit, '/v1/mgmt/permission/create/batch', { permissions: [permission] })
  await worked(kit, '/v1/mgmt/permission/delete/batch', { names: ['Write'], ids: null })
  await worked(kit, '/v1/mgmt/password/settings', { minLength: 9 })
  assertInt32((await worked(kit, '/v1/mgmt/password/settings')).minLength)
})

onEveryDatabase('Java: tokens of a back end, with false for what is not set', async (kit) => {
  const user = { name: 'Ada', email: login, phone: null, givenName: null, middleName: null, familyName: null }
  const signUp = { loginId: login, user, emailVerified: true, phoneVerified: false, ssoAppId: null, customClaims: null }
  const signIn = {
    loginId: login,
    stepup: false,
    mfa: false,
    revokeOtherSessions: false,
    revokeOtherSessionsTypes: null,
    customClaims: null,
    jwt: null,
  }
  for (const answer of [
    await worked(kit, '/v1/mgmt/auth/signup', signUp),
    await worked(kit, '/v1/mgmt/auth/signup-in', signUp),
    await worked(kit, '/v1/mgmt/auth/signin', signIn),
    await worked(kit, '/v1/mgmt/auth/anonymous', { customClaims: null, selectedTenant: null, refreshDuration: 0 }),
  ]) {
    assert.ok(answer.sessionJwt && answer.refreshJwt, 'both tokens, neither blank')
  }
})

onEveryDatabase('Java: a cloned project says by its older name that it is a production one', async (kit) => {
  const cloned = await worked(kit, '/v1/mgmt/project/clone', { name: 'Copy', tag: 'production' })
  assert.deepEqual([cloned.projectName, cloned.tag, cloned.environment], ['Copy', 'production', 'production'])
})

onEveryDatabase('Java: codes and links of test users, and embedded links', async (kit) => {
  await addTestUser(kit, login)
  const by = { loginId: login, deliveryMethod: 'email' }
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/otp', by), 'loginId', 'code')
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/magiclink', { ...by, URI: null }), 'loginId', 'link')
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/enchantedlink', { loginId: login, URI: '' }), 'loginId', 'link', 'pendingRef')
  assertTexts(await worked(kit, '/v1/mgmt/user/signin/embeddedlink', { loginId: login, customClaims: null }), 'token')
  const loginOptions = { stepup: false, mfa: false, revokeOtherSessions: false, customClaims: null, templateId: null, locale: null }
  const user = { name: 'Bea', email: null, phone: null, givenName: null, middleName: null, familyName: null }
  const signUp = { loginId: 'b@example.com', user, emailVerified: true, phoneVerified: false, loginOptions, timeout: 0 }
  assertTexts(await worked(kit, '/v1/mgmt/user/signup/embeddedlink', signUp), 'token')
})

onEveryDatabase('Java: the audit trail, with times of 0 for none', async (kit) => {
  const none = { userIds: null, actions: null, excludedActions: null, devices: null, methods: null, geos: null, remoteAddresses: null }
  const search = { ...none, from: 0, to: 0, externalIds: null, actorIds: null, tenants: null, noTenants: false, text: null }
  const record = await audited(kit, { userId: null, type: 'warn', data: { color: 'red' } }, search)
  assert.deepEqual([record.data, record.type], [{ color: 'red' }, 'warn'])
  assertTexts(record, 'projectId', 'action', 'device', 'remoteAddress', 'actorId')
})

const phone = '+15555550100'
const noUser = { name: null, email: null, phone: null, givenName: null, middleName: null, familyName: null }
const noOptions = {
  ...{ stepup: false, mfa: false, customClaims: null, templateOptions: null, templateId: null, locale: null },
  ...{ revokeOtherSessions: false, revokeOtherSessionsTypes: null, jwt: null },
}
const noUpdate = { crossDevice: false, addToLoginIDs: false, onMergeUseExisting: false, providerId: null, templateId: null }

onEveryDatabase('Java: magic links, with null for every field that is not set', async (kit) => {
  const verified = async (to: string, channel?: string) =>
    answered(kit, 'magiclink/verify', { token: tokenIn((await newestTo(kit, to, channel)).link) })
  const signUp = { email: login, phone: null, loginId: login, user: { ...noUser, email: login }, URI: null, loginOptions: null }
  assertTexts(await answered(kit, 'magiclink/signup/email', signUp), 'maskedEmail')
  assert.deepEqual(assertSession(await verified(login)).loginIds, [login])
  assertTexts(await answered(kit, 'magiclink/signin/email', { URI: '', loginId: login, loginOptions: noOptions }), 'maskedEmail')
  const { refreshJwt } = await verified(login)
  assertTexts(await answered(kit, 'magiclink/signup-in/sms', { URI: null, loginId: phone, loginOptions: null }), 'maskedPhone')
  assert.equal(assertSession(await verified(phone, 'sms')).phone, phone)
  const update = { ...noUpdate, phone: '+15555550199', loginId: login, URI: null }
  assertTexts(await answered(kit, 'magiclink/update/phone/sms', update, refreshJwt), 'maskedPhone')
  assert.equal(assertSession(await verified('+15555550199', 'sms')).verifiedPhone, true)
})

onEveryDatabase('Java: codes, with its own spelling of whatsApp', async (kit) => {
  const signUp = { whatsApp: phone, phone: null, email: null, loginId: login, user: { ...noUser, name: 'Ada' }, loginOptions: null }
  assertTexts(await answered(kit, 'otp/signup/whatsapp', signUp), 'maskedPhone')
  const { code } = await newestTo(kit, phone, 'whatsapp')
  const session = await answered(kit, 'otp/verify/whatsapp', { loginId: login, code })
  assert.deepEqual([assertSession(session).phone, session.user.name], [phone, 'Ada'])
  assert.deepEqual(await answered(kit, 'otp/signin/voice', { loginId: login, loginOptions: noOptions }), { maskedPhone: '' })
  const update = { ...noUpdate, email: 'new@example.com', loginId: login, addToLoginIDs: true, templateOptions: null }
  assertTexts(await answered(kit, 'otp/update/email', update, session.refreshJwt), 'maskedEmail')
  const { code: proof } = await newestTo(kit, 'new@example.com')
  const proven = await answered(kit, 'otp/verify/email', { loginId: login, code: proof })
  assert.deepEqual(assertSession(proven).loginIds, [login, 'new@example.com'])
})

onEveryDatabase('Java: enchanted links', async (kit) => {
  const signUp = { email: login, phone: null, loginId: login, user: { ...noUser, email: login }, URI: null, loginOptions: null }
  for (const [path, body] of [
    ['signup', signUp],
    ['signin', { URI: null, loginId: login, loginOptions: noOptions }],
    ['signup-in', { URI: null, loginId: login, loginOptions: null }],
  ] as const) {
    const started = await answered(kit, `enchantedlink/${path}/email`, body)
    assertTexts(started, 'linkId', 'pendingRef', 'maskedEmail')
    assert.equal((await clickAndPoll(kit, started)).email, login)
  }
})

onEveryDatabase('Java: a reset, with its own spelling of redirectURL', async (kit) => {
  await kit.signUp(login)
  const body = { loginId: login, redirectURL: 'http://localhost:3000/new-password', templateOptions: null }
  const { resetMethod } = await answered(kit, 'password/reset', body)
  assert.equal(resetMethod, 'magiclink')
  assert.ok((await newestTo(kit, login)).link?.startsWith(`${body.redirectURL}?t=`))
})
