import { z } from 'zod'

/**
 * A user on the way in or out, as one line of our own export has it, and as the other formats are translated to. Names are those of the wire; absent means empty,
 * false or none. Texts are checked and brought into their stored form by `prepare-user.ts`; here is the shape.
 */

const maxText = 2048

/** Wide on purpose: what is too long for a field is said by the field's own rule. */
const Text = z.string().max(maxText)
const EpochSeconds = z.int().min(0).max(2_147_483_647)
const Names = z.array(Text.min(1)).max(500)

/** The password of an imported user: a stored text of any kind that is recognised, or the form of the wire. */
export const ImportedPassword = z.strictObject({
  /** A hash in the text form that its own system stores. */
  hash: z.string().max(8192).optional(),
  /** One member that names the kind, as the wire has it (`protocol/core.md` 7.7). */
  hashedPassword: z.unknown().optional(),
  /** Why there is a hash that cannot be read; never in our export. */
  unreadable: z.string().optional(),
  /** The password must be replaced before the user can sign in. */
  mustChange: z.boolean().optional(),
  setTime: EpochSeconds.optional(),
  /** Hashes of earlier passwords, newest first. */
  previous: z.array(z.string().max(8192)).max(50).optional(),
  /** The kind of hash that it came here with, in our own export. */
  origin: z.string().max(64).optional(),
})
export type ImportedPassword = z.output<typeof ImportedPassword>

export const ImportedTenant = z.strictObject({
  tenantId: Text.min(1),
  tenantName: Text.optional(),
  roleNames: Names.optional(),
})

const noLoginId = { error: 'there is no login ID' }

export const ImportedUser = z.strictObject({
  /** Kept where it can be an ID here, else the user gets a new one. */
  userId: Text.optional(),
  /** The first is the primary one. */
  loginIds: z.array(Text.min(1), noLoginId).min(1, noLoginId).max(50),
  status: z.enum(['enabled', 'disabled', 'invited']).optional(),
  email: Text.optional(),
  verifiedEmail: z.boolean().optional(),
  phone: Text.optional(),
  verifiedPhone: z.boolean().optional(),
  name: Text.optional(),
  givenName: Text.optional(),
  middleName: Text.optional(),
  familyName: Text.optional(),
  picture: Text.optional(),
  recoveryEmail: Text.optional(),
  verifiedRecoveryEmail: z.boolean().optional(),
  recoveryPhone: Text.optional(),
  verifiedRecoveryPhone: z.boolean().optional(),
  test: z.boolean().optional(),
  customAttributes: z.record(z.string(), z.unknown()).optional(),
  roleNames: Names.optional(),
  userTenants: z.array(ImportedTenant).max(500).optional(),
  createdTime: EpochSeconds.optional(),
  modifiedTime: EpochSeconds.optional(),
  lastSignInTime: EpochSeconds.optional(),
  password: ImportedPassword.optional(),
})
export type ImportedUser = z.output<typeof ImportedUser>

/**
 * A user as a format translates it from another system's record, before it is known whether it is one: empty texts, 0, false and empty lists mean what absent ones do, and
 * nothing is checked that `prepare-user.ts` checks.
 */
export type SourceUser = { readonly [K in keyof ImportedUser]?: (K extends 'status' ? ImportedUser[K] | '' : ImportedUser[K]) | undefined }
