import { type Kysely, sql } from 'kysely'
import type { MessageFilter, OutboxState, Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { outboxColumns, type Tables } from '../tables.ts'

/** As in the partial indexes: everything but decoys, which have no recipient. */
const isToSomebody = sql<boolean>`outbox.recipient_digest <> ''`

/** What `search` asks; apart so that a test can look at its plan. */
export function searchQuery(db: Kysely<Tables>, projectId: string, filter: MessageFilter) {
  const { ids, userId, recipientDigest, kinds, channels, states, createdFrom, createdTo } = filter
  const matches = (column: 'id' | 'kind' | 'channel' | 'state', values: readonly string[]) =>
    values.length > 0 ? sql<boolean>`${sql.ref(column)} in (${sql.join(values)})` : sql<boolean>`1 = 0`
  return db
    .selectFrom('outbox')
    .select(outboxColumns.all)
    .where('project_id', '=', projectId)
    .where(isToSomebody)
    .$if(ids !== undefined, (rows) => rows.where(matches('id', ids ?? [])))
    .$if(userId !== undefined, (rows) => rows.where('user_id', '=', userId ?? ''))
    .$if(recipientDigest !== undefined, (rows) => rows.where('recipient_digest', '=', recipientDigest ?? ''))
    .$if(kinds !== undefined, (rows) => rows.where(matches('kind', kinds ?? [])))
    .$if(channels !== undefined, (rows) => rows.where(matches('channel', channels ?? [])))
    .$if(states?.length === 1, (rows) => rows.where('state', '=', states?.[0] ?? 'failed'))
    .$if(states !== undefined && states.length !== 1, (rows) => rows.where(matches('state', states ?? [])))
    .$if(createdFrom !== undefined, (rows) => rows.where('created_at', '>=', createdFrom ?? 0))
    .$if(createdTo !== undefined, (rows) => rows.where('created_at', '<=', createdTo ?? 0))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
}

/** What `counts` asks. */
export function countsQuery(db: Kysely<Tables>, projectId: string) {
  return db
    .selectFrom('outbox')
    .select(['channel', 'state', (eb) => eb.fn.countAll<number>().as('count')])
    .where('project_id', '=', projectId)
    .where(isToSomebody)
    .groupBy(['state', 'channel'])
    .orderBy('state')
    .orderBy('channel')
}

/** What `figures` asks of a state, which is part of the text, so that its partial index serves. */
export function figuresQuery(db: Kysely<Tables>, state: 'pending' | 'failed') {
  return db
    .selectFrom('outbox')
    .select(['channel', (eb) => eb.fn.countAll<number>().as('count'), (eb) => eb.fn.min('created_at').as('oldest')])
    .where('state', '=', sql.lit<OutboxState>(state))
    .groupBy('channel')
    .orderBy('channel')
}

/** The part of the queue that administrators look at. */
export function deliveryLog({ db }: Connection): Pick<Storage['outbox'], 'search' | 'requeue' | 'counts' | 'figures'> {
  return {
    async search(projectId, filter, { limit, offset }) {
      const rows = await searchQuery(db, projectId, filter).limit(limit).offset(offset).execute()
      return rows.map(outboxColumns.read)
    },
    async requeue(projectId, ids, now) {
      if (ids.length === 0) return []
      const rows = await db
        .updateTable('outbox')
        .set({ state: 'pending', attempts: 0, next_attempt_at: now, finished_at: 0, reason: '', is_unanswered: 0 })
        .where('project_id', '=', projectId)
        .where('id', 'in', ids)
        .where('state', '=', 'failed')
        .where('expires_at', '>', now)
        .where(isToSomebody)
        .returning('id')
        .execute()
      return rows.map(({ id }) => id)
    },
    async counts(projectId) {
      const rows = await countsQuery(db, projectId).execute()
      return rows.map(({ channel, state, count }) => ({ channel, state, count }))
    },
    async figures() {
      const found = []
      for (const state of ['pending', 'failed'] as const) {
        const rows = await figuresQuery(db, state).execute()
        found.push(...rows.map(({ channel, count, oldest }) => ({ channel, state, count, oldestAt: Number(oldest) })))
      }
      return found
    },
  }
}
