import { z } from 'zod'
import { accessIn } from '../../core/access.ts'
import { isNetwork } from '../../core/networks.ts'
import { CustomClaims, GivenName, orEmptyArray, synonyms, Text } from '../../http/schemas.ts'
import type { AccessKey } from './manage.ts'

/** Wire shapes of access keys (`protocol/core.md` 7.8). */

const EpochSeconds = z.int().min(0).max(2_147_483_647)

/** A number, also as the text that .NET sends. */
const LooseSeconds = z.preprocess((value) => (typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value), EpochSeconds)

const RoleNames = z.array(Text(256).min(1)).max(200)

const KeyTenants = z
  .array(synonyms({ roles: 'roleNames' }, z.object({ tenantId: Text(64).min(1), roleNames: RoleNames.default([]) })))
  .max(200)

const KeyClaims = CustomClaims.meta({ description: "Claims that go to the top level of the key's tokens." })
const KeyAttributes = orEmptyArray(z.record(z.string(), z.unknown())).meta({
  description: 'Attributes of the key: of the type that is defined for them, at most 100 and 16 KiB in all.',
})
const PermittedIps = z.array(z.string().max(64).refine(isNetwork, { error: 'must be an address or a CIDR range' })).max(100)

const Facts = {
  name: GivenName(256),
  description: Text(1024).optional(),
  roleNames: RoleNames.optional(),
  keyTenants: KeyTenants.optional(),
  customClaims: KeyClaims.optional(),
  permittedIps: PermittedIps.optional(),
  customAttributes: KeyAttributes.optional(),
}

export const CreateBody = z.object({
  ...Facts,
  expireTime: LooseSeconds.optional().meta({ description: 'Epoch seconds; 0 or absent is never.' }),
  userId: Text(64).optional().meta({ description: 'User that the key speaks for; its roles and tenants are then those of the user.' }),
})

export const UpdateBody = z.object({ id: Text(64).min(1), ...Facts })

const maxPage = 200

export const SearchBody = z.object({
  tenantIds: z.array(Text(64)).max(100).optional(),
  boundUserId: Text(64).optional(),
  creatingUser: Text(64).optional().meta({ description: 'ID of the management key that made the key.' }),
  customAttributes: CustomClaims.optional(),
  limit: z.int().min(0).max(maxPage).optional().meta({ description: 'Ours: size of a page; 200 if absent or 0.' }),
  page: z.int().min(0).max(1_000_000).optional().meta({ description: 'Ours: number of the page, from 0.' }),
})

/** The port's query for a search. Empty texts and lists are no filters: SDKs send them for what is not set. */
export function searchQuery({ tenantIds, boundUserId, creatingUser, customAttributes, limit, page = 0 }: z.output<typeof SearchBody>) {
  const size = limit || maxPage
  return {
    ...(tenantIds && tenantIds.length > 0 ? { tenantIds } : {}),
    ...(boundUserId ? { userId: boundUserId } : {}),
    ...(creatingUser ? { createdBy: creatingUser } : {}),
    ...(customAttributes ? { customAttributes } : {}),
    limit: size,
    offset: page * size,
  }
}

export const IdBody = z.object({ id: Text(64).min(1) })
export const IdQuery = z.object({ id: Text(64).min(1) })
export const IdsBody = z.object({ ids: z.array(Text(64).min(1)).max(maxPage) })

export const ExchangeBody = z.object({
  loginOptions: z
    .preprocess(
      (value) => (Array.isArray(value) && value.length === 0 ? {} : value),
      z.object({ customClaims: CustomClaims.optional(), selectedTenant: Text(64).optional() }),
    )
    .optional(),
})

export const ExchangeReply = z.object({
  keyId: z.string(),
  sessionJwt: z.string(),
  expiration: EpochSeconds.meta({ description: 'End of the token, epoch seconds.' }),
  refreshJwt: z.string().meta({ description: 'The session token again, for clients that insist on one; nothing refreshes with it.' }),
})

const AccessKeyReply = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    roleNames: z.array(z.string()),
    keyTenants: z.array(z.object({ tenantId: z.string(), tenantName: z.string(), roleNames: z.array(z.string()) })),
    status: z.enum(['active', 'inactive']),
    createdTime: EpochSeconds,
    expireTime: EpochSeconds.meta({ description: '0 = never.' }),
    createdBy: z.string(),
    clientId: z.string(),
    boundUserId: z.string(),
    customClaims: z.record(z.string(), z.unknown()),
    permittedIps: z.array(z.string()),
    editable: z.boolean(),
    customAttributes: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AccessKey', description: 'An access key. Times are epoch seconds.' })

export const KeyReply = z.object({ key: AccessKeyReply })
export const KeysReply = z.object({ keys: z.array(AccessKeyReply) })
export const ShownKeyReply = z.object({
  cleartext: z.string().meta({ description: 'The key itself, told this once.' }),
  key: AccessKeyReply,
})

/** A key as the wire shows it. */
export function keyReply(key: AccessKey): z.input<typeof AccessKeyReply> {
  return {
    id: key.id,
    name: key.name,
    description: key.description,
    roleNames: [...accessIn(key, '').roleNames],
    keyTenants: key.tenants.map(({ tenantId, tenantName }) => ({
      tenantId,
      tenantName,
      roleNames: [...accessIn(key, tenantId).roleNames],
    })),
    status: key.status,
    createdTime: key.createdAt,
    expireTime: key.expiresAt,
    createdBy: key.createdBy,
    clientId: '',
    boundUserId: key.userId,
    customClaims: { ...key.customClaims },
    permittedIps: [...key.permittedIps],
    editable: true,
    customAttributes: { ...key.customAttributes },
  }
}
