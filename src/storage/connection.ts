import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

export type Dialect = 'sqlite' | 'postgres'

/** What queries run on: the whole database, or one transaction of it. */
export interface Connection {
  readonly dialect: Dialect
  readonly db: Kysely<Tables>
}
