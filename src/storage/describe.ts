import { sql } from 'kysely'
import type { Connection } from './connection.ts'

type Facts = Readonly<Record<string, string>>

const postgresSettings = [
  'server_version',
  'synchronous_commit',
  'fsync',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'max_connections',
] as const

/** Looks with a connection as requests have it. What a server does not know is left out. */
export async function describe({ db, dialect }: Connection): Promise<Facts> {
  if (dialect === 'sqlite') return describeSqlite({ db, dialect })
  const columns = postgresSettings.map((name) => sql`current_setting(${sql.lit(name)}, true) as ${sql.ref(name)}`)
  const { rows } = await sql<Record<string, string | null>>`select ${sql.join(columns)}`.execute(db)
  return Object.fromEntries(Object.entries(rows[0] ?? {}).filter((entry): entry is [string, string] => entry[1] !== null))
}

/** https://www.sqlite.org/pragma.html#pragma_synchronous */
const synchronousNames = ['off', 'normal', 'full', 'extra']

async function describeSqlite({ db }: Connection): Promise<Facts> {
  const { rows: versions } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db)
  const { rows: journals } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db)
  const { rows: forces } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db)
  return {
    sqlite_version: versions[0]?.version ?? '',
    journal_mode: journals[0]?.journal_mode ?? '',
    synchronous: synchronousNames[forces[0]?.synchronous ?? -1] ?? '',
  }
}
