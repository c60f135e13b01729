import type { Storage } from '../core/storage.ts'
import { openSqlite } from './sqlite.ts'

export { SchemaTooNew } from './migrate.ts'

/**
 * Opens the database of a URL, `sqlite:FILE` or `postgres://...`, and brings its schema up to date. Throws for any other URL, for a database
 * that cannot be reached, and `SchemaTooNew`. `writesMuch` spends memory on imports, and time:
 * nobody waits for an answer there, and a slow disk must not break them off.
 */
export async function openStorage(options: { readonly database: string; readonly writesMuch?: boolean }): Promise<Storage> {
  const { database, writesMuch = false } = options
  const file = /^sqlite:(.+)$/.exec(database)?.[1]
  if (file) return openSqlite({ file, writesMuch })
  if (/^postgres(ql)?:\/\//.test(database)) {
    // The driver is loaded only where it is used.
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres({ url: database, ...(writesMuch && { deadlineMilliseconds: patientMilliseconds }) })
  }
  throw new Error('The database must be given as sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME')
}

const patientMilliseconds = 20_000
