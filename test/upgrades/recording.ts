import { DatabaseSync, StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import pg from 'pg'

/** A statement as the driver got it. Values are what JSON can hold. */
export type Statement = readonly [text: string, values: readonly unknown[]]

/**
 * Keeps the first of every text that this process sends to a database from now on, by replacing what the drivers' own methods do: nothing of the program knows
 * of it. What begins and ends transactions is left out. `stop` puts the methods back.
 */
export function recordStatements(): { stop(): readonly Statement[] } {
  const statements = new Map<string, readonly unknown[]>()
  const keep = (text: string, values: readonly unknown[]) => {
    const isAboutData = /^\s*(select|with|insert|update|delete|copy)\b/i.test(text)
    if (isAboutData && !statements.has(text)) statements.set(text, structuredClone(values))
  }
  const undo = [
    replace(StatementSync.prototype, 'all', (statement: StatementSync, values) => keep(statement.sourceSQL, values)),
    replace(StatementSync.prototype, 'run', (statement: StatementSync, values) => keep(statement.sourceSQL, values)),
    replace(DatabaseSync.prototype, 'exec', (_database, [text]) => keep(String(text), [])),
    replace(Worker.prototype, 'postMessage', (_worker, [query]) => {
      if (isQuery(query)) keep(query.sql, query.parameters)
    }),
    replace(pg.Client.prototype, 'query', (_client, [query]) => {
      if (typeof query === 'string') keep(query, [])
      else if (isFlight(query)) for (const { text, values } of query.statements) keep(text, values)
      else if (isPostgresQuery(query)) keep(query.text, copiedRows(query) ?? query.values ?? [])
    }),
  ]
  return {
    stop() {
      for (const one of undo) one()
      return [...statements]
    },
  }
}

function isQuery(value: unknown): value is { readonly sql: string; readonly parameters: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'sql' in value && 'parameters' in value
}

/** Several that are sent together. */
function isFlight(
  value: unknown,
): value is { readonly statements: readonly { readonly text: string; readonly values: readonly unknown[] }[] } {
  return typeof value === 'object' && value !== null && 'statements' in value && Array.isArray(value.statements)
}

function isPostgresQuery(value: unknown): value is { readonly text: string; readonly values?: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string'
}

/** What `copy … from stdin` is given, as the driver would ask for it. */
function copiedRows(query: object): readonly string[] | undefined {
  if (!('handleCopyInResponse' in query) || typeof query.handleCopyInResponse !== 'function' || !('text' in query)) return undefined
  if (!String(query.text).startsWith('copy ')) return undefined
  const rows: string[] = []
  query.handleCopyInResponse({ sendCopyFromChunk: (chunk: Buffer) => rows.push(chunk.toString()), endCopyFrom: () => undefined })
  return rows
}

/** Lets `told` see every call of a method before it happens. */
function replace<T extends object>(owner: T, name: keyof T & string, told: (self: T, values: readonly unknown[]) => void): () => void {
  const original = owner[name] as (...values: unknown[]) => unknown
  const replaced = function (this: T, ...values: unknown[]) {
    told(this, values)
    return Reflect.apply(original, this, values)
  }
  Object.defineProperty(owner, name, { value: replaced, configurable: true, writable: true })
  return () => void Object.defineProperty(owner, name, { value: original, configurable: true, writable: true })
}
