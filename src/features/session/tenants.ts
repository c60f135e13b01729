import { currentTenant, openTenants } from '../../core/access.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import { impersonatorOf } from '../../core/impersonation.ts'
import { lifetimes } from '../../core/lifetimes.ts'
import type { Project } from '../../core/projects.ts'
import { type IssuedSession, isInGrace, type LiveSession, reissue } from '../../core/sessions.ts'
import type { SessionRecord, Storage, TenantRecord, UserWithLoginIds } from '../../core/storage.ts'
import { lifetimesFor } from '../../core/tenant-settings.ts'
import { sessionErrors } from './errors.ts'

/** Tenants that the user may choose, in the order of their IDs: the current one, or those of `ids`, or all. */
export async function listTenants(
  deps: Deps,
  input: { readonly live: LiveSession; readonly isCurrentOnly: boolean; readonly ids: readonly string[] },
): Promise<readonly TenantRecord[]> {
  const { live, isCurrentOnly, ids } = input
  const current = currentTenant(live, live.session.claims.dct)
  const isWanted = (id: string) => (isCurrentOnly ? id === current : ids.length === 0 || ids.includes(id))
  const wanted = openTenants(live)
    .map(({ tenantId }) => tenantId)
    .filter(isWanted)
  const found = await deps.storage.tenants.byIds(live.user.projectId, wanted)
  return found.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

export interface SelectTenant {
  readonly project: Project
  readonly live: LiveSession
  readonly tenantId: string
  readonly source: Source
}

type Found = UserWithLoginIds & { readonly session: SessionRecord }

/**
 * Makes a tenant the current one of a session and answers new tokens. The session remembers the choice, so that every refresh keeps it, by whichever of its tokens. With
 * rotation this is a refresh too: the token that was shown gets the same successor within the grace, and ends the family after it. A tenant whose sessions are shorter than
 * the project's brings the end of the session forward, counted from the sign-in; no tenant moves it back (SE-08). Throws `TenantRefused` for a tenant that the user is not in
 * or that is closed, and `StaleSession` when the session is older than the tenant allows.
 */
export async function selectTenant(deps: Deps, input: SelectTenant): Promise<IssuedSession> {
  const { project, live } = input
  for (let round = 0; round < 2; round++) {
    const found = await deps.storage.transaction((tx) => choose(deps, tx, input))
    if (found) return reissue(deps, { project, account: found, session: found.session })
  }
  throw coreErrors.InvalidSession({ log: `ended or rotated meanwhile: ${live.session.id}` })
}

/** The session with the choice in it; `undefined` when a refresh came in between and it must be looked at again. */
async function choose(deps: Deps, tx: Storage, input: SelectTenant): Promise<Found | undefined> {
  const { project, live, tenantId, source } = input
  const { id: projectId } = project
  const { id, userId } = live.session
  await tx.users.lock(projectId, userId)
  const found = await tx.sessions.withUser(projectId, id)
  if (!found) throw coreErrors.InvalidSession({ log: 'gone' })
  if (!openTenants(found).some((tenant) => tenant.tenantId === tenantId)) throw sessionErrors.TenantRefused()
  const now = deps.clock.nowSeconds()
  const expiresAt = endIn(project, found, tenantId)
  if (expiresAt <= now) throw coreErrors.StaleSession()
  const moved = await advance(deps, tx, input, found.session)
  if (!moved) return undefined
  const session = { ...moved, claims: { ...moved.claims, dct: tenantId }, expiresAt }
  if (!(await tx.sessions.setClaims(projectId, id, { claims: session.claims, expiresAt }, now))) return undefined
  const impersonatorId = impersonatorOf(found.session)
  const data = { sessionId: id, tenantId, ...(impersonatorId === undefined ? {} : { impersonatorId }) }
  await recordEvent(deps, tx, userEvent({ projectId, type: 'session.selectTenant', outcome: 'success', userId, source, data }))
  return { ...found, session }
}

/** When the session ends once this is its tenant. */
function endIn(project: Project, found: Found, tenantId: string): number {
  const { createdAt, expiresAt } = found.session
  const { refreshSeconds } = lifetimesFor(project, found, tenantId)
  const isShorter = refreshSeconds < lifetimes(project.settings).refreshSeconds
  return isShorter ? Math.min(expiresAt, createdAt + refreshSeconds) : expiresAt
}

/** What a refresh does to the session; `undefined` when another one won. */
async function advance(
  deps: Deps,
  tx: Storage,
  { project, live }: SelectTenant,
  session: SessionRecord,
): Promise<SessionRecord | undefined> {
  const now = deps.clock.nowSeconds()
  const { gen } = live.claims
  if (gen === session.generation) {
    if (!project.settings.project.rotateJwt) {
      return (await tx.sessions.touch(project.id, session.id, now)) ? { ...session, refreshedAt: now } : undefined
    }
    const isWon = await tx.sessions.rotate(project.id, session.id, gen, now)
    return isWon ? { ...session, generation: gen + 1, rotatedAt: now, refreshedAt: now } : undefined
  }
  if (gen === session.generation - 1 && isInGrace(deps, project, session)) return session
  throw coreErrors.InvalidSession({ log: 'old generation' })
}
