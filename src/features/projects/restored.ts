import type { Deps } from '../../core/deps.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'

/** Notes in the audit trail of every project that the database is one of an earlier time. */
export async function noteRestore(
  deps: Deps,
  input: { readonly createdAt: number; readonly endSessions: boolean; readonly actor: Actor },
): Promise<void> {
  const { createdAt, endSessions, actor } = input
  await deps.storage.transaction(async (tx) => {
    for (const { id: projectId } of await tx.projects.list()) {
      await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'database.restore', data: { createdAt, endSessions } }))
    }
  })
}
