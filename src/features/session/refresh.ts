import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import type { Project } from '../../core/projects.ts'
import { assertUsable, type IssuedSession, isInGrace, reissue } from '../../core/sessions.ts'
import type { SessionRecord, UserWithLoginIds } from '../../core/storage.ts'
import { verifyToken } from '../../core/tokens.ts'
import { queueReuseAlarm } from './messages.ts'

export interface Refresh {
  readonly project: Project
  readonly token: string | undefined
  readonly source: Source
}

type Found = UserWithLoginIds & { readonly session: SessionRecord }

/**
 * Answers new tokens for a refresh token. Without rotation the refresh token is the same again. With rotation the session moves to its next generation by
 * compare-and-swap; the generation before gets the same successor within the grace (SE-02), and after it ends the whole family (SE-03). A refresh
 * that fails in the database leaves the token usable (SE-04).
 */
export async function refresh(deps: Deps, input: Refresh): Promise<IssuedSession> {
  const { project } = input
  if (!input.token) throw coreErrors.InvalidSession()
  const claims = await verifyToken(deps, { projectId: project.id, token: input.token, kind: 'DSR' })
  for (let round = 0; round < 2; round++) {
    const found = await deps.storage.sessions.withUser(project.id, claims.sid)
    if (!found || found.session.userId !== claims.sub) throw coreErrors.InvalidSession({ log: 'unknown session' })
    await assertUsable(deps, project, found)
    const session = await advance(deps, input, found, claims.gen)
    // A token that was made before the end of the session moved (`jwt/update`) would expire at another time than the answer says, and one that was made before a tenant
    // was chosen names another.
    const isSame = session?.generation === claims.gen && session.expiresAt === claims.exp && session.claims.dct === claims.dct
    const refreshJwt = isSame ? input.token : undefined
    if (session) return reissue(deps, { project, account: found, session, refreshJwt })
  }
  throw coreErrors.InvalidSession({ log: 'ended during the refresh' })
}

/** The session after this refresh; `undefined` when another request changed it meanwhile and it must be read again. */
async function advance(deps: Deps, input: Refresh, found: Found, generation: number): Promise<SessionRecord | undefined> {
  const { project } = input
  const { session } = found
  const now = deps.clock.nowSeconds()
  if (generation === session.generation) {
    if (!project.settings.project.rotateJwt) {
      return (await deps.storage.sessions.touch(project.id, session.id, now)) ? { ...session, refreshedAt: now } : undefined
    }
    const isWon = await deps.storage.sessions.rotate(project.id, session.id, generation, now)
    return isWon ? { ...session, generation: generation + 1, rotatedAt: now, refreshedAt: now } : undefined
  }
  if (generation === session.generation - 1 && isInGrace(deps, project, session)) return session
  if (generation < session.generation) await endFamily(deps, input, found)
  throw coreErrors.InvalidSession({ log: 'old generation' })
}

/** A refresh token that was used up came back: somebody else has it. */
async function endFamily(deps: Deps, { project, source }: Refresh, { session, user }: Found): Promise<void> {
  const { id: projectId } = project
  const { userId } = session
  const data = { sessionId: session.id, generation: session.generation }
  await deps.storage.transaction(async (tx) => {
    if (!(await tx.sessions.end(projectId, session.id, 'reuse', deps.clock.nowSeconds()))) return
    await recordEvent(deps, tx, userEvent({ projectId, type: 'session.reuse', outcome: 'failure', userId, source, data }))
    await queueReuseAlarm(deps, tx, { project, user })
  })
  deps.outbox.wake()
}
