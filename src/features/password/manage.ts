import { accountKeys, codeKeys } from '../../core/attempts.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, localSource, type NewEvent, recordEvent } from '../../core/events.ts'
import { lockInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import { expiredCredential, passwordKind } from '../../core/password/credential.ts'
import type { Project } from '../../core/projects.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'
import { prepareChange, storeChange } from './change.ts'
import { passwordErrors } from './errors.ts'

/** An administrator's call about the password of a user that was found already. */
interface Managed {
  readonly project: Project
  readonly account: UserWithLoginIds
  readonly actor: Actor
  /** Of the management key that asks; the command line has all of them. */
  readonly rights?: Rights | undefined
}

/** Sets a password. A temporary one must be replaced before the user can sign in. The policy holds here too (PW-07); all sessions end (SE-05). */
export async function setPassword(
  deps: Deps,
  input: Managed & { readonly password: string; readonly isTemporary?: boolean; readonly signal?: AbortSignal },
): Promise<void> {
  const { project, account, rights, signal = new AbortController().signal } = input
  const mustChange = input.isTemporary ?? false
  const caller = { signal, source: localSource }
  const change = await prepareChange(deps, { project, account, newPassword: input.password, mustChange, caller })
  const event = eventOf(input, 'password.set', { isTemporary: mustChange })
  await deps.storage.transaction(async (tx) => {
    await lockInReach(tx, { rights, project, userId: account.user.id })
    await storeChange(deps, tx, change, { project, event })
  })
  deps.outbox.wake()
}

/**
 * Makes the password one that must be replaced before the next sign-in. Nothing secret changes, so sessions go on. Throws `InvalidArguments` when the user has
 * no password.
 */
export async function expirePassword(deps: Deps, input: Managed): Promise<void> {
  const { project, account, rights } = input
  const { projectId, id: userId } = account.user
  await deps.storage.transaction(async (tx) => {
    await lockInReach(tx, { rights, project, userId })
    const before = await tx.credentials.get(projectId, userId, passwordKind, '')
    if (!before) throw coreErrors.InvalidArguments({ message: 'The user has no password' })
    const isStored = await tx.credentials.swap(expiredCredential(before, deps.clock.nowSeconds()), before.version)
    if (!isStored) throw passwordErrors.ChangedMeanwhile()
    await recordEvent(deps, tx, eventOf(input, 'password.expire', {}))
  })
}

/** Lifts every lock that failed sign-ins with passwords and codes have put on the account. */
export async function unlock(deps: Deps, input: Managed): Promise<void> {
  const { project, account } = input
  await deps.storage.transaction(async (tx) => {
    for (const loginId of account.loginIds) await tx.attempts.clear(project.id, accountKeys(loginId.canonical))
    await tx.attempts.clear(project.id, codeKeys(account.user.id))
    await recordEvent(deps, tx, eventOf(input, 'password.unlock', {}))
  })
}

function eventOf({ project, account, actor }: Managed, type: string, data: Readonly<Record<string, unknown>>): NewEvent {
  return adminEvent({ projectId: project.id, actor, type, userId: account.user.id, data })
}
