import { CompiledQuery, type QueryResult } from 'kysely'
import type { Connection } from './connection.ts'
import { statementNames } from './prepared.ts'
import type { Tables } from './tables.ts'

/** What a column holds, as far as the databases have to be told. */
type ColumnType = 'text' | 'bigint'

/** The columns of a table by name, in the order in which they are written. */
export type RowShape<T extends keyof Tables> = { readonly [C in keyof Tables[T]]: ColumnType }

/** Rows of one statement on SQLite, where each value is a parameter of its own. Statements of other sizes would be parsed anew each time. */
const rowsTogether = 40

/**
 * Inserts rows of one table, skipping those that a unique constraint refuses, and answers the column `returning` of those that were inserted. One statement on
 * PostgreSQL, which takes the rows as one value of JSON; on SQLite one for every few rows.
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
  const inserted: string[] = []
  const run = async (text: string, values: readonly unknown[]) => {
    const result: QueryResult<Record<string, unknown>> = await connection.db.executeQuery(CompiledQuery.raw(text, [...values]))
    for (const row of result.rows) inserted.push(String(row[returning]))
  }
  const tail = `on conflict do nothing returning ${returning}`
  if (connection.dialect === 'postgres') {
    const types = names.map((name) => `${name} ${shape[name]}`).join(', ')
    const text = `insert into ${table} (${names.join(', ')}) select ${names.join(', ')} from json_to_recordset($1::json) as r(${types}) ${tail}`
    if (!statementNames.has(text)) statementNames.set(text, `postern_${statementNames.size + 1}`)
    await run(text, [JSON.stringify(rows)])
    return inserted
  }
  for (let from = 0; from < rows.length; ) {
    const count = rows.length - from >= rowsTogether ? rowsTogether : 1
    const one = `(${names.map(() => '?').join(', ')})`
    const text = `insert into ${table} (${names.join(', ')}) values ${Array(count).fill(one).join(', ')} ${tail}`
    await run(
      text,
      rows.slice(from, from + count).flatMap((row) => names.map((name) => row[name])),
    )
    from += count
  }
  return inserted
}
