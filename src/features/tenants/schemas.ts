import { z } from 'zod'
import type { TenantRecord } from '../../core/storage.ts'
import { ssoFields } from '../../core/tenant-settings.ts'
import {
  CustomAttributes,
  CustomClaims,
  GivenName,
  LooseBoolean,
  OptionalGivenName,
  orEmptyArray,
  synonyms,
  Text,
} from '../../http/schemas.ts'
import type { TenantFacts } from './manage.ts'
import type { TenantQuery } from './search.ts'
import type { TenantSettings, TenantSettingsChanges } from './settings.ts'

const maxList = 200

const TenantId = Text(64)
const Name = Text(128)
/** Whether an ID can be one is decided where a tenant is made. */
const GivenId = TenantId.min(1)
const Ids = z.array(GivenId).max(maxList)
const Domain = Text(253)
  .regex(/^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*$/u)
  .transform((domain) => domain.toLowerCase())
const Domains = z.array(Domain).max(maxList)
const RoleInheritance = z.enum(['', 'none', 'userOnly'])
const RoleNames = z.array(Text(128).min(1)).max(maxList)

const Facts = {
  selfProvisioningDomains: Domains.optional(),
  customAttributes: CustomAttributes.optional(),
  enforceSSO: LooseBoolean.optional(),
  enforceSSOExclusions: Ids.optional(),
  disabled: LooseBoolean.optional(),
  roleInheritance: RoleInheritance.optional(),
}

export const CreateTenant = synonyms(
  { parentTenantId: 'parent', parentId: 'parent' },
  z.object({ id: TenantId.optional(), name: GivenName(128), parent: TenantId.optional(), defaultRoles: RoleNames.optional(), ...Facts }),
)
export const UpdateTenant = z.object({ id: GivenId, name: GivenName(128), ...Facts })
export const PatchTenant = z.object({ id: GivenId, name: OptionalGivenName(128), ...Facts })
export const DeleteTenant = z.object({ id: GivenId, cascade: LooseBoolean.optional() })
export const DefaultRoles = z.object({ id: GivenId, defaultRoles: RoleNames })
export const TenantById = z.object({ id: GivenId })
/** Go names the tenant `tenantId` here in some versions. */
export const SettingsOfTenant = synonyms({ tenantId: 'id' }, TenantById)

export const SearchTenants = orEmptyArray(
  synonyms(
    { ids: 'tenantIds', names: 'tenantNames', selfProvisioningDomains: 'tenantSelfProvisioningDomains' },
    z.object({
      tenantIds: z.array(TenantId).max(maxList).optional(),
      tenantNames: z.array(Name).max(maxList).optional(),
      tenantSelfProvisioningDomains: z
        .array(Text(253).transform((domain) => domain.toLowerCase()))
        .max(maxList)
        .optional(),
      // Each is a condition of its own, of which a database takes so many.
      customAttributes: CustomClaims.meta({ description: 'Every attribute must have the value, or one of a list of values.' }).optional(),
      parentTenantId: TenantId.optional(),
      authType: Text(16).optional(),
    }),
  ),
)

export const CreatedTenant = z.object({ id: z.string() })

export const TenantReply = z
  .object({
    id: z.string(),
    name: z.string(),
    selfProvisioningDomains: z.array(z.string()),
    customAttributes: z.record(z.string(), z.unknown()),
    domains: z.array(z.string()),
    authType: z.enum(['none', 'saml', 'oidc']),
    enforceSSO: z.boolean(),
    enforceSSOExclusions: z.array(z.string()),
    disabled: z.boolean(),
    defaultRoles: z.array(z.string()),
    roleInheritance: RoleInheritance,
    parent: z.string().meta({ description: 'ID of the tenant above; empty at the top.' }),
    createdTime: z.int().meta({ description: 'Epoch seconds.' }),
  })
  .meta({ id: 'Tenant', description: 'A customer of the application, with users, roles and settings of its own.' })
export const TenantsReply = z.object({ tenants: z.array(TenantReply) })

export function tenantReply(tenant: TenantRecord): z.input<typeof TenantReply> {
  const { domains, authType } = ssoFields(tenant.sessionSettings)
  return {
    id: tenant.id,
    name: tenant.name,
    selfProvisioningDomains: [...tenant.selfProvisioningDomains],
    customAttributes: { ...tenant.customAttributes },
    domains,
    authType,
    enforceSSO: tenant.isSsoEnforced,
    enforceSSOExclusions: [...tenant.ssoExclusions],
    disabled: tenant.isDisabled,
    defaultRoles: [...tenant.defaultRoleNames],
    roleInheritance: tenant.roleInheritance,
    parent: tenant.parentId,
    createdTime: tenant.createdAt,
  }
}

/** What a call says of a tenant; what it does not say is absent. */
export function givenFacts(body: Omit<z.output<typeof PatchTenant>, 'id'>) {
  return {
    name: body.name || undefined,
    selfProvisioningDomains: body.selfProvisioningDomains,
    customAttributes: body.customAttributes,
    isDisabled: body.disabled,
    isSsoEnforced: body.enforceSSO,
    ssoExclusions: body.enforceSSOExclusions,
    roleInheritance: body.roleInheritance,
  }
}

/** The same with what is not said emptied: an update overwrites. */
export function wholeFacts({ name, ...body }: Omit<z.output<typeof UpdateTenant>, 'id'>): TenantFacts {
  return {
    name,
    selfProvisioningDomains: body.selfProvisioningDomains ?? [],
    customAttributes: body.customAttributes ?? {},
    isDisabled: body.disabled ?? false,
    isSsoEnforced: body.enforceSSO ?? false,
    ssoExclusions: body.enforceSSOExclusions ?? [],
    roleInheritance: body.roleInheritance ?? '',
  }
}

