import type { Deps } from '../../core/deps.ts'
import { takeMail } from '../../core/message-limits.ts'
import type { Project } from '../../core/projects.ts'
import type { Storage, UserChanges, UserRecord } from '../../core/storage.ts'
import { canonicalLoginId } from '../../core/users.ts'
import { userErrors } from './errors.ts'
import { queueAddressNotice } from './messages.ts'

/**
 * Takes a place in the mail limits (BF-09) for each notice that a changed e-mail address sends, and answers those who may get one: the old address where it was proven, and the
 * new one. Comes before the transaction of the change. What is refused is not sent; the change goes on.
 */
export async function takeNotices(
  deps: Deps,
  input: { readonly project: Project; readonly user: UserRecord; readonly newEmail: string | undefined },
): Promise<ReadonlySet<string>> {
  const { project, user, newEmail } = input
  const recipients = new Set<string>()
  if (newEmail === undefined || newEmail === user.email || user.isTest || !project.settings.project.notifyEmailChange) return recipients
  for (const recipient of [user.isEmailVerified ? user.email : '', newEmail]) {
    if (recipient === '') continue
    const { isTaken } = await takeMail(deps, { projectId: project.id, kind: 'email.changed', channel: 'email', recipient })
    if (isTaken) recipients.add(recipient)
  }
  return recipients
}

/** What follows from changed addresses, in the transaction that changes them: one-time secrets are void (RC-05), and the owner is told (RC-13). */
export async function followAddressChange(
  deps: Deps,
  tx: Storage,
  input: {
    readonly project: Project
    readonly before: UserRecord
    readonly changes: UserChanges
    /** Of `takeNotices`. */
    readonly recipients: ReadonlySet<string>
  },
): Promise<void> {
  const { project, before, changes, recipients } = input
  const { email = before.email, phone = before.phone } = changes
  if (email === before.email && phone === before.phone) return
  await tx.challenges.deleteForUser(before.projectId, before.id)
  if (email === before.email) return
  for (const to of [before.email, email]) {
    if (recipients.has(to)) await queueAddressNotice(deps, tx, { project, user: before, to, isNew: to === email })
  }
}

/** Throws `AddressConflict` when an address that is to be set is the login ID of somebody else. */
export async function assertNobodysLoginId(tx: Storage, before: UserRecord, { email, phone }: UserChanges): Promise<void> {
  for (const [address, own] of [
    [email, before.email],
    [phone, before.phone],
  ]) {
    if (!address || address === own) continue
    const owner = await tx.users.byLoginId(before.projectId, canonicalLoginId(address))
    if (owner && owner.user.id !== before.id) throw userErrors.AddressConflict()
  }
}
