import { withCustomClaims } from '../../core/claims.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import type { Project } from '../../core/projects.ts'
import { liveSession, reissue } from '../../core/sessions.ts'
import type { SessionRecord } from '../../core/storage.ts'
import { tokenKind } from '../../core/tokens.ts'

export interface UpdateToken {
  readonly project: Project
  readonly actor: Actor
  /** A session or a refresh token of a live session. */
  readonly token: string
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  /** New lifetime of the session from now on; without it the end stays. */
  readonly refreshSeconds?: number | undefined
}

/**
 * Sets custom claims at the top level of a token and of every one that follows it in its session; those that are not named stay. Answers a token of the same kind. A session
 * token keeps its expiry, so that a step-up does not last longer by this. Throws `InvalidSession`, `SessionEnded` and `InvalidArguments`.
 */
export async function updateToken(deps: Deps, input: UpdateToken): Promise<string> {
  const { project, token } = input
  const kind = tokenKind(token)
  const live = await liveSession(deps, { project, token, kind })
  const session = await storeClaims(deps, input, live.session)
  const isStepUp = live.claims.su === true
  if (kind === 'DSR') return (await reissue(deps, { project, account: live, session })).refreshJwt
  return (await reissue(deps, { project, account: live, session, refreshJwt: '', isStepUp, notAfter: live.claims.exp })).sessionJwt
}

/** Writes the claims into the session, on top of what is there by now: two calls at once both count. */
async function storeClaims(deps: Deps, input: UpdateToken, { projectId, userId, id }: SessionRecord): Promise<SessionRecord> {
  const now = deps.clock.nowSeconds()
  const names = Object.keys(input.customClaims ?? {})
  return deps.storage.transaction(async (tx) => {
    await tx.users.lock(projectId, userId)
    const found = await tx.sessions.withUser(projectId, id)
    if (!found) throw coreErrors.InvalidSession({ log: 'gone' })
    const claims = withCustomClaims(found.session.claims, input.customClaims)
    const end = input.refreshSeconds === undefined ? {} : { expiresAt: now + input.refreshSeconds }
    if (!(await tx.sessions.setClaims(projectId, id, { claims, ...end }, now))) throw coreErrors.InvalidSession({ log: 'ended meanwhile' })
    const data = { sessionId: id, claims: names, ...(input.refreshSeconds === undefined ? {} : { refreshSeconds: input.refreshSeconds }) }
    await recordEvent(deps, tx, adminEvent({ projectId, actor: input.actor, type: 'jwt.update', userId, data }))
    return { ...found.session, claims, ...end }
  })
}
