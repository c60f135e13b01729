import { assertAttributes } from '../../core/attributes.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors, naming } from '../../core/errors.ts'
import { type Actor, adminEvent, type NewEvent, recordEvent } from '../../core/events.ts'
import { findRoles } from '../../core/role-names.ts'
import { newId } from '../../core/secrets.ts'
import type { Storage, TenantRecord } from '../../core/storage.ts'
import { tenantErrors } from './errors.ts'

/** Who asks, and in which project. */
export interface TenantCaller {
  readonly projectId: string
  readonly actor: Actor
}

/** What an update of a tenant says of it, all of it. */
export type TenantFacts = Pick<
  TenantRecord,
  'name' | 'selfProvisioningDomains' | 'customAttributes' | 'isDisabled' | 'isSsoEnforced' | 'ssoExclusions' | 'roleInheritance'
>

/** The same without what is not given. */
type GivenFacts = { readonly [Fact in keyof TenantFacts]?: TenantFacts[Fact] | undefined }

/**
 * Makes a tenant, with an ID of the caller's or a new one. Throws `TenantAlreadyExists` when the ID or the name is taken, `TenantNotFound` when the parent is not there,
 * `RoleNotFound` for a default role that is no role of the project, `InvalidRequest` for an ID that cannot be one or attributes that do not fit.
 */
export async function createTenant(
  deps: Deps,
  input: TenantCaller & {
    readonly id: string
    readonly parentId: string
    readonly facts: TenantFacts
    readonly defaultRoleNames: readonly string[]
  },
): Promise<TenantRecord> {
  const { projectId, parentId, facts, defaultRoleNames } = input
  const now = deps.clock.nowSeconds()
  await assertAttributes(deps.storage, projectId, 'tenant', facts.customAttributes)
  const id = input.id === '' ? newId(deps, 'T') : tenantId(input.id)
  const settings = { sessionSettings: {}, passwordSettings: {} }
  const tenant = {
    projectId,
    id,
    parentId,
    ...facts,
    defaultRoleNames: unique(defaultRoleNames),
    ...settings,
    createdAt: now,
    modifiedAt: now,
  }
  await deps.storage.transaction(async (tx) => {
    await lockProject(tx, projectId)
    if (parentId !== '' && !(await tx.tenants.byId(projectId, parentId))) throw naming(coreErrors.TenantNotFound, parentId)
    await findRoles(tx, projectId, [{ tenantId: '', roleNames: defaultRoleNames }])
    if (!(await tx.tenants.insert(tenant))) throw naming(tenantErrors.TenantAlreadyExists, facts.name)
    await recordEvent(deps, tx, eventOf(input, 'tenant.create', { tenantId: id }))
  })
  return tenant
}

/**
 * IDs are keys of a claim, and clients look them up in plain objects: a name that every object has would be every user's tenant there. Throws `InvalidRequest`.
 */
function tenantId(given: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,63}$/.test(given) && !(given in Object.prototype)) return given
  throw coreErrors.InvalidRequest({ message: 'The id field has characters that are not allowed' })
}

/** Changes what is given of a tenant. Throws `TenantNotFound`, `TenantAlreadyExists` when the name is taken, `InvalidRequest` for attributes that do not fit. */
export async function updateTenant(deps: Deps, input: TenantCaller & { readonly id: string; readonly facts: GivenFacts }): Promise<void> {
  const { projectId, id } = input
  const facts = Object.fromEntries(Object.entries(input.facts).filter(([, value]) => value !== undefined))
  await assertAttributes(deps.storage, projectId, 'tenant', input.facts.customAttributes ?? {})
  await deps.storage.transaction(async (tx) => {
    const result = await tx.tenants.update(projectId, id, { ...facts, modifiedAt: deps.clock.nowSeconds() })
    if (result === 'missing') throw naming(coreErrors.TenantNotFound, id)
    if (result === 'taken') throw naming(tenantErrors.TenantAlreadyExists, input.facts.name ?? id)
    await recordEvent(deps, tx, eventOf(input, 'tenant.update', { tenantId: id, fields: Object.keys(facts) }))
  })
}

/** Sets the roles that users get who come into the tenant: roles of the project or its own. Throws `TenantNotFound`, `RoleNotFound`. */
export async function setDefaultRoles(
  deps: Deps,
  input: TenantCaller & { readonly id: string; readonly roleNames: readonly string[] },
): Promise<void> {
  const { projectId, id, roleNames } = input
  await deps.storage.transaction(async (tx) => {
    await lockProject(tx, projectId)
    if (!(await tx.tenants.lock(projectId, id))) throw naming(coreErrors.TenantNotFound, id)
    await findRoles(tx, projectId, [{ tenantId: id, roleNames }])
    await tx.tenants.update(projectId, id, { defaultRoleNames: unique(roleNames), modifiedAt: deps.clock.nowSeconds() })
    await recordEvent(deps, tx, eventOf(input, 'tenant.update', { tenantId: id, fields: ['defaultRoleNames'] }))
  })
}

/** How many users and access keys one transaction deletes: everybody else waits for it. */
const membersAtOnce = 100

/**
 * Deletes a tenant; its members leave it, tenants below it come to the one above. With `cascade`, users and access keys that are in no other tenant are deleted first, some
 * at a time: if that is interrupted, the tenant is still there and the call can be made again. Throws `TenantNotFound`.
 */
export async function deleteTenant(deps: Deps, input: TenantCaller & { readonly id: string; readonly cascade: boolean }): Promise<void> {
  const { projectId, id, cascade } = input
  if (!(await deps.storage.tenants.byId(projectId, id))) throw naming(coreErrors.TenantNotFound, id)
  while (cascade && (await deleteSoleMembers(deps, input))) {
    // Until none is left.
  }
  await deps.storage.transaction(async (tx) => {
    await lockProject(tx, projectId)
    if (!(await tx.tenants.delete(projectId, id))) throw naming(coreErrors.TenantNotFound, id)
    await recordEvent(deps, tx, eventOf(input, 'tenant.delete', { tenantId: id, cascade }))
  })
}

/** False when there were none. */
function deleteSoleMembers(deps: Deps, input: TenantCaller & { readonly id: string }): Promise<boolean> {
  const { projectId, id: tenantId, actor } = input
  return deps.storage.transaction(async (tx) => {
    const { userIds, accessKeyIds } = await tx.tenants.soleMembers(projectId, tenantId, membersAtOnce)
    for (const userId of userIds) {
      await tx.users.lock(projectId, userId)
      // Whoever came into another tenant meanwhile stays, and is not found the next time.
      const { tenants } = await tx.grants.of(projectId, userId)
      if (tenants.some((tenant) => tenant.tenantId !== tenantId)) continue
      await tx.users.delete(projectId, userId)
      await recordEvent(deps, tx, adminEvent({ projectId, actor, userId, type: 'user.delete', data: { tenantId } }))
    }
    await tx.accessKeys.delete(projectId, accessKeyIds)
    for (const accessKeyId of accessKeyIds) {
      await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'accessKey.delete', data: { accessKeyId, tenantId } }))
    }
    return userIds.length + accessKeyIds.length > 0
  })
}

/** Roles, and who gives them, change one after another. */
async function lockProject(tx: Storage, projectId: string): Promise<void> {
  if (!(await tx.projects.lock(projectId))) throw coreErrors.InvalidProject()
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}

function eventOf({ projectId, actor }: TenantCaller, type: string, data: Readonly<Record<string, unknown>>): NewEvent {
  return adminEvent({ projectId, actor, type, data })
}
