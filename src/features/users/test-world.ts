import assert from 'node:assert/strict'
import type { Answer, Json, Kit } from '../../../test/kit.ts'
import { newManagementKey, type Rights } from '../../core/management-keys.ts'
import { newId } from '../../core/secrets.ts'

/** What tests of the administration of users have in common. */

const path = '/v1/mgmt/user'

/** A call below `/v1/mgmt/user`, with the key of the kit unless another is given. */
export function call(
  kit: Kit,
  name: string,
  body?: unknown,
  options: { readonly method?: string; readonly key?: string } = {},
): Promise<Answer> {
  const { method, key = kit.managementKey } = options
  const target = name.startsWith('/v') ? name : `${path}${name === '' || name.startsWith('?') ? '' : '/'}${name}`
  return kit.call(target, { token: key, ...(body === undefined ? {} : { body }), ...(method ? { method } : {}) })
}

/** The same, which must work; answers the user, or the whole body where it is about none. */
export async function done(
  kit: Kit,
  name: string,
  body?: unknown,
  options: { readonly method?: string; readonly key?: string } = {},
): Promise<Json> {
  const answer = await call(kit, name, body, options)
  assert.equal(answer.status, 200, `${name}: ${answer.text}`)
  return answer.body.user ?? answer.body
}

/** The same, which must be refused with this status and code; answers the message. */
export async function refused(
  kit: Kit,
  expected: readonly [status: number, code: string],
  name: string,
  body?: unknown,
  options: { readonly method?: string; readonly key?: string } = {},
): Promise<string> {
  const answer = await call(kit, name, body, options)
  assert.deepEqual([answer.status, answer.body?.errorCode], expected, `${name}: ${answer.text}`)
  return answer.body.errorMessage
}

export const create = (kit: Kit, body: object, key?: string): Promise<Json> => done(kit, 'create', body, key ? { key } : {})
export const patch = (kit: Kit, body: object, key?: string): Promise<Json> =>
  done(kit, 'patch', body, { method: 'PATCH', ...(key ? { key } : {}) })
export const load = (kit: Kit, loginId: string): Promise<Json> => done(kit, `?loginId=${encodeURIComponent(loginId)}`)

/** Makes a tenant and answers its ID. */
export async function makeTenant(kit: Kit, name: string, given: object = {}): Promise<string> {
  const { storage, clock, random } = kit.auth.deps
  const id = newId({ clock, random }, 'T')
  const now = clock.nowSeconds()
  await storage.tenants.insert({
    ...{ projectId: kit.projectId, id, name, parentId: '', selfProvisioningDomains: [], customAttributes: {} },
    ...{
      isDisabled: false,
      isSsoEnforced: false,
      ssoExclusions: [],
      roleInheritance: '' as const,
      defaultRoleNames: [],
      sessionSettings: {},
      passwordSettings: {},
    },
    ...{ createdAt: now, modifiedAt: now },
    ...given,
  })
  return id
}

/** Makes a role of the project, or of a tenant. */
export async function makeRole(
  kit: Kit,
  name: string,
  given: { readonly tenantId?: string; readonly isDefault?: boolean } = {},
): Promise<void> {
  const { storage, clock, random } = kit.auth.deps
  await storage.roles.insert({
    ...{ projectId: kit.projectId, id: newId({ clock, random }, 'R'), tenantId: '', name, description: '' },
    ...{ permissionNames: [`may ${name}`], isDefault: false, isPrivate: false, createdAt: clock.nowSeconds() },
    ...given,
  })
  kit.auth.deps.projects.forget(kit.projectId)
}

/** A management key with these rights. */
export async function makeKey(kit: Kit, rights: Partial<Rights>): Promise<string> {
  const { deps } = kit.auth
  const whole = { isReadOnly: false, denied: [], extra: [], tenantIds: [], networks: [], ...rights }
  const { record, key } = newManagementKey(deps, { projectId: kit.projectId, name: 'key', rights: whole })
  await deps.storage.managementKeys.insert(record)
  return key
}

/** Types of the newest events about a user, newest first, with what they say. */
export async function eventsOf(kit: Kit, userId: string): Promise<readonly (readonly [string, unknown])[]> {
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, userId, { limit: 50 })
  return events.map(({ type, data }) => [type, data])
}
