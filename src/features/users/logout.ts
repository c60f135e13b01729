import type { Deps } from '../../core/deps.ts'
import { changeUser, type OneUser } from './change.ts'

/** Ends all sessions of the user. Their session tokens live on where nobody asks the server, for minutes (SE-07). */
export async function logOut(deps: Deps, input: OneUser): Promise<void> {
  await changeUser(deps, input, async (tx, { user }) => {
    const sessions = await tx.sessions.endAllForUser(user.projectId, user.id, 'logout', deps.clock.nowSeconds())
    return { type: 'user.logout', data: { sessions }, isChange: false }
  })
}
