import { CompiledQuery } from 'kysely'
import type { ResultRow } from './columns.ts'
import type { Connection } from './connection.ts'
import { forEachRow } from './each-row.ts'
import { statementNames } from './prepared.ts'
import type { Tables } from './tables.ts'

/** What a column holds, as far as the databases have to be told. */
type ColumnType = 'text' | 'bigint'

/** The columns of a table by name, in the order in which they are written. */
export type RowShape<T extends keyof Tables> = { readonly [C in keyof Tables[T]]: ColumnType }

/**
 * Inserts rows of one table, skipping those that a unique constraint refuses, and answers the column `returning` of those that were inserted. PostgreSQL takes
 * all rows as one value of JSON. SQLite runs one statement for each row, without coming back in between: statements of many rows take twice as long there.
 */
export async function insertRows<T extends keyof Tables & string>(
  connection: Connection,
  table: T,
  shape: RowShape<T>,
  rows: readonly Tables[T][],
  returning: keyof Tables[T] & string,
): Promise<readonly string[]> {
  if (rows.length === 0) return []
  const names = Object.keys(shape) as (keyof Tables[T] & string)[]
  const into = `insert into ${table} (${names.join(', ')})`
  if (connection.dialect === 'postgres') {
    const types = names.map((name) => `${name} ${shape[name]}`).join(', ')
    const text = `${into} select ${names.join(', ')} from json_to_recordset($1::json) as r(${types}) on conflict do nothing returning ${returning}`
    if (!statementNames.has(text)) statementNames.set(text, `postern_${statementNames.size + 1}`)
    const inserted = await run(connection, text, [JSON.stringify(rows)])
    return inserted.map((row) => String(row[returning]))
  }
  const text = `${into} values (${names.map(() => '?').join(', ')}) on conflict do nothing`
  const values = valuesOf(names, rows)
  const refused = new Set((await run(connection, text, [forEachRow(values)])).map((row) => row.refused))
  return rows.flatMap((row, index) => (refused.has(index) ? [] : [String(row[returning])]))
}

/** Copies rows into a table of PostgreSQL: all, or none when a constraint refuses one. Takes half of what it takes to insert them. */
export async function copyRows<T extends keyof Tables & string>(
  connection: Connection,
  table: T,
  shape: RowShape<T>,
  rows: readonly Tables[T][],
): Promise<void> {
  if (rows.length === 0) return
  const names = Object.keys(shape) as (keyof Tables[T] & string)[]
  await run(connection, `copy ${table} (${names.join(', ')}) from stdin`, [forEachRow(valuesOf(names, rows))])
}

function valuesOf<R>(names: readonly (keyof R)[], rows: readonly R[]): readonly (readonly unknown[])[] {
  return rows.map((row) => names.map((name) => row[name]))
}

async function run({ db }: Connection, text: string, parameters: unknown[]): Promise<readonly ResultRow[]> {
  const { rows } = await db.executeQuery<ResultRow>(CompiledQuery.raw(text, parameters))
  return rows
}
