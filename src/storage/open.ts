import type { Storage } from '../core/storage.ts'
import { openSqlite } from './sqlite.ts'

export { SchemaTooNew } from './migrate.ts'

/**
 * Opens the database of a URL, `sqlite:FILE` or `postgres://...`, and brings its schema up to date. Throws for any other URL, for a database
 * that cannot be reached, and `SchemaTooNew`.
 */
export async function openStorage({ database }: { readonly database: string }): Promise<Storage> {
  const file = /^sqlite:(.+)$/.exec(database)?.[1]
  if (file) return openSqlite({ file })
  if (/^postgres(ql)?:\/\//.test(database)) {
    // The driver is loaded only where it is used.
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres({ url: database })
  }
  throw new Error('The database must be given as sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME')
}
