import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { AuthError } from '../core/errors.ts'
import type { Storage } from '../core/storage.ts'
import { migrate } from './migrate.ts'
import { migrations as allMigrations } from './migrations/index.ts'
import { listenForChanges } from './postgres-changes.ts'
import { connectionOf, type PostgresConnection } from './postgres-connection.ts'
import { reasonOf } from './postgres-errors.ts'
import { limitsOf, type PostgresOptions, patient } from './postgres-options.ts'
import { openPool } from './postgres-pool.ts'
import { assertUsable, commitToKeep, type PostgresServer, readServer, remedyOf } from './postgres-server.ts'
import { tellChange } from './sql/changes.ts'
import { type Channel, storageOver } from './storage.ts'
import type { Tables } from './tables.ts'

export type { PostgresOptions } from './postgres-options.ts'

/**
 * Opens a PostgreSQL database and brings its schema up to date. No wait is without end (RL-04), and a connection that broke is replaced.
 * Throws when the server cannot be reached, when it does not promise that a commit is on disk (RL-02), and `SchemaTooNew` for a database of a
 * newer version.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const found = await connectionOf(options)
  const server = await prepareDatabase(options, found)
  const connection = { ...found, commit: commitToKeep(server) }
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
async function channelOver(db: Kysely<Tables>, options: PostgresOptions, to: PostgresConnection): Promise<Channel | undefined> {
  const origin = randomUUID()
  try {
    await tellChange({ db, dialect: 'postgres', origin }, '')
  } catch (error) {
    if (error instanceof AuthError) throw error
    return undefined
  }
  // Behind a pooler nothing would be heard: what is told reaches processes that are not, and this one asks the database from time to time.
  if (to.isPooled) return { origin, listen: () => async () => undefined }
  const { connectMilliseconds, deadlineMilliseconds } = limitsOf(options)
  const connection = { ...to.config, connectionTimeoutMillis: connectMilliseconds, query_timeout: deadlineMilliseconds }
  return { origin, listen: (onChange) => listenForChanges({ connection, origin, onChange }) }
}

/** What happens once, before the first request, and may take longer than a request. */
async function prepareDatabase(options: PostgresOptions, connection: PostgresConnection): Promise<PostgresServer> {
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
