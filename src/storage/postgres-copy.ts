import pg, { type QueryResult } from 'pg'
import type { EachRow } from './each-row.ts'

/** What a driver's connection has for this and its types do not tell. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** Runs a statement `copy … from stdin` with rows of texts, integers and nulls. The client ends it when it takes longer than it may. */
export function copyRows(
  client: pg.PoolClient,
  statement: { readonly text: string; readonly rows: EachRow['eachRow']; readonly milliseconds: number },
): Promise<QueryResult> {
  const content = Buffer.from(statement.rows.map(lineOf).join(''))
  return new Promise((resolve, reject) => {
    const query = Object.assign(new pg.Query(statement.text), {
      query_timeout: statement.milliseconds,
      callback: (error: Error | null, result: QueryResult) => (error ? reject(error) : resolve(result)),
      handleCopyInResponse(connection: CopyConnection) {
        connection.sendCopyFromChunk(content)
        connection.endCopyFrom()
      },
    })
    client.query(query)
  })
}

/** A row in the text format of `copy` (https://www.postgresql.org/docs/current/sql-copy.html, Text Format). */
function lineOf(row: readonly unknown[]): string {
  return `${row.map(fieldOf).join('\t')}\n`
}

const special = /[\\\t\n\r]/
const escapes = new Map([
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
])

function fieldOf(value: unknown): string {
  if (value === null) return '\\N'
  const text = String(value)
  return special.test(text) ? text.replace(/[\\\t\n\r]/g, (one) => escapes.get(one) ?? one) : text
}
