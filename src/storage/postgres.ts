import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect, type PostgresPoolClient, type PostgresQueryResult, sql } from 'kysely'
import pg from 'pg'
import { AuthError } from '../core/errors.ts'
import type { Storage } from '../core/storage.ts'
import { isEachRow } from './each-row.ts'
import { type Migration, migrate, type OnUpgrade } from './migrate.ts'
import { migrations as allMigrations } from './migrations/index.ts'
import { listenForChanges } from './postgres-changes.ts'
import { copyText } from './postgres-copy.ts'
import { statementNames } from './prepared.ts'
import { tellChange } from './sql/changes.ts'
import { type Channel, storageOver } from './storage.ts'
import type { Tables } from './tables.ts'
import { unavailable } from './unavailable.ts'

export interface PostgresOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/NAME`, with the parameters that libpq knows, `sslmode` for one. */
  readonly url: string
  /** Connections of this process. Default 10. */
  readonly poolSize?: number
  /** Longest wait for a connection. Default 2 000. */
  readonly connectMilliseconds?: number
  /** Longest time for a query or a transaction, its wait for a connection included; the server gives up by itself after it. Default 2 800. */
  readonly deadlineMilliseconds?: number
  /** Told about connections that broke while nobody used them; the next query gets another one. */
  readonly onConnectionLost?: (error: Error) => void
  /** The schema to bring the database to. Default: that of this version. */
  readonly migrations?: readonly Migration[]
  readonly onUpgrade?: OnUpgrade | undefined
  /** Ends an upgrade at once, with the step under way undone. */
  readonly signal?: AbortSignal | undefined
}

const defaults = { poolSize: 10, connectMilliseconds: 2_000, deadlineMilliseconds: 2_800 }

/**
 * Opens a PostgreSQL database and brings its schema up to date. No wait is without end (RL-04), and a connection that broke is replaced.
 * Throws when the server cannot be reached, when it does not promise that a commit is on disk (RL-02), and `SchemaTooNew` for a database of a
 * newer version.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  await prepareDatabase(options)
  const openView = () => openPool({ ...options, poolSize: 1, deadlineMilliseconds: viewMilliseconds })
  const db = openPool(options)
  // Kysely closes a pool only if it was used.
  const channel = await channelOver(db, options)
  return storageOver(db, 'postgres', { openView, ...(channel && { channel }) })
}

/** How processes on this database tell one another of changes; `undefined` where it is one that speaks the protocol of PostgreSQL and cannot do that. */
async function channelOver(
  db: Kysely<Tables>,
  { url, connectMilliseconds = defaults.connectMilliseconds }: PostgresOptions,
): Promise<Channel | undefined> {
  const origin = randomUUID()
  try {
    await tellChange({ db, dialect: 'postgres', origin }, '')
  } catch (error) {
    if (error instanceof AuthError) throw error
    return undefined
  }
  const connection = { connectionString: url, connectionTimeoutMillis: connectMilliseconds, query_timeout: defaults.deadlineMilliseconds }
  return { origin, listen: (onChange) => listenForChanges({ connection, origin, onChange }) }
}

/** What happens once, before the first request, and may take longer than a request. */
async function prepareDatabase(options: PostgresOptions): Promise<void> {
  const db = openPool({ ...options, poolSize: 2, deadlineMilliseconds: migrationMilliseconds })
  try {
    const { rows } = await sql<{ setting: string }>`select current_setting('synchronous_commit') as setting`.execute(db)
    if (rows[0]?.setting === 'off') {
      throw new Error('PostgreSQL has synchronous_commit off, so that an acknowledged write can be lost. Switch it on for this database.')
    }
    const { migrations = allMigrations, onUpgrade, signal } = options
    await migrate({ db, dialect: 'postgres', migrations, onUpgrade, signal })
  } catch (error) {
    // Nobody can try again yet, so whoever starts the program gets to know what the database said.
    if (!(error instanceof AuthError)) throw error
    throw new Error(`Cannot use the PostgreSQL database: ${reasonOf(error.cause ?? error)}`, { cause: error.cause })
  } finally {
    await db.destroy()
  }
}

const migrationMilliseconds = 3_600_000
/** Longest time that a snapshot is looked at. */
const viewMilliseconds = 3_600_000

function openPool(options: PostgresOptions): Kysely<Tables> {
  const { poolSize, connectMilliseconds, deadlineMilliseconds } = { ...defaults, ...options }
  const pool = new pg.Pool({
    connectionString: options.url,
    max: poolSize,
    connectionTimeoutMillis: connectMilliseconds,
    statement_timeout: deadlineMilliseconds,
    lock_timeout: Math.ceil(deadlineMilliseconds * 0.7),
    idle_in_transaction_session_timeout: deadlineMilliseconds * 2,
    application_name: 'postern',
    keepAlive: true,
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
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: { options: {}, connect, end: () => pool.end() } }) })
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

/** What Kysely sees of a connection: queries that end in time, prepared under their names, and a release that drops what is broken. */
function withDeadline(client: pg.PoolClient, deadline: number): PostgresPoolClient {
  let isBroken = false
  async function query(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<never>> {
    const name = statementNames.get(text)
    const milliseconds = Math.max(1, Math.ceil(deadline - performance.now()))
    const [first] = values
    try {
      const config = { text, values: [...values], query_timeout: milliseconds, ...(name && { name }) }
      const result = isEachRow(first) ? copyText(client, { text, rows: first.eachRow, milliseconds }) : client.query(config)
      return (await result) as unknown as PostgresQueryResult<never>
    } catch (error) {
      if (error instanceof pg.DatabaseError && !isAboutState(error)) throw error
      // What is not from the server means that the connection is gone, or busy with a query that took too long.
      isBroken ||= !(error instanceof pg.DatabaseError) || isLastWord(error)
      // The server does it by itself, and the error to tell is the one before: it may be that of a commit.
      if (text === 'rollback' && isBroken) return { command: 'ROLLBACK', rowCount: 0, rows: [] }
      // Nobody knows whether it happened. A 503 would be sent again by every SDK, as if it had not (RL-05).
      if (text === 'commit' && isBroken) throw new Error('The outcome of a commit is not known', { cause: error })
      throw unavailable(reasonOf(error), error)
    }
  }
  return { query: query as unknown as PostgresPoolClient['query'], release: (destroy) => client.release(isBroken || destroy) }
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
