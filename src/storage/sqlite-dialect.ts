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
import { beginWait, type Wait } from '../core/vain-waits.ts'
import { movedMessage } from './moving/closing.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { unavailable } from './unavailable.ts'

interface SqliteDialectOptions {
  readonly database: SqliteConnection
  /** Longest wait, for the connection and for other processes together. */
  readonly waitMilliseconds: number
  /** Whether nothing is ever written; if absent, each transaction is taken for one that writes. */
  readonly isReadOnly?: boolean
  /** Whether one transaction follows the other, so that those of other processes need to be let in. */
  readonly letsOthersIn?: boolean
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

function createDriver({ database, waitMilliseconds, isReadOnly = false, letsOthersIn = false }: SqliteDialectOptions): Driver {
  const line = createLine(waitMilliseconds)
  // Of whoever has the connection now.
  let turn: Turn | undefined
  const execute = (sql: string, parameters: readonly unknown[]) => retryWhileBusy(turn, () => database.execute(sql, parameters))
  const letIn = letsOthersIn ? createDoor(execute) : async () => undefined
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
      turn = await line.enter()
      return connection
    },
    releaseConnection: async () => line.leave(),
    // The write lock is taken at once: a transaction that starts as a reader can fail half-way when it comes to write.
    async beginTransaction() {
      await letIn()
      await execute(isReadOnly ? 'begin' : 'begin immediate', [])
    },
    async commitTransaction() {
      try {
        await execute('commit', [])
      } catch (error) {
        // It may be in the log of the database and not on the disk: after a crash it is there or not. A 503 would be sent again as if nothing had happened (RL-05).
        if (stateOf((error as Error).cause) === 'ioError') throw new Error('The outcome of a commit is not known', { cause: error })
        throw error
      }
    },
    async rollbackTransaction() {
      // Some errors, a full disk for one, have rolled back already.
      if (database.isInTransaction()) await execute('rollback', [])
    },
    async destroy() {
      await line.enter()
      await database.close()
      line.leave()
    },
  }
}

/** Primary result codes of SQLite that say nothing about the query. */
const states = { busy: 5, ioError: 10, full: 13, cannotOpen: 14 }
const stateCodes = new Map(Object.entries(states).map(([name, code]) => [code, name]))

/** The name of a state the database is in, if that is what the error is about. */
function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return undefined
  // The low byte is the primary result code; the rest says why.
  return stateCodes.get(error.errcode & 0xff)
}

/** Whether a database that was moved elsewhere refuses a write. */
function isOfMoved(error: unknown): boolean {
  return error instanceof Error && error.message === movedMessage
}

/** Longest time between two tries of `retryWhileBusy`. */
const maxPauseMilliseconds = 25
/** For how long after a write of somebody else more of them are expected. */
const expectedMilliseconds = 10_000

/** Waits, while other processes write, for as long as it takes that each of them tries again: the lock would be taken anew before they look. */
function createDoor(execute: (sql: string, parameters: readonly unknown[]) => Promise<QueryResult<unknown>>): () => Promise<void> {
  let version: unknown
  let openUntil = 0
  return async () => {
    // Another number when another connection has written (https://www.sqlite.org/pragma.html#pragma_data_version).
    const [row] = (await execute('pragma data_version', [])).rows as readonly { readonly data_version: number }[]
    if (version !== undefined && version !== row?.data_version) openUntil = performance.now() + expectedMilliseconds
    version = row?.data_version
    if (performance.now() < openUntil) await delay(maxPauseMilliseconds + 5)
  }
}

/** Tries again while another process writes, without holding up this one. */
async function retryWhileBusy<T>(turn: Turn | undefined, attempt: () => T | Promise<T>): Promise<T> {
  for (let pause = 1; ; pause = Math.min(pause * 2, maxPauseMilliseconds)) {
    try {
      return await attempt()
    } catch (error) {
      const state = isOfMoved(error) ? 'moved' : stateOf(error)
      if (!state) throw error
      if (state !== 'busy' || performance.now() >= (turn?.deadline ?? 0)) {
        turn?.wait.wasInVain()
        throw unavailable(state, error)
      }
      await delay(pause)
    }
  }
}

interface Turn {
  /** By then the wait for anything else must be over. */
  readonly deadline: number
  readonly wait: Wait
}

interface Line {
  /** Resolves when it is one's turn. */
  enter(): Promise<Turn>
  leave(): void
}

/** Lets one through at a time, in the order of their coming. Whoever waited too long is sent away. */
function createLine(waitMilliseconds: number): Line {
  const waiting: (() => void)[] = []
  let isTaken = false
  const admission = (wait: Wait) =>
    new Promise<void>((resolve, reject) => {
      const admit = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(admit), 1)
        wait.wasInVain()
        reject(unavailable('the connection was not free in time'))
      }, wait.milliseconds)
      waiting.push(admit)
    })
  return {
    async enter() {
      const wait = beginWait(waitMilliseconds)
      const deadline = performance.now() + wait.milliseconds
      if (isTaken) await admission(wait)
      isTaken = true
      return { deadline, wait }
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else isTaken = false
    },
  }
}
