import { z } from 'zod'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'
import { route } from '../../http/route.ts'
import { LooseBoolean, synonyms, Text, UrlText } from '../../http/schemas.ts'
import { findOne, type OneUser } from './change.ts'
import { userErrors } from './errors.ts'
import { addToTenant, changeRoles, removeFromTenant } from './grants.ts'
import { replaceLoginId } from './login-ids.ts'
import { aboutUser, OneUserReply, oneUserReply, RoleNames, TenantId } from './schemas.ts'
import { setUserStatus } from './status.ts'
import { patchUser, setAttribute } from './write.ts'

/** Single fields of users: each call changes one thing and answers the user. */

const { InvalidRequest, ManagedUserNotFound, UserAlreadyExists, RoleNotFound, TenantNotFound } = coreErrors

/** What writing any field of a user may throw. */
export const ofWrites = [InvalidRequest, ManagedUserNotFound, UserAlreadyExists, RoleNotFound, TenantNotFound, userErrors.AddressConflict]

function fieldRoute<Body extends z.ZodType<{ readonly loginId: string }>>(field: {
  readonly path: string
  readonly summary: string
  readonly body: Body
  readonly errors?: readonly (typeof InvalidRequest)[]
  readonly run: (deps: Deps, one: OneUser, body: z.output<Body>) => Promise<UserWithLoginIds>
}) {
  return route({
    method: 'POST',
    path: field.path,
    access: 'management',
    isTenantAware: true,
    summary: field.summary,
    body: field.body,
    reply: OneUserReply,
    errors: [ManagedUserNotFound, InvalidRequest, ...(field.errors ?? [])],
    run: async ({ deps, caller, body }) => {
      const { project, actor, rights } = caller
      const one = await findOne(deps, { project, actor, rights }, { loginId: body.loginId })
      return oneUserReply(rights, await field.run(deps, one, body))
    },
  })
}

const update = '/v1/mgmt/user/update'
const Name = Text(256).optional()

const ownFields = [
  fieldRoute({
    path: `${update}/status`,
    summary: 'Set the status; `disabled` ends every session',
    body: aboutUser({ status: z.enum(['enabled', 'disabled', 'invited']) }),
    run: (deps, one, { status }) => setUserStatus(deps, { ...one, status }),
  }),
  fieldRoute({
    path: `${update}/loginid`,
    summary: 'Replace a login ID; an empty new one takes it away',
    body: aboutUser({ newLoginId: Text(254).optional() }),
    errors: [userErrors.LastLoginId, UserAlreadyExists],
    run: (deps, one, { loginId, newLoginId = '' }) => replaceLoginId(deps, { ...one, loginId, newLoginId }),
  }),
  fieldRoute({
    path: `${update}/name`,
    summary: 'Set names; absent ones stay, empty ones go',
    body: aboutUser({ displayName: Name, givenName: Name, middleName: Name, familyName: Name }),
    run: (deps, one, { displayName, givenName, middleName, familyName }) =>
      patchUser(deps, { ...one, fields: { name: displayName, givenName, middleName, familyName } }),
  }),
  fieldRoute({
    path: `${update}/picture`,
    summary: 'Set the URL of the picture; empty takes it away',
    body: aboutUser({ picture: UrlText.default('') }),
    run: (deps, one, { picture }) => patchUser(deps, { ...one, fields: { picture } }),
  }),
  fieldRoute({
    path: `${update}/customAttribute`,
    summary: 'Set a custom attribute; no value takes it away',
    body: synonyms(
      { attributeVal: 'attributeValue' },
      aboutUser({ attributeKey: Text(60).min(1), attributeValue: z.unknown().optional() }),
    ),
    run: (deps, one, { attributeKey, attributeValue }) => setAttribute(deps, { ...one, name: attributeKey, value: attributeValue }),
  }),
]

