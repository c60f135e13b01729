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

/** What the official Go SDK (1.30) sends and how it reads the answers: every member always, `null` for lists and maps that are not set, and strict types. */

const login = 'ada@example.com'

/** The body of `create` and `update`, as the SDK sends it for an empty request. */
const emptyUser = {
  ...{ email: '', phone: '', displayName: '', givenName: '', middleName: '', familyName: '', picture: '' },
  ...{ roleNames: null, userTenants: [], customAttributes: null, additionalLoginIds: null, ssoAppIDs: null },
}

onEveryDatabase('Go: users, with empty texts and nulls for what is not set', async (kit) => {
  const { user } = await worked(kit, '/v1/mgmt/user/create', { loginId: login, ...emptyUser, invite: false })
  assert.deepEqual([user.email, user.verifiedEmail, user.status], [login, true, 'invited'])
  assertInt32(user.createdTime, user.modifiedTime)
  assert.equal((await worked(kit, `/v1/mgmt/user?loginId=&userId=${user.userId}`)).user.userId, user.userId)
  assert.equal((await worked(kit, `/v1/mgmt/user?loginId=${login}&userId=`)).user.userId, user.userId)
  await worked(kit, '/v1/mgmt/user/update', { loginId: user.userId, ...emptyUser, displayName: 'Ada' })
  const patched = await worked(kit, '/v1/mgmt/user/patch', { loginId: login, name: 'Countess', scim: false }, 'PATCH')
  assert.deepEqual([patched.user.name, patched.user.email], ['Countess', ''])
  await worked(kit, '/v1/mgmt/user/update/name', { loginId: login, givenName: 'A', middleName: '', familyName: 'L' })
  assert.equal((await worked(kit, '/v1/mgmt/user/update/name', { loginId: login, displayName: 'B' })).user.givenName, 'A')
  await worked(kit, '/v1/mgmt/user/update/email', { loginId: login, email: login, verified: true })
  await worked(kit, '/v1/mgmt/user/update/role/set', { loginId: login, tenantId: '', roleNames: null })
  await worked(kit, '/v1/mgmt/user/logout', { userId: '', loginId: login, sessionTypes: null })
  await worked(kit, '/v1/mgmt/user/logout', { userId: user.userId, loginId: '', sessionTypes: ['web'] })
  assert.deepEqual((await worked(kit, '/v1/mgmt/user/trusteddevices/list', { loginId: login })).devices, [])
  await worked(kit, '/v1/mgmt/user/trusteddevices/remove', { loginId: login, ids: ['device'] })
  const batch = await worked(kit, '/v1/mgmt/user/create/batch', { users: [{ loginId: 'b', ...emptyUser }], invite: true, sendMail: false })
  assert.deepEqual([batch.createdUsers.length, batch.failedUsers, batch.additionalErrors], [1, [], {}])
  await worked(kit, '/v1/mgmt/user/delete', { loginId: '', userId: user.userId })
})

onEveryDatabase('Go: remembered devices have their times as texts', async (kit) => {
  const { user } = await worked(kit, '/v1/mgmt/user/create', { loginId: login, ...emptyUser })
  const now = kit.clock.nowSeconds()
  await kit.auth.deps.storage.credentials.insert({
    ...{ projectId: kit.projectId, userId: user.userId, kind: 'trustedDevice', lookup: 'device', version: 1, origin: '', isForeign: false },
    ...{ createdAt: now, modifiedAt: now, data: { name: 'Phone', lastLoginTime: now, expirationTime: now + 60 } },
  })
  const [device] = (await worked(kit, '/v1/mgmt/user/trusteddevices/list', { loginId: login })).devices
  assert.deepEqual([device.lastLoginTime, device.expirationTime], [String(now), String(now + 60)])
})

onEveryDatabase('Go: an empty search, and sign-ins', async (kit) => {
  const { user } = await kit.signUp(login)
  const query = {
    ...{ tenantIds: null, roleNames: null, limit: 0, page: 0, sort: null, text: '', loginIds: null, userIds: null },
    ...{ testUsersOnly: false, withTestUser: false, customAttributes: null, statuses: null, emails: null, phones: null },
    ...{ ssoAppIds: null, fromCreatedTime: 0, toCreatedTime: 0, fromModifiedTime: 0, toModifiedTime: 0 },
    ...{ tenantRoleIds: null, tenantRoleNames: null },
  }
  const found = await worked(kit, '/v2/mgmt/user/search', query)
  assert.deepEqual([found.total, found.users[0].userId], [1, user.userId])
  assertInt32(found.total)
  // A list of roles without values is sent as an empty object.
  assert.equal((await worked(kit, '/v2/mgmt/user/search', { ...query, tenantRoleNames: { acme: {} } })).total, 1)
  const [entry] = await worked(kit, '/v1/mgmt/user/history', [user.userId])
  assertInt32(entry.loginTime)
})

