import { sql } from 'kysely'
import type { AttemptCount, AttemptLimit, Storage } from '../../core/storage.ts'
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

type Rows = Readonly<Record<string, string | number>>

/** The same for several counters at once; one text for each number of counters. */
function takeSeveral(size: number) {
  const indexes = Array.from({ length: size }, (_, index) => index)
  return prepared((db, attempt: Rows) => {
    const at = (name: string, index?: number) => sql<number>`${attempt[index === undefined ? name : `${name}${index}`]}`
    const max = sql`case attempts.key ${sql.join(
      indexes.map((index) => sql`when ${at('key', index)} then cast(${at('max', index)} as bigint)`),
      sql` `,
    )} end`
    const open = sql`(attempts.window_ends_at = 0 or attempts.window_ends_at > ${at('now')})`
    return db
      .insertInto('attempts')
      .values(
        indexes.map((index) => ({
          project_id: sql<string>`${attempt.projectId}`,
          key: sql<string>`${attempt[`key${index}`]}`,
          count: 1,
          window_ends_at: at('windowEndsAt', index),
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['project_id', 'key'])
          .doUpdateSet({
            count: sql`case when ${open} then attempts.count + 1 else 1 end`,
            window_ends_at: sql`case when ${open} then attempts.window_ends_at else excluded.window_ends_at end`,
          })
          .where(sql<boolean>`(attempts.count < ${max} or not ${open})`),
      )
      .returning(['key', 'count', 'window_ends_at'])
  })
}

const takers = new Map<number, ReturnType<typeof takeSeveral>>()

function takerOf(size: number): ReturnType<typeof takeSeveral> {
  const known = takers.get(size) ?? takeSeveral(size)
  takers.set(size, known)
  return known
}

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

function windowEnd({ windowSeconds }: AttemptLimit, now: number): number {
  return windowSeconds > 0 ? now + windowSeconds : 0
}

/** What a refused attempt is told; if the counter was cleared since, the full count is what refused it. */
async function refused(
  connection: Connection,
  { max, ...attempt }: { projectId: string; key: string; max: number; now: number },
): Promise<AttemptCount> {
  const { rows } = await current(connection, attempt)
  return { isTaken: false, count: rows[0]?.count ?? max, windowEndsAt: rows[0]?.window_ends_at ?? attempt.now }
}

export function attempts(connection: Connection): Storage['attempts'] {
  return {
    async take(projectId, key, limit, now) {
      const windowEndsAt = windowEnd(limit, now)
      const { rows: taken } = await take(connection, { projectId, key, windowEndsAt, max: limit.max, now })
      if (taken[0]) return { isTaken: true, count: taken[0].count, windowEndsAt: taken[0].window_ends_at }
      return refused(connection, { projectId, key, max: limit.max, now })
    },
    async takeEach(projectId, requests, now) {
      if (requests.length === 0) return []
      // In one order everywhere, so that two statements never wait for each other's rows.
      const ordered = requests.toSorted((a, b) => (a.key < b.key ? -1 : 1))
      const values: Record<string, string | number> = { projectId, now }
      for (const [index, one] of ordered.entries()) {
        values[`key${index}`] = one.key
        values[`max${index}`] = one.max
        values[`windowEndsAt${index}`] = windowEnd(one, now)
      }
      const { rows } = await takerOf(requests.length)(connection, values)
      return Promise.all(
        requests.map((one) => {
          const row = rows.find(({ key }) => key === one.key)
          if (row) return { isTaken: true, count: row.count, windowEndsAt: row.window_ends_at }
          return refused(connection, { projectId, key: one.key, max: one.max, now })
        }),
      )
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
