import type { PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { untilNoConflict } from './conflicts.ts'
import { isEachRow } from './each-row.ts'
import type { FlightOutcome, FlightStatement } from './postgres-flight.ts'
import type { TransactionClient } from './postgres-transaction.ts'

type Result = PostgresQueryResult<never>

/**
 * What the query builder sees of a connection: it sends one statement after the other, and begins and ends transactions by statements. One that stands alone is run again after a conflict, and where
 * transactions begin with more than `begin`, it gets one of its own.
 */
export function singleStatements(client: TransactionClient): PostgresPoolClient {
  let isInside = false
  async function query(text: string, values: readonly unknown[]): Promise<Result> {
    if (/^(begin|start transaction)\b/.test(text)) {
      isInside = true
      return begun(client, text)
    }
    if (text === 'commit' || text === 'rollback') isInside = false
    else if (!isInside) return untilNoConflict(client.deadline, () => alone(client, { text, values }))
    return client.query(text, values)
  }
  return { query: query as unknown as PostgresPoolClient['query'], release: client.release }
}

async function begun(client: TransactionClient, text: string): Promise<Result> {
  const [, ...settings] = client.opening
  if (settings.length === 0) return client.query(text, [])
  const [result] = allOf(await client.queryTogether([{ text, values: [] }, ...settings]))
  return result ?? nothing
}

async function alone(client: TransactionClient, statement: FlightStatement): Promise<Result> {
  const { text, values } = statement
  if (client.opening.length === 1) return client.query(text, values)
  try {
    // Rows that are copied are a conversation of their own.
    if (!isEachRow(values[0])) return allOf(await client.queryTogether([...client.opening, statement, commit])).at(-2) ?? nothing
    allOf(await client.queryTogether(client.opening))
    const result = await client.query(text, values)
    await client.query('commit', [])
    return result
  } catch (error) {
    // Where even that fails, the connection is gone, and with it the transaction.
    await client.query('rollback', []).catch(() => undefined)
    throw error
  }
}

const commit: FlightStatement = { text: 'commit', values: [] }
const nothing: Result = { command: 'SELECT', rowCount: 0, rows: [] }

/** The results, or what the first that failed says: those behind it were not run. */
function allOf(outcomes: readonly FlightOutcome[]): readonly Result[] {
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
