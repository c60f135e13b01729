import { freshLoginId, freshName, freshTestUser, type RowRequest, type Rows, type World } from './row.ts'

/** A management row that keeps to the tenants of its key. */
const aware = { access: 'management', isTenantAware: true } as const
const reading = { ...aware, effect: 'read' } as const

/** A body about the user of the cell. */
const about =
  (more: object = {}) =>
  ({ user }: World): RowRequest => ({ body: { loginId: user.loginId, ...more } })

/** A body about a user who was just made by management. */
const aboutFresh =
  (more: object = {}) =>
  async ({ kit }: World): Promise<RowRequest> => {
    const loginId = freshLoginId()
    await kit.manage('/v1/mgmt/user/create', { body: { loginId, additionalLoginIds: [freshName('name')] } })
    return { body: { loginId, ...more } }
  }

async function withTenant({ kit, user }: World): Promise<RowRequest> {
  const now = kit.clock.nowSeconds()
  const id = freshName('T-row')
  await kit.auth.deps.storage.tenants.insert({
    ...{ projectId: kit.projectId, id, name: id, parentId: '', selfProvisioningDomains: [], customAttributes: {} },
    ...{ isDisabled: false, isSsoEnforced: false, ssoExclusions: [], roleInheritance: '', defaultRoleNames: [] },
    ...{ sessionSettings: {}, passwordSettings: {}, createdAt: now, modifiedAt: now },
  })
  return { body: { loginId: user.loginId, tenantId: id } }
}

async function inTenant(world: World): Promise<RowRequest> {
  const request = await withTenant(world)
  await world.kit.manage('/v1/mgmt/user/update/tenant/add', { body: request.body })
  return request
}

async function withPasskey({ kit, user }: World): Promise<RowRequest> {
  const lookup = freshName('key')
  const now = kit.clock.nowSeconds()
  await kit.auth.deps.storage.credentials.insert({
    ...{ projectId: kit.projectId, userId: user.userId, kind: 'webauthn', lookup, data: {}, version: 1 },
    ...{ createdAt: now, modifiedAt: now, origin: '', isForeign: false },
  })
  return { body: { loginId: user.loginId, credentialId: lookup } }
}

const update = '/v1/mgmt/user/update'

export const rows: Rows = {
  'POST /v1/mgmt/user/create': { ...aware, request: () => ({ body: { loginId: freshLoginId() } }) },
  'POST /v1/mgmt/user/create/test': { ...aware, request: () => ({ body: { loginId: freshLoginId() } }) },
  'POST /v1/mgmt/user/create/batch': { ...aware, request: () => ({ body: { users: [{ loginId: freshLoginId() }, {}] } }) },
  'GET /v1/mgmt/user': { ...aware, request: ({ user }) => ({ path: `?userId=${user.userId}` }) },
  'POST /v1/mgmt/users/load': { ...reading, request: ({ user }) => ({ body: { userIds: [user.userId] } }) },
  'POST /v1/mgmt/user/update': { ...aware, request: aboutFresh({ displayName: 'Name' }) },
  'PATCH /v1/mgmt/user/patch': { ...aware, request: about({ displayName: 'Name' }) },
  'PATCH /v1/mgmt/user/patch/batch': { ...aware, request: ({ user }) => ({ body: { users: [{ loginId: user.loginId }] } }) },
  'POST /v1/mgmt/user/delete': { ...aware, request: aboutFresh() },
  'POST /v1/mgmt/user/delete/batch': {
    ...aware,
    request: async ({ kit }) => {
      const { body } = await kit.manage('/v1/mgmt/user/create', { body: { loginId: freshLoginId() } })
      return { body: { userIds: [body.user.userId, 'U-none'] } }
    },
  },
  'DELETE /v1/mgmt/user/test/delete/all': {
    access: 'management',
    request: async (world) => {
      await freshTestUser(world)
      return {}
    },
  },
  'POST /v1/mgmt/user/logout': { ...aware, request: aboutFresh() },
  [`POST ${update}/status`]: { ...aware, request: aboutFresh({ status: 'disabled' }) },
  [`POST ${update}/loginid`]: { ...aware, request: aboutFresh() },
  [`POST ${update}/name`]: { ...aware, request: about({ displayName: 'Name' }) },
  [`POST ${update}/picture`]: { ...aware, request: about({ picture: 'https://example.com/p.png' }) },
  [`POST ${update}/customAttribute`]: { ...aware, request: about({ attributeKey: 'a', attributeValue: 1 }) },
  [`POST ${update}/email`]: { ...aware, request: aboutFresh({ email: '', verified: true }) },
  [`POST ${update}/phone`]: { ...aware, request: about({ phone: '+15555555555', verified: true }) },
  [`POST ${update}/recovery/email`]: { ...aware, request: about({ recoveryEmail: 'r@example.com', verified: true }) },
  [`POST ${update}/recovery/phone`]: { ...aware, request: about({ recoveryPhone: '+15555555555' }) },
  [`POST ${update}/role/set`]: { ...aware, request: about({ roleNames: [] }) },
  [`POST ${update}/role/add`]: { ...aware, request: about({ roleNames: [] }) },
  'POST /v2/mgmt/user/update/role/add': { ...aware, request: about({ roleNames: [] }) },
  [`POST ${update}/role/remove`]: { ...aware, request: about({ roleNames: [] }) },
  [`POST ${update}/tenant/add`]: { ...aware, request: withTenant },
  [`POST ${update}/tenant/remove`]: { ...aware, request: inTenant },
  'POST /v1/mgmt/user/passkeys/list': { ...reading, request: about() },
  'POST /v1/mgmt/user/passkey/delete': { ...aware, request: withPasskey },
  'POST /v1/mgmt/user/passkeys/delete': { ...aware, request: about() },
  'POST /v1/mgmt/user/totp/delete': { ...aware, request: about() },
  'POST /v1/mgmt/user/trusteddevices/list': { ...reading, request: ({ user }) => ({ body: { identifiers: [user.userId] } }) },
  'POST /v1/mgmt/user/trusteddevices/remove': { ...aware, request: about({ deviceIds: ['none'] }) },
  'GET /v1/mgmt/user/customattributes': { access: 'management' },
  'POST /v1/mgmt/user/customattribute/create': {
    access: 'management',
    request: () => ({ body: { attributes: [{ name: freshName('a'), type: 1 }] } }),
  },
  'POST /v1/mgmt/user/customattribute/delete': { access: 'management', request: () => ({ body: { names: ['none'] } }) },
}
