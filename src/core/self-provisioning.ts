import type { Deps } from './deps.ts'
import { recordEvent, type Source, userEvent } from './events.ts'
import { type FoundGrants, findGrants, withTenantDefaults } from './grants.ts'
import type { Project } from './projects.ts'
import type { Storage, TenantRecord, UserWithLoginIds } from './storage.ts'
import { tenantSessionSettings } from './tenant-settings.ts'

/** Users who prove an e-mail address come into the tenants that its domain belongs to (`selfProvisioningDomains`). An address that is not proven brings nobody anywhere. */

/** Most tenants that one address leads into. */
const maxTenants = 20

/** The tenants, with the roles that they give, into which the user's own address leads: those that the user is not in yet, that are open to everybody and have not switched it off. */
export async function tenantsByDomain(storage: Storage, project: Project, account: UserWithLoginIds): Promise<FoundGrants> {
  const { user, tenants: before } = account
  const domain = user.email.slice(user.email.lastIndexOf('@') + 1).toLowerCase()
  const query = { selfProvisioningDomains: [domain], limit: maxTenants, offset: 0 }
  const found = domain === '' ? [] : await storage.tenants.search(project.id, query)
  const isNew = ({ id }: TenantRecord) => !before.some(({ tenantId }) => tenantId === id)
  const isOpen = ({ isDisabled, isSsoEnforced, sessionSettings }: TenantRecord) =>
    !isDisabled && !isSsoEnforced && !tenantSessionSettings(project, sessionSettings).JITDisabled
  const joined = found.filter((tenant) => isNew(tenant) && isOpen(tenant))
  const tenants = await withTenantDefaults(
    storage,
    project.id,
    joined.map(({ id }) => ({ tenantId: id, roleNames: [] })),
  )
  return findGrants(storage, project.id, { roleNames: [], tenants }, { isTold: false })
}

/** The account once it has come into these tenants. */
export function withTenants(account: UserWithLoginIds, { roles, tenants }: FoundGrants): UserWithLoginIds {
  return { ...account, roles: [...account.roles, ...roles], tenants: [...account.tenants, ...tenants] }
}

/** Puts the user into the tenants that were found; one that was deleted meanwhile is left out. Part of the transaction in which the address is marked as proven. */
export async function joinByDomain(
  deps: Deps,
  tx: Storage,
  input: { readonly projectId: string; readonly userId: string; readonly source: Source; readonly found: FoundGrants },
): Promise<void> {
  const { projectId, userId, source, found } = input
  const tenantIds: string[] = []
  for (const { tenantId } of found.tenants) if (await tx.grants.join(projectId, userId, tenantId)) tenantIds.push(tenantId)
  if (tenantIds.length === 0) return
  const assignments = found.assignments.filter(({ tenantId }) => tenantIds.includes(tenantId))
  await tx.grants.give(projectId, userId, assignments)
  await recordEvent(deps, tx, userEvent({ projectId, type: 'tenant.join', outcome: 'success', userId, source, data: { tenantIds } }))
}
