import type { AuthenticationInfo } from './tokens.ts'

type Claim = 'permissions' | 'roles'

/**
 * What the token grants: for the whole project without `tenant`, else in that tenant only. A wrongly shaped claim grants nothing.
 * Names from prototypes are not tenants.
 */
function granted({ token }: AuthenticationInfo, claim: Claim, tenant?: string): readonly string[] {
  const tenants = asRecord(token.tenants)
  const holder = tenant === undefined ? token : asRecord(Object.hasOwn(tenants, tenant) ? tenants[tenant] : undefined)
  const names = holder[claim]
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
}

function isInTenant({ token }: AuthenticationInfo, tenant: string): boolean {
  return Object.hasOwn(asRecord(token.tenants), tenant)
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function hasAll(names: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((name) => names.includes(name))
}

/** Those of the permissions that the session has in the project. */
export function getMatchedPermissions(info: AuthenticationInfo, permissions: readonly string[]): readonly string[] {
  const names = granted(info, 'permissions')
  return permissions.filter((name) => names.includes(name))
}

/** Whether the session has all the permissions in the project. */
export function validatePermissions(info: AuthenticationInfo, permissions: readonly string[]): boolean {
  return hasAll(granted(info, 'permissions'), permissions)
}

/** Those of the permissions that the session has in the tenant. */
export function getMatchedTenantPermissions(info: AuthenticationInfo, tenant: string, permissions: readonly string[]): readonly string[] {
  const names = granted(info, 'permissions', tenant)
  return permissions.filter((name) => names.includes(name))
}

/** Whether the user belongs to the tenant and the session has all the permissions there. */
export function validateTenantPermissions(info: AuthenticationInfo, tenant: string, permissions: readonly string[]): boolean {
  return isInTenant(info, tenant) && hasAll(granted(info, 'permissions', tenant), permissions)
}

/** Those of the roles that the session has in the project. */
export function getMatchedRoles(info: AuthenticationInfo, roles: readonly string[]): readonly string[] {
  const names = granted(info, 'roles')
  return roles.filter((name) => names.includes(name))
}

/** Whether the session has all the roles in the project. */
export function validateRoles(info: AuthenticationInfo, roles: readonly string[]): boolean {
  return hasAll(granted(info, 'roles'), roles)
}

/** Those of the roles that the session has in the tenant. */
export function getMatchedTenantRoles(info: AuthenticationInfo, tenant: string, roles: readonly string[]): readonly string[] {
  const names = granted(info, 'roles', tenant)
  return roles.filter((name) => names.includes(name))
}

/** Whether the user belongs to the tenant and the session has all the roles there. */
export function validateTenantRoles(info: AuthenticationInfo, tenant: string, roles: readonly string[]): boolean {
  return isInTenant(info, tenant) && hasAll(granted(info, 'roles', tenant), roles)
}
