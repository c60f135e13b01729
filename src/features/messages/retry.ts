import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import type { OutboxRecord } from '../../core/storage.ts'
import { type MessageSearch, maxPageSize, messageFilter } from './search.ts'

/** Why a message is not sent again. */
export type RetryRefusal = 'notFound' | 'notFailed' | 'expired'

export interface RetriedMessages {
  /** IDs of those that wait again. */
  readonly retried: readonly string[]
  readonly refused: readonly { readonly id: string; readonly reason: RetryRefusal }[]
  /** Whether there are more that match: call again. */
  readonly hasMore: boolean
}

/**
 * Makes dead letters wait again, as if no attempt had been made: those with the IDs, or the newest 200 that match the filters. What has expired stays given up: its link or code is dead. Writes an event. Throws
 * `InvalidArguments` when neither is named, and `InvalidRequest` for a recipient that is none.
 */
export async function retryMessages(
  deps: Pick<Deps, 'storage' | 'outbox' | 'clock' | 'random'>,
  input: { readonly actor: Actor; readonly search: MessageSearch; readonly isAll?: boolean },
): Promise<RetriedMessages> {
  const { actor, search, isAll = false } = input
  const { projectId, ids } = search
  const isNarrowed = [ids, search.user, search.recipient, search.kinds, search.channels, search.from, search.to].some(
    (one) => one !== undefined,
  )
  if (!isNarrowed && !isAll) throw coreErrors.InvalidArguments({ message: 'Name messages by ids or by a filter, or say all' })
  const filter = await messageFilter(deps, { ...search, states: ids ? undefined : ['failed'] })
  const now = deps.clock.nowSeconds()
  const found = await deps.storage.outbox.search(projectId, filter, { limit: maxPageSize + 1, offset: 0 })
  const looked = found.slice(0, maxPageSize)
  const retried = await deps.storage.transaction(async (tx) => {
    const again = await tx.outbox.requeue(
      projectId,
      looked.map(({ id }) => id),
      now,
    )
    if (again.length > 0) {
      const data = { count: again.length, ...(ids ? { ids: again.slice(0, maxNamedIds) } : {}) }
      await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'message.retry', data }))
    }
    return again
  })
  if (retried.length > 0) deps.outbox.wake()
  const rest = looked.filter(({ id }) => !retried.includes(id)).map((record) => ({ id: record.id, reason: refusalOf(record) }))
  const missing = (ids ?? []).filter((id) => looked.every((record) => record.id !== id))
  const unknown = missing.map((id) => ({ id, reason: 'notFound' as const }))
  return { retried, refused: [...rest, ...unknown], hasMore: found.length > maxPageSize }
}

/** IDs in one event, which is bounded. */
const maxNamedIds = 20

/** What failed and was not taken has expired, or somebody else took it at the same time. */
function refusalOf({ state }: OutboxRecord): RetryRefusal {
  return state === 'failed' ? 'expired' : 'notFailed'
}
