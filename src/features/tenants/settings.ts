import type { Deps } from '../../core/deps.ts'
import { coreErrors, naming } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { lifetimeProblems } from '../../core/lifetimes.ts'
import { assertTenantInReach } from '../../core/managed-users.ts'
import type { TenantRecord } from '../../core/storage.ts'
import { sessionSettingsAmong, type TenantSessionSettings, tenantSessionSettings } from '../../core/tenant-settings.ts'
import type { TenantReader } from './search.ts'

/** What a tenant's settings call shows and changes: its session settings, and facts of the tenant that have a place in that call too. */
export type TenantSettings = TenantSessionSettings & Pick<TenantRecord, 'selfProvisioningDomains' | 'isSsoEnforced' | 'ssoExclusions'>

/** Any subset; what is not given stays. */
export type TenantSettingsChanges = { readonly [Field in keyof TenantSettings]?: TenantSettings[Field] | undefined }

/** Of these a key that is limited to tenants must keep off: they decide who comes into the tenant, also from elsewhere. */
const whoComesIn = ['selfProvisioningDomains', 'isSsoEnforced', 'ssoExclusions', 'domains', 'authType', 'JITDisabled'] as const

/** All settings of the tenant: what it says itself, and the project's for the rest. */
export function settingsOf({ project }: Pick<TenantReader, 'project'>, tenant: TenantRecord): TenantSettings {
  const { selfProvisioningDomains, isSsoEnforced, ssoExclusions, sessionSettings } = tenant
  return { ...tenantSessionSettings(project, sessionSettings), selfProvisioningDomains, isSsoEnforced, ssoExclusions }
}

/**
 * Changes settings of a tenant. `changesFrom` gets those of now, since some clients have two names for one field, and the one that says something new counts. Fields that are
 * not given stay. Throws `TenantNotFound`, `InvalidArguments` with every problem, `ManagementForbidden`.
 */
export async function changeTenantSettings(
  deps: Deps,
  input: TenantReader & {
    readonly actor: Actor
    readonly id: string
    readonly changesFrom: (now: TenantSettings) => TenantSettingsChanges
  },
): Promise<void> {
  const { project, rights, actor, id, changesFrom } = input
  assertTenantInReach(rights, id)
  await deps.storage.transaction(async (tx) => {
    const tenant = await tx.tenants.lock(project.id, id)
    if (!tenant) throw naming(coreErrors.TenantNotFound, input.id)
    const now = settingsOf(input, tenant)
    const changes = Object.fromEntries(Object.entries(changesFrom(now)).filter(([, value]) => value !== undefined))
    const next: TenantSettings = { ...now, ...changes }
    const isForbidden =
      rights.tenantIds.length > 0 && whoComesIn.some((field) => JSON.stringify(next[field]) !== JSON.stringify(now[field]))
    if (isForbidden) throw coreErrors.ManagementForbidden()
    assertLifetimes(next)
    const { selfProvisioningDomains, isSsoEnforced, ssoExclusions } = next
    const sessionSettings = { ...(tenant.sessionSettings as object), ...sessionSettingsAmong(changes) }
    const facts = { selfProvisioningDomains, isSsoEnforced, ssoExclusions, sessionSettings, modifiedAt: deps.clock.nowSeconds() }
    await tx.tenants.update(project.id, id, facts)
    const data = { tenantId: id, fields: Object.keys(changes) }
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, type: 'tenant.settings', data }))
  })
}

function assertLifetimes(settings: TenantSettings): void {
  const problems = lifetimeProblems(settings).map(([field, remedy]) => `${field}: ${remedy}`)
  if (problems.length > 0) throw coreErrors.InvalidArguments({ message: problems.join('; ') })
}
