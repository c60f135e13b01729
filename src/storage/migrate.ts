import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { LogFields } from '../core/ports.ts'
import type { Dialect } from './connection.ts'
import { assertNotMoved } from './moving/closing.ts'
import type { Tables } from './tables.ts'
import { obstacleOf } from './upgrade-obstacle.ts'

/** One step of the schema. It only goes forward, serves both databases, and runs in one transaction with its entry in the list of what ran. */
export interface Migration {
  /** 1, 2, 3, and so on, without gaps. */
  readonly number: number
  readonly name: string
  up(on: { readonly db: Kysely<Tables>; readonly dialect: Dialect }): Promise<void>
}

/** The database was made by a newer version of the program, which this one would damage. */
export class SchemaTooNew extends Error {
  readonly #versions: readonly [found: number, known: number]
  constructor(found: number, known: number, copy?: string) {
    const back = copy ? `A copy of before the upgrade is at ${copy}` : 'Or go back to a backup of before the upgrade'
    super(
      `The database has schema version ${found}, but this version of Postern knows ${known} at most. Run the newer version. ${back}: docs/operations.md says how, under Upgrades.`,
    )
    this.name = 'SchemaTooNew'
    this.#versions = [found, known]
  }

  /** The same with the place of a copy that this version can open. */
  with(copy: string): SchemaTooNew {
    return new SchemaTooNew(...this.#versions, copy)
  }
}

/** Somebody asked the process to end while it brought the schema up to date. What it had finished stays, and the next start goes on. */
export class UpgradeStopped extends Error {
  override readonly name = 'UpgradeStopped'
}

/** What an upgrade tells while it runs, as a line of the log. */
export type OnUpgrade = (event: 'schema.waiting' | 'schema.copied' | 'schema.upgraded', fields: LogFields) => void

/** Milliseconds. */
export interface Patience {
  /** Longest wait for another process that is at it, and for tables that transactions hold. */
  readonly total: number
  /** How long a step on PostgreSQL waits for a table: whoever wants to write there waits behind it for as long. */
  readonly table: number
  /** Between two tries. */
  readonly pause: number
}

/** What whoever opens a database says about its upgrade. */
export interface UpgradeOptions {
  readonly onUpgrade?: OnUpgrade | undefined
  /** Ends it after the step under way; on PostgreSQL in the middle of it, undone. */
  readonly signal?: AbortSignal | undefined
  readonly patience?: Partial<Patience> | undefined
}

export interface Upgrade extends UpgradeOptions {
  readonly db: Kysely<Tables>
  readonly dialect: Dialect
  readonly migrations: readonly Migration[]
  /** Called once, before the first step on a database that has data, while nobody else can write. When it throws, nothing has changed. */
  readonly beforeUpgrade?: (fromVersion: number) => Promise<void>
}

const usualPatience: Patience = { total: 600_000, table: 1_000, pause: 500 }

/** Between two tries to end a statement. */
const cancelMilliseconds = 500

/** Any number will do, as long as every version uses the same. */
const advisoryLock = 7_062_318_459

/**
 * Brings the schema up to date and returns how many steps ran. Each step is one transaction under a lock: of two processes that start at once
 * one does it and the other waits, and a kill leaves whole steps (RL-10). Throws `SchemaTooNew` and `DatabaseMoved` before it has changed anything, `UpgradeStopped`, and after
 * `patience.total` of waiting what it waited for.
 */
export async function migrate(upgrade: Upgrade): Promise<number> {
  const { db, dialect, migrations, onUpgrade, signal } = upgrade
  const patience = { ...usualPatience, ...upgrade.patience }
  const current = await readVersion(db, dialect)
  const known = migrations.length
  if (current > known) throw new SchemaTooNew(current, known)
  if (current > 0) await assertNotMoved({ db, dialect })
  let steps = 0
  let waitingSince: number | undefined
  const startedAt = performance.now()
  while (current < known) {
    if (signal?.aborted) throw new UpgradeStopped('The upgrade of the schema was stopped')
    const outcome = await tryStep(upgrade, patience, steps === 0)
    if (outcome === 'done') break
    if (outcome === 'ran') {
      steps++
      waitingSince = undefined
      // Signals get through between steps: SQLite answers without a turn of the event loop, and the second one begins with looking for them.
      await turn()
      await turn()
      continue
    }
    if (waitingSince === undefined) onUpgrade?.('schema.waiting', { reason: outcome.obstacle })
    waitingSince ??= performance.now()
    if (performance.now() - waitingSince > patience.total) throw new Error(`The schema cannot be brought up to date: ${outcome.obstacle}`)
    await delay(patience.pause * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
  }
  // A new database is no upgrade.
  if (steps > 0 && current > 0)
    onUpgrade?.('schema.upgraded', { from: current, to: known, steps, seconds: (performance.now() - startedAt) / 1000 })
  return steps
}

/** The schema version of the database, 0 if it is empty. */
export async function readVersion(db: Kysely<Tables>, dialect: Dialect): Promise<number> {
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

type Outcome = 'ran' | 'done' | { readonly obstacle: string }

const anotherProcess = 'another process is bringing it up to date, and has not finished'

async function tryStep(upgrade: Upgrade, patience: Patience, isFirst: boolean): Promise<Outcome> {
  const { db, dialect, signal } = upgrade
  const watched = { stop: () => undefined as unknown }
  try {
    return await db.transaction().execute(async (tx) => {
      if (dialect === 'postgres') {
        const { rows } = await sql<{ isFree: boolean; pid: number }>`
          select pg_try_advisory_xact_lock(${sql.lit(advisoryLock)}) as "isFree", pg_backend_pid() as pid`.execute(tx)
        if (!rows[0]?.isFree) return { obstacle: anotherProcess }
        await sql`set local lock_timeout = ${sql.lit(patience.table)}`.execute(tx)
        watched.stop = cancelWhenAborted(db, rows[0].pid, signal)
      }
      // A transaction on SQLite holds the only write lock already.
      return nextStep(tx, upgrade, isFirst)
    })
  } catch (error) {
    if (signal?.aborted) throw new UpgradeStopped('The upgrade of the schema was stopped', { cause: error })
    const obstacle = obstacleOf(error)
    if (!obstacle) throw error
    return { obstacle: obstacle === 'locked' ? anotherProcess : obstacle }
  } finally {
    watched.stop()
  }
}

/** Ends the statement under way as soon as the signal is given, and the next one if none was; it is undone with its transaction. */
export function cancelWhenAborted(db: Kysely<Tables>, pid: number, signal: AbortSignal | undefined): () => void {
  let timer: NodeJS.Timeout | undefined
  const cancel = () => void sql`select pg_cancel_backend(${sql.lit(pid)})`.execute(db).catch(() => undefined)
  const begin = () => {
    cancel()
    timer = setInterval(cancel, cancelMilliseconds)
  }
  signal?.addEventListener('abort', begin)
  return () => {
    signal?.removeEventListener('abort', begin)
    clearInterval(timer)
  }
}

/** Runs the first step that is missing. */
async function nextStep(tx: Kysely<Tables>, upgrade: Upgrade, isFirst: boolean): Promise<Outcome> {
  const { dialect, migrations, beforeUpgrade } = upgrade
  await makeList(tx)
  const current = await highest(tx)
  if (current > migrations.length) throw new SchemaTooNew(current, migrations.length)
  const migration = migrations[current]
  if (!migration) return 'done'
  if (isFirst && current > 0) await beforeUpgrade?.(current)
  await runStep(tx, dialect, migration)
  return 'ran'
}

/** Makes the list of the steps that ran, where it is not there yet. */
export async function makeList(tx: Kysely<Tables>): Promise<void> {
  await tx.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('number', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .execute()
}

/** What happens in the transaction of a step. */
export async function runStep(tx: Kysely<Tables>, dialect: Dialect, migration: Migration): Promise<void> {
  await migration.up({ db: tx, dialect })
  await tx.insertInto('migrations').values({ number: migration.number, name: migration.name }).execute()
}
