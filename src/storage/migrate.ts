import { type Kysely, sql } from 'kysely'
import type { Dialect } from './connection.ts'
import type { Tables } from './tables.ts'

/** One step of the schema. It only goes forward, serves both databases, and runs in one transaction with its entry in the list of what ran. */
export interface Migration {
  /** 1, 2, 3, and so on, without gaps. */
  readonly number: number
  readonly name: string
  up(on: { readonly db: Kysely<Tables>; readonly dialect: Dialect }): Promise<void>
}

/** The database was made by a newer version of the program, which this one would damage. */
export class SchemaTooNew extends Error {
  constructor(found: number, known: number) {
    super(
      `The database has schema version ${found}, but this version of Postern knows ${known} at most. Run the newer version, or restore a backup.`,
    )
    this.name = 'SchemaTooNew'
  }
}

/** Any number will do, as long as every version uses the same. */
const advisoryLock = 7_062_318_459

/**
 * Brings the schema up to date and returns how many steps ran. Each step is one transaction under a lock: of two processes that start at once
 * one does it and the other waits, and a kill leaves whole steps (RL-10). Throws `SchemaTooNew` before it has changed anything.
 */
export async function migrate(database: {
  readonly db: Kysely<Tables>
  readonly dialect: Dialect
  readonly migrations: readonly Migration[]
  /** Called once, outside a transaction, before the first step on a database that has data already. */
  readonly beforeUpgrade?: (fromVersion: number) => Promise<void>
}): Promise<number> {
  const { db, dialect, migrations } = database
  const current = await readVersion(db, dialect)
  const known = migrations.length
  if (current > known) throw new SchemaTooNew(current, known)
  if (current > 0 && current < known) await database.beforeUpgrade?.(current)
  if (current === known) return 0
  let steps = 0
  for (;;) {
    const ran = await db.transaction().execute((tx) => nextStep(tx, dialect, migrations))
    if (!ran) return steps
    steps++
  }
}

/** The schema version of the database, 0 if it is empty. */
async function readVersion(db: Kysely<Tables>, dialect: Dialect): Promise<number> {
  const catalogue =
    dialect === 'postgres'
      ? sql<{ found: number }>`select count(*) as found from pg_tables where schemaname = current_schema() and tablename = 'migrations'`
      : sql<{ found: number }>`select count(*) as found from sqlite_schema where type = 'table' and name = 'migrations'`
  const { rows } = await catalogue.execute(db)
  return rows[0]?.found ? highest(db) : 0
}

async function highest(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('migrations').select('number').orderBy('number', 'desc').limit(1).executeTakeFirst()
  return row?.number ?? 0
}

/** Runs the first step that is missing. False when none is. */
async function nextStep(tx: Kysely<Tables>, dialect: Dialect, migrations: readonly Migration[]): Promise<boolean> {
  // A transaction on SQLite holds the only write lock already.
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(advisoryLock)})`.execute(tx)
  await tx.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('number', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .execute()
  const current = await highest(tx)
  if (current > migrations.length) throw new SchemaTooNew(current, migrations.length)
  const migration = migrations[current]
  if (!migration) return false
  await migration.up({ db: tx, dialect })
  await tx.insertInto('migrations').values({ number: migration.number, name: migration.name }).execute()
  return true
}
