import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import type { Connection, Dialect } from './connection.ts'
import { readVersion } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import type { OpenOptions } from './open.ts'
import type { PostgresOptions } from './postgres-options.ts'
import { openSqlite } from './sqlite.ts'
import { connectionOf } from './sqlite-connection.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Tables } from './tables.ts'
import { wholeTables } from './whole-tables.ts'

/** A database as one thing, for those who copy it: nothing is migrated by opening it. */
export interface WholeDatabase {
  readonly dialect: Dialect
  /** Steps of the schema that ran; 0 where there is none. */
  schemaVersion(): Promise<number>
  /** Makes the schema of a version where there is none. */
  makeSchema(version: number): Promise<void>
  /** Runs reads in one state of the whole database. Nobody waits for them. */
  view<T>(run: (view: Connection) => Promise<T>): Promise<T>
  /** Runs writes in one transaction; all of them hold, or none. */
  transaction<T>(run: (tx: Connection) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The schema that this version of the program makes. */
export const newestSchema = migrations.length

const waitMilliseconds = 10_000

/** Opens the database, as it is. An embedded one that is not there is made by `makeSchema`. Throws when it cannot be reached. */
export async function openWholeDatabase({ database, ...options }: OpenOptions): Promise<WholeDatabase> {
  const file = /^sqlite:(.+)$/.exec(database)?.[1]
  return file ? wholeSqlite(file) : wholePostgres({ ...options, url: database })
}

function wholeSqlite(file: string): WholeDatabase {
  const open = (isReadOnly: boolean) => {
    const settings = { readOnly: isReadOnly, timeout: waitMilliseconds, enableForeignKeyConstraints: true, defensive: true }
    const database = new DatabaseSync(file, settings)
    database.exec('pragma trusted_schema = off')
    if (!isReadOnly) database.exec('pragma synchronous = full; pragma busy_timeout = 0')
    return new Kysely<Tables>({ dialect: sqliteDialect({ database: connectionOf(database), waitMilliseconds, isReadOnly }) })
  }
  return {
    dialect: 'sqlite',
    schemaVersion: async () => (existsSync(file) ? whileOpen(open(true), (db) => readVersion(db, 'sqlite')) : 0),
    makeSchema: async (version) => (await openSqlite({ file, migrations: migrations.slice(0, version) })).close(),
    view: (run) => whileOpen(open(true), (db) => db.transaction().execute((tx) => run({ db: tx, dialect: 'sqlite' }))),
    transaction: (run) => whileOpen(open(false), (db) => db.transaction().execute((tx) => run({ db: tx, dialect: 'sqlite' }))),
    close: async () => undefined,
  }
}

async function wholePostgres(options: PostgresOptions): Promise<WholeDatabase> {
  // The driver is loaded only where it is used.
  const { openPostgres, openUnprepared } = await import('./postgres.ts')
  const db = await openUnprepared(options)
  const steady = () => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
  return {
    dialect: 'postgres',
    schemaVersion: () => readVersion(db, 'postgres'),
    makeSchema: async (version) => (await openPostgres({ ...options, migrations: migrations.slice(0, version) })).close(),
    async view(run) {
      const names = (await wholeTables({ db, dialect: 'postgres' })).map(({ name }) => sql.table(name))
      return steady().execute(async (tx) => {
        // What rewrites a table is not covered by the state that a transaction sees. The lock goes first: the state is of the first query (https://www.postgresql.org/docs/current/sql-lock.html).
        if (names.length > 0) await sql`lock table ${sql.join(names)} in access share mode`.execute(tx)
        return run({ db: tx, dialect: 'postgres' })
      })
    },
    transaction: (run) => db.transaction().execute((tx) => run({ db: tx, dialect: 'postgres' })),
    close: () => db.destroy(),
  }
}

async function whileOpen<T>(db: Kysely<Tables>, run: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  try {
    return await run(db)
  } finally {
    await db.destroy()
  }
}
