import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { QueryResult } from 'kysely'
import { type EachRow, isEachRow } from './each-row.ts'

/** An open database: on this thread, where it answers at once, or on another. One query at a time. */
export interface SqliteConnection {
  execute(sql: string, parameters: readonly unknown[]): QueryResult<never> | Promise<QueryResult<never>>
  /** Whether a transaction is open, as of the last answer. */
  isInTransaction(): boolean
  close(): void | Promise<void>
}

/** A database of this thread. */
interface LocalConnection extends SqliteConnection {
  execute(sql: string, parameters: readonly unknown[]): QueryResult<never>
}

export function connectionOf(database: DatabaseSync): LocalConnection {
  const statements = statementCache(database)
  return {
    execute: (sql, parameters) => run(statements(sql), parameters),
    isInTransaction: () => database.isTransaction,
    close: () => database.close(),
  }
}

interface CachedStatement {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

const maxStatements = 200

/** Parses each text once; the ones that were not used for longest are dropped. */
function statementCache(database: DatabaseSync): (sql: string) => CachedStatement {
  const cache = new Map<string, CachedStatement>()
  return (sql) => {
    let entry = cache.get(sql)
    if (entry) {
      cache.delete(sql)
    } else {
      const statement = database.prepare(sql)
      entry = { statement, returnsRows: statement.columns().length > 0 }
      const oldest = cache.keys().next()
      if (cache.size >= maxStatements && !oldest.done) cache.delete(oldest.value)
    }
    cache.set(sql, entry)
    return entry
  }
}

function run({ statement, returnsRows }: CachedStatement, parameters: readonly unknown[]): QueryResult<never> {
  const [first] = parameters
  if (isEachRow(first)) return runEach(statement, first)
  const values = parameters as readonly SQLInputValue[]
  if (returnsRows) return { rows: statement.all(...values) as never[] }
  return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
}

function runEach(statement: StatementSync, { eachRow }: EachRow): QueryResult<never> {
  const rows = JSON.parse(eachRow) as readonly (readonly SQLInputValue[])[]
  const refused: { readonly refused: number }[] = []
  for (const [index, row] of rows.entries()) {
    if (Number(statement.run(...row).changes) === 0) refused.push({ refused: index })
  }
  return { rows: refused as never[], numAffectedRows: BigInt(rows.length - refused.length) }
}
