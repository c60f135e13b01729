import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { coreErrors } from '../errors.ts'
import type { Project } from '../projects.ts'
import type { CredentialRecord, UserWithLoginIds } from '../storage.ts'
import { schemeOf } from './foreign/schemes.ts'
import type { HashCaller, Hasher } from './hash.ts'
import { brokenRules } from './policy.ts'

export const passwordKind = 'password'

/** What is stored of a password. Parsed when written and when read. */
const StoredPassword = z.strictObject({
  /** In the form of a scheme of `foreign/schemes.ts`. */
  hash: z.string().min(1).max(1024),
  setAt: z.int(),
  /** Goes up with every change of the password, and stays when the same password is hashed anew. */
  serial: z.int().min(1),
  /** Set by an administrator as temporary, or expired by one: signing in is refused until it is replaced. */
  mustChange: z.boolean(),
  /** Hashes of earlier passwords, newest first. */
  previous: z.array(z.string()).max(50),
})
export type StoredPassword = z.infer<typeof StoredPassword>

export function readPassword(record: CredentialRecord | undefined): StoredPassword | undefined {
  return record && StoredPassword.parse(record.data)
}

/** The row of a user's first password. */
export function newPasswordCredential(input: {
  readonly projectId: string
  readonly userId: string
  readonly hash: string
  readonly now: number
  readonly mustChange?: boolean
  /** The kind of hash that an imported password came with; see `originOf`. */
  readonly origin?: string
  /** Hashes of earlier passwords, newest first. */
  readonly previous?: readonly string[]
}): CredentialRecord {
  const { hash, now: setAt, mustChange = false, origin = '', previous = [] } = input
  const data: StoredPassword = { hash, setAt, serial: 1, mustChange, previous: [...previous] }
  return {
    projectId: input.projectId,
    userId: input.userId,
    kind: passwordKind,
    lookup: '',
    data,
    version: 1,
    createdAt: input.now,
    modifiedAt: input.now,
    origin,
    isForeign: origin !== '',
  }
}

/**
 * The `origin` of a password that came with a hash: the scheme, for example `bcrypt`, and `''` where the hash is as this server makes them, so that it will never be hashed anew
 * and must not count as one that is left.
 */
export function originOf(hasher: Hasher, hash: string): string {
  return hasher.isOutdated(hash) ? (schemeOf(hash) ?? '') : ''
}

/** The row that follows `record` when the password becomes another one; keeps as many old hashes as the policy may ever ask for. */
export function replacedCredential(
  record: CredentialRecord,
  input: { readonly hash: string; readonly now: number; readonly mustChange: boolean; readonly reuseAmount: number },
): CredentialRecord {
  const old = StoredPassword.parse(record.data)
  const previous = [old.hash, ...old.previous].slice(0, input.reuseAmount)
  const data: StoredPassword = { hash: input.hash, setAt: input.now, serial: old.serial + 1, mustChange: input.mustChange, previous }
  return { ...record, data, modifiedAt: input.now, isForeign: false }
}

/** The same password under a new hash. */
export function rehashedCredential(record: CredentialRecord, hash: string, now: number): CredentialRecord {
  return { ...record, data: { ...StoredPassword.parse(record.data), hash }, modifiedAt: now, isForeign: false }
}

/** The same password, to be replaced before the next sign-in. The serial moves, so that a sign-in that read it before does not overtake this. */
export function expiredCredential(record: CredentialRecord, now: number): CredentialRecord {
  const stored = StoredPassword.parse(record.data)
  return { ...record, data: { ...stored, mustChange: true, serial: stored.serial + 1 }, modifiedAt: now }
}

/** Whether a right password may not be used any more before it is replaced. */
export function isPasswordExpired(project: Project, stored: StoredPassword, now: number): boolean {
  const { expiration, expirationWeeks } = project.settings.password
  return stored.mustChange || (expiration && stored.setAt + expirationWeeks * 604_800 <= now)
}

/** Whose password it is, for the rules that look at the user. */
export interface PasswordOwner {
  readonly loginIds: readonly string[]
  readonly email: string
}

export function ownerOf(account: UserWithLoginIds): PasswordOwner {
  return { loginIds: account.loginIds.map((loginId) => loginId.shown), email: account.user.email }
}

/** Throws `PolicyViolation` with every broken rule, readable in the message and machine-readable in `brokenRules`. */
export async function assertPolicy(deps: Deps, project: Project, password: string, owner: PasswordOwner): Promise<void> {
  const context = { ...owner, words: [project.name] }
  const broken = await brokenRules(project.settings.password, password, context, deps.passwordRules)
  if (broken.length === 0) return
  throw coreErrors.PolicyViolation({ message: broken.map((rule) => rule.text).join('; '), fields: { brokenRules: broken } })
}

/** Throws `PasswordReused` when the policy remembers this password. Costs one hash for each remembered one. */
export async function assertNotReused(
  deps: Deps,
  input: { readonly project: Project; readonly password: string; readonly stored: StoredPassword; readonly caller: HashCaller },
): Promise<void> {
  const { reuse, reuseAmount } = input.project.settings.password
  if (!reuse) return
  for (const hash of [input.stored.hash, ...input.stored.previous.slice(0, reuseAmount)]) {
    if (await deps.hasher.verify(input.password, hash, input.caller)) throw coreErrors.PasswordReused()
  }
}