const addressFields = [
  fieldRoute({
    path: `${update}/email`,
    summary: 'Set the e-mail address; none takes it away. The old and the new address are told',
    body: synonyms(
      { newEmail: 'email' },
      aboutUser({ email: Text(254).default(''), verified: LooseBoolean.default(false), failOnConflict: LooseBoolean.default(false) }),
    ),
    errors: [userErrors.AddressConflict],
    run: (deps, one, { email, verified, failOnConflict }) =>
      patchUser(deps, { ...one, fields: { email, isEmailVerified: verified }, failsOnConflict: failOnConflict }),
  }),
  fieldRoute({
    path: `${update}/phone`,
    summary: 'Set the phone number; none takes it away',
    body: aboutUser({ phone: Text(32).default(''), verified: LooseBoolean.default(false), failOnConflict: LooseBoolean.default(false) }),
    errors: [userErrors.AddressConflict],
    run: (deps, one, { phone, verified, failOnConflict }) =>
      patchUser(deps, { ...one, fields: { phone, isPhoneVerified: verified }, failsOnConflict: failOnConflict }),
  }),
  fieldRoute({
    path: `${update}/recovery/email`,
    summary: 'Set the e-mail address for recovery; empty takes it away',
    body: aboutUser({ recoveryEmail: Text(254), verified: LooseBoolean.default(false) }),
    run: (deps, one, { recoveryEmail, verified }) =>
      patchUser(deps, { ...one, fields: { recoveryEmail, isRecoveryEmailVerified: verified } }),
  }),
  fieldRoute({
    path: `${update}/recovery/phone`,
    summary: 'Set the phone number for recovery; empty takes it away',
    body: aboutUser({ recoveryPhone: Text(32), verified: LooseBoolean.default(false) }),
    run: (deps, one, { recoveryPhone, verified }) =>
      patchUser(deps, { ...one, fields: { recoveryPhone, isRecoveryPhoneVerified: verified } }),
  }),
]

function roleRoute(path: string, change: 'set' | 'add' | 'remove', summary: string) {
  return fieldRoute({
    path,
    summary,
    body: aboutUser({ roleNames: RoleNames.default([]), tenantId: Text(64).default('') }),
    errors: [RoleNotFound, userErrors.NotInTenant],
    run: (deps, one, { roleNames, tenantId }) => changeRoles(deps, { ...one, roleNames, tenantId, change }),
  })
}

const tenantBody = aboutUser({ tenantId: TenantId, roleNames: RoleNames.default([]) })

const grants = [
  roleRoute(`${update}/role/set`, 'set', 'Replace roles: of the project, or with `tenantId` in a tenant'),
  roleRoute(`${update}/role/add`, 'add', 'Add roles (the older path)'),
  roleRoute('/v2/mgmt/user/update/role/add', 'add', 'Add roles: of the project, or with `tenantId` in a tenant'),
  roleRoute(`${update}/role/remove`, 'remove', 'Remove roles: of the project, or with `tenantId` in a tenant'),
  fieldRoute({
    path: `${update}/tenant/add`,
    summary: 'Put the user into a tenant, with `roleNames` if any are named',
    body: tenantBody,
    errors: [TenantNotFound, RoleNotFound],
    run: (deps, one, { tenantId, roleNames }) => addToTenant(deps, { ...one, tenantId, roleNames }),
  }),
  fieldRoute({
    path: `${update}/tenant/remove`,
    summary: 'Take the user out of a tenant; with `roleNames` take only these roles away there',
    body: tenantBody,
    errors: [userErrors.NotInTenant, RoleNotFound],
    run: (deps, one, { tenantId, roleNames }) =>
      // Ruby removes roles by this path.
      roleNames.length > 0
        ? changeRoles(deps, { ...one, roleNames, tenantId, change: 'remove' })
        : removeFromTenant(deps, { ...one, tenantId }),
  }),
]

export const fieldRoutes = [...ownFields, ...addressFields, ...grants]
