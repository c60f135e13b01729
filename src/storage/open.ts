import type { Storage } from '../core/storage.ts'
import type { PostgresOptions } from './postgres-options.ts'
import type { Rehearsal } from './rehearsal.ts'
import { openSqlite } from './sqlite.ts'
import { rehearseSqlite } from './sqlite-rehearsal.ts'

export { SchemaTooNew, UpgradeStopped } from './migrate.ts'
export type { Rehearsal } from './rehearsal.ts'

/** The database by its URL. What concerns PostgreSQL is left alone where the database is embedded. */
export interface OpenOptions extends Omit<PostgresOptions, 'url' | 'migrations'> {
  readonly database: string
  /** Spends memory on imports, and time: nobody waits for an answer there, and a slow disk must not break them off. */
  readonly writesMuch?: boolean
}

/**
 * Opens the database of a URL, `sqlite:FILE` or `postgres://...`, and brings its schema up to date. Throws for any other URL, for a database
 * that cannot be reached, `SchemaTooNew`, and `UpgradeStopped` when `signal` was given meanwhile.
 */
export async function openStorage({ database, writesMuch = false, ...options }: OpenOptions): Promise<Storage> {
  const file = /^sqlite:(.+)$/.exec(database)?.[1]
  if (file) return openSqlite({ file, writesMuch, onUpgrade: options.onUpgrade, signal: options.signal })
  if (/^postgres(ql)?:\/\//.test(database)) {
    // The driver is loaded only where it is used.
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres({ ...(writesMuch ? unhurried(options) : options), url: database })
  }
  throw new Error('The database must be given as sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME')
}

/** Brings a copy of the database up to date and tells what that took. The database itself is only read. Throws `SchemaTooNew`, and whatever a step fails with. */
export async function rehearseUpgrade({ database, ...options }: OpenOptions): Promise<Rehearsal> {
  const file = /^sqlite:(.+)$/.exec(database)?.[1]
  if (file) return rehearseSqlite({ file, signal: options.signal })
  const { rehearsePostgres } = await import('./postgres-rehearsal.ts')
  return rehearsePostgres({ ...options, url: database })
}

const leastPatientMilliseconds = 20_000

function unhurried({
  lockMilliseconds,
  idleTransactionMilliseconds,
  ...options
}: Omit<PostgresOptions, 'url'>): Omit<PostgresOptions, 'url'> {
  return { ...options, deadlineMilliseconds: Math.max(leastPatientMilliseconds, options.deadlineMilliseconds ?? 0) }
}
