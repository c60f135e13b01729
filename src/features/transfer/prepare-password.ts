import { AuthError } from '../../core/errors.ts'
import { newPasswordCredential, originOf } from '../../core/password/credential.ts'
import { recogniseHash, schemeOf } from '../../core/password/foreign/schemes.ts'
import type { Hasher } from '../../core/password/hash.ts'
import { HashedPassword, storedHashOf } from '../../core/password/hashed-password.ts'
import type { CredentialRecord, UserRecord } from '../../core/storage.ts'
import type { ImportedPassword } from './imported-user.ts'
import type { Findings, PrepareRules } from './prepare-user.ts'

interface PreparedPassword {
  readonly credential: CredentialRecord
  /** What the report counts the hash as, for example `bcrypt`. */
  readonly scheme: string
}

/** The credential of an imported password; `undefined` when there is none, or none that is of use. Bounds hold here as they do when a password is checked (PW-11). */
export function preparePassword(
  hasher: Hasher,
  input: {
    readonly rules: Pick<PrepareRules, 'now' | 'isExact' | 'dropsBadHashes'>
    readonly given: ImportedPassword | undefined
    readonly user: Pick<UserRecord, 'projectId' | 'id'>
    readonly findings: Findings
  },
): PreparedPassword | undefined {
  const { rules, given, user, findings } = input
  if (!given || (!given.hash && !given.hashedPassword && !given.unreadable)) return undefined
  const stored = storedOf(given)
  if ('problem' in stored) {
    if (rules.dropsBadHashes) findings.note(`${stored.problem}: the user was taken without it`)
    else findings.problem(stored.problem)
    return undefined
  }
  const previous = (given.previous ?? []).map((text) => recogniseHash(text))
  if (previous.includes(undefined)) findings.note('password: earlier hashes that are not known here were left out')
  const { hash } = stored
  const scheme = originOf(hasher, hash)
  const origin = rules.isExact ? (given.origin ?? '') : scheme
  const made = newPasswordCredential({
    ...{ projectId: user.projectId, userId: user.id, hash, now: given.setTime || rules.now, origin },
    mustChange: given.mustChange ?? false,
    previous: previous.filter((text) => text !== undefined),
  })
  const isForeign = origin !== '' && hasher.isOutdated(hash)
  return { credential: { ...made, isForeign }, scheme: scheme || (schemeOf(hash) ?? 'unknown') }
}

function storedOf({ hash = '', hashedPassword, unreadable }: ImportedPassword): { readonly hash: string } | { readonly problem: string } {
  if (unreadable !== undefined) return { problem: unreadable }
  if (hashedPassword !== undefined && Object.keys(Object(hashedPassword)).length > 0) return fromWire(hashedPassword)
  const stored = recogniseHash(hash)
  return stored === undefined ? { problem: 'password: the hash is of no kind that is known here, or beyond the bounds' } : { hash: stored }
}

function fromWire(hashedPassword: unknown): { readonly hash: string } | { readonly problem: string } {
  const read = HashedPassword.safeParse(hashedPassword)
  if (!read.success) return { problem: 'hashedPassword: is not of the form that is described' }
  try {
    return { hash: storedHashOf(read.data) }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { problem: error.message }
  }
}
