import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

export type Dialect = 'sqlite' | 'postgres'

/** What queries run on: the whole database, or one transaction of it. */
export interface Connection {
  readonly dialect: Dialect
  readonly db: Kysely<Tables>
  /** Where searches go that are outside of transactions; `db` if absent. SQLite answers them on another thread, since each can take a while. */
  readonly searchDb?: Kysely<Tables>
  /** Under which name this process tells others of changes; absent where the database passes nothing on. */
  readonly origin?: string
}

/** The connection for a search. */
export function forSearch({ dialect, db, searchDb }: Connection): Connection {
  return { dialect, db: searchDb ?? db }
}
