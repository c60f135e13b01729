import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect, type PostgresPoolClient, type PostgresQueryResult } from 'kysely'
import pg from 'pg'
import { AuthError } from '../core/errors.ts'
import type { Storage } from '../core/storage.ts'
import { isEachRow } from './each-row.ts'
import { migrate } from './migrate.ts'
import { migrations as allMigrations } from './migrations/index.ts'
import { listenForChanges } from './postgres-changes.ts'
import { connectionOf } from './postgres-connection.ts'
import { copyText } from './postgres-copy.ts'
import { sendTogether } from './postgres-flight.ts'
import { limitsOf, type PostgresOptions, patient } from './postgres-options.ts'
import { assertUsable, type PostgresServer, readServer, remedyOf, withPinnedCommit } from './postgres-server.ts'
import { pipelinedTransactions, type Transact, type TransactionClient } from './postgres-transaction.ts'
import { statementNames } from './prepared.ts'
import { tellChange } from './sql/changes.ts'
import { type Channel, storageOver } from './storage.ts'
import type { Tables } from './tables.ts'
import { unavailable } from './unavailable.ts'

export type { PostgresOptions } from './postgres-options.ts'

/**
 * Opens a PostgreSQL database and brings its schema up to date. No wait is without end (RL-04), and a connection that broke is replaced.
 * Throws when the server cannot be reached, when it does not promise that a commit is on disk (RL-02), and `SchemaTooNew` for a database of a
 * newer version.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const found = await connectionOf(options)
  const server = await prepareDatabase(options, found)
  const sessionOptions = withPinnedCommit(found.options, server)
  const connection = { ...found, ...(sessionOptions !== undefined && { options: sessionOptions }) }
  const openView = () => openPool(patient(options), connection).db
  const { db, transact } = openPool(options, connection)
  // Kysely closes a pool only if it was used.
  const channel = await channelOver(db, options, connection)
  return storageOver(db, 'postgres', { openView, transact, ...(channel && { channel }) })
}

/** Opens a database as it is, with one connection and without haste: for what reads or writes all of it. */
export async function openUnprepared(options: PostgresOptions): Promise<Kysely<Tables>> {
  return openPool(patient(options), await connectionOf(options)).db
}

/** How processes on this database tell one another of changes; `undefined` where it is one that speaks the protocol of PostgreSQL and cannot do that. */
async function channelOver(db: Kysely<Tables>, options: PostgresOptions, to: pg.ClientConfig): Promise<Channel | undefined> {
  const origin = randomUUID()
  try {
    await tellChange({ db, dialect: 'postgres', origin }, '')
  } catch (error) {
    if (error instanceof AuthError) throw error
    return undefined
  }
  // Behind a pooler nothing would be heard: what is told reaches processes that are not, and this one asks the database from time to time.
  if (options.pooler === 'transaction') return { origin, listen: () => async () => undefined }
  const { connectMilliseconds, deadlineMilliseconds } = limitsOf(options)
  const connection = { ...to, connectionTimeoutMillis: connectMilliseconds, query_timeout: deadlineMilliseconds }
  return { origin, listen: (onChange) => listenForChanges({ connection, origin, onChange }) }
}

/** What happens once, before the first request, and may take longer than a request. */
async function prepareDatabase(options: PostgresOptions, connection: pg.ClientConfig): Promise<PostgresServer> {
  const { db } = openPool({ ...patient(options), poolSize: 2 }, connection)
  try {
    const server = await readServer(db)
    assertUsable(server, options)
    const { migrations = allMigrations, onUpgrade, signal, patience } = options
    await migrate({ db, dialect: 'postgres', migrations, onUpgrade, signal, patience })
    return server
  } catch (error) {
    // Nobody can try again yet, so whoever starts the program gets to know what the database said.
    if (!(error instanceof AuthError)) throw error
    const reason = reasonOf(error.cause ?? error)
    throw new Error(`Cannot use the PostgreSQL database: ${reason}${remedyOf(reason)}`, { cause: error.cause })
  } finally {
    await db.destroy()
  }
}

interface Pool {
  readonly db: Kysely<Tables>
  readonly transact: Transact
}

/** Connections with limits. Whoever opens them destroys `db`. */
export function openPool(options: PostgresOptions, connection: pg.ClientConfig): Pool {
  const { poolSize, connectMilliseconds, deadlineMilliseconds, lockMilliseconds, idleTransactionMilliseconds } = limitsOf(options)
  const pool = new pg.Pool({
    ...connection,
    max: poolSize,
    connectionTimeoutMillis: connectMilliseconds,
    statement_timeout: deadlineMilliseconds,
    lock_timeout: lockMilliseconds,
    idle_in_transaction_session_timeout: idleTransactionMilliseconds,
    // Every integer of this program is a safe one.
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  })
  // Without listeners the loss of a connection would end the process: of an idle one here, of one in use below.
  pool.on('error', options.onConnectionLost ?? (() => undefined))
  pool.on('connect', (client) => client.on('error', () => undefined))
  const connect = async () => {
    const deadline = performance.now() + deadlineMilliseconds
    return withDeadline(await connectionWithin(connectMilliseconds, pool), deadline)
  }
  const pooled = async () => (await connect()) as unknown as PostgresPoolClient
  const dialect = new PostgresDialect({ pool: { options: {}, connect: pooled, end: () => pool.end() } })
  const db = new Kysely<Tables>({ dialect })
  return { db, transact: pipelinedTransactions({ db, dialect }, connect) }
}

const int8 = 20

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

/** What queries see of a connection: they end in time, are prepared under their names, and its release drops what is broken. */
function withDeadline(client: pg.PoolClient, deadline: number): TransactionClient {
  let isBroken = false
  const millisecondsLeft = () => Math.max(1, Math.ceil(deadline - performance.now()))
  function explained(error: unknown, text: string): unknown {
    if (error instanceof pg.DatabaseError && !isAboutState(error)) return error
    // What is not from the server means that the connection is gone, or busy with a query that took too long.
    isBroken ||= !(error instanceof pg.DatabaseError) || isLastWord(error)
    // Nobody knows whether it happened. A 503 would be sent again by every SDK, as if it had not (RL-05).
    if (text === 'commit' && isBroken) return new Error('The outcome of a commit is not known', { cause: error })
    return unavailable(reasonOf(error), error)
  }
  return {
    async query(text, values) {
      const name = statementNames.get(text)
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
      const named = statements.map(({ text, values }) => ({ text, values, name: statementNames.get(text) }))
      const outcomes = await sendTogether(client, named, millisecondsLeft())
      return outcomes.map((one, index) =>
        one.status === 'fulfilled' ? one : { status: one.status, reason: explained(one.reason, statements[index]?.text ?? '') },
      )
    },
    release: (destroy) => client.release(isBroken || destroy),
  }
}

/**
 * Whether an error of the server is about its state and not about the query: connections, resources, an operator, the system, timeouts, deadlocks
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
function isAboutState({ code = '' }: pg.DatabaseError): boolean {
  return ['08', '53', '57', '58'].includes(code.slice(0, 2)) || ['25P03', '25P04', '40001', '40P01', '55P03'].includes(code)
}

/** Whether the server ends the connection with this error: it is stopped or has crashed, perhaps while it committed. */
function isLastWord({ code = '' }: pg.DatabaseError): boolean {
  return code.startsWith('57P')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? String(error.code) : ''
  return [code, error.message].filter((part) => part !== '').join(' ')
}
