import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  type Dialect,
  DummyDriver,
  type Kysely,
  type PostgresQueryResult,
  type QueryResult,
  Transaction,
} from 'kysely'
import { untilNoConflict } from './conflicts.ts'
import { isEachRow } from './each-row.ts'
import type { FlightOutcome, FlightStatement } from './postgres-flight.ts'
import type { Tables } from './tables.ts'

/** A connection as transactions use it. */
export interface TransactionClient {
  /** What a transaction begins with: `begin`, and settings that are to hold in it. */
  readonly opening: readonly FlightStatement[]
  /** When the connection must be given back, by the monotonic clock. */
  readonly deadline: number
  query(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<never>>
  /** As `sendTogether`. */
  queryTogether(statements: readonly { readonly text: string; readonly values: readonly unknown[] }[]): Promise<readonly FlightOutcome[]>
  /** Gives it back to the pool, or away. */
  release(destroy?: boolean): void
}

/** Runs something in a transaction of its own; what it rejects with undoes all. */
export type Transact = <T>(run: (tx: Kysely<Tables>) => Promise<T>) => Promise<T>

/**
 * Transactions that save round trips: statements that are begun at once, without waiting for one another, leave in one go and run in the order in which they were begun, and `begin` leaves with the first of them.
 * The commit waits for every answer. What ends in a conflict is run again, on the same connection and before its deadline. (Transactions of the query builder send one statement after the other.)
 */
export function pipelinedTransactions(
  { db, dialect }: { readonly db: Kysely<Tables>; readonly dialect: Dialect },
  connect: () => Promise<TransactionClient>,
): Transact {
  return async (run) => {
    const client = await connect()
    let isUndone = true
    try {
      return await untilNoConflict(client.deadline, async () => {
        const line = createLine(client)
        const provider: ConnectionProvider = { provideConnection: (use) => use(line.connection) }
        const executor = db.getExecutor().withConnectionProvider(provider)
        try {
          const result = await run(new Transaction<Tables>({ config: { dialect }, dialect, driver: new DummyDriver(), executor }))
          await line.end('commit')
          return result
        } catch (error) {
          isUndone = await line.end('rollback').then(
            () => true,
            () => false,
          )
          throw error
        }
      })
    } finally {
      client.release(!isUndone)
    }
  }
}

interface Waiting {
  readonly text: string
  readonly values: readonly unknown[]
  readonly settle: (outcome: FlightOutcome) => void
}

/** Collects what is begun at once, and sends it. */
function createLine(client: TransactionClient) {
  let waiting: Waiting[] = []
  let sending: Promise<void> | undefined
  let isBegun = false
  let isOver = false
  /** What failed first: PostgreSQL runs nothing after that but the end, or the way back to a savepoint, and would only say so. */
  let failure: { readonly status: 'rejected'; readonly reason: unknown } | undefined

  async function send(batch: readonly Waiting[]): Promise<void> {
    try {
      await outcomesOf(batch)
    } catch (reason) {
      // Once settled, later ones change nothing.
      for (const { settle } of batch) settle({ status: 'rejected', reason })
    }
  }

  async function outcomesOf(batch: readonly Waiting[]): Promise<void> {
    const opening = isBegun ? [] : client.opening
    isBegun = true
    // Rows that are copied are a conversation of their own.
    if (batch.some(({ values }) => isEachRow(values[0]))) {
      for (const { text, values } of opening) await client.query(text, values)
      for (const { text, values, settle } of batch) settle(await outcomeOf(client.query(text, values)))
      return
    }
    const outcomes = await client.queryTogether([...opening, ...batch])
    for (const [index, { settle }] of batch.entries()) settle(outcomes[opening.length + index] ?? noAnswer)
  }

  async function sendAll(): Promise<void> {
    // Behind everything that is begun at once.
    await new Promise((resolve) => process.nextTick(resolve))
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await send(batch)
    }
    sending = undefined
  }

  const connection: DatabaseConnection = {
    executeQuery: <R>({ sql: text, parameters: values }: CompiledQuery) =>
      new Promise<QueryResult<R>>((resolve, reject) => {
        // Whoever still asks did not wait for what it had begun; by now somebody else may have the connection.
        if (isOver) return reject(new Error('The transaction is over'))
        const settle = (outcome: FlightOutcome) => {
          failure = outcome.status === 'fulfilled' ? undefined : (failure ?? outcome)
          if (outcome.status === 'fulfilled') resolve(queryResult<R>(outcome.value))
          else reject(failure?.reason)
        }
        waiting.push({ text, values, settle })
        sending ??= sendAll()
      }),
    // biome-ignore lint/correctness/useYield: nothing streams.
    async *streamQuery() {
      throw new Error('Queries are not streamed')
    },
  }

  return {
    connection,
    /** Ends the transaction, once all that was sent is answered. Nothing happens where it ended or did not begin. */
    async end(how: 'commit' | 'rollback'): Promise<void> {
      if (isOver) return
      await sending
      isOver = true
      if (!isBegun) return
      const { command } = await client.query(how, [])
      // How PostgreSQL answers the commit of a transaction in which a statement has failed.
      if (how === 'commit' && (command as string) === 'ROLLBACK')
        throw new Error('A statement of the transaction failed, so that all of it was undone')
    },
  }
}

const noAnswer: FlightOutcome = { status: 'rejected', reason: new Error('The server did not answer the statement') }

function outcomeOf(running: Promise<PostgresQueryResult<never>>): Promise<FlightOutcome> {
  return running.then(
    (value) => ({ status: 'fulfilled', value }),
    (reason: unknown) => ({ status: 'rejected', reason }),
  )
}

const writing: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function queryResult<R>({ command, rowCount, rows }: PostgresQueryResult<never>): QueryResult<R> {
  return writing.has(command) ? { rows, numAffectedRows: BigInt(rowCount) } : { rows }
}