onEveryDatabase('Go: tenants and their settings; what is 0 or empty changes nothing', async (kit) => {
  const facts = { name: 'Acme', selfProvisioningDomains: null, customAttributes: null, enforceSSO: false, disabled: false }
  const { id } = await worked(kit, '/v1/mgmt/tenant/create', { id: '', ...facts })
  const child = await worked(kit, '/v1/mgmt/tenant/create', { id: 'child', ...facts, name: 'Child', parent: id })
  assert.equal(child.id, 'child')
  assertInt32((await worked(kit, `/v1/mgmt/tenant?id=${id}`)).createdTime)
  const search = { tenantIds: [id], tenantNames: null, tenantSelfProvisioningDomains: null, customAttributes: null, authType: '' }
  assert.equal((await worked(kit, '/v1/mgmt/tenant/search', search)).tenants.length, 1)
  const settings = {
    ...{ tenantId: id, selfProvisioningDomains: ['acme.example.com'], authType: '', enabled: true },
    ...{ refreshTokenExpiration: 0, refreshTokenExpirationUnit: '', sessionTokenExpiration: 20, sessionTokenExpirationUnit: 'minutes' },
    ...{ stepupTokenExpiration: 0, stepupTokenExpirationUnit: '', enableInactivity: false, inactivityTime: 0, inactivityTimeUnit: '' },
    ...{ domains: null, JITDisabled: false },
  }
  const before = await worked(kit, `/v1/mgmt/tenant/settings?id=${id}`)
  await worked(kit, '/v1/mgmt/tenant/settings', settings)
  const after = await worked(kit, `/v1/mgmt/tenant/settings?id=${id}`)
  const written = {
    selfProvisioningDomains: ['acme.example.com'],
    enabled: true,
    sessionTokenExpiration: 20,
    sessionTokenExpirationUnit: 'minutes',
  }
  assert.deepEqual(after, { ...before, ...written })
  assertInt32(after.refreshTokenExpiration, after.sessionTokenExpiration, after.stepupTokenExpiration, after.inactivityTime)
  await worked(kit, '/v1/mgmt/tenant/delete', { id, cascade: false })
})

onEveryDatabase('Go: roles, permissions, access keys, management keys', async (kit) => {
  await worked(kit, '/v1/mgmt/permission/create', { name: 'Write', description: '' })
  await worked(kit, '/v1/mgmt/role/create', { name: 'Editor', description: '', permissionNames: ['Write'], tenantId: '' })
  await worked(kit, '/v1/mgmt/role/update', { name: 'Editor', newName: 'Author', description: '', permissionNames: null, tenantId: '' })
  const [role] = (await worked(kit, '/v1/mgmt/role/search', { roleNames: ['Author'] })).roles
  assertInt32(role.createdTime)
  const key = {
    ...{ name: 'CI', expireTime: 0, roleNames: null, keyTenants: [], userId: '', customClaims: null, description: '' },
    ...{ permittedIps: null, customAttributes: null },
  }
  const made = await worked(kit, '/v1/mgmt/accesskey/create', key)
  assertInt32(made.key.createdTime, made.key.expireTime)
  const query = { tenantIds: null, sort: [{ field: 'name', desc: false }], boundUserId: null, creatingUser: null, customAttributes: null }
  assert.equal((await worked(kit, '/v1/mgmt/accesskey/search', query)).keys.length, 1)
  await worked(kit, '/v1/mgmt/accesskey/update', { id: made.key.id, name: 'CI 2' })
  const asked = { name: 'Other', description: '', expiresIn: 0, permittedIps: null, reBac: { companyRoles: ['company-full-access'] } }
  const { key: other } = await worked(kit, '/v1/mgmt/managementkey', asked, 'PUT')
  assertInt32(other.createdTime, other.expireTime)
  const change = { id: other.id, name: 'Other', description: '', permittedIps: null, status: 'inactive' }
  await worked(kit, '/v1/mgmt/managementkey', change, 'PATCH')
  assert.equal((await worked(kit, '/v1/mgmt/managementkey/search')).keys.length, 2)
  assert.deepEqual(await worked(kit, '/v1/mgmt/managementkey/delete', { ids: [other.id] }), { total: 1 })
})

