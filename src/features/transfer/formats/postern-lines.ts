import { z } from 'zod'
import { AttributeDefinition } from '../../../core/attributes.ts'
import { holdsPlainTextOnly, isPlainText } from '../../../core/plain-text.ts'
import { PasswordSettings } from '../../../core/settings.ts'
import { TenantSessionSettings } from '../../../core/tenant-settings.ts'
import { ImportedUser } from '../imported-user.ts'

/**
 * The lines of our own export, which are what it writes and what it reads (docs/moving/postern.md). The first is the header; what users refer to comes before them. A
 * change that older programs would misread makes a new version.
 */

export const fileVersion = 1

const plain = { error: 'holds control characters or broken Unicode' }
const Name = z.string().min(1).max(2048).refine(isPlainText, plain)
const Text = z.string().max(8192).refine(isPlainText, plain)
const Texts = z.array(Text).max(1000)
const EpochSeconds = z.int().min(0).max(2_147_483_647)
const Values = z.record(z.string(), z.unknown()).refine(holdsPlainTextOnly, plain)

/** Settings as they are stored, which is without what they do not set. */
function Stored(schema: z.ZodType) {
  return Values.refine((value) => schema.safeParse(value).success, { error: 'are no such settings' })
}

/** How many lines of each kind follow. */
const Counts = z.strictObject({
  permissions: z.int(),
  tenants: z.int(),
  roles: z.int(),
  attributes: z.int(),
  users: z.int(),
})

export const Header = z.strictObject({
  kind: z.literal('header'),
  format: z.literal('postern'),
  version: z.int(),
  /** Whether users have their password hashes. */
  withHashes: z.boolean(),
  counts: Counts,
  /** Every field that a user may have here. */
  userFields: z.array(z.string()),
})
export type Header = z.output<typeof Header>

export const PermissionLine = z.strictObject({
  kind: z.literal('permission'),
  id: Name,
  name: Name,
  description: Text,
  createdAt: EpochSeconds,
})

export const TenantLine = z.strictObject({
  kind: z.literal('tenant'),
  id: Name,
  name: Name,
  parentId: Text,
  selfProvisioningDomains: Texts,
  customAttributes: Values,
  isDisabled: z.boolean(),
  isSsoEnforced: z.boolean(),
  ssoExclusions: Texts,
  roleInheritance: z.enum(['', 'none', 'userOnly']),
  defaultRoleNames: Texts,
  sessionSettings: Stored(TenantSessionSettings),
  passwordSettings: Stored(PasswordSettings),
  createdAt: EpochSeconds,
  modifiedAt: EpochSeconds,
})

export const RoleLine = z.strictObject({
  kind: z.literal('role'),
  id: Name,
  tenantId: Text,
  name: Name,
  description: Text,
  permissionNames: Texts,
  isDefault: z.boolean(),
  isPrivate: z.boolean(),
  createdAt: EpochSeconds,
})

export const AttributeLine = z.strictObject({
  kind: z.literal('attribute'),
  subject: z.enum(['user', 'tenant', 'accessKey']),
  name: Name,
  definition: AttributeDefinition,
  createdAt: EpochSeconds,
})

export const UserLine = z.strictObject({ kind: z.literal('user'), ...ImportedUser.shape })

/** What users refer to. */
export const Definition = z.discriminatedUnion('kind', [PermissionLine, TenantLine, RoleLine, AttributeLine])
export type Definition = z.output<typeof Definition>
