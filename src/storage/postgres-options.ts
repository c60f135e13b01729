import type { Migration, UpgradeOptions } from './migrate.ts'
import type { ConnectionOptions } from './postgres-connection.ts'

export interface PostgresOptions extends ConnectionOptions, UpgradeOptions {
  /** Connections of this process. Default 10. */
  readonly poolSize?: number
  /** Longest wait for a connection. Default 2 000. */
  readonly connectMilliseconds?: number
  /** Longest time for a query or a transaction, its wait for a connection included; the server gives up by itself after it. Default 2 800. */
  readonly deadlineMilliseconds?: number
  /** Longest wait for a lock. Default: 70 % of the deadline. */
  readonly lockMilliseconds?: number
  /** Time after which the server ends a transaction that nobody goes on with. Default: twice the deadline. */
  readonly idleTransactionMilliseconds?: number
  /** Opens a database that acknowledges what is not on disk yet. Default: such a one is refused (RL-02). */
  readonly allowsAsynchronousCommit?: boolean
  /** Told about connections that broke while nobody used them; the next query gets another one. */
  readonly onConnectionLost?: (error: Error) => void
  /** Told at the start of what makes acknowledged writes less safe than they should be: the name of a setting of the server, which is off. */
  readonly onUnsafeSetting?: (name: 'synchronous_commit' | 'fsync') => void
  /** The schema to bring the database to. Default: that of this version. */
  readonly migrations?: readonly Migration[]
}

/** The limits of time and number that are in force, in milliseconds. */
export function limitsOf(options: PostgresOptions) {
  const { poolSize = 10, connectMilliseconds = 2_000, deadlineMilliseconds = 2_800 } = options
  const { lockMilliseconds = Math.ceil(deadlineMilliseconds * 0.7), idleTransactionMilliseconds = deadlineMilliseconds * 2 } = options
  return { poolSize, connectMilliseconds, deadlineMilliseconds, lockMilliseconds, idleTransactionMilliseconds }
}

/** For what nobody waits for: with one connection and all the time it needs, an hour at most. */
export function patient(options: PostgresOptions): PostgresOptions {
  const hourMilliseconds = 3_600_000
  return {
    ...options,
    poolSize: 1,
    deadlineMilliseconds: hourMilliseconds,
    lockMilliseconds: hourMilliseconds,
    idleTransactionMilliseconds: hourMilliseconds,
  }
}