onEveryDatabase('Go: tokens, with 0 and empty texts for what is not set', async (kit) => {
  const { sessionJwt, refreshJwt } = await kit.signUp(login)
  for (const jwt of [sessionJwt, refreshJwt]) {
    assert.ok((await worked(kit, '/v1/mgmt/jwt/update', { jwt, customClaims: null, refreshDuration: 0 })).jwt)
  }
  await worked(kit, '/v1/mgmt/role/create', { name: 'Support', description: '', permissionNames: ['Impersonate'], tenantId: '' })
  await worked(kit, '/v1/mgmt/user/create', { loginId: 'helper', ...emptyUser, roleNames: ['Support'] })
  const unset = { customClaims: null, selectedTenant: '', refreshDuration: 0 }
  const { jwt } = await worked(kit, '/v1/mgmt/impersonate', { loginId: login, impersonatorId: 'helper', validateConsent: false, ...unset })
  assert.ok((await worked(kit, '/v1/mgmt/stop/impersonation', { jwt, ...unset })).jwt)
  const answers = [
    await worked(kit, '/v1/mgmt/auth/anonymous', unset),
    await worked(kit, '/v1/mgmt/auth/signin', { loginId: login }),
    await worked(kit, '/v1/mgmt/auth/signup', { loginId: 'new@example.com', user: {} }),
    await worked(kit, '/v1/mgmt/auth/signup-in', { loginId: 'new@example.com', user: { name: 'New' } }),
  ]
  for (const answer of answers) {
    assert.ok(answer.sessionJwt && answer.refreshJwt, 'both tokens')
    assertInt32(answer.cookieMaxAge, answer.cookieExpiration)
  }
})

onEveryDatabase('Go: password settings know twelve fields and clear none of the others', async (kit) => {
  await kit.set({ password: { tempLock: true, tempLockAttempts: 4, anyLetter: true } })
  const known = {
    ...{ tenantId: '', enabled: true, minLength: 9, lowercase: false, uppercase: false, number: false, nonAlphanumeric: false },
    ...{ expiration: false, expirationWeeks: 0, reuse: false, reuseAmount: 0, lock: false, lockAttempts: 0 },
  }
  await worked(kit, '/v1/mgmt/password/settings', known)
  const after = await worked(kit, '/v1/mgmt/password/settings?tenantId=')
  assert.deepEqual([after.minLength, after.tempLock, after.tempLockAttempts, after.anyLetter], [9, true, 4, true])
  assertInt32(after.minLength, after.expirationWeeks, after.reuseAmount, after.lockAttempts)
})

onEveryDatabase('Go: projects, with requests that have no body', async (kit) => {
  const listed = await worked(kit, '/v1/mgmt/projects/list', undefined, 'POST')
  assert.deepEqual(listed.projects, [{ id: kit.projectId, name: 'Acme', environment: '', tags: [] }])
  await worked(kit, '/v1/mgmt/project/update/tags', { tags: null })
  const cloned = await worked(kit, '/v1/mgmt/project/clone', { name: 'Copy', environment: '', tags: null })
  assert.deepEqual([cloned.projectName, cloned.environment, cloned.tags], ['Copy', '', []])
  const { files } = await worked(kit, '/v1/mgmt/project/snapshot/export', { format: '' })
  const checked = await worked(kit, '/v1/mgmt/project/snapshot/validate', { files })
  assert.deepEqual([checked.ok, checked.failures], [true, []])
  await worked(kit, '/v1/mgmt/project/snapshot/import', { files, excludes: ['lists'] })
  await worked(kit, '/v1/mgmt/project/delete', undefined, 'POST')
})

onEveryDatabase('Go: codes and links of test users, and embedded links', async (kit) => {
  await addTestUser(kit, login)
  const by = { loginId: login, deliveryMethod: 'sms' }
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/otp', by), 'loginId', 'code')
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/magiclink', { ...by, loginOptions: {} }), 'loginId', 'link')
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/magiclink', { ...by, URI: 'https://app.example' }), 'loginId', 'link')
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/enchantedlink', { loginId: login }), 'loginId', 'link', 'pendingRef')
  assertTexts(await worked(kit, '/v1/mgmt/user/signin/embeddedlink', { loginId: login, customClaims: null, timeout: 0 }), 'token')
  const signUp = { loginId: 'b@example.com', user: {}, emailVerified: true, phoneVerified: false, loginOptions: {}, timeout: 0 }
  assertTexts(await worked(kit, '/v1/mgmt/user/signup/embeddedlink', signUp), 'token')
})

