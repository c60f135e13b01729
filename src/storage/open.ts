import type { Storage } from '../core/storage.ts'
import type { OnUpgrade } from './migrate.ts'
import { openSqlite } from './sqlite.ts'

export { SchemaTooNew, UpgradeStopped } from './migrate.ts'

/**
 * Opens the database of a URL, `sqlite:FILE` or `postgres://...`, and brings its schema up to date. Throws for any other URL, for a database
 * that cannot be reached, `SchemaTooNew`, and `UpgradeStopped` when `signal` was given meanwhile. `writesMuch` spends memory on imports, and time:
 * nobody waits for an answer there, and a slow disk must not break them off.
 */
export async function openStorage(options: {
  readonly database: string
  readonly writesMuch?: boolean
  readonly onUpgrade?: OnUpgrade
  readonly signal?: AbortSignal | undefined
}): Promise<Storage> {
  const { database, writesMuch = false, onUpgrade, signal } = options
  const file = /^sqlite:(.+)$/.exec(database)?.[1]
  if (file) return openSqlite({ file, writesMuch, onUpgrade, signal })
  if (/^postgres(ql)?:\/\//.test(database)) {
    // The driver is loaded only where it is used.
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres({ url: database, onUpgrade, signal, ...(writesMuch && { deadlineMilliseconds: patientMilliseconds }) })
  }
  throw new Error('The database must be given as sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME')
}

const patientMilliseconds = 20_000
