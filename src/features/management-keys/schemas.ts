import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { deniableRights, extraRights, type Rights } from '../../core/management-keys.ts'
import { isNetwork } from '../../core/networks.ts'
import { GivenName, Text } from '../../http/schemas.ts'
import type { ManagementKey } from './manage.ts'

/** Wire shapes of management keys, as the SDKs' `managementKey` sends and reads them; `rights` is ours. */

const EpochSeconds = z.int().min(0).max(2_147_483_647)
const maxLifetimeSeconds = 315_360_000

/** A number, also as the text that .NET sends. */
const Lifetime = z.preprocess(
  (value) => (typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value),
  z.int().min(0).max(maxLifetimeSeconds),
)

const Names = z.array(Text(128)).max(100)

/** Roles of the vendor's console. Only those without limits mean something here; see `assertFullAccess`. */
const ReBac = z
  .object({
    companyRoles: Names.default([]),
    projectRoles: z
      .array(z.object({ projectIds: Names.default([]), roles: Names.default([]) }))
      .max(100)
      .default([]),
    tagRoles: z
      .array(z.object({ tags: Names.default([]), roles: Names.default([]) }))
      .max(100)
      .default([]),
  })
  .meta({ description: "The vendor's roles: full access is taken, others are refused. `rights` narrows a key." })

const GivenRights = z
  .strictObject({
    readOnly: z.boolean().optional(),
    denied: z.array(z.enum(deniableRights)).max(deniableRights.length).optional(),
    extra: z.array(z.enum(extraRights)).max(extraRights.length).optional(),
    tenantIds: z.array(Text(64).min(1)).max(100).optional(),
  })
  .meta({ description: 'Ours: what the key may do. What is absent is as it was, or as with the key that makes this one.' })

const PermittedIps = z
  .array(z.string().max(64).refine(isNetwork, { error: 'must be an address or a CIDR range' }))
  .max(100)
  .meta({ description: 'Addresses and CIDR ranges that the key is taken from; empty is everywhere.' })

export const CreateBody = z.object({
  name: GivenName(256),
  description: Text(1024).optional(),
  expiresIn: Lifetime.optional().meta({ description: 'Seconds; 0 or absent is never.' }),
  permittedIps: PermittedIps.optional(),
  reBac: ReBac.optional(),
  rights: GivenRights.optional(),
})

export const UpdateBody = z.object({
  id: Text(64).min(1),
  name: GivenName(256).optional(),
  description: Text(1024).optional(),
  permittedIps: PermittedIps.optional(),
  status: z.enum(['active', 'inactive']).optional(),
  rights: GivenRights.optional(),
})

export const IdQuery = z.object({ id: Text(64).min(1) })
export const SearchQuery = z.object({ status: z.enum(['active', 'inactive']).optional() })
export const IdsBody = z.object({ ids: z.array(Text(64).min(1)).max(200) })

/** Rights as the domain knows them, of what a body gives. */
export function givenRights(rights: z.output<typeof GivenRights> = {}, permittedIps?: readonly string[]): Partial<Rights> {
  const { readOnly, denied, extra, tenantIds } = rights
  return {
    ...(readOnly === undefined ? {} : { isReadOnly: readOnly }),
    ...(denied === undefined ? {} : { denied }),
    ...(extra === undefined ? {} : { extra }),
    ...(tenantIds === undefined ? {} : { tenantIds }),
    ...(permittedIps === undefined ? {} : { networks: [...permittedIps] }),
  }
}

/**
 * Throws `InvalidArguments` when a key is asked for that the vendor's roles would narrow, or that reaches other projects: a key that can do more than somebody meant is
 * worse than none.
 */
export function assertFullAccess(reBac: z.output<typeof ReBac> | undefined, projectId: string): void {
  const { companyRoles = [], projectRoles = [], tagRoles = [] } = reBac ?? {}
  const roles = [...companyRoles, ...projectRoles.flatMap((one) => one.roles)]
  const isKnown = roles.every((role) => role.endsWith('full-access')) && tagRoles.length === 0
  const isHere = projectRoles.every(({ projectIds }) => projectIds.every((id) => id === projectId))
  if (!isKnown || !isHere)
    throw coreErrors.InvalidArguments({ message: 'reBac: only full access to this project is known here; narrow the key with rights' })
}

const KeyView = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    status: z.enum(['active', 'inactive']),
    createdTime: EpochSeconds,
    expireTime: EpochSeconds.meta({ description: '0 = never.' }),
    createdBy: z.string().meta({ description: 'ID of the key that made it; empty for the command line.' }),
    permittedIps: z.array(z.string()),
    reBac: z.object({
      companyRoles: z.array(z.string()),
      projectRoles: z.array(z.object({ projectIds: z.array(z.string()), roles: z.array(z.string()) })),
      tagRoles: z.array(z.object({ tags: z.array(z.string()), roles: z.array(z.string()) })),
    }),
    rights: z.object({
      readOnly: z.boolean(),
      denied: z.array(z.string()),
      extra: z.array(z.string()),
      tenantIds: z.array(z.string()),
    }),
  })
  .meta({ id: 'ManagementKey', description: 'A management key. Times are epoch seconds.' })

export const KeyReply = z.object({ key: KeyView })
export const KeysReply = z.object({ keys: z.array(KeyView) })
export const ShownKeyReply = z.object({ cleartext: z.string().meta({ description: 'The key itself, told this once.' }), key: KeyView })
export const TotalReply = z.object({ total: z.int() })

/** A key as the wire shows it. */
export function keyReply(key: ManagementKey): z.input<typeof KeyView> {
  const { isReadOnly, denied, extra, tenantIds, networks } = key.rights
  const isWhole = !isReadOnly && denied.length === 0 && tenantIds.length === 0
  return {
    id: key.id,
    name: key.name,
    description: key.description,
    status: key.isActive ? 'active' : 'inactive',
    createdTime: key.createdAt,
    expireTime: key.expiresAt,
    createdBy: key.createdBy,
    permittedIps: [...networks],
    reBac: {
      companyRoles: [],
      projectRoles: [{ projectIds: [key.projectId], roles: isWhole ? ['project-full-access'] : [] }],
      tagRoles: [],
    },
    rights: { readOnly: isReadOnly, denied: [...denied], extra: [...extra], tenantIds: [...tenantIds] },
  }
}
