import { coreErrors, naming } from './errors.ts'
import type { Assignment, GrantedRole, RoleRecord, Storage } from './storage.ts'

/** Roles that are given by name: in a tenant, or with `tenantId` `''` for the whole project. */
export interface NamedRoles {
  readonly tenantId: string
  readonly roleNames: readonly string[]
}

/** Whether failures tell the name that is not there: administrators may know it, end users may not. */
export interface Telling {
  /** True if absent. */
  readonly isTold?: boolean
}

/**
 * Finds roles by name. In a tenant a role of that tenant goes before one of the project with the same name. Throws `RoleNotFound` when there is no such
 * role there. One look-up, however many names.
 */
export async function findRoles(
  storage: Pick<Storage, 'roles'>,
  projectId: string,
  named: readonly NamedRoles[],
  { isTold = true }: Telling = {},
): Promise<readonly (Assignment & { readonly role: RoleRecord })[]> {
  if (named.every(({ roleNames }) => roleNames.length === 0)) return []
  const tenantIds = named.map(({ tenantId }) => tenantId)
  const names = named.flatMap(({ roleNames }) => roleNames)
  const all = await storage.roles.named(projectId, [...new Set(tenantIds)], [...new Set(names)])
  return named.flatMap(({ tenantId, roleNames }) =>
    [...new Set(roleNames)].map((name) => {
      const role =
        all.find((one) => one.name === name && one.tenantId === tenantId) ?? all.find((one) => one.name === name && one.tenantId === '')
      if (!role) throw isTold ? naming(coreErrors.RoleNotFound, name) : coreErrors.RoleNotFound()
      return { tenantId, roleId: role.id, role }
    }),
  )
}

/** Found roles as their holder's account shows them. */
export function grantedRoles(found: readonly (Assignment & { readonly role: RoleRecord })[]): readonly GrantedRole[] {
  return found.map(({ tenantId, role }) => ({ tenantId, name: role.name, permissionNames: role.permissionNames }))
}
