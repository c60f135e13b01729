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
  /** Columns that name a row within its project. */
  readonly key: readonly string[]
  condition(now: number): RawBuilder<unknown>
}

/** How long an import that was broken off can be taken up again. */
const importKeptSeconds = 30 * daySeconds

/** A user of nobody known lives as long as the sessions do; there is nothing else to come back to. */
const isForsaken = sql`users.is_anonymous = 1
  and not exists (select 1 from sessions where sessions.project_id = users.project_id and sessions.user_id = users.id)`

const ofForsaken = () => sql`(project_id, subject_id) in (select users.project_id, users.id from users where ${isForsaken})`

const waste: readonly Waste[] = [
  { table: 'challenges', key: ['id'], condition: (now) => sql`expires_at <= ${now}` },
  { table: 'attempts', key: ['key'], condition: (now) => sql`window_ends_at > 0 and window_ends_at <= ${now}` },
  { table: 'sessions', key: ['id'], condition: (now) => sql`ended_at > 0 and ended_at <= ${now - sessionKeptSeconds}` },
  { table: 'sessions', key: ['id'], condition: (now) => sql`ended_at = 0 and expires_at <= ${now - sessionKeptSeconds}` },
  { table: 'role_assignments', key: ['subject_id'], condition: ofForsaken },
  { table: 'memberships', key: ['subject_id'], condition: ofForsaken },
  { table: 'users', key: ['id'], condition: () => isForsaken },
  // Pending ones are the sender's to drop; where there is none any more, they go once nobody could want them.
  { table: 'outbox', key: ['id'], condition: (now) => sql`state = 'pending' and expires_at <= ${now - messageKeptSeconds}` },
  { table: 'outbox', key: ['id'], condition: (now) => sql`state <> 'pending' and finished_at <= ${now - messageKeptSeconds}` },
  { table: 'imports', key: ['fingerprint'], condition: (now) => sql`modified_at <= ${now - importKeptSeconds}` },
]

/** Tables of which a project can have very many rows, those that belong to others first; the rest goes with the row of the project. */
const manyRowed: readonly (readonly [table: string, ...key: string[]])[] = [
  ['sessions', 'id'],
  ['challenges', 'id'],
  ['outbox', 'id'],
  ['attempts', 'key'],
  ['events', 'id'],
  ['role_assignments', 'subject_id', 'tenant_id', 'role_id'],
  ['memberships', 'subject_id', 'tenant_id'],
  ['access_keys', 'id'],
  ['credentials', 'user_id', 'kind', 'lookup'],
  ['login_ids', 'canonical'],
  ['users', 'id'],
]

/** Deletes waste, table by table, in statements of a few rows between which others get their turn. */
export async function purge(connection: Connection, now: number, limit: number): Promise<number> {
  const deleted = await deleteWaste(connection, waste, now, limit)
  return deleted < limit ? deleted + (await purgeProject(connection, now, limit - deleted)) : deleted
}

/** Deletes rows of the project that was deleted first, and at last its own. */
async function purgeProject(connection: Connection, now: number, limit: number): Promise<number> {
  const { db } = connection
  const oldest = db.selectFrom('projects').select('id').where('deleted_at', '>', 0).orderBy('deleted_at').orderBy('id')
  const project = await oldest.limit(1).executeTakeFirst()
  if (!project) return 0
  const rows = manyRowed.map(([table, ...key]) => ({ table, key, condition: () => sql`project_id = ${project.id}` }))
  const deleted = await deleteWaste(connection, rows, now, limit)
  if (deleted === limit) return deleted
  const deletion = db.deleteFrom('projects').where('id', '=', project.id).where('deleted_at', '>', 0)
  return deleted + changes(await db.executeQuery(deletion))
}

async function deleteWaste(connection: Connection, kinds: readonly Waste[], now: number, limit: number): Promise<number> {
  let deleted = 0
  for (const one of kinds) {
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
  const columns = sql.join(['project_id', ...key].map((column) => sql.ref(column)))
  const passBy = dialect === 'postgres' ? sql`for update skip locked` : sql``
  const statement = sql`
    with doomed as materialized (select ${columns} from ${sql.table(table)} where ${condition(now)} limit ${rows} ${passBy})
    delete from ${sql.table(table)} where (${columns}) in (select ${columns} from doomed) and ${condition(now)}`
  return changes(await statement.execute(db))
}
