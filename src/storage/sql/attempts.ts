import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { prepared } from '../prepared.ts'

/** Whether the window goes on at `now`; one without an end always does. */
function isOpen(now: number) {
  return sql<boolean>`(attempts.window_ends_at = 0 or attempts.window_ends_at > ${now})`
}

/** Counts, starts a window anew, or does nothing when the limit is reached: whether there is a row to return is the answer. */
const take = prepared((db, attempt: { projectId: string; key: string; windowEndsAt: number; max: number; now: number }) =>
  db
    .insertInto('attempts')
    .values({ project_id: attempt.projectId, key: attempt.key, count: 1, window_ends_at: attempt.windowEndsAt })
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'key'])
        .doUpdateSet({
          count: sql`case when ${isOpen(attempt.now)} then attempts.count + 1 else 1 end`,
          window_ends_at: sql`case when ${isOpen(attempt.now)} then attempts.window_ends_at else excluded.window_ends_at end`,
        })
        .where(sql<boolean>`(attempts.count < ${attempt.max} or not ${isOpen(attempt.now)})`),
    )
    .returning(['count', 'window_ends_at']),
)

const current = prepared((db, attempt: { projectId: string; key: string; now: number }) =>
  db
    .selectFrom('attempts')
    .select(['count', 'window_ends_at'])
    .where('project_id', '=', attempt.projectId)
    .where('key', '=', attempt.key)
    .where(isOpen(attempt.now)),
)

const giveBack = prepared((db, attempt: { projectId: string; key: string }) =>
  db
    .updateTable('attempts')
    .set((eb) => ({ count: eb('count', '-', sql.lit(1)) }))
    .where('project_id', '=', attempt.projectId)
    .where('key', '=', attempt.key)
    .where('count', '>', sql.lit(0)),
)

export function attempts(connection: Connection): Storage['attempts'] {
  return {
    async take(projectId, key, limit, now) {
      const windowEndsAt = limit.windowSeconds > 0 ? now + limit.windowSeconds : 0
      const { rows: taken } = await take(connection, { projectId, key, windowEndsAt, max: limit.max, now })
      if (taken[0]) return { isTaken: true, count: taken[0].count, windowEndsAt: taken[0].window_ends_at }
      // Refused. What follows is only told to the caller; if the counter was cleared since, the full count is what refused this attempt.
      const { rows: full } = await current(connection, { projectId, key, now })
      return { isTaken: false, count: full[0]?.count ?? limit.max, windowEndsAt: full[0]?.window_ends_at ?? now }
    },
    async current(projectId, key, now) {
      const { rows } = await current(connection, { projectId, key, now })
      return rows[0]?.count ?? 0
    },
    async giveBack(projectId, key) {
      await giveBack(connection, { projectId, key })
    },
    async clear(projectId, keys) {
      if (keys.length === 0) return
      await connection.db.deleteFrom('attempts').where('project_id', '=', projectId).where('key', 'in', keys).execute()
    },
  }
}
