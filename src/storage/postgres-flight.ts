import type { PostgresQueryResult } from 'kysely'
import type pg from 'pg'

/** A statement of a flight. One with a name is parsed once for each connection. */
export interface FlightStatement {
  readonly text: string
  readonly values: readonly unknown[]
  readonly name?: string | undefined
}

export type FlightOutcome = PromiseSettledResult<PostgresQueryResult<never>>

/**
 * Sends statements in one go, and answers what each came to, in their order: one round trip for all of them. The extended query protocol lets a client do that, with one `Sync` behind the last
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING): what stands behind a statement that fails is not run, `begin` included, so that nothing of a transaction
 * that did not begin is ever written. Statements that were not run are given the error of the one that failed. Rejects only where nothing was sent, for a value that cannot be.
 */
export function sendTogether(
  client: pg.PoolClient,
  statements: readonly FlightStatement[],
  milliseconds: number,
): Promise<readonly FlightOutcome[]> {
  return new Promise((resolve) => {
    const flight = createFlight(client, statements.map(withTexts), resolve)
    client.query(Object.assign(flight, { query_timeout: milliseconds }))
  })
}

type Sendable = FlightStatement & { readonly values: readonly (string | Buffer | null)[] }

const withTexts = (statement: FlightStatement): Sendable => ({ ...statement, values: statement.values.map(parameterText) })

/** What the driver's connection has for this and its types do not tell, or tell otherwise. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  /** Texts by the names under which the server keeps them, and those that are on their way to it. */
  readonly parsedStatements: Record<string, string>
  readonly submittedNamedStatements: Record<string, string>
  parse(statement: { readonly text: string; readonly name: string }): void
  bind(portal: { readonly statement: string; readonly values: readonly (string | Buffer | null)[] }): void
  describe(what: { readonly type: 'P'; readonly name: string }): void
  execute(): void
  sync(): void
}

interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/** Answers to one statement, as they come in. */
interface Reading {
  fields: readonly Field[]
  rows: (readonly (string | null)[])[]
}

/** What the driver asks of something that it runs: to write its messages, and to take the answers. */
function createFlight(client: pg.PoolClient, statements: readonly Sendable[], end: (outcomes: readonly FlightOutcome[]) => void) {
  const outcomes: FlightOutcome[] = []
  let reading: Reading = { fields: [], rows: [] }
  let wire: Wire | undefined
  const current = () => statements[outcomes.length]
  return {
    statements,
    /** Answers come in the order of the statements, so the driver learns here which one was parsed, or failed. */
    get name() {
      return current()?.name
    },
    get text() {
      return current()?.text
    },
    /** The driver calls this too, when it has taken too long, and may put another in its place. */
    callback(error: unknown) {
      while (outcomes.length < statements.length) {
        const { name } = current() ?? {}
        if (name && wire) delete wire.submittedNamedStatements[name]
        outcomes.push({ status: 'rejected', reason: error })
      }
      end(outcomes)
    },
    submit(connection: unknown) {
      wire = connection as Wire
      writeAll(wire, statements)
    },
    handleRowDescription({ fields }: { readonly fields: readonly Field[] }) {
      reading = { fields, rows: [] }
    },
    handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }) {
      reading.rows.push(fields)
    },
    handleCommandComplete({ text }: { readonly text: string }) {
      outcomes.push(resultOf(client, reading, text))
      reading = { fields: [], rows: [] }
    },
    handleError(error: unknown) {
      this.callback(error)
    },
    handleReadyForQuery() {
      this.callback(new Error('The server did not answer every statement'))
    },
  }
}

function writeAll(wire: Wire, statements: readonly Sendable[]): void {
  wire.stream.cork()
  try {
    for (const { text, name = '', values } of statements) {
      if (name === '' || !(name in wire.parsedStatements || name in wire.submittedNamedStatements)) wire.parse({ text, name })
      if (name !== '' && !(name in wire.parsedStatements)) wire.submittedNamedStatements[name] = text
      wire.bind({ statement: name, values })
      wire.describe({ type: 'P', name: '' })
      wire.execute()
    }
    wire.sync()
  } finally {
    wire.stream.uncork()
  }
}

/** The text form of a value, as the server reads it. */
function parameterText(value: unknown): string | Buffer | null {
  if (value === null || typeof value === 'string' || Buffer.isBuffer(value)) return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  // https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return `{${value.map((one) => `"${one.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`
  throw new Error(`A query has a parameter of a kind that is not stored: ${typeof value}`)
}

/** The result of a statement: rows by the names of their columns, and the number of rows that the tag of the command ends with (`INSERT 0 1`, `UPDATE 2`). */
function resultOf(client: pg.PoolClient, { fields, rows }: Reading, tag: string): FlightOutcome {
  const columns = fields.map(({ name, dataTypeID }) => ({
    name,
    parse: client.getTypeParser(dataTypeID, 'text') as (text: string) => unknown,
  }))
  const read = (values: readonly (string | null)[]) =>
    Object.fromEntries(columns.map(({ name, parse }, index) => [name, values[index] == null ? null : parse(values[index])]))
  try {
    const words = tag.split(' ')
    const command = words[0] as PostgresQueryResult<never>['command']
    return { status: 'fulfilled', value: { command, rowCount: Number(words.at(-1)), rows: rows.map(read) as never[] } }
  } catch (reason) {
    return { status: 'rejected', reason }
  }
}
