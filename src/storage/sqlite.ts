import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import type { Storage } from '../core/storage.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { storageOver } from './storage.ts'
import type { Tables } from './tables.ts'

export interface SqliteOptions {
  /** Path of the database, made if it is not there, in a folder that may have to be made too; or `:memory:`. */
  readonly file: string
  /** Longest wait for the one connection, and for another process that writes. Default 2 500. */
  readonly waitMilliseconds?: number
}

/**
 * Opens the embedded database and brings its schema up to date. What it acknowledges is on disk (RL-02), and only the owner can read its files.
 * Throws `SchemaTooNew` for a database of a newer version.
 */
export async function openSqlite({ file, waitMilliseconds = 2_500 }: SqliteOptions): Promise<Storage> {
  const database = openFile(file)
  const db = new Kysely<Tables>({ dialect: sqliteDialect({ database, waitMilliseconds }) })
  try {
    await migrate({ db, dialect: 'sqlite', migrations })
  } catch (error) {
    await db.destroy()
    throw error
  }
  return storageOver(db, 'sqlite')
}

function openFile(file: string): DatabaseSync {
  if (file !== ':memory:') {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // SQLite gives the write-ahead log and the shared memory the mode of the database.
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
  }
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5_000, defensive: true })
  try {
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    database.exec('pragma trusted_schema = off')
    // From here on a wait for another process must not stop this one: the dialect tries again by itself.
    database.exec('pragma busy_timeout = 0')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
