import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { Storage } from '../core/storage.ts'
import { type Migration, migrate, SchemaTooNew, type UpgradeOptions } from './migrate.ts'
import { migrations as allMigrations } from './migrations/index.ts'
import { connectionOf } from './sqlite-connection.ts'
import { keepCopy, newestCopy } from './sqlite-copy.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { openOnThread, openOnThreadWhenAsked } from './sqlite-thread.ts'
import { storageOver } from './storage.ts'
import type { Tables } from './tables.ts'

export interface SqliteOptions extends UpgradeOptions {
  /** Path of the database, made if it is not there, in a folder that may have to be made too; or `:memory:`. */
  readonly file: string
  /** Longest wait for the one connection and for other processes that write, together. Default 2 500, so that requests end in time (RL-04). */
  readonly waitMilliseconds?: number
  /** The schema to bring the database to. Default: that of this version. */
  readonly migrations?: readonly Migration[]
  /** Whether this process is there to write a lot, and may use a thread and 64 MiB for it. */
  readonly writesMuch?: boolean
}

/**
 * Opens the embedded database and brings its schema up to date; a copy of the file as it was is put beside it before an upgrade (RL-10). What it
 * acknowledges is on disk (RL-02), and only the owner can read its files. Throws `SchemaTooNew` for a database of a newer version.
 */
export async function openSqlite(options: SqliteOptions): Promise<Storage> {
  const { file, waitMilliseconds = 2_500, migrations = allMigrations, writesMuch = false, onUpgrade, signal, patience } = options
  const database = openFile(file)
  const db = new Kysely<Tables>({ dialect: sqliteDialect({ database: connectionOf(database), waitMilliseconds }) })
  try {
    const beforeUpgrade = async (fromVersion: number) => {
      if (isInMemory(file)) return
      const copy = keepCopy({ file, fromVersion })
      onUpgrade?.('schema.copied', { file: copy })
    }
    await migrate({ db, dialect: 'sqlite', migrations, beforeUpgrade, onUpgrade, signal, patience })
  } catch (error) {
    await db.destroy()
    const copy = error instanceof SchemaTooNew && newestCopy(file, migrations.length)
    throw copy ? error.with(copy) : error
  }
  if (isInMemory(file)) return storageOver(db, 'sqlite')
  const others = { openView: () => openView(file, waitMilliseconds), searchDb: searchConnection(file, waitMilliseconds) }
  if (!writesMuch) return storageOver(db, 'sqlite', others)
  await db.destroy()
  const thread = await openOnThread({ file, pragmas: [...pragmas, ...pragmasForMuch] })
  const storage = storageOver(
    new Kysely<Tables>({ dialect: sqliteDialect({ database: thread, waitMilliseconds, letsOthersIn: true }) }),
    'sqlite',
    others,
  )
  // Kysely closes what it has used, and nothing else.
  await storage.ping()
  return storage
}

/** What every connection that writes begins with. What it acknowledges is on disk. */
const pragmas = [
  'pragma journal_mode = wal',
  'pragma synchronous = full',
  'pragma trusted_schema = off',
  // From here on a wait for another process must not stop this one: the dialect tries again by itself.
  'pragma busy_timeout = 0',
]

/** Pages of indexes stay in memory between batches, and the log goes into the database after every 64 MiB only: both were most of the time of an import. */
const pragmasForMuch = ['pragma cache_size = -65536', 'pragma wal_autocheckpoint = 16384']

/** Searches go through more pages than the 2 MiB that SQLite keeps by itself. */
const pragmasForSearch = ['pragma query_only = on', 'pragma trusted_schema = off', 'pragma cache_size = -16384']

const isInMemory = (file: string) => file === ':memory:'

/** Opens the file as a server does, and makes it if it is not there. */
export function openFile(file: string): DatabaseSync {
  if (!isInMemory(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // SQLite gives the write-ahead log and the shared memory the mode of the database.
    createPrivate(file)
    chmodSync(file, 0o600)
  }
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 2_500, defensive: true })
  try {
    for (const pragma of pragmas) database.exec(pragma)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** A second connection, which neither writes nor keeps anybody from writing. */
function openView(file: string, waitMilliseconds: number): Kysely<Tables> {
  const database = new DatabaseSync(file, { readOnly: true, timeout: waitMilliseconds, defensive: true })
  database.exec('pragma trusted_schema = off')
  return new Kysely<Tables>({ dialect: sqliteDialect({ database: connectionOf(database), waitMilliseconds, isReadOnly: true }) })
}

function createPrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
}

/** A connection on a thread of its own, so that requests are answered while a search goes through a million rows. It costs nothing before the first search. */
function searchConnection(file: string, waitMilliseconds: number): Kysely<Tables> {
  const database = openOnThreadWhenAsked({ file, pragmas: pragmasForSearch })
  return new Kysely<Tables>({ dialect: sqliteDialect({ database, waitMilliseconds, isReadOnly: true }) })
}
