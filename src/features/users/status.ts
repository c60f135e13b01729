import type { Deps } from '../../core/deps.ts'
import type { Storage, UserRecord, UserStatus, UserWithLoginIds } from '../../core/storage.ts'
import { changeUser, type OneUser } from './change.ts'

/** Sets the status. Disabling ends every session of the user and voids what was sent to them (SE-06, RC-05). */
export function setUserStatus(deps: Deps, input: OneUser & { readonly status: UserStatus }): Promise<UserWithLoginIds> {
  const { status } = input
  return changeUser(deps, input, async (tx, { user }) => {
    await endWhatStatusEnds(deps, tx, user, status)
    return { type: 'user.status', data: { status }, changes: { status } }
  })
}

/** What goes with a status that is set, in the transaction that sets it. */
export async function endWhatStatusEnds(deps: Deps, tx: Storage, { projectId, id }: UserRecord, status: UserStatus): Promise<void> {
  if (status !== 'disabled') return
  await tx.sessions.endAllForUser(projectId, id, 'disabled', deps.clock.nowSeconds())
  await tx.challenges.deleteForUser(projectId, id)
}
