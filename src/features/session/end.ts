import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import { impersonatorOf } from '../../core/impersonation.ts'
import type { Project } from '../../core/projects.ts'
import { verifyToken } from '../../core/tokens.ts'

export interface EndSession {
  readonly project: Project
  readonly token: string | undefined
  readonly source: Source
  /** Every session of the user, or this one. */
  readonly scope: 'one' | 'all'
}

/**
 * Ends the session of a refresh token, or all of its user. Calling it again is fine: a token whose session has ended already ends nothing and succeeds, so it
 * cannot end the sessions that came after it (SE-07). Throws `InvalidSession` for a token that was never ours or has expired, and `Impersonating` where somebody acts as the user
 * and would end all.
 */
export async function endSession(deps: Deps, input: EndSession): Promise<void> {
  const { project, source } = input
  if (!input.token) throw coreErrors.InvalidSession()
  const claims = await verifyToken(deps, { projectId: project.id, token: input.token, kind: 'DSR' })
  const { sid, sub } = claims
  const impersonatorId = impersonatorOf({ claims })
  // Whoever acts as the user may leave, but not sign the user out.
  if (impersonatorId !== undefined && input.scope === 'all') throw coreErrors.Impersonating()
  await deps.storage.transaction(async (tx) => {
    await tx.users.lock(project.id, sub)
    const now = deps.clock.nowSeconds()
    if (!(await tx.sessions.end(project.id, sid, 'logout', now))) return
    const others = input.scope === 'all' ? await tx.sessions.endAllForUser(project.id, sub, 'logout', now) : 0
    const type = input.scope === 'all' ? 'session.logoutAll' : 'session.logout'
    const data = { sessionId: sid, ended: others + 1, ...(impersonatorId === undefined ? {} : { impersonatorId }) }
    await recordEvent(deps, tx, userEvent({ projectId: project.id, type, outcome: 'success', userId: sub, source, data }))
  })
}
