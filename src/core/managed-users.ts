import { holdsNothingOutside } from './access.ts'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Rights } from './management-keys.ts'
import type { Project } from './projects.ts'
import type { Grants, Storage, UserWithLoginIds } from './storage.ts'
import { canonicalLoginId } from './users.ts'

/** How a management call names a user. Go sends both, one of them empty. */
export interface UserName {
  readonly projectId: string
  /** Login ID, or user ID where no such login ID exists (`protocol/core.md` 1.4). */
  readonly loginId?: string | undefined
  readonly userId?: string | undefined
  /** Limits what can be found to users of the tenants that the caller's key is limited to. */
  readonly rights?: Rights | undefined
}

/** Finds a user by login ID, then by user ID. Throws `ManagedUserNotFound`, also for a user whom the key may not see. */
export async function findManagedUser(deps: Pick<Deps, 'storage'>, name: UserName): Promise<UserWithLoginIds> {
  const { projectId, loginId = '', userId = '', rights } = name
  const { users } = deps.storage
  const byLoginId = loginId === '' ? undefined : await users.byLoginId(projectId, canonicalLoginId(loginId))
  const found = byLoginId ?? (userId || loginId ? await users.byId(projectId, userId || loginId) : undefined)
  if (!found || !isInReach(rights, found)) throw coreErrors.ManagedUserNotFound()
  return found
}

/** Whether a key that is limited to tenants may see the user: it must be in one of them. */
export function isInReach(rights: Rights | undefined, { tenants }: Pick<UserWithLoginIds, 'tenants'>): boolean {
  const allowed = rights?.tenantIds ?? []
  return allowed.length === 0 || tenants.some(({ tenantId }) => allowed.includes(tenantId))
}

/** Throws `ManagementForbidden` when a key that is limited to tenants names another one, or none (`''`, the whole project). */
export function assertTenantInReach(rights: Rights | undefined, tenantId: string): void {
  const allowed = rights?.tenantIds ?? []
  if (allowed.length > 0 && !allowed.includes(tenantId)) throw coreErrors.ManagementForbidden()
}

/**
 * Throws `ManagementForbidden` when a key that is limited to tenants would change what a user is beyond its tenants: addresses, login IDs, status, credentials, attributes,
 * existence. Whoever can change these can become the user, so that the user must be in no other tenant, and hold no role of the project but those that everybody gets.
 */
export function assertWhollyInReach(rights: Rights | undefined, project: Project, grants: Grants): void {
  const allowed = rights?.tenantIds ?? []
  if (allowed.length > 0 && !holdsNothingOutside(allowed, project, grants))
    throw coreErrors.ManagementForbidden({ message: 'The user belongs to more than the key may manage' })
}

/**
 * Locks a user whom a key would take over, and looks again: since they were found they may have come into another tenant. Call inside a transaction. Throws
 * `ManagedUserNotFound`, and as `assertWhollyInReach` does.
 */
export async function lockInReach(
  tx: Storage,
  { rights, project, userId }: { readonly rights: Rights | undefined; readonly project: Project; readonly userId: string },
): Promise<UserWithLoginIds> {
  await tx.users.lock(project.id, userId)
  const account = await tx.users.byId(project.id, userId)
  if (!account || !isInReach(rights, account)) throw coreErrors.ManagedUserNotFound()
  assertWhollyInReach(rights, project, account)
  return account
}

/** The account as the key may see it: without what is of tenants that it is not limited to. */
export function accountInReach(rights: Rights | undefined, account: UserWithLoginIds): UserWithLoginIds {
  const allowed = rights?.tenantIds ?? []
  if (allowed.length === 0) return account
  const isShown = (tenantId: string) => tenantId === '' || allowed.includes(tenantId)
  const tenants = account.tenants.filter(({ tenantId }) => isShown(tenantId))
  return { ...account, tenants, roles: account.roles.filter(({ tenantId }) => isShown(tenantId)) }
}
