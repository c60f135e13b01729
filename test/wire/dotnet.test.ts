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

/** What the official .NET SDK sends, whose names and types are those of the vendor's own schema: `identifier`, and 64-bit numbers as texts. */

const identifier = 'ada@example.com'

onEveryDatabase('.NET: users by their identifier', async (kit) => {
  const facts = { additionalIdentifiers: ['ada-too'], name: 'Ada', phone: '+15555550100', ssoAppIds: [], roleNames: [], userTenants: [] }
  const { user } = await worked(kit, '/v1/mgmt/user/create', { identifier, ...facts, test: false, verifiedPhone: true })
  assert.deepEqual([user.loginIds, user.name], [[identifier, 'ada-too'], 'Ada'])
  assertInt32(user.createdTime)
  for (const name of [identifier, user.userId]) {
    assert.equal((await worked(kit, `/v1/mgmt/user?identifier=${name}`)).user.userId, user.userId)
  }
  await worked(kit, '/v1/mgmt/user/patch', { identifier, name: 'Countess', status: 'disabled' }, 'PATCH')
  await worked(kit, '/v1/mgmt/user/update', { identifier, ...facts, email: identifier })
  for (const [path, body] of [
    ['update/status', { status: 'enabled' }],
    ['update/name', { name: 'Ada', givenName: 'A' }],
    ['update/email', { email: identifier, verified: true }],
    ['update/phone', { phone: '+15555550101', verified: true }],
    ['update/picture', { picture: 'https://example.com/a.png' }],
    ['update/customAttribute', { attributeKey: 'a', attributeValue: 7 }],
    ['update/role/set', { roleNames: [] }],
    ['update/loginid', { identifier: 'ada-too', newLoginId: 'ada-now' }],
    ['password/set/active', { password: 'plum kettle orbit 7' }],
    ['password/expire', {}],
    ['logout', {}],
    ['totp/delete', {}],
    ['trusteddevices/remove', { deviceIds: ['d'] }],
    ['delete', {}],
  ] as const) {
    await worked(kit, `/v1/mgmt/user/${path}`, { identifier, ...body })
  }
})

onEveryDatabase('.NET: a search with times as texts', async (kit) => {
  await kit.signUp(identifier)
  const now = kit.clock.nowMilliseconds()
  const query = {
    identifier,
    fromCreatedTime: String(now - 1000),
    toCreatedTime: String(now + 1000),
    sort: [{ field: 'email', desc: true }],
    limit: 10,
    page: 0,
  }
  assert.equal((await worked(kit, '/v2/mgmt/user/search', query)).total, 1)
  assert.equal((await worked(kit, '/v2/mgmt/user/search', { ...query, toCreatedTime: String(now - 1000) })).total, 0)
})

onEveryDatabase('.NET: keys with expiries as texts', async (kit) => {
  const expires = kit.clock.nowSeconds() + 3600
  const { key } = await worked(kit, '/v1/mgmt/accesskey/create', { name: 'ak', expireTime: String(expires) })
  assert.equal(key.expireTime, expires)
  const made = await worked(kit, '/v1/mgmt/managementkey', { name: 'mk', expiresIn: '3600', permittedIps: [] }, 'PUT')
  assert.equal(made.key.expireTime, expires)
  assertInt32(made.key.createdTime)
})

onEveryDatabase('.NET: password settings are read, changed and written back', async (kit) => {
  await worked(kit, '/v1/mgmt/tenant/create', { name: 'Acme', id: 'acme', authType: 'none', disabled: false, federatedAppIds: [] })
  const read = await worked(kit, '/v1/mgmt/password/settings?tenantId=acme')
  await worked(kit, '/v1/mgmt/password/settings', { ...read, minLength: 12, nonAlphanumeric: true })
  const after = await worked(kit, '/v1/mgmt/password/settings?tenantId=acme')
  assert.deepEqual(after, { ...read, minLength: 12, nonAlphanumeric: true, nonAlphaNumeric: true })
})

onEveryDatabase('.NET: answers that are not wrapped', async (kit) => {
  const { user } = await kit.signUp(identifier)
  await worked(kit, '/v1/mgmt/tenant/create', { name: 'Acme', id: 'acme' })
  assert.equal((await worked(kit, '/v1/mgmt/tenant?id=acme')).id, 'acme')
  assert.ok(Array.isArray(await worked(kit, '/v1/mgmt/user/history', [user.userId])))
})

