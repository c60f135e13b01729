import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { assertRights, type Rights } from '../../core/management-keys.ts'
import { assertPolicy, newPasswordCredential, originOf, ownerOf } from '../../core/password/credential.ts'
import type { HashCaller } from '../../core/password/hash.ts'
import { type HashedPassword, storedHashOf } from '../../core/password/hashed-password.ts'
import type { Project } from '../../core/projects.ts'
import type { CredentialRecord, UserWithLoginIds } from '../../core/storage.ts'
import { projectFor } from '../../core/tenant-settings.ts'

/** What a user is made with to sign in by. */
export interface FirstCredentials {
  /** In the clear, usable at once. The policy holds (PW-07). */
  readonly password?: string | undefined
  /** A hash of another system, usable at once. */
  readonly hashedPassword?: HashedPassword | undefined
  /** The secret of an authenticator app, in Base32. */
  readonly totpSeed?: string | undefined
}

/** Makes the credentials of a user who is being made. Throws `InvalidRequest`, `PolicyViolation`, `RateLimited`, and `ManagementForbidden` for a key that may set no active passwords. */
export async function firstCredentials(
  deps: Deps,
  input: {
    readonly project: Project
    readonly account: UserWithLoginIds
    readonly rights: Rights | undefined
    readonly given: FirstCredentials
    readonly caller: HashCaller
  },
): Promise<readonly CredentialRecord[]> {
  const { given, rights } = input
  const { password, hashedPassword, totpSeed } = given
  if (password !== undefined && hashedPassword) throw coreErrors.InvalidRequest({ message: 'Give password or hashedPassword, not both' })
  // Whoever chooses a hash knows its password.
  if (rights && (password !== undefined || hashedPassword))
    assertRights(rights, { effect: 'write', right: 'activePasswords', isTenantAware: true })
  const credentials: CredentialRecord[] = []
  if (password !== undefined) credentials.push(await passwordCredential(deps, input, password))
  if (hashedPassword) credentials.push(importedCredential(deps, input.account, hashedPassword))
  if (totpSeed) credentials.push(totpCredential(deps, input.account, totpSeed))
  return credentials
}

async function passwordCredential(
  deps: Deps,
  { project, account, caller }: { readonly project: Project; readonly account: UserWithLoginIds; readonly caller: HashCaller },
  password: string,
): Promise<CredentialRecord> {
  const { projectId, id: userId, modifiedAt: now } = account.user
  await assertPolicy(deps, projectFor(project, account), password, ownerOf(account))
  return newPasswordCredential({ projectId, userId, now, hash: await deps.hasher.hash(password, caller) })
}

function importedCredential(deps: Deps, { user }: UserWithLoginIds, hashedPassword: HashedPassword): CredentialRecord {
  const hash = storedHashOf(hashedPassword)
  return newPasswordCredential({
    projectId: user.projectId,
    userId: user.id,
    now: user.modifiedAt,
    hash,
    origin: originOf(deps.hasher, hash),
  })
}

/** The seed is sealed (CR-01). Nothing here asks for a code yet; it is kept for when something does, so that nobody has to enrol again. */
function totpCredential(deps: Deps, { user }: UserWithLoginIds, seed: string): CredentialRecord {
  const { projectId, id: userId, modifiedAt: now } = user
  const text = seed.replaceAll(/[\s-]/g, '').toUpperCase().replace(/=+$/, '')
  if (!/^[A-Z2-7]{16,256}$/.test(text))
    throw coreErrors.InvalidRequest({ message: 'The seed field is not a Base32 text of 16 to 256 characters' })
  const data = { sealedSeed: deps.sealer.seal(`totp/${projectId}/${userId}`, text) }
  return { projectId, userId, kind: 'totp', lookup: '', data, version: 1, createdAt: now, modifiedAt: now, origin: '', isForeign: false }
}
