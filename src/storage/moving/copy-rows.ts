import { sql } from 'kysely'
import type { Connection } from '../connection.ts'
import { addToSum, emptySum, type Row, readRows, sumOf, type WholeTable, writeRows } from '../whole-tables.ts'
import { type Key, notedKeys } from './change-notes.ts'
import { MoveRefused } from './refused.ts'

const copiedRows = 2_000
/** Values of one statement stay under what SQLite takes (32 766). */
const changedRows = 200

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined
  readonly onRows?: (rows: number) => void
}

/** Copies all rows that a view sees, tables that others refer to first. Answers how many. */
export async function copyAll(
  view: Connection,
  into: Connection,
  tables: readonly WholeTable[],
  { signal, onRows }: CopyOptions,
): Promise<number> {
  let copied = 0
  for (const table of tables) {
    for await (const rows of readRows(view, table, { batchRows: copiedRows })) {
      signal?.throwIfAborted()
      await writeRows(into, table, rows)
      copied += rows.length
      onRows?.(copied)
    }
  }
  return copied
}

/**
 * Brings the target from an older state of the source to the one that `from` sees, by the rows that are noted, and checks that these are the same on both sides.
 * Deletions come first, from the tables that refer to others on; then what is new or changed, the other way round.
 */
export async function applyNotes(from: Connection, into: Connection, noted: readonly WholeTable[]): Promise<number> {
  for (const table of noted.toReversed()) {
    for await (const keys of notedKeys(from, table, changedRows)) {
      const there = new Set((await rowsOf(from, table, keys)).map((row) => JSON.stringify(table.key.map((column) => row[column]))))
      const gone = keys.filter((key) => !there.has(JSON.stringify(key)))
      if (gone.length > 0) await sql`delete from ${sql.table(table.name)} where ${isOneOf(into, table, gone)}`.execute(into.db)
    }
  }
  for (const table of noted)
    for await (const keys of notedKeys(from, table, changedRows)) await putRows(into, table, await rowsOf(from, table, keys))
  let changed = 0
  for (const table of noted) {
    for await (const keys of notedKeys(from, table, changedRows)) {
      const [wanted, found] = await Promise.all([rowsOf(from, table, keys), rowsOf(into, table, keys)])
      const [wantedSum, foundSum] = [addToSum(emptySum, table, wanted), addToSum(emptySum, table, found)]
      if (wantedSum.checksum !== foundSum.checksum || wantedSum.rows !== foundSum.rows) throw new MoveRefused(differs(table))
      changed += keys.length
    }
  }
  return changed
}

/** Rows with the keys that are there. */
async function rowsOf(connection: Connection, table: WholeTable, keys: readonly Key[]): Promise<readonly Row[]> {
  const columns = sql.join(table.columns.map((column) => sql.ref(column)))
  const { rows } = await sql<Row>`select ${columns} from ${sql.table(table.name)} where ${isOneOf(connection, table, keys)}`.execute(
    connection.db,
  )
  return rows
}

function isOneOf({ dialect }: Connection, table: WholeTable, keys: readonly Key[]) {
  const list = sql.join(keys.map((key) => sql`(${sql.join(key)})`))
  // A list of rows is written differently; PostgreSQL would not know the types of values in the form of SQLite.
  return sql`(${sql.join(table.key.map((column) => sql.ref(column)))}) in ${dialect === 'postgres' ? sql`(${list})` : sql`(values ${list})`}`
}

async function putRows({ db }: Connection, table: WholeTable, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return
  const names = (columns: readonly string[]) => sql.join(columns.map((column) => sql.ref(column)))
  const values = sql.join(rows.map((row) => sql`(${sql.join(table.columns.map((column) => row[column] ?? null))})`))
  const others = table.columns.filter((column) => !table.key.includes(column))
  const update = sql.join(others.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`))
  const otherwise = others.length > 0 ? sql`do update set ${update}` : sql`do nothing`
  await sql`
    insert into ${sql.table(table.name)} (${names(table.columns)}) values ${values} on conflict (${names(table.key)}) ${otherwise}`.execute(
    db,
  )
}

/** Reads every row on both sides and throws where they are not the same. Answers how many there are. */
export async function assertSameRows(
  from: Connection,
  into: Connection,
  tables: readonly WholeTable[],
  { signal }: CopyOptions = {},
): Promise<number> {
  let rows = 0
  for (const table of tables) {
    signal?.throwIfAborted()
    const [wanted, found] = await Promise.all([sumOf(from, table), sumOf(into, table)])
    if (wanted.rows !== found.rows || wanted.checksum !== found.checksum) throw new MoveRefused(differs(table))
    rows += wanted.rows
  }
  return rows
}

/** Counts the rows of every table on both sides and throws where they are not as many. Answers how many there are. */
export async function assertSameCounts(from: Connection, into: Connection, tables: readonly WholeTable[]): Promise<number> {
  // The target begins first: where the source is SQLite, it counts on this thread meanwhile.
  const [found, wanted] = await Promise.all([countRows(into, tables), countRows(from, tables)])
  const other = tables.find(({ name }) => found.get(name) !== wanted.get(name))
  if (other) throw new MoveRefused(differs(other))
  return [...wanted.values()].reduce((sum, count) => sum + count, 0)
}

async function countRows({ db }: Connection, tables: readonly WholeTable[]): Promise<ReadonlyMap<string, number>> {
  const counts = tables.map(({ name }) => sql`select ${sql.lit(name)} as name, count(*) as count from ${sql.table(name)}`)
  const { rows } = await sql<{ name: string; count: number }>`${sql.join(counts, sql` union all `)}`.execute(db)
  return new Map(rows.map(({ name, count }) => [name, count]))
}

const differs = ({ name }: WholeTable) =>
  `The rows of ${name} are not the same in the source and in the target. The source is as it was; start again, and report it if it happens again`

/** The name of a table that has rows, if there is one. */
export async function firstWithRows({ db }: Connection, tables: readonly WholeTable[]): Promise<string | undefined> {
  for (const { name } of tables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(db)
    if (rows.length > 0) return name
  }
  return undefined
}
