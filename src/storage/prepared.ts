import type { Compilable, CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Connection, Dialect } from './connection.ts'
import type { Tables } from './tables.ts'

/** A query that is built once per dialect and then only gets values: building the text anew costs more than running it. */
export type Prepared<P, O> = (connection: Connection, parameters: P) => Promise<QueryResult<O>>

const parameterName = Symbol('parameterName')

/** Names under which PostgreSQL keeps the parsed statement, by its text. Only these texts get one: they are few, and the same for ever. */
export const statementNames = new Map<string, string>()

/**
 * Prepares a query. `build` sees placeholders of the types of the parameters; use each as a value of the query and nothing else.
 */
export function prepared<P extends object, O>(
  build: (db: Kysely<Tables>, parameter: Readonly<P>, dialect: Dialect) => Compilable<O>,
): Prepared<P, O> {
  const templates = new Map<Dialect, CompiledQuery<O>>()
  return ({ db, dialect }, parameters) => {
    let template = templates.get(dialect)
    if (!template) {
      template = build(db, placeholders<P>(), dialect).compile()
      templates.set(dialect, template)
      if (dialect === 'postgres' && !statementNames.has(template.sql))
        statementNames.set(template.sql, `postern_${statementNames.size + 1}`)
    }
    const values = parameters as Readonly<Record<string, unknown>>
    return db.executeQuery<O>({ ...template, parameters: template.parameters.map((part) => fill(part, values)) })
  }
}

function placeholders<P extends object>(): Readonly<P> {
  return new Proxy({} as P, { get: (_target, name) => ({ [parameterName]: name }) })
}

function fill(part: unknown, values: Readonly<Record<string, unknown>>): unknown {
  if (typeof part !== 'object' || part === null || !(parameterName in part)) return part
  const name = String(part[parameterName])
  if (!(name in values)) throw new Error(`A query lacks its parameter ${name}`)
  return values[name]
}

/** Number of rows that a statement wrote. */
export function changes(result: QueryResult<unknown>): number {
  return Number(result.numAffectedRows ?? 0n)
}
