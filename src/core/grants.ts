import { coreErrors, naming } from './errors.ts'
import { findRoles, grantedRoles, type Telling } from './role-names.ts'
import type { Assignment, Grants, Membership, Storage, TenantRecord } from './storage.ts'

/** What a user or an access key is to hold, by name, as management calls say it. */
export interface NamedGrants {
  /** Roles of the whole project. */
  readonly roleNames: readonly string[]
  readonly tenants: readonly { readonly tenantId: string; readonly roleNames: readonly string[] }[]
}

/** The same with every name looked up: what to store, and what the holder's account shows then. */
export interface FoundGrants extends Grants {
  readonly assignments: readonly Assignment[]
}

/** Looks roles and tenants up. Throws `RoleNotFound` or `TenantNotFound`. Reads at most twice. */
export async function findGrants(
  storage: Pick<Storage, 'roles' | 'tenants'>,
  projectId: string,
  named: NamedGrants,
  { isTold = true }: Telling = {},
): Promise<FoundGrants> {
  const ids = [...new Set(named.tenants.map(({ tenantId }) => tenantId))]
  const tenants = await storage.tenants.byIds(projectId, ids)
  const missing = ids.find((id) => !tenants.some((tenant) => tenant.id === id))
  if (missing !== undefined) throw isTold ? naming(coreErrors.TenantNotFound, missing) : coreErrors.TenantNotFound()
  const found = await findRoles(storage, projectId, [{ tenantId: '', roleNames: named.roleNames }, ...named.tenants], { isTold })
  return {
    assignments: found.map(({ tenantId, roleId }) => ({ tenantId, roleId })),
    roles: grantedRoles(found),
    tenants: tenants.map(membershipOf).toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1)),
  }
}

/** The membership of somebody who is not among a tenant's exceptions. */
export function membershipOf({ id, name, isDisabled, isSsoEnforced, sessionSettings, passwordSettings }: TenantRecord): Membership {
  return { tenantId: id, tenantName: name, isOpen: !isDisabled && !isSsoEnforced, sessionSettings, passwordSettings }
}

type TenantRoles = NamedGrants['tenants'][number]

/**
 * Adds the roles that a tenant gives to whoever comes into it and is given none there by name: its default roles, and those of its own that are default. Who is in it already,
 * by `memberships`, gets none.
 */
export async function withTenantDefaults(
  storage: Pick<Storage, 'tenants' | 'roles'>,
  projectId: string,
  tenants: readonly TenantRoles[],
  memberships: readonly string[] = [],
): Promise<readonly TenantRoles[]> {
  const isComing = ({ tenantId, roleNames }: TenantRoles) => roleNames.length === 0 && !memberships.includes(tenantId)
  const coming = [...new Set(tenants.filter(isComing).map(({ tenantId }) => tenantId))]
  if (coming.length === 0) return tenants
  const found = await storage.tenants.byIds(projectId, coming)
  const own = await storage.roles.listDefaultOfTenants(projectId, coming)
  const namesIn = (tenantId: string) => [
    ...(found.find(({ id }) => id === tenantId)?.defaultRoleNames ?? []),
    ...own.filter((role) => role.tenantId === tenantId).map(({ name }) => name),
  ]
  return tenants.map((one) => (isComing(one) ? { ...one, roleNames: [...new Set(namesIn(one.tenantId))] } : one))
}

/** Gives what was found to somebody who holds nothing yet. Part of the caller's transaction. Throws `TenantNotFound` when a tenant went meanwhile. */
export async function storeGrants(tx: Storage, projectId: string, subjectId: string, found: FoundGrants): Promise<void> {
  for (const { tenantId } of found.tenants) await joinTenant(tx, projectId, subjectId, tenantId)
  await tx.grants.give(projectId, subjectId, found.assignments)
}

/** Gives what was found instead of everything that was held. Part of the caller's transaction. */
export async function replaceGrants(tx: Storage, projectId: string, subjectId: string, found: FoundGrants): Promise<void> {
  await tx.grants.forget(projectId, [subjectId])
  await storeGrants(tx, projectId, subjectId, found)
}

/** Puts a user or an access key into a tenant. Throws `TenantNotFound`. */
export async function joinTenant(tx: Storage, projectId: string, subjectId: string, tenantId: string): Promise<void> {
  if (!(await tx.grants.join(projectId, subjectId, tenantId))) throw coreErrors.TenantNotFound()
}
