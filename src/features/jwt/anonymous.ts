import { areAllClosed, newAccount } from '../../core/access.ts'
import { assertCustomClaims } from '../../core/claims.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, localSource, recordEvent } from '../../core/events.ts'
import { findGrants, storeGrants } from '../../core/grants.ts'
import type { Project } from '../../core/projects.ts'
import { newId } from '../../core/secrets.ts'
import { type IssuedSession, prepareSession, storeSession } from '../../core/sessions.ts'
import { newUserRecord } from '../../core/users.ts'

export interface StartAnonymous {
  readonly project: Project
  /** The management key that asks. */
  readonly actor: Actor
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  /** The tenant that the user is in; the roles are held there, else for the whole project. */
  readonly selectedTenant?: string | undefined
  readonly roleNames?: readonly string[] | undefined
  readonly refreshSeconds?: number | undefined
}

/**
 * Opens a session for somebody unknown. The user has no login ID and no default roles, is in no list, and goes when its sessions have (`storage/sql/purge.ts`). Throws
 * `TenantNotFound`, `RoleNotFound`, `InvalidArguments`.
 */
export async function startAnonymous(deps: Deps, input: StartAnonymous): Promise<IssuedSession> {
  const { project, actor, refreshSeconds, selectedTenant: tenantId = '', roleNames = [] } = input
  const { id: projectId } = project
  const claims = assertCustomClaims(input.customClaims)
  const named = tenantId === '' ? { roleNames, tenants: [] } : { roleNames: [], tenants: [{ tenantId, roleNames }] }
  const grants = await findGrants(deps.storage, projectId, named)
  if (areAllClosed(grants)) throw coreErrors.InvalidArguments({ message: 'The selected tenant is closed' })
  const nobody = { canonical: '', shown: '' }
  const made = newUserRecord({ projectId, id: newId(deps, 'U'), loginId: nobody, details: {}, now: deps.clock.nowSeconds() })
  const user = { ...made, isAnonymous: true }
  const { roles, tenants } = grants
  const session = await prepareSession(deps, {
    ...{ project, claims, refreshSeconds, source: actor.source ?? localSource, amr: [] },
    account: newAccount({ user, loginIds: [], roles, tenants }),
    tenantId: tenantId || undefined,
  })
  await deps.storage.transaction(async (tx) => {
    await tx.users.insert(user, [])
    await storeGrants(tx, projectId, user.id, grants)
    const data = { sessionId: session.record.id, roleNames, tenantId }
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'jwt.anonymous', userId: user.id, data }))
    await storeSession(deps, tx, session)
  })
  return session.issued
}
