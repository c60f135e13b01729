import { existsSync } from 'node:fs'
import type { ControlledTransaction } from 'kysely'
import { sql } from 'kysely'
import type { Connection } from '../connection.ts'
import { readVersion, SchemaTooNew } from '../migrate.ts'
import { migrations } from '../migrations/index.ts'
import { type OpenOptions, openStorage } from '../open.ts'
import type { Tables } from '../tables.ts'
import { type WholeTable, wholeTables } from '../whole-tables.ts'
import { assertNoted, countNotes, forgetNotes, hasNotes, startNotes, stopNotes } from './change-notes.ts'
import { assertNotMoved, closeForWriting, reopen } from './closing.ts'
import { applyNotes, assertSameCounts, assertSameRows, type CopyOptions, copyAll, firstWithRows } from './copy-rows.ts'
import { fileOf, openPlain, type PlainDatabase, placeOf, withTables } from './plain-database.ts'
import { MoveRefused } from './refused.ts'

/** Where a move is: `writing` is the pause in which the source takes no writes, `closing` its end, just before the target is there for good, `committed` just after. */
export type MovePhase = 'noting' | 'copying' | 'catchingUp' | 'verifying' | 'pausing' | 'closing' | 'committed'

export interface MoveInput extends CopyOptions {
  readonly from: OpenOptions
  readonly to: OpenOptions
  /** Leaves the source open for writing, for a trial: what is written there afterwards is not in the target. */
  readonly keepsSourceOpen: boolean
  readonly onPhase?: (phase: MovePhase) => Promise<void> | void
}

export interface Move {
  readonly from: string
  readonly to: string
  readonly tables: number
  readonly rows: number
  /** Rows that changed while they were copied, and were copied again. */
  readonly changedRows: number
  /** For how long the source took no writes. */
  readonly pauseMilliseconds: number
  readonly seconds: number
  readonly isSourceClosed: boolean
  /** Whether the triggers that noted changes are gone from the source. If not, `removeLeftovers` removes them. */
  readonly isCleaned: boolean
}

interface Moving extends MoveInput {
  readonly source: PlainDatabase
  readonly into: Connection
  readonly tables: readonly WholeTable[]
}

/**
 * Copies a database that servers work on into an empty one, in one transaction of the target: whenever it ends early, the target has no rows and the source works as before.
 * All rows are copied from a snapshot and compared; what changed meanwhile is noted by triggers and copied again, the last of it while nobody can write. Then the target is committed, and the source
 * closed for writing. Throws `MoveRefused` for a target that is not empty, for differences, and while another move is under way.
 */
export async function moveDatabase(input: MoveInput): Promise<Move> {
  const startedAt = performance.now()
  const places = { from: placeOf(input.from.database), to: placeOf(input.to.database) }
  const source = await openPlain(input.from)
  try {
    await assertMovable(source)
    const tables = await wholeTables(source)
    await prepareTarget(input.to)
    const release = await holdMove(source)
    let isCleaned = false
    let moved: Copied
    try {
      await stopNotes(source, tables)
      await startNotes(source, tables)
      await input.onPhase?.('noting')
      moved = await withTarget(input.to, tables, (into, commit) => copyAndClose({ ...input, source, into, tables }, commit, places.to))
    } finally {
      // Triggers that cannot be removed now do not undo a move, nor hide why one failed.
      isCleaned = await stopNotes(source, tables).then(
        () => true,
        () => false,
      )
      await release()
    }
    return { ...places, ...moved, tables: tables.length, seconds: (performance.now() - startedAt) / 1000, isCleaned }
  } finally {
    await source.close()
  }
}

async function assertMovable(source: PlainDatabase): Promise<void> {
  const version = await readVersion(source.db, source.dialect)
  if (version > migrations.length) throw new SchemaTooNew(version, migrations.length)
  if (version === 0) throw new MoveRefused('There is nothing in the database yet')
  await assertNotMoved(source)
  if (version < migrations.length) throw new MoveRefused('The schema is not up to date: run postern migrate first, without --to')
}

async function holdMove(source: PlainDatabase): Promise<() => Promise<void>> {
  const release = await source.holdMove()
  if (!release) throw new MoveRefused('Another move of this database is under way')
  return release
}

/** Makes the schema where there is none. Nothing is done to a target with rows. */
async function prepareTarget(to: OpenOptions): Promise<void> {
  const file = fileOf(to.database)
  if (!file || existsSync(file)) {
    const target = await openPlain(to)
    try {
      if ((await readVersion(target.db, target.dialect)) > 0) await assertEmpty(target, await wholeTables(target))
    } finally {
      await target.close()
    }
  }
  await (await openStorage(to)).close()
}

async function assertEmpty(target: Connection, tables: readonly WholeTable[]): Promise<void> {
  const name = await firstWithRows(target, tables)
  if (name === undefined) return
  throw new MoveRefused(
    `The target is not empty: ${name} has rows. Name another database, or drop it and make it anew; nothing is ever overwritten. (A move that was killed leaves no rows.)`,
  )
}

type Commit = () => Promise<void>

