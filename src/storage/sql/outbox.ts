import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { outboxColumns, type Tables } from '../tables.ts'
import { deliveryLog } from './delivery-log.ts'

const insert = prepared((db, row: Tables['outbox']) => db.insertInto('outbox').values(outboxColumns.copy(row)))

/** The state is part of the text, so that the partial index serves. */
const pending = sql.lit<'pending'>('pending')

const lease = prepared((db, leased: { now: number; until: number; limit: number }, dialect) =>
  db
    .with(
      (due) => due('due').materialized(),
      (query) =>
        query
          .selectFrom('outbox')
          .select(['project_id', 'id'])
          .where('state', '=', pending)
          .where('next_attempt_at', '<=', leased.now)
          .orderBy('next_attempt_at')
          .limit(leased.limit)
          // Two workers pass each other by instead of waiting. SQLite has one writer, and no such words.
          .$if(dialect === 'postgres', (rows) => rows.forUpdate().skipLocked()),
    )
    .updateTable('outbox')
    .set({ next_attempt_at: leased.until })
    .where((eb) =>
      eb(
        eb.refTuple('outbox.project_id', 'outbox.id'),
        'in',
        eb.selectFrom('due').select(['due.project_id', 'due.id']).$asTuple('project_id', 'id'),
      ),
    )
    .returning(outboxColumns.all),
)

interface Finished
  extends Pick<
    Tables['outbox'],
    'project_id' | 'id' | 'state' | 'attempts' | 'next_attempt_at' | 'finished_at' | 'reason' | 'is_unanswered'
  > {
  readonly lease_until: number
}

const finish = prepared((db, message: Finished) =>
  db
    .updateTable('outbox')
    .set({
      state: message.state,
      attempts: message.attempts,
      next_attempt_at: message.next_attempt_at,
      finished_at: message.finished_at,
      reason: message.reason,
      is_unanswered: message.is_unanswered,
    })
    .where('project_id', '=', message.project_id)
    .where('id', '=', message.id)
    .where('state', '=', pending)
    .where('next_attempt_at', '=', message.lease_until),
)

/** Whoever holds the lease: the message has left. */
const finishSent = prepared((db, message: Omit<Finished, 'lease_until' | 'state'>) =>
  db
    .updateTable('outbox')
    .set({
      state: sql.lit<'sent'>('sent'),
      attempts: message.attempts,
      next_attempt_at: message.next_attempt_at,
      finished_at: message.finished_at,
      reason: message.reason,
      is_unanswered: message.is_unanswered,
    })
    .where('project_id', '=', message.project_id)
    .where('id', '=', message.id)
    .where('state', '=', pending),
)

export function outbox(connection: Connection): Storage['outbox'] {
  return {
    async insert(message) {
      await insert(connection, outboxColumns.toRow(message))
    },
    async lease(now, until, limit) {
      const { rows } = await lease(connection, { now, until, limit })
      return rows.map(outboxColumns.read).toSorted((a, b) => a.createdAt - b.createdAt)
    },
    async finish(projectId, id, leaseUntil, { state, attempts, nextAttemptAt, finishedAt, reason, isUnanswered }) {
      const times = { next_attempt_at: nextAttemptAt, finished_at: finishedAt }
      const row = { project_id: projectId, id, attempts, ...times, reason, is_unanswered: isUnanswered ? 1 : 0 }
      const result = await (state === 'sent' ? finishSent(connection, row) : finish(connection, { ...row, state, lease_until: leaseUntil }))
      return changes(result) === 1
    },
    async list({ limit, states }) {
      if (states?.length === 0) return []
      const all = connection.db.selectFrom('outbox').select(outboxColumns.all)
      const chosen = states ? all.where('state', 'in', states) : all
      const rows = await chosen.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
      return rows.map(outboxColumns.read)
    },
    async addressed({ limit, createdFrom }) {
      const direction = createdFrom === undefined ? 'desc' : 'asc'
      const rows = await connection.db
        .selectFrom('outbox')
        .select(outboxColumns.all)
        .where('created_at', '>=', createdFrom ?? 0)
        // Decoys expire without having had a recipient.
        .where((eb) => eb.or([eb('state', '<>', 'expired'), eb('recipient_digest', '<>', '')]))
        .orderBy('created_at', direction)
        .orderBy('id', direction)
        .limit(limit)
        .execute()
      return rows.map(outboxColumns.read)
    },
    async byId(id) {
      // A developer asks this, now and then: no index is worth it.
      const row = await connection.db.selectFrom('outbox').select(outboxColumns.all).where('id', '=', id).executeTakeFirst()
      return row && outboxColumns.read(row)
    },
    async deleteKept(projectId) {
      const kept = connection.db.deleteFrom('outbox').where('state', '=', 'kept')
      const { numDeletedRows } = await (projectId === undefined ? kept : kept.where('project_id', '=', projectId)).executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
    ...deliveryLog(connection),
  }
}
