import type { Project } from './projects.ts'
import type { Grants, Membership, Storage, UserWithLoginIds } from './storage.ts'

/** What roles and tenants say in answers and in tokens (`protocol/core.md` 3.2, 4.1). */

/** Roles and permissions by name, each name once, in the order of names. */
export interface NamedAccess {
  readonly roleNames: readonly string[]
  readonly permissions: readonly string[]
}

/** What is held in a tenant, or with `''` for the whole project. */
export function accessIn({ roles }: Grants, tenantId: string): NamedAccess {
  const held = roles.filter((role) => role.tenantId === tenantId)
  const unique = (names: readonly string[]) => [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1))
  return { roleNames: unique(held.map((role) => role.name)), permissions: unique(held.flatMap((role) => role.permissionNames)) }
}

/** Whether a permission is held for the whole project, or in the tenant if one is named and open. */
export function hasPermission(grants: Grants, permission: string, tenantId = ''): boolean {
  const isOpen = openTenants(grants).some((tenant) => tenant.tenantId === tenantId)
  return (isOpen ? ['', tenantId] : ['']).some((id) => accessIn(grants, id).permissions.includes(permission))
}

/** The tenants that count now. */
export function openTenants({ tenants }: Pick<Grants, 'tenants'>): readonly Membership[] {
  return tenants.filter(({ isOpen }) => isOpen)
}

/** Whether nobody may be signed in with this account: it is disabled, or every tenant that it is in is closed to it. */
export function isBarred(account: Pick<UserWithLoginIds, 'user' | 'tenants'>): boolean {
  return account.user.status === 'disabled' || areAllClosed(account)
}

/** Whether there are tenants, and none that is open. */
export function areAllClosed(grants: Pick<Grants, 'tenants'>): boolean {
  return grants.tenants.length > 0 && openTenants(grants).length === 0
}

/**
 * The current tenant of a session: the one that was chosen, as long as the user is in it; else the only one there is. `undefined` with several
 * tenants and no choice (`protocol/core.md` 3.2, `dct`). A closed tenant is as good as none.
 */
export function currentTenant(grants: Pick<Grants, 'tenants'>, chosen: unknown): string | undefined {
  const ids = openTenants(grants).map((tenant) => tenant.tenantId)
  if (typeof chosen === 'string' && ids.includes(chosen)) return chosen
  return ids.length === 1 ? ids[0] : undefined
}

/** Claims about roles and tenants: `tenants` always, the rest where there is something to say. */
export interface AccessClaims {
  readonly roles?: readonly string[]
  readonly permissions?: readonly string[]
  readonly tenants: Readonly<Record<string, { readonly roles?: readonly string[]; readonly permissions?: readonly string[] }>>
  readonly dct?: string
}

/** Bytes of JSON that roles and tenants may take in a token, so that it stays below what this server reads and what headers hold. */
export const maxAccessBytes = 5_000

/**
 * The claims of a session token. `chosenTenant` is what the session remembers of a choice. Where many tenants would take more than `maxBytes`, first the roles in those that
 * are not current are left out, then these tenants themselves: whoever selects one has everything of it. Nothing is ever added.
 */
export function accessClaims(grants: Grants, chosenTenant: unknown, maxBytes = maxAccessBytes): AccessClaims {
  const named = (tenantId: string) => {
    const { roleNames, permissions } = accessIn(grants, tenantId)
    return { ...(roleNames.length > 0 ? { roles: roleNames } : {}), ...(permissions.length > 0 ? { permissions } : {}) }
  }
  const dct = currentTenant(grants, chosenTenant)
  const ids = openTenants(grants).map(({ tenantId }) => tenantId)
  const isCurrent = (id: string) => id === dct
  const withTenants = (entries: readonly (readonly [id: string, access: object])[]): AccessClaims => {
    return { ...named(''), tenants: Object.fromEntries(entries), ...(dct === undefined ? {} : { dct }) }
  }
  const fits = (claims: AccessClaims) => ids.length <= 1 || Buffer.byteLength(JSON.stringify(claims)) <= maxBytes
  const whole = withTenants(ids.map((id) => [id, named(id)]))
  if (fits(whole)) return whole
  const bare = withTenants(ids.map((id) => [id, isCurrent(id) ? named(id) : {}]))
  return fits(bare) ? bare : withTenants(ids.filter(isCurrent).map((id) => [id, named(id)]))
}

/**
 * Whether a user holds nothing outside of some tenants: no membership, and no role of the project but those that everybody gets. Whoever can become such a user gains
 * nothing beyond these tenants.
 */
export function holdsNothingOutside(tenantIds: readonly string[], project: Project, { tenants, roles }: Grants): boolean {
  const everybodys = project.defaultRoles.map(({ name }) => name)
  const isMore = roles.some(({ tenantId, name }) => tenantId === '' && !everybodys.includes(name))
  return !isMore && tenants.every(({ tenantId }) => tenantIds.includes(tenantId))
}

/** Nothing held: what a user has who was just made. */
export const noGrants: Grants = Object.freeze({ roles: Object.freeze([]), tenants: Object.freeze([]) })

/** Most roles of a project, with those of its tenants, and most permissions of its own; a snapshot holds no more of either. */
export const maxRoles = 2000

/** Names of permissions that every project has and that nobody can take away. */
export const builtInPermissions: Readonly<Record<string, string>> = Object.freeze({
  Impersonate: 'Act as another user',
  'User Admin': 'Manage users',
  'SSO Admin': 'Manage single sign-on',
})

/** A user who is being made: no credential, no roles. */
export function newAccount(parts: Pick<UserWithLoginIds, 'user' | 'loginIds'> & Partial<UserWithLoginIds>): UserWithLoginIds {
  return { credentialKinds: [], ...noGrants, ...parts }
}

/** What a new user holds by the default roles of the project. */
export function defaultGrants({ defaultRoles }: Project): Grants {
  return { roles: defaultRoles.map(({ name, permissionNames }) => ({ tenantId: '', name, permissionNames })), tenants: [] }
}

/** Gives a new user the default roles, in the transaction that makes the user. */
export async function giveDefaultRoles(tx: Storage, project: Project, userId: string): Promise<void> {
  if (project.defaultRoles.length === 0) return
  const assignments = project.defaultRoles.map((role) => ({ tenantId: '', roleId: role.id }))
  await tx.grants.give(project.id, userId, assignments)
}
