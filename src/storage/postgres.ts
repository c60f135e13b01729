import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, type PostgresQueryResult, sql } from 'kysely'
import pg from 'pg'
import type { Storage } from '../core/storage.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { statementNames } from './prepared.ts'
import { storageOver } from './storage.ts'
import type { Tables } from './tables.ts'

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
}

const defaults = { poolSize: 10, connectMilliseconds: 2_000, deadlineMilliseconds: 2_800 }

/**
 * Opens a PostgreSQL database and brings its schema up to date. No wait is without end (RL-04), and a connection that broke is replaced.
 * Throws when the server does not promise that a commit is on disk (RL-02), and `SchemaTooNew` for a database of a newer version.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  await prepareDatabase(options)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPool(options) }) })
  return storageOver(db, 'postgres')
}

/** What happens once, before the first request, and may take longer than a request. */
async function prepareDatabase(options: PostgresOptions): Promise<void> {
  const pool = createPool({ ...options, poolSize: 1, deadlineMilliseconds: migrationMilliseconds })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    const { rows } = await sql<{ setting: string }>`select current_setting('synchronous_commit') as setting`.execute(db)
    if (rows[0]?.setting === 'off') {
      throw new Error('PostgreSQL has synchronous_commit off, so that an acknowledged write can be lost. Switch it on for this database.')
    }
    await migrate({ db, dialect: 'postgres', migrations })
  } finally {
    await db.destroy()
  }
}

const migrationMilliseconds = 3_600_000

const int8 = 20

function createPool(options: PostgresOptions): PostgresPool {
  const { poolSize, connectMilliseconds, deadlineMilliseconds } = { ...defaults, ...options }
  const onConnectionLost = options.onConnectionLost ?? (() => undefined)
  const pool = new pg.Pool({
    connectionString: options.url,
    max: poolSize,
    connectionTimeoutMillis: connectMilliseconds,
    statement_timeout: deadlineMilliseconds,
    lock_timeout: deadlineMilliseconds,
    idle_in_transaction_session_timeout: deadlineMilliseconds * 2,
    application_name: 'postern',
    keepAlive: true,
    // Every integer of this program is a safe one.
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  })
  // Without listeners the loss of a connection would end the process: of an idle one here, of one in use below.
  pool.on('error', onConnectionLost)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return {
    options: {},
    end: () => pool.end(),
    async connect() {
      const end = performance.now() + deadlineMilliseconds
      return withDeadline(await within(connectMilliseconds, pool), end)
    },
  }
}

/** A connection from the pool, or an error after the time: also when the pool itself would start to wait anew. */
async function within(milliseconds: number, pool: pg.Pool): Promise<pg.PoolClient> {
  const connecting = pool.connect()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('No connection to PostgreSQL in time')), milliseconds)
  })
  try {
    return await Promise.race([connecting, late])
  } catch (error) {
    connecting.then(
      (client) => client.release(),
      () => undefined,
    )
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** What Kysely sees of a connection: queries that end in time, prepared under their names, and a release that drops what is broken. */
function withDeadline(client: pg.PoolClient, end: number): PostgresPoolClient {
  let isBroken = false
  async function query(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<never>> {
    const name = statementNames.get(text)
    const config = { text, values: [...values], query_timeout: Math.max(1, Math.ceil(end - performance.now())), ...(name && { name }) }
    try {
      return (await client.query(config)) as unknown as PostgresQueryResult<never>
    } catch (error) {
      // An error without a code is not the server's: the connection is gone, or still busy with a query that took too long.
      if (!(error instanceof pg.DatabaseError)) isBroken = true
      throw error
    }
  }
  return { query: query as unknown as PostgresPoolClient['query'], release: (destroy) => client.release(isBroken || destroy) }
}
