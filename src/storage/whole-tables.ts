import { hash } from 'node:crypto'
import { CompiledQuery, sql } from 'kysely'
import type { Connection } from './connection.ts'
import { copyLine } from './copy-line.ts'
import { forEachRow } from './each-row.ts'

/** Whole tables as rows, for what moves databases and keeps copies of them. Both databases hold the same texts and integers, so that rows of one are good in the other. */

/** A table as the database itself describes it. */
export interface WholeTable {
  readonly name: string
  /** By name, so that both databases give them in one order. */
  readonly columns: readonly string[]
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[]
}

/** Values by column. Integers are safe ones. */
export type Row = Readonly<Record<string, string | number | null>>

/** What a table holds, in short: equal for the same rows, in whatever order and on whichever database. */
export interface TableSum {
  readonly rows: number
  /** 32 hexadecimal digits. */
  readonly checksum: string
}

/** The list of migrations belongs to the schema, which the other database makes for itself. */
const schemaTable = 'migrations'

const usualBatchRows = 1000

interface Described {
  readonly table: string
  readonly column: string
  /** Place in the primary key from 1 on; 0 outside of it. */
  readonly place: number
}

interface Reference {
  readonly table: string
  readonly target: string
}

/** Every table there is, those that others refer to first. */
export async function wholeTables(connection: Connection): Promise<readonly WholeTable[]> {
  const { described, references } = await (connection.dialect === 'postgres' ? describePostgres(connection) : describeSqlite(connection))
  const tables = new Map<string, Described[]>()
  for (const one of described) if (one.table !== schemaTable) tables.set(one.table, [...(tables.get(one.table) ?? []), one])
  return inOrder([...tables.keys()].toSorted(), references).map((name) => {
    const columns = tables.get(name) ?? []
    const key = columns.filter(({ place }) => place > 0).toSorted((a, b) => a.place - b.place)
    if (key.length === 0) throw new Error(`The table ${name} has no primary key`)
    return { name, columns: columns.map(({ column }) => column).toSorted(), key: key.map(({ column }) => column) }
  })
}

async function describeSqlite({ db }: Connection): Promise<{ described: readonly Described[]; references: readonly Reference[] }> {
  const ofTables = sql`sqlite_schema as t, `
  const isTable = sql`t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\' and t.name <> 'postern_move_notes'`
  const columns = await sql<Described>`
    select t.name as "table", c.name as "column", c.pk as place from ${ofTables} pragma_table_info(t.name) as c where ${isTable}`.execute(
    db,
  )
  const references = await sql<Reference>`
    select t.name as "table", f."table" as target from ${ofTables} pragma_foreign_key_list(t.name) as f where ${isTable}`.execute(db)
  return { described: columns.rows, references: references.rows }
}

async function describePostgres({ db }: Connection): Promise<{ described: readonly Described[]; references: readonly Reference[] }> {
  const columns = await sql<Described>`
    select t.relname as "table", c.attname as "column", coalesce(array_position(i.indkey::int2[], c.attnum), -1) + 1 as place
    from pg_class t
    join pg_attribute c on c.attrelid = t.oid and c.attnum > 0 and not c.attisdropped and c.attgenerated = ''
    left join pg_index i on i.indrelid = t.oid and i.indisprimary
    where t.relkind in ('r', 'p') and not t.relispartition and t.relnamespace = current_schema()::regnamespace`.execute(db)
  const references = await sql<Reference>`
    select t.relname as "table", f.relname as target from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_class f on f.oid = c.confrelid
    where c.contype = 'f' and c.connamespace = current_schema()::regnamespace`.execute(db)
  return { described: columns.rows, references: references.rows }
}

/** Names with those that they refer to before them. */
function inOrder(names: readonly string[], references: readonly Reference[]): readonly string[] {
  const ordered: string[] = []
  const left = new Set(names)
  const waitsFor = (name: string) => references.some(({ table, target }) => table === name && target !== name && left.has(target))
  while (left.size > 0) {
    const ready = [...left].filter((name) => !waitsFor(name))
    if (ready.length === 0) throw new Error(`Tables refer to one another in a circle: ${[...left].join(', ')}`)
    for (const name of ready) left.delete(name)
    ordered.push(...ready)
  }
  return ordered
}

/** The rows of a table in the order of its key, a batch at a time; `after` is the key of a row to begin behind. One state of all tables is seen within a snapshot only. */
export async function* readRows(
  { db }: Connection,
  table: WholeTable,
  options: { readonly batchRows?: number; readonly after?: readonly (string | number)[] } = {},
): AsyncGenerator<readonly Row[]> {
  const { batchRows = usualBatchRows } = options
  const list = (names: readonly string[]) => sql.join(names.map((name) => sql.ref(name)))
  let { after } = options
  for (;;) {
    const where = after ? sql`where (${list(table.key)}) > (${sql.join(after)})` : sql``
    const query = sql<Row>`select ${list(table.columns)} from ${sql.table(table.name)} ${where} order by ${list(table.key)} limit ${batchRows}`
    const { rows } = await query.execute(db)
    const last = rows.at(-1)
    if (!last) return
    yield rows
    if (rows.length < batchRows) return
    after = table.key.map((column) => last[column] ?? '')
  }
}

/** Writes rows that are not there yet. Throws when a constraint refuses one; then a transaction around it is to be rolled back. */
export async function writeRows({ db, dialect }: Connection, table: WholeTable, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
  const into = `${quoted(table.name)} (${table.columns.map(quoted).join(', ')})`
  const values = rows.map((row) => valuesOf(table, row))
  const [text, many] =
    dialect === 'postgres'
      ? [`copy ${into} from stdin`, values.map(copyLine).join('')]
      : [`insert into ${into} values (${table.columns.map(() => '?').join(', ')})`, JSON.stringify(values)]
  await db.executeQuery(CompiledQuery.raw(text, [forEachRow(many)]))
}

export const emptySum: TableSum = { rows: 0, checksum: '0'.repeat(32) }

/** The sum of what was counted already and of these rows: each row's digest is a number, and numbers can be added in any order. */
export function addToSum(sum: TableSum, table: WholeTable, rows: readonly Row[]): TableSum {
  let total = BigInt(`0x${sum.checksum}`)
  for (const row of rows) total += BigInt(`0x${hash('sha256', JSON.stringify(valuesOf(table, row)), 'hex').slice(0, 32)}`)
  return { rows: sum.rows + rows.length, checksum: BigInt.asUintN(128, total).toString(16).padStart(32, '0') }
}

/** What a table holds now. */
export async function sumOf(connection: Connection, table: WholeTable): Promise<TableSum> {
  let sum = emptySum
  for await (const rows of readRows(connection, table)) sum = addToSum(sum, table, rows)
  return sum
}

function valuesOf(table: WholeTable, row: Row): readonly (string | number | null)[] {
  return table.columns.map((column) => row[column] ?? null)
}