/** An empty list or text is what clients send for no condition. */
export function tenantQuery(body: z.output<typeof SearchTenants>): TenantQuery {
  const given = (list: readonly string[] | undefined) => (list?.length ? list : undefined)
  return {
    ids: given(body.tenantIds),
    names: given(body.tenantNames),
    selfProvisioningDomains: given(body.tenantSelfProvisioningDomains),
    customAttributes: body.customAttributes,
    parentId: body.parentTenantId || undefined,
    authType: body.authType || undefined,
  }
}

const Unit = z.enum(['seconds', 'minutes', 'hours', 'days', 'weeks'])
/** Go sends 0 and empty texts for what is not set. */
const GivenNumber = z.int().min(0).optional()
const GivenUnit = z.union([Unit, z.literal('')]).optional()
const SuiteSettings = orEmptyArray(
  z.record(z.string(), z.unknown()).refine((value) => Buffer.byteLength(JSON.stringify(value)) <= 2048, { error: 'is larger than 2 KiB' }),
)

export const ChangeTenantSettings = synonyms(
  { id: 'tenantId', sessionSettingsEnabled: 'enabled' },
  z.object({
    tenantId: GivenId,
    selfProvisioningDomains: Domains.optional(),
    domains: Domains.optional(),
    authType: z.enum(['', 'none', 'saml', 'oidc']).optional(),
    enforceSSO: LooseBoolean.optional(),
    enforceSSOExclusions: Ids.optional(),
    enabled: z.boolean().optional(),
    refreshTokenExpiration: GivenNumber,
    refreshTokenExpirationUnit: GivenUnit,
    sessionTokenExpiration: GivenNumber,
    sessionTokenExpirationUnit: GivenUnit,
    stepupTokenExpiration: GivenNumber,
    stepupTokenExpirationUnit: GivenUnit,
    enableInactivity: z.boolean().optional(),
    inactivityTime: GivenNumber,
    inactivityTimeUnit: GivenUnit,
    InactivityTime: GivenNumber.meta({
      description: 'Another name of `inactivityTime`; of the two, the one that says something new counts.',
    }),
    InactivityTimeUnit: GivenUnit,
    JITDisabled: z.boolean().optional(),
    ssoSetupSuiteSettings: SuiteSettings.optional(),
  }),
)

/** The changes that a call makes to the settings of now. */
export function settingsChanges(body: z.output<typeof ChangeTenantSettings>, now: TenantSettings): TenantSettingsChanges {
  return {
    selfProvisioningDomains: body.selfProvisioningDomains,
    isSsoEnforced: body.enforceSSO,
    ssoExclusions: body.enforceSSOExclusions,
    domains: body.domains,
    authType: body.authType || undefined,
    enabled: body.enabled,
    refreshTokenExpiration: body.refreshTokenExpiration || undefined,
    refreshTokenExpirationUnit: body.refreshTokenExpirationUnit || undefined,
    sessionTokenExpiration: body.sessionTokenExpiration || undefined,
    sessionTokenExpirationUnit: body.sessionTokenExpirationUnit || undefined,
    stepupTokenExpiration: body.stepupTokenExpiration || undefined,
    stepupTokenExpirationUnit: body.stepupTokenExpirationUnit || undefined,
    enableInactivity: body.enableInactivity,
    inactivityTime: newer(now.inactivityTime, body.inactivityTime, body.InactivityTime),
    inactivityTimeUnit: newer(now.inactivityTimeUnit, body.inactivityTimeUnit || undefined, body.InactivityTimeUnit || undefined),
    JITDisabled: body.JITDisabled,
    ssoSetupSuiteSettings: body.ssoSetupSuiteSettings,
  }
}

/** Of two names of a field the one that says something else than what is; clients send back both that they read. */
function newer<T>(now: T, ...given: readonly (T | undefined)[]): T | undefined {
  const said = given.filter((value) => value !== undefined && value !== 0)
  return said.find((value) => value !== now) ?? said[0]
}

export const TenantSettingsReply = z
  .object({
    domains: z.array(z.string()),
    selfProvisioningDomains: z.array(z.string()),
    authType: z.enum(['none', 'saml', 'oidc']),
    enforceSSO: z.boolean(),
    enforceSSOExclusions: z.array(z.string()),
    enabled: z.boolean().meta({ description: 'The lifetimes of the tenant hold instead of those of the project.' }),
    refreshTokenExpiration: z.int(),
    refreshTokenExpirationUnit: Unit,
    sessionTokenExpiration: z.int(),
    sessionTokenExpirationUnit: Unit,
    stepupTokenExpiration: z.int(),
    stepupTokenExpirationUnit: Unit,
    enableInactivity: z.boolean(),
    inactivityTime: z.int(),
    inactivityTimeUnit: Unit,
    InactivityTime: z.int(),
    InactivityTimeUnit: Unit,
    JITDisabled: z.boolean(),
    ssoSetupSuiteSettings: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TenantSettings', description: 'Session settings of a tenant: what it says itself, and for the rest what the project says.' })

export function settingsReply(settings: TenantSettings): z.input<typeof TenantSettingsReply> {
  const { selfProvisioningDomains, isSsoEnforced, ssoExclusions, inactivityTime, inactivityTimeUnit } = settings
  return {
    ...settings,
    selfProvisioningDomains: [...selfProvisioningDomains],
    enforceSSO: isSsoEnforced,
    enforceSSOExclusions: [...ssoExclusions],
    InactivityTime: inactivityTime,
    InactivityTimeUnit: inactivityTimeUnit,
  }
}
