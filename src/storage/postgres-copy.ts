import pg, { type QueryResult } from 'pg'

/** What a driver's connection has for this and its types do not tell. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** Runs a statement `copy … from stdin` with rows as `copyLine` makes them. The client ends it when it takes longer than it may. */
export function copyText(
  client: pg.ClientBase,
  statement: { readonly text: string; readonly rows: string; readonly milliseconds: number },
): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    const query = Object.assign(new pg.Query(statement.text), {
      query_timeout: statement.milliseconds,
      callback: (error: Error | null, result: QueryResult) => (error ? reject(error) : resolve(result)),
      handleCopyInResponse(connection: CopyConnection) {
        connection.sendCopyFromChunk(Buffer.from(statement.rows))
        connection.endCopyFrom()
      },
    })
    client.query(query)
  })
}
