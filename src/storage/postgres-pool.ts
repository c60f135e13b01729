import { Kysely, PostgresDialect, type PostgresQueryResult } from 'kysely'
import pg from 'pg'
import { beginWait, type Wait } from '../core/vain-waits.ts'
import { isEachRow } from './each-row.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { copyText } from './postgres-copy.ts'
import { isAboutState, isLastWord, reasonOf } from './postgres-errors.ts'
import { type FlightStatement, sendTogether } from './postgres-flight.ts'
import { limitsOf, type PostgresOptions } from './postgres-options.ts'
import { singleStatements } from './postgres-statements.ts'
import { pipelinedTransactions, type Transact, type TransactionClient } from './postgres-transaction.ts'
import { statementNames } from './prepared.ts'
import type { Tables } from './tables.ts'
import { unavailable } from './unavailable.ts'

export interface Pool {
  readonly db: Kysely<Tables>
  readonly transact: Transact
}

/** Opens connections when they are needed, all of them with the limits of the options in force at the server too (RL-04). */
export function openPool(options: PostgresOptions, connection: PostgresConnection): Pool {
  const limits = limitsOf(options)
  const { poolSize, connectMilliseconds, deadlineMilliseconds } = limits
  const { isPooled } = connection
  const pool = new pg.Pool({
    ...(isPooled ? connection.config : withSettings(connection, limits)),
    max: poolSize,
    connectionTimeoutMillis: connectMilliseconds,
    // Every integer of this program is a safe one.
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  })
  // Without listeners the loss of a connection would end the process: of an idle one here, of one in use below.
  pool.on('error', options.onConnectionLost ?? (() => undefined))
  pool.on('connect', (client) => client.on('error', () => undefined))
  const opening = isPooled ? [begin, settingsOf(connection, limits)] : [begin]
  const connect = async () => {
    const wait = beginWait(deadlineMilliseconds)
    const deadline = performance.now() + wait.milliseconds
    const client = await connectionWithin(Math.min(connectMilliseconds, wait.milliseconds), pool).catch((error: unknown) => {
      wait.wasInVain()
      throw error
    })
    return withDeadline(client, { isPooled, opening, deadline, wait })
  }
  const single = async () => singleStatements(await connect())
  const dialect = new PostgresDialect({ pool: { options: {}, connect: single, end: () => pool.end() } })
  const db = new Kysely<Tables>({ dialect })
  return { db, transact: pipelinedTransactions({ db, dialect }, connect) }
}

const int8 = 20
const begin: FlightStatement = { text: 'begin', values: [] }

type Limits = ReturnType<typeof limitsOf>

/** Settings that hold for a session from its beginning. */
function withSettings({ config, commit }: PostgresConnection, limits: Limits): pg.ClientConfig {
  const options = [config.options, commit && `-c synchronous_commit=${commit}`].filter((part) => part).join(' ')
  return {
    ...config,
    ...(options !== '' && { options }),
    statement_timeout: limits.deadlineMilliseconds,
    lock_timeout: limits.lockMilliseconds,
    idle_in_transaction_session_timeout: limits.idleTransactionMilliseconds,
  }
}

/** The same settings for one transaction: a pooler does not take them for a session, which is not ours alone. */
function settingsOf({ commit }: PostgresConnection, limits: Limits): FlightStatement {
  const settings = [
    ['statement_timeout', limits.deadlineMilliseconds],
    ['lock_timeout', limits.lockMilliseconds],
    ['idle_in_transaction_session_timeout', limits.idleTransactionMilliseconds],
    ...(commit === undefined ? [] : [['synchronous_commit', commit] as const]),
  ] as const
  const calls = settings.map(([name], index) => `set_config('${name}', $${index + 1}, true)`)
  return { text: `select ${calls.join(', ')}`, values: settings.map(([, value]) => String(value)) }
}

/** A connection from the pool in time. The pool's own limit starts anew when a wait in its line ends with a new connection. */
async function connectionWithin(milliseconds: number, pool: pg.Pool): Promise<pg.PoolClient> {
  const connecting = pool.connect()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no connection in time')), milliseconds)
  })
  try {
    return await Promise.race([connecting, late])
  } catch (error) {
    connecting.then(
      (client) => client.release(),
      () => undefined,
    )
    throw unavailable(reasonOf(error), error)
  } finally {
    clearTimeout(timer)
  }
}

interface Terms {
  readonly isPooled: boolean
  readonly opening: readonly FlightStatement[]
  readonly deadline: number
  readonly wait: Wait
}

/** What queries see of a connection: they end in time, are prepared under their names, and its release drops what is broken. */
function withDeadline(client: pg.PoolClient, { isPooled, opening, deadline, wait }: Terms): TransactionClient {
  let isBroken = false
  // Behind a pooler the next transaction may be on another connection, which has no statement of that name.
  const nameOf = (text: string) => (isPooled ? undefined : statementNames.get(text))
  const millisecondsLeft = () => Math.max(1, Math.ceil(deadline - performance.now()))
  function explained(error: unknown, text: string): unknown {
    if (error instanceof pg.DatabaseError && !isAboutState(error)) return error
    // What is not from the server means that the connection is gone, or busy with a query that took too long.
    isBroken ||= !(error instanceof pg.DatabaseError) || isLastWord(error)
    // Nobody knows whether it happened. A 503 would be sent again by every SDK, as if it had not (RL-05).
    if (text === 'commit' && isBroken) return new Error('The outcome of a commit is not known', { cause: error })
    wait.wasInVain()
    return unavailable(reasonOf(error), error)
  }
  return {
    opening,
    deadline,
    async query(text, values) {
      const name = nameOf(text)
      const milliseconds = millisecondsLeft()
      const [first] = values
      try {
        const config = { text, values: [...values], query_timeout: milliseconds, ...(name && { name }) }
        const result = isEachRow(first) ? copyText(client, { text, rows: first.eachRow, milliseconds }) : client.query(config)
        return (await result) as unknown as PostgresQueryResult<never>
      } catch (error) {
        const reason = explained(error, text)
        // The server does it by itself, and the error to tell is the one before: it may be that of a commit.
        if (text === 'rollback' && isBroken) return { command: 'ROLLBACK', rowCount: 0, rows: [] }
        throw reason
      }
    },
    async queryTogether(statements) {
      const named = statements.map(({ text, values }) => ({ text, values, name: nameOf(text) }))
      const outcomes = await sendTogether(client, named, millisecondsLeft())
      return outcomes.map((one, index) =>
        one.status === 'fulfilled' ? one : { status: one.status, reason: explained(one.reason, statements[index]?.text ?? '') },
      )
    },
    release: (destroy) => client.release(isBroken || destroy),
  }
}
