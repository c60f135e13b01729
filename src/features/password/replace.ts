import type { Deps } from '../../core/deps.ts'
import { type Source, userEvent } from '../../core/events.ts'
import type { Project } from '../../core/projects.ts'
import { type IssuedSession, prepareSession, storeSession } from '../../core/sessions.ts'
import { prepareChange, storeChange } from './change.ts'
import { provePassword } from './sign-in.ts'

export interface ReplacePassword {
  readonly project: Project
  readonly loginId: string
  readonly oldPassword: string
  readonly newPassword: string
  readonly source: Source
  readonly signal: AbortSignal
}

/**
 * Swaps the old password for a new one and signs the user in; every earlier session ends. An expired or temporary password serves as the old one. A wrong old
 * password is told before anything about the new one (EN-01).
 */
export async function replacePassword(deps: Deps, input: ReplacePassword): Promise<IssuedSession> {
  const { project, source, signal } = input
  const proven = await provePassword(deps, { ...input, password: input.oldPassword })
  await deps.storage.transaction(proven.guess.succeed)
  const { account } = proven
  const change = await prepareChange(deps, { project, account, newPassword: input.newPassword, caller: { signal, source } })
  const session = await prepareSession(deps, { project, account, source, amr: ['pwd'] })
  const event = userEvent({ projectId: project.id, type: 'password.replace', outcome: 'success', userId: account.user.id, source })
  await deps.storage.transaction(async (tx) => {
    // The hash that was proven must be the one that is replaced.
    await storeChange(deps, tx, { ...change, before: proven.credential }, { project, event })
    await storeSession(deps, tx, session)
  })
  deps.outbox.wake()
  return session.issued
}
