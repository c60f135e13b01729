import { accountKeys } from '../../core/attempts.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type NewEvent, recordEvent } from '../../core/events.ts'
import {
  assertNotReused,
  assertPolicy,
  newPasswordCredential,
  ownerOf,
  passwordKind,
  readPassword,
  replacedCredential,
} from '../../core/password/credential.ts'
import type { HashCaller } from '../../core/password/hash.ts'
import type { Project } from '../../core/projects.ts'
import type { CredentialRecord, Storage, UserWithLoginIds } from '../../core/storage.ts'
import { projectFor } from '../../core/tenant-settings.ts'
import { together } from '../../core/together.ts'
import { passwordErrors } from './errors.ts'
import { queueChangeNotice } from './messages.ts'

/** A new password that passed the policy and is hashed, ready to commit. */
export interface PreparedChange {
  readonly account: UserWithLoginIds
  /** The row that it replaces, if there is one. */
  readonly before: CredentialRecord | undefined
  readonly after: CredentialRecord
}

/** Checks a new password against policy and history and hashes it. Nothing is stored yet. Throws `PolicyViolation`, `PasswordReused`, `RateLimited`. */
export async function prepareChange(
  deps: Deps,
  input: {
    readonly project: Project
    readonly account: UserWithLoginIds
    readonly newPassword: string
    readonly mustChange?: boolean
    readonly caller: HashCaller
  },
): Promise<PreparedChange> {
  const { account, newPassword, caller } = input
  const project = projectFor(input.project, account)
  const { projectId, id: userId } = account.user
  await assertPolicy(deps, project, newPassword, ownerOf(account))
  const before = await deps.storage.credentials.get(projectId, userId, passwordKind, '')
  const stored = readPassword(before)
  if (stored) await assertNotReused(deps, { project, password: newPassword, stored, caller })
  const hash = await deps.hasher.hash(newPassword, caller)
  const now = deps.clock.nowSeconds()
  const mustChange = input.mustChange ?? false
  const reuseAmount = project.settings.password.reuseAmount
  const after = before
    ? replacedCredential(before, { hash, now, mustChange, reuseAmount })
    : newPasswordCredential({ projectId, userId, hash, now, mustChange })
  return { account, before, after }
}

/**
 * Stores a prepared change. In one transaction: the new hash by compare-and-swap, the end of every other session and of all one-time secrets (SE-05,
 * RC-05), the unlocking of the account, the event, and the mail to the owner (RC-13). Throws `ChangedMeanwhile` when another change won.
 */
export async function storeChange(
  deps: Deps,
  tx: Storage,
  change: PreparedChange,
  how: { readonly project: Project; readonly keepSessionId?: string; readonly event: NewEvent },
): Promise<void> {
  const { account, before, after } = change
  const { projectId, userId } = after
  const now = deps.clock.nowSeconds()
  const user = await tx.users.lock(projectId, userId)
  if (!user) throw coreErrors.InvalidSession({ log: 'user gone' })
  await together(
    tx.users.update(projectId, userId, { modifiedAt: now }),
    storeCredential(tx, before, after),
    tx.sessions.endAllForUser(projectId, userId, 'passwordChange', now, how.keepSessionId),
    ...(how.keepSessionId ? [tx.sessions.settlePasswordDue(projectId, how.keepSessionId)] : []),
    tx.challenges.deleteForUser(projectId, userId),
    ...account.loginIds.map((loginId) => tx.attempts.clear(projectId, accountKeys(loginId.canonical, how.event.ip))),
    recordEvent(deps, tx, how.event),
    queueChangeNotice(deps, tx, { project: how.project, user }),
  )
}

async function storeCredential(tx: Storage, before: CredentialRecord | undefined, after: CredentialRecord): Promise<void> {
  if (!(await (before ? swap(tx, before, after) : tx.credentials.insert(after)))) throw passwordErrors.ChangedMeanwhile()
}

/** Swaps the hash. That the same password was hashed anew meanwhile, by a sign-in, is no change (PW-02). */
async function swap(tx: Storage, before: CredentialRecord, after: CredentialRecord): Promise<boolean> {
  if (await tx.credentials.swap(after, before.version)) return true
  const now = await tx.credentials.get(after.projectId, after.userId, passwordKind, '')
  if (!now || readPassword(now)?.serial !== readPassword(before)?.serial) return false
  return tx.credentials.swap(after, now.version)
}
