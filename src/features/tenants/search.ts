import type { Deps } from '../../core/deps.ts'
import { coreErrors, naming } from '../../core/errors.ts'
import { assertTenantInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import type { Project } from '../../core/projects.ts'
import type { TenantRecord } from '../../core/storage.ts'
import { ssoFields } from '../../core/tenant-settings.ts'

/** Who looks: a key that is limited to tenants sees these and no others. */
export interface TenantReader {
  readonly project: Project
  readonly rights: Rights
}

/** Most tenants of one answer. Clients ask for all of them at once and know no pages. */
const maxTenants = 10_000

/** The tenant, or `TenantNotFound`; `ManagementForbidden` for one that the key is not limited to. */
export async function loadTenant(deps: Pick<Deps, 'storage'>, input: TenantReader & { readonly id: string }): Promise<TenantRecord> {
  assertTenantInReach(input.rights, input.id)
  const tenant = await deps.storage.tenants.byId(input.project.id, input.id)
  if (!tenant) throw naming(coreErrors.TenantNotFound, input.id)
  return tenant
}

/** What tenants are searched by; absent is no condition. */
export interface TenantQuery {
  readonly ids?: readonly string[] | undefined
  readonly names?: readonly string[] | undefined
  readonly selfProvisioningDomains?: readonly string[] | undefined
  readonly customAttributes?: Readonly<Record<string, unknown>> | undefined
  readonly parentId?: string | undefined
  readonly authType?: string | undefined
}

/** Tenants that match every condition, by name; at most 10 000. */
export async function searchTenants(
  deps: Pick<Deps, 'storage'>,
  input: TenantReader & { readonly query: TenantQuery },
): Promise<readonly TenantRecord[]> {
  const { project, rights, query } = input
  const { authType, ...others } = query
  // A key that is limited to tenants finds its own also where there are more tenants than one answer has.
  const ids = rights.tenantIds.length > 0 ? rights.tenantIds.filter((id) => query.ids?.includes(id) ?? true) : query.ids
  const conditions = Object.fromEntries(Object.entries({ ...others, ids }).filter(([, value]) => value !== undefined))
  const found = await deps.storage.tenants.search(project.id, { ...conditions, limit: maxTenants, offset: 0 })
  const isOfType = ({ sessionSettings }: TenantRecord) => authType === undefined || ssoFields(sessionSettings).authType === authType
  return found.filter(isOfType)
}
