import { z } from 'zod'
import { currentTenant } from './access.ts'
import { InactivitySettings, type Lifetimes, lifetimes, sessionLifetimes, TokenLifetimes } from './lifetimes.ts'
import type { Project } from './projects.ts'
import { PasswordSettings } from './settings.ts'
import type { Grants } from './storage.ts'

/**
 * Session settings of a tenant, in the field names of the wire (`protocol/core.md` 7.4). The lifetimes hold while `enabled` is on; of those that the tenant does not
 * say itself, the project's hold.
 */
const Fields = z.object({
  enabled: z.boolean().default(false),
  ...TokenLifetimes.pick({
    refreshTokenExpiration: true,
    refreshTokenExpirationUnit: true,
    sessionTokenExpiration: true,
    sessionTokenExpirationUnit: true,
    stepupTokenExpiration: true,
    stepupTokenExpirationUnit: true,
  }).shape,
  ...InactivitySettings.shape,
  domains: z.array(z.string()).default([]),
  authType: z.enum(['none', 'saml', 'oidc']).default('none'),
  JITDisabled: z.boolean().default(false),
  ssoSetupSuiteSettings: z.record(z.string(), z.unknown()).default({}),
})
export const TenantSessionSettings = Fields.readonly()
export type TenantSessionSettings = z.infer<typeof TenantSessionSettings>

/** What a tenant's session settings say of single sign-on; the project says nothing of it. Cheap: lists show it of every tenant. */
const SsoFields = Fields.pick({ domains: true, authType: true })
export function ssoFields(stored: unknown): z.infer<typeof SsoFields> {
  return SsoFields.parse(stored)
}

/** Those of the fields that are session settings. */
export function sessionSettingsAmong(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => Object.hasOwn(Fields.shape, name)))
}

/** All session settings of a tenant: what it says itself, and the project's for the rest. */
export function tenantSessionSettings({ settings }: Pick<Project, 'settings'>, stored: unknown): TenantSessionSettings {
  return TenantSessionSettings.parse({ ...settings.project, ...(stored as object) })
}

/**
 * Lifetimes for a user's session: those of the current tenant where that has session settings of its own, else the project's. `chosenTenant` is what the session
 * remembers of a choice.
 */
export function lifetimesFor(project: Project, grants: Pick<Grants, 'tenants'>, chosenTenant?: unknown): Lifetimes {
  const id = currentTenant(grants, chosenTenant)
  const tenant = grants.tenants.find(({ tenantId }) => tenantId === id)
  if (!tenant || isEmpty(tenant.sessionSettings)) return lifetimes(project.settings)
  const settings = tenantSessionSettings(project, tenant.sessionSettings)
  return settings.enabled ? sessionLifetimes(settings) : lifetimes(project.settings)
}

/**
 * Password settings for a user: those of the tenant where the user is in exactly one and that has its own, else the project's. Locks are counted before anybody
 * knows whose login ID it is, so the project's hold for everybody.
 */
export function passwordSettingsFor(project: Project, grants: Pick<Grants, 'tenants'>): PasswordSettings {
  const [tenant, ...others] = grants.tenants
  if (!tenant || others.length > 0 || isEmpty(tenant.passwordSettings)) return project.settings.password
  return tenantPasswordSettings(project, tenant.passwordSettings)
}

/** All password settings of a tenant: what it says itself, and the project's for the rest. */
export function tenantPasswordSettings({ settings }: Pick<Project, 'settings'>, stored: unknown): PasswordSettings {
  return PasswordSettings.parse({ ...settings.password, ...(stored as object) })
}

/** The project as its password rules are for this user. */
export function projectFor(project: Project, grants: Pick<Grants, 'tenants'>): Project {
  const password = passwordSettingsFor(project, grants)
  return password === project.settings.password ? project : { ...project, settings: { ...project.settings, password } }
}

function isEmpty(stored: unknown): boolean {
  return typeof stored !== 'object' || stored === null || Object.keys(stored).length === 0
}
