import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { assertWhollyInReach, findManagedUser, isInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import type { Project } from '../../core/projects.ts'
import type { Storage, UserChanges, UserWithLoginIds } from '../../core/storage.ts'

/** An administrator's call: in which project, by whom, and with which rights; the command line has all of them. */
export interface Administration {
  readonly project: Project
  readonly actor: Actor
  readonly rights?: Rights | undefined
}

/** The same about one user, as they were when they were looked up. */
export interface OneUser extends Administration {
  readonly account: UserWithLoginIds
}

/** Looks up the user that a call is about. Throws `ManagedUserNotFound`. */
export async function findOne<Call extends Administration>(
  deps: Deps,
  call: Call,
  name: { readonly loginId?: string | undefined; readonly userId?: string | undefined },
): Promise<Call & OneUser> {
  const account = await findManagedUser(deps, { projectId: call.project.id, rights: call.rights, ...name })
  return { ...call, account }
}

/** What an act did. */
export interface Act {
  /** Type of the audit event. */
  readonly type: string
  readonly data?: Readonly<Record<string, unknown>>
  /** What changes of the user's own row. */
  readonly changes?: UserChanges
  /** False where nothing of the user changes, so that the time of the last change stays. */
  readonly isChange?: boolean
}

/**
 * Changes one user in one transaction, with its event: `act` sees the user as they are by then, locked. A key that is limited to tenants needs the whole user in its reach
 * (`assertWhollyInReach`) unless `reach` is `membership`: the act looks at tenants itself then. Throws `ManagedUserNotFound`, `ManagementForbidden`.
 */
export async function changeUser(
  deps: Deps,
  input: OneUser,
  act: (tx: Storage, before: UserWithLoginIds) => Promise<Act>,
  reach: 'whole' | 'membership' = 'whole',
): Promise<UserWithLoginIds> {
  const { project, actor, rights } = input
  const userId = input.account.user.id
  return deps.storage.transaction(async (tx) => {
    await tx.users.lock(project.id, userId)
    const before = await tx.users.byId(project.id, userId)
    if (!before || !isInReach(rights, before)) throw coreErrors.ManagedUserNotFound()
    if (reach === 'whole') assertWhollyInReach(rights, project, before)
    const { type, data = {}, changes = {}, isChange = true } = await act(tx, before)
    if (isChange) await tx.users.update(project.id, userId, { ...changes, modifiedAt: deps.clock.nowSeconds() })
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, userId, type, data }))
    const after = await tx.users.byId(project.id, userId)
    if (!after) throw coreErrors.ManagedUserNotFound()
    return after
  })
}