onEveryDatabase('Go: the audit trail, with times of the year 1 for none', async (kit) => {
  const none = { userIds: null, actions: null, excludedActions: null, devices: null, methods: null, geos: null, remoteAddresses: null }
  const never = -62_135_596_800_000
  const search = { ...none, from: never, to: never, externalIds: null, tenants: null, noTenants: false, text: '' }
  const record = await audited(kit, { userId: '', type: 'info', data: null }, search)
  assert.deepEqual([record.tenants, record.externalIds, record.data], [['acme'], [], {}])
  const paged = { ...search, actorIds: null, limit: 0, page: 0 }
  assertInt32((await worked(kit, '/v1/mgmt/audit/search', paged)).total)
})

const phone = '+15555550100'
const home = 'http://localhost:3000/in'

onEveryDatabase('Go: magic links, with a user that is always there', async (kit) => {
  const verified = async (to: string, channel?: string) =>
    assertSession(await answered(kit, 'magiclink/verify', { token: tokenIn((await newestTo(kit, to, channel)).link) }))
  const signUp = { email: login, loginId: login, user: { name: 'Ada', email: login }, loginOptions: {}, URI: home }
  assertTexts(await answered(kit, 'magiclink/signup/email', signUp), 'maskedEmail')
  assert.equal((await verified(login)).name, 'Ada')
  const loginOptions = { revokeOtherSessions: true, templateOptions: { a: 'b' }, customClaims: { c: 1 } }
  assertTexts(await answered(kit, 'magiclink/signin/email', { loginId: login, URI: home, loginOptions }), 'maskedEmail')
  await verified(login)
  assertTexts(await answered(kit, 'magiclink/signup-in/sms', { loginId: phone, loginOptions: {} }), 'maskedPhone')
  assert.equal((await verified(phone, 'sms')).verifiedPhone, true)
  const whatsapp = { whatsapp: '+15555550101', loginId: 'bob', user: { phone: '+15555550101' }, loginOptions: {} }
  assertTexts(await answered(kit, 'magiclink/signup/whatsapp', whatsapp), 'maskedPhone')
  assert.deepEqual((await verified('+15555550101', 'whatsapp')).loginIds, ['bob'])
  const unset = { email: 'eve@example.com', loginId: 'eve@example.com', user: null, loginOptions: {} }
  assertTexts(await answered(kit, 'magiclink/signup/email', unset), 'maskedEmail')
})

onEveryDatabase('Go: codes, by voice to the phone, and updates that keep the factors', async (kit) => {
  const code = async (to: string, channel?: string) => (await newestTo(kit, to, channel)).code
  const signUp = { phone, loginId: login, user: { name: 'Ada', phone }, loginOptions: {} }
  assertTexts(await answered(kit, 'otp/signup/voice', signUp), 'maskedPhone')
  const session = await answered(kit, 'otp/verify/voice', { loginId: login, code: await code(phone, 'voice') })
  assertSession(session)
  const stepUp = { loginId: login, loginOptions: { stepup: true } }
  assert.deepEqual(
    await answered(kit, 'otp/signin/sms', stepUp, session.refreshJwt),
    { maskedPhone: '' },
    'of the request, which has no number',
  )
  assertSession(await answered(kit, 'otp/verify/sms', { loginId: login, code: await code(phone, 'sms') }))
  const update = { addToLoginIDs: true, onMergeUseExisting: true, mfa: true, loginId: login, email: 'new@example.com' }
  assertTexts(await answered(kit, 'otp/update/email', update, session.refreshJwt), 'maskedEmail')
  const proven = await answered(kit, 'otp/verify/email', { loginId: login, code: await code('new@example.com') })
  assert.deepEqual(assertSession(proven).loginIds, [login, 'new@example.com'])
  const number = { loginId: login, phone: '+15555550199' }
  assertTexts(await answered(kit, 'otp/update/phone/whatsapp', number, proven.refreshJwt), 'maskedPhone')
})

onEveryDatabase('Go: enchanted links, across devices', async (kit) => {
  const names = ['linkId', 'pendingRef', 'maskedEmail'] as const
  const signUp = { email: login, loginId: login, user: {}, loginOptions: {}, URI: home, crossDevice: true }
  const started = await answered(kit, 'enchantedlink/signup/email', signUp)
  assertTexts(started, ...names)
  assert.equal((await clickAndPoll(kit, started)).email, login)
  const { refreshJwt } = await kit.signUp('bob@example.com')
  const update = { email: 'new@example.com', loginId: 'bob@example.com', URI: home, crossDevice: true }
  const moving = await answered(kit, 'enchantedlink/update/email', update, refreshJwt)
  assertTexts(moving, ...names)
  assert.equal((await clickAndPoll(kit, moving)).email, 'new@example.com')
  const again = await answered(kit, 'enchantedlink/signup-in/email', { loginId: login, URI: home, crossDevice: true, loginOptions: {} })
  assert.equal((await clickAndPoll(kit, again)).email, login)
})