onEveryDatabase('.NET: codes and links of test users, and embedded links', async (kit) => {
  await addTestUser(kit, identifier)
  const by = { loginId: identifier, deliveryMethod: 'email', loginOptions: { stepup: false, mfa: false } }
  assertTexts(await worked(kit, '/v1/mgmt/tests/generate/otp', by), 'loginId', 'code')
  const redirectUrl = 'https://app.example/there'
  const { link } = await worked(kit, '/v1/mgmt/tests/generate/magiclink', { ...by, redirectUrl })
  assert.ok(link.startsWith(redirectUrl))
  const enchanted = await worked(kit, '/v1/mgmt/tests/generate/enchantedlink', { loginId: identifier, redirectUrl })
  assertTexts(enchanted, 'loginId', 'link', 'pendingRef')
  assertTexts(await worked(kit, '/v1/mgmt/user/signin/embeddedlink', { loginId: identifier, timeout: 60 }), 'token')
})

onEveryDatabase('.NET: the audit trail, with times as texts', async (kit) => {
  const search = {
    ...{ from: String(kit.clock.nowMilliseconds() - 60_000), to: String(kit.clock.nowMilliseconds() + 60_000), page: 0, size: 50 },
    ...{ actorIds: [], excludedExternalIds: [], loginIdsContain: [], loginIdsNotContain: [], searchFields: [], oldestFirst: true },
  }
  assertTexts(await audited(kit, { type: 'info' }, search), 'ID', 'type', 'actorId')
  assertInt32((await worked(kit, '/v1/mgmt/audit/search', search)).total)
})

const phone = '+15555550100'
const redirectUrl = 'http://localhost:3000/in'
const loginOptions = { stepup: false, mfa: false, locale: 'de', revokeOtherSessions: false, revokeOtherSessionsTypes: [], ssoAppId: 'app' }

onEveryDatabase('.NET: magic links, with a redirectUrl', async (kit) => {
  const verified = async (to: string, channel?: string) =>
    answered(kit, 'magiclink/verify', { token: tokenIn((await newestTo(kit, to, channel)).link) })
  const signUp = { loginId: identifier, email: identifier, redirectUrl, user: { name: 'Ada' }, loginOptions: { locale: 'de' } }
  assertTexts(await answered(kit, 'magiclink/signup/email', signUp), 'maskedEmail')
  assert.equal(assertSession(await verified(identifier)).name, 'Ada')
  const byPhone = { loginId: 'bob', phone, redirectUrl, providerId: 'sms', templateId: '' }
  assertTexts(await answered(kit, 'magiclink/signup/sms', byPhone), 'maskedPhone')
  assert.deepEqual(assertSession(await verified(phone, 'sms')).loginIds, ['bob'])
  assertTexts(await answered(kit, 'magiclink/signin/email', { loginId: identifier, redirectUrl, loginOptions }), 'maskedEmail')
  assert.ok((await newestTo(kit, identifier)).link?.startsWith(`${redirectUrl}?t=`))
  const { refreshJwt } = await verified(identifier)
  const update = { loginId: identifier, email: 'new@example.com', redirectUrl, addToLoginIDs: true, onMergeUseExisting: false }
  assertTexts(await answered(kit, 'magiclink/update/email', update, refreshJwt), 'maskedEmail')
  assert.deepEqual(assertSession(await verified('new@example.com')).loginIds, [identifier, 'new@example.com'])
})

onEveryDatabase('.NET: codes, by voice too; errors for codes that are none', async (kit) => {
  const signUp = { loginId: identifier, phone, user: { name: 'Ada', phone }, loginOptions: {} }
  assertTexts(await answered(kit, 'otp/signup/voice', signUp), 'maskedPhone')
  const { code } = await newestTo(kit, phone, 'voice')
  assertSession(await answered(kit, 'otp/verify/voice', { loginId: identifier, code }))
  await answered(kit, 'otp/signin/sms', { loginId: identifier, loginOptions, ssoAppId: 'app' })
  for (const none of ['', null]) {
    const { status, body } = await kit.call('/v1/auth/otp/verify/sms', { body: { loginId: identifier, code: none } })
    assert.equal(status, 400)
    assert.match(`${body.errorDescription} ${body.errorMessage}`, /code/i)
  }
})

onEveryDatabase('.NET: enchanted links, with a challenge that other methods ignore', async (kit) => {
  await kit.signUp(identifier)
  const body = { loginId: identifier, redirectUrl, ssoAppId: 'app', templateId: '', loginOptions: { ...loginOptions, pkceChallenge: 'x' } }
  const started = await answered(kit, 'enchantedlink/signin/email', body)
  assertTexts(started, 'linkId', 'pendingRef', 'maskedEmail')
  assert.equal((await clickAndPoll(kit, started)).email, identifier)
})
