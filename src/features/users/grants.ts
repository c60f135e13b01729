import type { Deps } from '../../core/deps.ts'
import { coreErrors, naming } from '../../core/errors.ts'
import { findGrants, joinTenant, withTenantDefaults } from '../../core/grants.ts'
import { assertTenantInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import type { Project } from '../../core/projects.ts'
import { findRoles } from '../../core/role-names.ts'
import type { Assignment, Storage, UserWithLoginIds } from '../../core/storage.ts'
import { changeUser, type OneUser } from './change.ts'
import { userErrors } from './errors.ts'
import type { TenantRoles } from './fields.ts'

/**
 * Gives a user these roles of the project and these tenants, with their roles there, instead of those held; absent lists stay. A key that is limited to tenants writes those of its own
 * and leaves the others: naming others is `ManagementForbidden`. Part of the caller's transaction. Throws `RoleNotFound`, `TenantNotFound`.
 */
export async function writeGrants(
  tx: Storage,
  input: {
    readonly project: Project
    readonly before: UserWithLoginIds
    readonly rights: Rights | undefined
    readonly roleNames: readonly string[] | undefined
    readonly tenants: readonly TenantRoles[] | undefined
  },
): Promise<void> {
  const { project, before, rights, roleNames = [], tenants = [] } = input
  const userId = before.user.id
  const allowed = rights?.tenantIds ?? []
  assertGivable(rights, roleNames, tenants)
  const memberships = before.tenants.map(({ tenantId }) => tenantId)
  const given = await withTenantDefaults(tx, project.id, tenants, memberships)
  const found = await findGrants(tx, project.id, { roleNames, tenants: given })
  if (input.roleNames && allowed.length === 0) await tx.grants.takeAll(project.id, userId, '')
  if (input.tenants) {
    for (const tenantId of memberships) {
      const isMine = allowed.length === 0 || allowed.includes(tenantId)
      if (isMine && !tenants.some((one) => one.tenantId === tenantId)) await tx.grants.leave(project.id, userId, tenantId)
    }
    for (const { tenantId } of found.tenants) {
      await joinTenant(tx, project.id, userId, tenantId)
      await tx.grants.takeAll(project.id, userId, tenantId)
    }
  }
  await tx.grants.give(project.id, userId, found.assignments)
}

/** Most roles that one call gives to one user, in all tenants together: each is a row. */
const maxRoles = 500

/**
 * Throws `ManagementForbidden` when a key that is limited to tenants names roles of the project or tenants that are not its own, and `InvalidRequest` for more roles than one call
 * gives.
 */
export function assertGivable(rights: Rights | undefined, roleNames: readonly string[], tenants: readonly TenantRoles[]): void {
  const count = tenants.reduce((sum, tenant) => sum + tenant.roleNames.length, roleNames.length)
  if (count > maxRoles) throw coreErrors.InvalidRequest({ message: `There are ${count} roles for one user; at most ${maxRoles} are taken` })
  if (roleNames.length > 0) assertTenantInReach(rights, '')
  for (const { tenantId } of tenants) assertTenantInReach(rights, tenantId)
}

/** A call about roles of one user: of the project, or with `tenantId` in a tenant. */
export interface RolesOfUser extends OneUser {
  readonly tenantId: string
  readonly roleNames: readonly string[]
  readonly change: 'set' | 'add' | 'remove'
}

/** Sets, adds or removes roles. Throws `RoleNotFound`, `NotInTenant`, `ManagementForbidden`. */
export function changeRoles(deps: Deps, input: RolesOfUser): Promise<UserWithLoginIds> {
  const { project, rights, tenantId, roleNames, change } = input
  assertTenantInReach(rights, tenantId)
  return changeUser(
    deps,
    input,
    async (tx, before) => {
      const userId = before.user.id
      if (tenantId !== '' && !before.tenants.some((tenant) => tenant.tenantId === tenantId)) throw userErrors.NotInTenant()
      if (change === 'remove') {
        await tx.grants.take(project.id, userId, await rolesByName(tx, project.id, { tenantId, roleNames }))
      } else {
        const found = await findRoles(tx, project.id, [{ tenantId, roleNames }])
        if (change === 'set') await tx.grants.takeAll(project.id, userId, tenantId)
        await tx.grants.give(project.id, userId, found)
      }
      return { type: 'user.roles', data: { change, tenantId, roleNames } }
    },
    'membership',
  )
}

/** Every role of a name that can be held there: one of the tenant and one of the project may be called the same. Throws `RoleNotFound`. */
async function rolesByName(
  tx: Storage,
  projectId: string,
  { tenantId, roleNames }: { readonly tenantId: string; readonly roleNames: readonly string[] },
): Promise<readonly Assignment[]> {
  const all = await tx.roles.named(projectId, [tenantId], roleNames)
  return roleNames.flatMap((name) => {
    const found = all.filter((role) => role.name === name && (role.tenantId === tenantId || role.tenantId === ''))
    if (found.length === 0) throw naming(coreErrors.RoleNotFound, name)
    return found.map((role) => ({ tenantId, roleId: role.id }))
  })
}

/** Puts the user into a tenant, and gives roles there if any are named. Throws `TenantNotFound`, `RoleNotFound`, `ManagementForbidden`. */
export function addToTenant(
  deps: Deps,
  input: OneUser & { readonly tenantId: string; readonly roleNames: readonly string[] },
): Promise<UserWithLoginIds> {
  const { project, rights, tenantId, roleNames } = input
  assertTenantInReach(rights, tenantId)
  return changeUser(
    deps,
    input,
    async (tx, { user, tenants }) => {
      const memberships = tenants.map((tenant) => tenant.tenantId)
      const given = await withTenantDefaults(tx, project.id, [{ tenantId, roleNames }], memberships)
      await joinTenant(tx, project.id, user.id, tenantId)
      await tx.grants.give(project.id, user.id, await findRoles(tx, project.id, given))
      return { type: 'user.tenants', data: { change: 'add', tenantId, roleNames } }
    },
    'membership',
  )
}

/** Takes the user out of a tenant, with the roles held there. Throws `NotInTenant`, `ManagementForbidden`. */
export function removeFromTenant(deps: Deps, input: OneUser & { readonly tenantId: string }): Promise<UserWithLoginIds> {
  const { project, rights, tenantId } = input
  assertTenantInReach(rights, tenantId)
  return changeUser(
    deps,
    input,
    async (tx, { user }) => {
      if (!(await tx.grants.leave(project.id, user.id, tenantId))) throw userErrors.NotInTenant()
      return { type: 'user.tenants', data: { change: 'remove', tenantId } }
    },
    'membership',
  )
}
