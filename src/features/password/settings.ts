import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { assertTenantInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import { changeSettings, invalidSettings, type Project } from '../../core/projects.ts'
import { PasswordSettings } from '../../core/settings.ts'
import { tenantPasswordSettings } from '../../core/tenant-settings.ts'

/** Whose password settings are meant: a tenant's, or with `tenantId` `''` the project's. */
export interface SettingsOwner {
  readonly project: Project
  readonly rights: Rights
  readonly tenantId: string
}

export type PasswordSettingsChanges = { readonly [Field in keyof PasswordSettings]?: PasswordSettings[Field] | undefined }

/** The settings; of a tenant what it says itself, and for the rest what the project says. Throws `TenantNotFound`, `ManagementForbidden`. */
export async function readSettings(deps: Deps, { project, rights, tenantId }: SettingsOwner): Promise<PasswordSettings> {
  assertTenantInReach(rights, tenantId)
  if (tenantId === '') return project.settings.password
  const tenant = await deps.storage.tenants.byId(project.id, tenantId)
  if (!tenant) throw coreErrors.TenantNotFound()
  return tenantPasswordSettings(project, tenant.passwordSettings)
}

/**
 * Changes settings; `changesFrom` gets those of now. Fields that are not given stay, so that clients that know fewer clear none. Throws `InvalidArguments` with every
 * problem, `TenantNotFound`, `ManagementForbidden`.
 */
export async function changePasswordSettings(
  deps: Deps,
  input: SettingsOwner & { readonly actor: Actor; readonly changesFrom: (now: PasswordSettings) => PasswordSettingsChanges },
): Promise<void> {
  const { project, rights, tenantId, actor, changesFrom } = input
  assertTenantInReach(rights, tenantId)
  const changesOf = (now: PasswordSettings) =>
    Object.fromEntries(Object.entries(changesFrom(now)).filter(([, value]) => value !== undefined)) as Partial<PasswordSettings>
  if (tenantId !== '') return changeOfTenant(deps, { ...input, changesOf })
  await changeSettings(deps, { projectId: project.id, changes: ({ password }) => ({ password: changesOf(password) }), actor })
}

async function changeOfTenant(
  deps: Deps,
  input: SettingsOwner & { readonly actor: Actor; readonly changesOf: (now: PasswordSettings) => Partial<PasswordSettings> },
): Promise<void> {
  const { project, tenantId, actor, changesOf } = input
  const projectId = project.id
  await deps.storage.transaction(async (tx) => {
    const tenant = await tx.tenants.lock(projectId, tenantId)
    if (!tenant) throw coreErrors.TenantNotFound()
    const changes = changesOf(tenantPasswordSettings(project, tenant.passwordSettings))
    const passwordSettings = { ...(tenant.passwordSettings as object), ...changes }
    const parsed = PasswordSettings.safeParse({ ...project.settings.password, ...passwordSettings })
    if (!parsed.success) throw invalidSettings(parsed.error)
    await tx.tenants.update(projectId, tenantId, { passwordSettings, modifiedAt: deps.clock.nowSeconds() })
    const data = { tenantId, fields: Object.keys(changes).map((field) => `password.${field}`) }
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'settings.change', data }))
  })
}