/** Runs something with one transaction of the target, in which nobody else can use it; without a commit all of it is undone. */
async function withTarget<T>(
  to: OpenOptions,
  tables: readonly WholeTable[],
  run: (into: Connection, commit: Commit) => Promise<T>,
): Promise<T> {
  const target = await openPlain(to)
  try {
    const tx: ControlledTransaction<Tables> = await target.db.startTransaction().execute()
    const into: Connection = { db: tx, dialect: target.dialect }
    try {
      if (target.dialect === 'postgres')
        await sql`lock table ${sql.join(tables.map(({ name }) => sql.table(name)))} in exclusive mode`.execute(tx)
      await assertEmpty(into, tables)
      const there = await wholeTables(into)
      if (JSON.stringify(there) !== JSON.stringify(tables)) throw new MoveRefused('The tables of the target are not those of the source')
      return await run(into, async () => void (await tx.commit().execute()))
    } finally {
      if (!tx.isCommitted)
        await tx
          .rollback()
          .execute()
          .catch(() => undefined)
    }
  } finally {
    await target.close()
  }
}

type Copied = Pick<Move, 'rows' | 'changedRows' | 'pauseMilliseconds' | 'isSourceClosed'>

async function copyAndClose(moving: Moving, commit: Commit, to: string): Promise<Copied> {
  const { source, into, tables, keepsSourceOpen, onPhase } = moving
  await onPhase?.('copying')
  await source.view((view) => copyAll(view, into, tables, moving))
  let changedRows = await catchUp(moving)
  await onPhase?.('pausing')
  let pausedAt = 0
  let isCommitted = false
  const pause = async (tx: Connection) => {
    pausedAt = performance.now()
    if (tx.dialect === 'postgres') {
      await sql`lock table ${sql.join(tables.map(({ name }) => sql.table(name)))} in share row exclusive mode`.execute(tx.db)
    }
    await assertNoted(tx, tables)
    const notes = await countNotes(tx)
    const changed = await applyNotes(tx, into, notedTables(tables, notes.tables))
    const all = await assertSameCounts(tx, into, tables)
    if (!keepsSourceOpen) await closeForWriting(tx, tables, { to, at: new Date().toISOString() })
    await onPhase?.('closing')
    // Before the source is closed for good: when the process ends in between, the source goes on.
    await commit()
    isCommitted = true
    await onPhase?.('committed')
    changedRows += changed
    return all
  }
  const rows = await withTables(source, pause).catch((error: unknown) => {
    if (!isCommitted || error instanceof MoveRefused) throw error
    throw new MoveRefused(
      'The target has all rows, but the source could not be closed for writing and goes on, so that it soon has more. Drop the target and start again',
      { cause: error },
    )
  })
  return { rows, changedRows, pauseMilliseconds: Math.ceil(performance.now() - pausedAt), isSourceClosed: !keepsSourceOpen }
}

/** Few enough to be copied while nobody can write. */
const fewNotes = 200
const mostRounds = 20

/** Copies what changed until little is left, and compares all rows of both sides once on the way. Answers how many rows changed. */
async function catchUp(moving: Moving): Promise<number> {
  const { source, into, tables, signal, onPhase } = moving
  let changed = 0
  let isVerified = false
  for (let round = 1; ; round++) {
    await onPhase?.('catchingUp')
    const found = await source.view(async (view) => {
      signal?.throwIfAborted()
      await assertNoted(view, tables)
      const notes = await countNotes(view)
      const count = [...notes.tables.values()].reduce((sum, one) => sum + one, 0)
      changed += await applyNotes(view, into, notedTables(tables, notes.tables))
      const isCalm = count <= fewNotes || round >= mostRounds / 2
      if (isCalm && !isVerified) {
        await onPhase?.('verifying')
        await assertSameRows(view, into, tables, { signal })
        isVerified = true
        await forgetNotes(source, view, notes.last)
        // More may have changed while all of it was read.
        return Number.POSITIVE_INFINITY
      }
      await forgetNotes(source, view, notes.last)
      return count
    })
    if (isVerified && (found <= fewNotes || round >= mostRounds)) return changed
  }
}

const notedTables = (tables: readonly WholeTable[], counts: ReadonlyMap<string, number>) => tables.filter(({ name }) => counts.has(name))

/** The version of a database's schema, 0 where there is none. */
export async function schemaVersionOf(options: OpenOptions): Promise<number> {
  const file = fileOf(options.database)
  if (file && !existsSync(file)) return 0
  const database = await openPlain(options)
  try {
    return await readVersion(database.db, database.dialect)
  } finally {
    await database.close()
  }
}

/** Opens a database for writing that was closed by a move. Answers where it had been moved to, `undefined` if it was open. */
export async function reopenDatabase(options: OpenOptions): Promise<string | undefined> {
  const database = await openPlain(options)
  try {
    return await withTables(database, reopen)
  } finally {
    await database.close()
    await removeLeftovers(options)
  }
}

/** Removes what a move that was killed has left in its source. False when there was nothing, or while a move is under way. */
export async function removeLeftovers(options: OpenOptions): Promise<boolean> {
  const file = fileOf(options.database)
  if (file && !existsSync(file)) return false
  const database = await openPlain(options)
  try {
    if (!(await hasNotes(database))) return false
    const release = await database.holdMove()
    if (!release) return false
    await stopNotes(database, await wholeTables(database)).finally(release)
    return true
  } finally {
    await database.close()
  }
}
