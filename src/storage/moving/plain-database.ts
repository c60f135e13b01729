import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { Kysely, sql } from 'kysely'
import type { Connection, Dialect } from '../connection.ts'
import type { OpenOptions } from '../open.ts'
import { readPostgresUrl } from '../postgres-url.ts'
import { openFile } from '../sqlite.ts'
import { connectionOf } from '../sqlite-connection.ts'
import { sqliteDialect } from '../sqlite-dialect.ts'
import type { Tables } from '../tables.ts'
import { obstacleOf } from '../upgrade-obstacle.ts'
import { MoveRefused } from './refused.ts'

/** A database as the mover sees it: opened as it is, with all the time that it takes. */
export interface PlainDatabase {
  readonly dialect: Dialect
  readonly db: Kysely<Tables>
  /** Runs reads in one state of the whole database, while others write. */
  view<T>(run: (view: Connection) => Promise<T>): Promise<T>
  /** Keeps other moves of this database away until it is called back, or the process is gone. `undefined` while one is under way. */
  holdMove(): Promise<(() => Promise<void>) | undefined>
  close(): Promise<void>
}

const waitMilliseconds = 20_000
const patientMilliseconds = 12 * 3_600_000
/** Any number will do, as long as every version uses the same. */
const advisoryLock = 7_062_318_460

export const fileOf = (url: string): string | undefined => /^sqlite:(.+)$/.exec(url)?.[1]

/** Where a database is, without anything that opens it. */
export function placeOf(url: string): string {
  const file = fileOf(url)
  if (file) return `sqlite:${resolve(file)}`
  const address = readPostgresUrl(url)
  if ('problem' in address) throw new MoveRefused(`The URL of the database cannot be used: ${address.problem}`)
  const { host = 'localhost', port = 5432, database = '' } = address
  return `postgres://${host}:${port}/${database}`
}

/** Opens a database that is there. */
export async function openPlain(options: OpenOptions): Promise<PlainDatabase> {
  const file = fileOf(options.database)
  return file ? plainSqlite(file) : plainPostgres(options)
}

function plainSqlite(file: string): PlainDatabase {
  if (!existsSync(file)) throw new MoveRefused(`There is no database at ${file}`)
  const dialectOver = (database: DatabaseSync, isReadOnly: boolean) =>
    sqliteDialect({ database: connectionOf(database), waitMilliseconds, isReadOnly })
  const db = new Kysely<Tables>({ dialect: dialectOver(openFile(file), false) })
  return {
    dialect: 'sqlite',
    db,
    async view(run) {
      const database = new DatabaseSync(file, { readOnly: true, timeout: waitMilliseconds, defensive: true })
      const view = new Kysely<Tables>({ dialect: dialectOver(database, true) })
      try {
        return await view.transaction().execute((tx) => run({ db: tx, dialect: 'sqlite' }))
      } finally {
        await view.destroy()
      }
    },
    async holdMove() {
      // The lock of a file of its own goes with the process, however that ends.
      const path = `${file}.moving`
      const lock = new DatabaseSync(path, { timeout: 0 })
      try {
        lock.exec('begin exclusive')
      } catch (error) {
        lock.close()
        if (obstacleOf(error) === 'locked') return undefined
        throw error
      }
      return async () => {
        rmSync(path, { force: true })
        lock.close()
      }
    },
    close: () => db.destroy(),
  }
}

async function plainPostgres(options: OpenOptions): Promise<PlainDatabase> {
  // The driver is loaded only where it is used.
  const [{ openPool }, { connectionOf: addressOf }] = await Promise.all([
    import('../postgres-pool.ts'),
    import('../postgres-connection.ts'),
  ])
  const limits = {
    ...{ poolSize: 4, connectMilliseconds: waitMilliseconds, deadlineMilliseconds: patientMilliseconds },
    ...{ lockMilliseconds: patientMilliseconds, idleTransactionMilliseconds: patientMilliseconds },
  }
  const { db } = openPool({ ...options, ...limits, url: options.database }, await addressOf({ ...options, url: options.database }))
  return {
    dialect: 'postgres',
    db,
    view: (run) =>
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute((tx) => run({ db: tx, dialect: 'postgres' })),
    async holdMove() {
      const tx = await db.startTransaction().execute()
      const { rows } = await sql<{ isFree: boolean }>`select pg_try_advisory_xact_lock(${sql.lit(advisoryLock)}) as "isFree"`.execute(tx)
      const release = () => tx.rollback().execute()
      if (rows[0]?.isFree) return release
      await release()
      return undefined
    },
    close: () => db.destroy(),
  }
}

/** How long one try waits for a table: whoever wants to write there waits behind it. */
const tableMilliseconds = 1_000
const mostTries = 60

/** Runs a transaction that needs locks of tables; it lets go when it does not get one soon, and tries again for a minute and more. */
export async function withTables<T>({ db, dialect }: PlainDatabase, run: (tx: Connection) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(async (tx) => {
        if (dialect === 'postgres') await sql`set local lock_timeout = ${sql.lit(tableMilliseconds)}`.execute(tx)
        return run({ db: tx, dialect })
      })
    } catch (error) {
      if (tries >= mostTries || obstacleOf(error) === undefined) throw error
      await delay(500 * (0.5 + Math.random()))
    }
  }
}
