import { isBarred, openTenants } from '../../core/access.ts'
import { assertCustomClaims } from '../../core/claims.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, localSource, type NewEvent, recordEvent } from '../../core/events.ts'
import { impersonatorOf, mayImpersonate } from '../../core/impersonation.ts'
import { findManagedUser } from '../../core/managed-users.ts'
import type { Project } from '../../core/projects.ts'
import { type IssuedSession, liveSession, type PreparedSession, prepareSession, type SessionStart } from '../../core/sessions.ts'
import type { Storage, UserWithLoginIds } from '../../core/storage.ts'
import { tokenKind } from '../../core/tokens.ts'
import { jwtErrors } from './errors.ts'

/** What a new session is to be like. */
interface Wanted {
  readonly project: Project
  /** The management key that asks. */
  readonly actor: Actor
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  readonly selectedTenant?: string | undefined
  readonly refreshSeconds?: number | undefined
}

export interface Impersonate extends Wanted {
  readonly impersonatorId: string
  readonly loginId: string
  readonly validateConsent?: boolean | undefined
  readonly isStepUp?: boolean
}

/**
 * Opens a session of one user in which another acts, and says so in the claim `act` of all its tokens (`protocol/core.md` 7.5). It is no sign-in of the user: their history and their
 * last sign-in stay. Refusals are audited like successes. Throws `ManagedUserNotFound`, `NoConsent`, `ImpersonationRefused`, `UserDisabled`, `InvalidArguments`.
 */
export async function impersonate(deps: Deps, input: Impersonate): Promise<IssuedSession> {
  const { project, actor } = input
  const { id: projectId } = project
  const impersonator = await findManagedUser(deps, { projectId, loginId: input.impersonatorId })
  const target = await findManagedUser(deps, { projectId, loginId: input.loginId })
  const event = (outcome: NewEvent['outcome'], data: NewEvent['data']) =>
    adminEvent({
      ...{ projectId, actor, type: 'jwt.impersonate', userId: target.user.id, outcome },
      data: { impersonatorId: impersonator.user.id, ...data },
    })
  const refusal = refusalOf(input, impersonator, target)
  if (refusal) {
    await recordEvent(deps, deps.storage, event('failure', { reason: refusal.name }))
    throw refusal
  }
  const session = await prepare(deps, input, { account: target, act: { sub: impersonator.user.id }, isStepUp: input.isStepUp ?? false })
  const isStepUp = input.isStepUp ?? false
  await deps.storage.transaction(async (tx) => {
    const user = await tx.users.lock(projectId, target.user.id)
    if (!user || user.status === 'disabled') throw coreErrors.UserDisabled()
    await tx.sessions.insert(session.record)
    await recordEvent(deps, tx, event('success', { sessionId: session.record.id, isStepUp }))
  })
  return session.issued
}

/** Why one user may not act as another now; nobody can give consent yet, so asking whether it was given is refused. */
function refusalOf({ project, validateConsent }: Impersonate, impersonator: UserWithLoginIds, target: UserWithLoginIds) {
  if (impersonator.user.id === target.user.id) return coreErrors.InvalidArguments({ message: 'Nobody can impersonate themselves' })
  if (!mayImpersonate(project, impersonator, target)) return jwtErrors.ImpersonationRefused()
  if (validateConsent) return jwtErrors.NoConsent()
  return isBarred(target) ? coreErrors.UserDisabled() : undefined
}

export interface StopImpersonation extends Wanted {
  /** A session or refresh token of a session in which somebody acts as another user. */
  readonly token: string
}

/**
 * Ends a session in which somebody acts as another user, once, and opens one of whoever acted. Throws `InvalidSession`, `SessionEnded`, and `InvalidArguments` for a
 * token in which nobody acts as another.
 */
export async function stopImpersonation(deps: Deps, input: StopImpersonation): Promise<IssuedSession> {
  const { project, actor, token } = input
  const { id: projectId } = project
  const live = await liveSession(deps, { project, token, kind: tokenKind(token) })
  const impersonatorId = impersonatorOf(live.session)
  if (impersonatorId === undefined) throw coreErrors.InvalidArguments({ message: 'The token is not one of an impersonation' })
  const account = await findManagedUser(deps, { projectId, userId: impersonatorId })
  const session = await prepare(deps, input, { account })
  const now = deps.clock.nowSeconds()
  await deps.storage.transaction(async (tx) => {
    await lockBoth(tx, projectId, live.user.id, impersonatorId)
    if (!(await tx.sessions.end(projectId, live.session.id, 'impersonationStopped', now))) throw coreErrors.InvalidSession({ log: 'ended' })
    await tx.sessions.insert(session.record)
    const data = { impersonatorId, sessionId: live.session.id }
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'jwt.stopImpersonation', userId: live.user.id, data }))
  })
  return session.issued
}

/** In the order of their IDs, so that two transactions never wait for each other. Throws `InvalidSession` when one is gone or disabled. */
async function lockBoth(tx: Storage, projectId: string, ...ids: readonly string[]): Promise<void> {
  for (const id of ids.toSorted()) {
    const user = await tx.users.lock(projectId, id)
    if (!user || user.status === 'disabled') throw coreErrors.InvalidSession({ log: 'user disabled or gone' })
  }
}

/** No method was proven to us, so `amr` is empty. */
function prepare(
  deps: Deps,
  { project, actor, customClaims, selectedTenant, refreshSeconds }: Wanted,
  whose: Pick<SessionStart, 'account' | 'isStepUp'> & { readonly act?: { readonly sub: string } },
): Promise<PreparedSession> {
  const { act, ...rest } = whose
  if (selectedTenant && !openTenants(rest.account).some(({ tenantId }) => tenantId === selectedTenant)) {
    throw coreErrors.InvalidArguments({ message: 'The user is not in the selected tenant' })
  }
  const claims = { ...assertCustomClaims(customClaims), ...(act ? { act } : {}) }
  const source = actor.source ?? localSource
  return prepareSession(deps, { ...rest, project, source, amr: [], claims, tenantId: selectedTenant || undefined, refreshSeconds })
}
