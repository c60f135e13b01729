import { randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Connection } from './connection.ts'
import { cancelWhenAborted, type Migration, makeList, readVersion, runStep } from './migrate.ts'
import { migrations as allMigrations } from './migrations/index.ts'
import { connectionOf } from './postgres-connection.ts'
import { type PostgresOptions, patient } from './postgres-options.ts'
import { openPool } from './postgres-pool.ts'
import { pendingSteps, type Rehearsal, type RehearsedLock, type RehearsedStep, timed } from './rehearsal.ts'
import type { Tables } from './tables.ts'
import { wholeTables } from './whole-tables.ts'

const prefix = 'postern_rehearsal_'

/**
 * Copies every table into a schema of its own in the same database, brings that up to date, and drops it whatever happens. The tables themselves are only read. It takes the right to
 * make a schema (`grant create on database`), as much room again, and the work of writing all rows once more.
 */
export async function rehearsePostgres(options: PostgresOptions): Promise<Rehearsal> {
  const { migrations = allMigrations, signal } = options
  const { db } = openPool({ ...patient(options), poolSize: 2 }, await connectionOf(options))
  try {
    const from = await readVersion(db, 'postgres')
    const pending = pendingSteps(migrations, from)
    const leftovers = await scratchSchemas(db)
    const outline = { database: 'postgres', from, to: migrations.length, leftovers } as const
    if (pending.length === 0) return { ...outline, copy: { bytes: 0, milliseconds: 0 }, steps: [] }
    const scratch = createScratch(db, signal)
    try {
      const milliseconds = await timed(() => fill(scratch, db, migrations.slice(0, from)))
      const copy = { bytes: await scratch.sizeBytes(), milliseconds }
      const steps: RehearsedStep[] = []
      for (const migration of pending) steps.push(await rehearseStep(scratch, migration))
      return { ...outline, copy, steps }
    } finally {
      await sql`drop schema if exists ${sql.id(scratch.name)} cascade`.execute(db)
    }
  } finally {
    await db.destroy()
  }
}

async function scratchSchemas(db: Kysely<Tables>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select nspname as name from pg_namespace where starts_with(nspname, ${prefix})`.execute(db)
  return rows.map(({ name }) => name)
}

/** A schema in which names mean its own tables. */
interface Scratch {
  readonly name: string
  /** A transaction in it. */
  run<T>(work: (tx: Kysely<Tables>) => Promise<T>): Promise<T>
  sizeBytes(): Promise<number>
}

function createScratch(db: Kysely<Tables>, signal: AbortSignal | undefined): Scratch {
  const name = `${prefix}${randomBytes(6).toString('hex')}`
  return {
    name,
    async run(work) {
      signal?.throwIfAborted()
      // One state of the database while it is copied.
      return db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (tx) => {
          const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
          const stop = cancelWhenAborted(db, rows[0]?.pid ?? 0, signal)
          try {
            await sql`create schema if not exists ${sql.id(name)}`.execute(tx).catch(explain)
            await sql`set local search_path to ${sql.id(name)}`.execute(tx)
            return await work(tx)
          } finally {
            stop()
          }
        })
    },
    async sizeBytes() {
      const { rows } = await sql<{ bytes: number }>`
        select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint as bytes from pg_class
        where relkind = 'r' and relnamespace = ${name}::regnamespace`.execute(db)
      return rows[0]?.bytes ?? 0
    },
  }
}

const insufficientPrivilege = '42501'

function explain(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && error.code === insufficientPrivilege)) throw error
  throw new Error('The rehearsal copies tables into a schema of its own, which this user may not make: grant create on database … to …', {
    cause: error,
  })
}

/** Makes the schema of now in it, and copies the rows as they are in one state of the database. */
async function fill(scratch: Scratch, db: Kysely<Tables>, steps: readonly Migration[]): Promise<void> {
  const original: Connection = { db, dialect: 'postgres' }
  const { rows } = await sql<{ name: string }>`select current_schema() as name`.execute(db)
  const tables = await wholeTables(original)
  await scratch.run(async (tx) => {
    await makeList(tx)
    for (const step of steps) await runStep(tx, 'postgres', step)
  })
  await scratch.run(async (tx) => {
    for (const { name, columns } of tables) {
      const list = sql.join(columns.map((column) => sql.ref(column)))
      await sql`insert into ${sql.table(name)} (${list}) select ${list} from ${sql.table(`${rows[0]?.name}.${name}`)}`.execute(tx)
    }
  })
}

async function rehearseStep(scratch: Scratch, migration: Migration): Promise<RehearsedStep> {
  const before = await scratch.sizeBytes()
  let locks: readonly RehearsedLock[] = []
  const milliseconds = await timed(() =>
    scratch.run(async (tx) => {
      const tables = new Set((await wholeTables({ db: tx, dialect: 'postgres' })).map(({ name }) => name))
      await runStep(tx, 'postgres', migration)
      locks = (await locksOf(tx, scratch.name)).filter(({ table }) => tables.has(table))
    }),
  )
  const { number, name } = migration
  return { number, name, milliseconds, locks, addedBytes: (await scratch.sizeBytes()) - before }
}

/** Modes from the weakest to the strongest, with whom they keep out (https://www.postgresql.org/docs/current/explicit-locking.html). */
const modes: readonly (readonly [mode: string, keepsOut: RehearsedLock['keepsOut']])[] = [
  ['AccessShareLock', 'nobody'],
  ['RowShareLock', 'nobody'],
  ['RowExclusiveLock', 'nobody'],
  ['ShareUpdateExclusiveLock', 'nobody'],
  ['ShareLock', 'writers'],
  ['ShareRowExclusiveLock', 'writers'],
  ['ExclusiveLock', 'writers'],
  ['AccessExclusiveLock', 'everybody'],
]

/** The strongest lock of this transaction on each table of a schema. */
async function locksOf(tx: Kysely<Tables>, schema: string): Promise<readonly RehearsedLock[]> {
  const { rows } = await sql<{ table: string; mode: string }>`
    select c.relname as "table", l.mode from pg_locks l join pg_class c on c.oid = l.relation
    where l.pid = pg_backend_pid() and l.locktype = 'relation' and c.relkind in ('r', 'p') and c.relnamespace = ${schema}::regnamespace
    order by 1`.execute(tx)
  const strongest = new Map<string, number>()
  for (const { table, mode } of rows) {
    const rank = modes.findIndex(([name]) => name === mode)
    strongest.set(table, Math.max(rank, strongest.get(table) ?? 0))
  }
  return [...strongest].flatMap(([table, rank]) => {
    const [mode, keepsOut] = modes[rank] ?? []
    return mode && keepsOut ? [{ table, mode, keepsOut }] : []
  })
}
