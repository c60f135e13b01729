import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { isReserved, typeOfOwn } from './actions.ts'

export const auditLevels = ['info', 'warn', 'error'] as const
export type AuditLevel = (typeof auditLevels)[number]

/** An event of an application, as it tells it. */
export interface OwnEvent {
  readonly action: string
  readonly level: AuditLevel
  /** Who acted by what the application says. It is noted, and never taken for the actor: that is the key of the call (MG-03). */
  readonly claimedActorId: string
  readonly tenantId: string
  readonly userId: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Writes an event of an application. Users and tenants are taken as named. Throws `InvalidArguments` for a name that the server's own events have. */
export async function createEvent(
  deps: Deps,
  input: { readonly projectId: string; readonly actor: Actor; readonly event: OwnEvent },
): Promise<void> {
  const { projectId, actor, event } = input
  const { action, userId, ...rest } = event
  if (isReserved(action)) throw coreErrors.InvalidArguments({ message: 'The action field names events that the server writes itself' })
  await deps.storage.transaction((tx) =>
    recordEvent(deps, tx, adminEvent({ projectId, actor, userId, type: typeOfOwn(action), data: rest })),
  )
}
