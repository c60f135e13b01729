import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** The one connection was not free, or another process kept writing, for as long as a request may wait. */
export class DatabaseBusy extends Error {
  constructor(what: string) {
    super(`The database is busy: ${what}`)
    this.name = 'DatabaseBusy'
  }
}

interface SqliteDialectOptions {
  readonly database: DatabaseSync
  readonly waitMilliseconds: number
}

/**
 * Kysely over the runtime's own SQLite. There is one connection: whoever runs a transaction has it until the end, and the others wait in line,
 * so that no query of one request runs inside the transaction of another.
 */
export function sqliteDialect(options: SqliteDialectOptions): Dialect {
  const refuse = async () => {
    throw new Error('Postern runs its migrations itself')
  }
  return {
    createDriver: () => createDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    // Queueing for the connection is the driver's, because Kysely's own queue waits for ever.
    createAdapter: () => ({
      supportsCreateIfNotExists: true,
      supportsMultipleConnections: true,
      supportsTransactionalDdl: true,
      supportsReturning: true,
      supportsOutput: false,
      acquireMigrationLock: refuse,
      releaseMigrationLock: refuse,
    }),
  }
}

function createDriver({ database, waitMilliseconds }: SqliteDialectOptions): Driver {
  const line = createLine(waitMilliseconds)
  const statements = statementCache(database)
  const execute = async (sql: string, parameters: readonly unknown[]): Promise<QueryResult<never>> => {
    const statement = statements(sql)
    return retryWhileBusy(waitMilliseconds, () => run(statement, parameters))
  }
  const connection: DatabaseConnection = {
    executeQuery: (query: CompiledQuery) => execute(query.sql, query.parameters),
    // biome-ignore lint/correctness/useYield: nothing streams.
    async *streamQuery() {
      throw new Error('Queries are not streamed')
    },
  }
  return {
    init: async () => undefined,
    async acquireConnection() {
      await line.enter()
      return connection
    },
    releaseConnection: async () => line.leave(),
    // The write lock is taken at once: a transaction that starts as a reader can fail half-way when it comes to write.
    beginTransaction: async () => void (await execute('begin immediate', [])),
    commitTransaction: async () => void (await execute('commit', [])),
    async rollbackTransaction() {
      // Some errors, a full disk for one, have rolled back already.
      if (database.isTransaction) await execute('rollback', [])
    },
    async destroy() {
      await line.enter()
      database.close()
      line.leave()
    },
  }
}

interface CachedStatement {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

const maxStatements = 200

/** Parses each text once; the ones that were not used for longest are dropped. */
function statementCache(database: DatabaseSync): (sql: string) => CachedStatement {
  const cache = new Map<string, CachedStatement>()
  return (sql) => {
    let entry = cache.get(sql)
    if (entry) {
      cache.delete(sql)
    } else {
      const statement = database.prepare(sql)
      entry = { statement, returnsRows: statement.columns().length > 0 }
      const oldest = cache.keys().next()
      if (cache.size >= maxStatements && !oldest.done) cache.delete(oldest.value)
    }
    cache.set(sql, entry)
    return entry
  }
}

function run({ statement, returnsRows }: CachedStatement, parameters: readonly unknown[]): QueryResult<never> {
  const values = parameters as readonly SQLInputValue[]
  if (returnsRows) return { rows: statement.all(...values) as never[] }
  return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
}

const busyCode = 5

function isBusy(error: unknown): boolean {
  // The low byte is the primary result code; the rest says why.
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === busyCode
}

/** Tries again while another process writes, without holding up this one. */
async function retryWhileBusy<T>(waitMilliseconds: number, attempt: () => T): Promise<T> {
  const end = performance.now() + waitMilliseconds
  for (let pause = 1; ; pause = Math.min(pause * 2, 25)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (performance.now() >= end) throw new DatabaseBusy('another process is writing')
      await delay(pause)
    }
  }
}

interface Line {
  enter(): Promise<void>
  leave(): void
}

/** Lets one through at a time, in the order of their coming. Whoever waited too long is sent away with `DatabaseBusy`. */
function createLine(waitMilliseconds: number): Line {
  const waiting: (() => void)[] = []
  let isTaken = false
  return {
    async enter() {
      if (!isTaken) {
        isTaken = true
        return
      }
      await new Promise<void>((resolve, reject) => {
        const admit = () => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(admit), 1)
          reject(new DatabaseBusy('the connection was not free in time'))
        }, waitMilliseconds)
        waiting.push(admit)
      })
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else isTaken = false
    },
  }
}
