import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import type { Connection } from '../connection.ts'
import { changes } from '../prepared.ts'

const daySeconds = 86_400

/** How long an ended or expired session is kept, so that its tokens are told why they fail. */
const sessionKeptSeconds = 7 * daySeconds

/** How long a message that left, failed or was kept stays in the outbox. */
const messageKeptSeconds = 7 * daySeconds

/** Rows of one statement: a writer waits for one statement at most (RL-13). */
const batchRows = 200

interface Waste {
  readonly table: string
  readonly key: string
  condition(now: number): RawBuilder<unknown>
}

/** How long an import that was broken off can be taken up again. */
const importKeptSeconds = 30 * daySeconds

/** A user of nobody known lives as long as the sessions do; there is nothing else to come back to. */
const isForsaken = sql`users.is_anonymous = 1
  and not exists (select 1 from sessions where sessions.project_id = users.project_id and sessions.user_id = users.id)`

const ofForsaken = () => sql`(project_id, subject_id) in (select users.project_id, users.id from users where ${isForsaken})`

const waste: readonly Waste[] = [
  { table: 'challenges', key: 'id', condition: (now) => sql`expires_at <= ${now}` },
  { table: 'attempts', key: 'key', condition: (now) => sql`window_ends_at > 0 and window_ends_at <= ${now}` },
  { table: 'sessions', key: 'id', condition: (now) => sql`ended_at > 0 and ended_at <= ${now - sessionKeptSeconds}` },
  { table: 'sessions', key: 'id', condition: (now) => sql`ended_at = 0 and expires_at <= ${now - sessionKeptSeconds}` },
  { table: 'role_assignments', key: 'subject_id', condition: ofForsaken },
  { table: 'memberships', key: 'subject_id', condition: ofForsaken },
  { table: 'users', key: 'id', condition: () => isForsaken },
  // Pending ones are the sender's to drop; where there is none any more, they go once nobody could want them.
  { table: 'outbox', key: 'id', condition: (now) => sql`state = 'pending' and expires_at <= ${now - messageKeptSeconds}` },
  { table: 'outbox', key: 'id', condition: (now) => sql`state <> 'pending' and finished_at <= ${now - messageKeptSeconds}` },
  { table: 'imports', key: 'fingerprint', condition: (now) => sql`modified_at <= ${now - importKeptSeconds}` },
]

/** Deletes waste, table by table, in statements of a few rows between which others get their turn. */
export async function purge(connection: Connection, now: number, limit: number): Promise<number> {
  let deleted = 0
  for (const one of waste) {
    let batch = batchRows
    while (batch === batchRows && deleted < limit) {
      const rows = Math.min(batchRows, limit - deleted)
      batch = await deleteBatch(connection, one, now, rows)
      deleted += batch
      // SQLite works on this thread: requests that came in the meantime go first.
      await nextTurn()
    }
  }
  return deleted
}

/** The condition stands twice: a counter that somebody took again since the rows were chosen must stay. */
async function deleteBatch({ db, dialect }: Connection, { table, key, condition }: Waste, now: number, rows: number): Promise<number> {
  const columns = sql`project_id, ${sql.ref(key)}`
  const passBy = dialect === 'postgres' ? sql`for update skip locked` : sql``
  const statement = sql`
    with doomed as materialized (select ${columns} from ${sql.table(table)} where ${condition(now)} limit ${rows} ${passBy})
    delete from ${sql.table(table)} where (${columns}) in (select ${columns} from doomed) and ${condition(now)}`
  return changes(await statement.execute(db))
}
