import { CompiledQuery } from 'kysely'
import type { ResultRow } from './columns.ts'
import type { Connection } from './connection.ts'
import { copyLine } from './copy-line.ts'
import { forEachRow } from './each-row.ts'
import { statementNames } from './prepared.ts'
import type { Tables } from './tables.ts'

/** What a column holds, as far as the databases have to be told. */
type ColumnType = 'text' | 'bigint'

/** The columns of a table by name, in the order in which they are written. */
export type RowShape<T extends keyof Tables> = { readonly [C in keyof Tables[T]]: ColumnType }

/** Makes the rows when they are needed: while the database works nobody holds on to them, which is memory, and work for whoever collects it. */
export type RowSource<T extends keyof Tables> = () => readonly Tables[T][]

/**
 * Inserts rows of one table, skipping those that a unique constraint refuses, and answers the column `returning` of those that were inserted. PostgreSQL takes
 * all rows as one value of JSON. SQLite runs one statement for each row, without coming back in between: statements of many rows take twice as long there.
 */
export async function insertRows<T extends keyof Tables & string>(
  connection: Connection,
  into: { readonly table: T; readonly shape: RowShape<T>; readonly returning: keyof Tables[T] & string },
  source: RowSource<T>,
): Promise<readonly string[]> {
  const { table, shape, returning } = into
  const names = namesOf(shape)
  const { keys, json } = encode(connection, into, source)
  if (keys.length === 0) return []
  const target = `insert into ${table} (${names.join(', ')})`
  if (connection.dialect === 'postgres') {
    const types = names.map((name) => `${name} ${shape[name]}`).join(', ')
    const text = `${target} select ${names.join(', ')} from json_to_recordset($1::json) as r(${types}) on conflict do nothing returning ${returning}`
    if (!statementNames.has(text)) statementNames.set(text, `postern_${statementNames.size + 1}`)
    return (await run(connection, text, [json])).map((row) => String(row[returning]))
  }
  const text = `${target} values (${names.map(() => '?').join(', ')}) on conflict do nothing`
  const refused = new Set((await run(connection, text, [forEachRow(json)])).map((row) => row.refused))
  return keys.filter((_, index) => !refused.has(index))
}

/** Copies rows into a table of PostgreSQL: all, or none when a constraint refuses one. Takes half of what it takes to insert them. */
export async function copyRows<T extends keyof Tables & string>(
  connection: Connection,
  into: { readonly table: T; readonly shape: RowShape<T> },
  source: RowSource<T>,
): Promise<void> {
  const names = namesOf(into.shape)
  const lines = source()
    .map((row) => copyLine(valuesOf(names, row)))
    .join('')
  if (lines !== '') await run(connection, `copy ${into.table} (${names.join(', ')}) from stdin`, [forEachRow(lines)])
}

/** The rows as JSON, objects for PostgreSQL and arrays for SQLite, and what each has in the column that is answered. */
function encode<T extends keyof Tables & string>(
  { dialect }: Connection,
  { shape, returning }: { readonly shape: RowShape<T>; readonly returning: keyof Tables[T] & string },
  source: RowSource<T>,
): { readonly keys: readonly string[]; readonly json: string } {
  const names = namesOf(shape)
  const rows = source()
  const json = JSON.stringify(dialect === 'postgres' ? rows : rows.map((row) => valuesOf(names, row)))
  return { keys: rows.map((row) => String(row[returning])), json }
}

function namesOf<T extends keyof Tables>(shape: RowShape<T>): (keyof Tables[T] & string)[] {
  return Object.keys(shape) as (keyof Tables[T] & string)[]
}

function valuesOf<R>(names: readonly (keyof R)[], row: R): readonly unknown[] {
  return names.map((name) => row[name])
}

async function run({ db }: Connection, text: string, parameters: unknown[]): Promise<readonly ResultRow[]> {
  const { rows } = await db.executeQuery<ResultRow>(CompiledQuery.raw(text, parameters))
  return rows
}
