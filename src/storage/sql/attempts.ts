import { sql } from 'kysely'
import type { AttemptCount, AttemptLimit, AttemptRequest, AttemptStep, AttemptStepCount, Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { prepared } from '../prepared.ts'
import { inKeyOrder, takeStepsAtOnce } from './attempt-steps.ts'

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
    .returning(['key', 'count', 'window_ends_at']),
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

const currentOfSeveral = (connection: Connection, projectId: string, keys: readonly string[], now: number) =>
  connection.db
    .selectFrom('attempts')
    .select(['key', 'count', 'window_ends_at'])
    .where('project_id', '=', projectId)
    .where('key', 'in', keys)
    .where(isOpen(now))
    .execute()

interface Taken {
  readonly key: string
  readonly count: number
  readonly window_ends_at: number
}

/** What is told of each request, given the places that were taken. A refused one is told what stands there; if the counter was cleared since, the full count is what refused it. */
async function countsOf(
  connection: Connection,
  projectId: string,
  requests: readonly AttemptRequest[],
  taken: readonly Taken[],
  now: number,
): Promise<readonly AttemptCount[]> {
  const placeOf = (key: string) => taken.find((row) => row.key === key)
  const refused = requests.filter(({ key }) => !placeOf(key)).map(({ key }) => key)
  const full = refused.length === 0 ? [] : await currentOfSeveral(connection, projectId, refused, now)
  return requests.map(({ key, max }) => {
    const place = placeOf(key)
    if (place) return { isTaken: true, count: place.count, windowEndsAt: place.window_ends_at }
    const standing = full.find((row) => row.key === key)
    return { isTaken: false, count: standing?.count ?? max, windowEndsAt: standing?.window_ends_at ?? now }
  })
}

async function takeEach(
  connection: Connection,
  projectId: string,
  requests: readonly AttemptRequest[],
  now: number,
): Promise<readonly AttemptCount[]> {
  if (requests.length === 0) return []
  const values: Record<string, string | number> = { projectId, now }
  for (const [index, one] of inKeyOrder(requests).entries()) {
    values[`key${index}`] = one.key
    values[`max${index}`] = one.max
    values[`windowEndsAt${index}`] = windowEnd(one, now)
  }
  const { rows } = await takerOf(requests.length)(connection, values)
  return countsOf(connection, projectId, requests, rows, now)
}

/** For a database in this process, to which one statement is as near as another. */
async function takeInTurn(
  connection: Connection,
  projectId: string,
  steps: readonly AttemptStep[],
  now: number,
): Promise<readonly AttemptStepCount[]> {
  const answers: AttemptStepCount[] = []
  let before = new Map<string, AttemptCount>()
  for (const { requests, onlyAfterFirst, unless } of steps) {
    const isNotFirst = onlyAfterFirst !== undefined && before.get(onlyAfterFirst)?.count !== 1
    const isBarred = unless !== undefined && ((await current(connection, { projectId, key: unless, now })).rows[0]?.count ?? 0) > 0
    const isPassedOver = isNotFirst || isBarred
    const counts = isPassedOver ? [] : await takeEach(connection, projectId, requests, now)
    answers.push({ isPassedOver, counts })
    if (counts.some(({ isTaken }) => !isTaken)) break
    before = new Map(counts.map((count, index) => [requests[index]?.key ?? '', count]))
  }
  return answers
}

async function takeAtOnce(
  connection: Connection,
  projectId: string,
  steps: readonly AttemptStep[],
  now: number,
): Promise<readonly AttemptStepCount[]> {
  if (steps.length === 0) return []
  const rows = await takeStepsAtOnce(connection, projectId, steps, (one) => windowEnd(one, now), now)
  const answers: AttemptStepCount[] = []
  for (const [index, { requests }] of steps.entries()) {
    const own = rows.filter(({ step }) => step === index)
    const isPassedOver = own.some(({ key }) => key === '')
    const counts = isPassedOver ? [] : await countsOf(connection, projectId, requests, own, now)
    answers.push({ isPassedOver, counts })
    if (counts.some(({ isTaken }) => !isTaken)) break
  }
  return answers
}

export function attempts(connection: Connection): Storage['attempts'] {
  return {
    async take(projectId, key, limit, now) {
      const windowEndsAt = windowEnd(limit, now)
      const { rows } = await take(connection, { projectId, key, windowEndsAt, max: limit.max, now })
      const [count] = await countsOf(connection, projectId, [{ key, ...limit }], rows, now)
      return count ?? { isTaken: false, count: limit.max, windowEndsAt: now }
    },
    takeEach: (projectId, requests, now) => takeEach(connection, projectId, requests, now),
    takeInSteps: (projectId, steps, now) =>
      connection.dialect === 'postgres' ? takeAtOnce(connection, projectId, steps, now) : takeInTurn(connection, projectId, steps, now),
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
