import { existsSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { sql } from 'kysely'
import { createSealer } from './core/secrets.ts'
import { storageOptions } from './database-options.ts'
import type { Options } from './options.ts'
import {
  ArchiveDamaged,
  type ArchiveHeader,
  archiveFormat,
  archiveLines,
  archiveRows,
  readHeader,
  type TableSums,
} from './storage/archive.ts'
import type { Connection } from './storage/connection.ts'
import { readVersion } from './storage/migrate.ts'
import { assertNotMoved } from './storage/moving/closing.ts'
import { newestSchema, openWholeDatabase, type WholeDatabase } from './storage/whole-database.ts'
import { sumOf, wholeTables, writeRows } from './storage/whole-tables.ts'

export { ArchiveDamaged } from './storage/archive.ts'
export { DatabaseMoved } from './storage/moving/closing.ts'

/** Backups of the whole database, which are good for both databases (RL-09). Sealed secrets stay sealed; the master key is not in them. */

/** What a backup holds. */
export interface BackupFacts {
  /** Version of the schema. */
  readonly schema: number
  /** Seconds since the epoch, when the state was taken. */
  readonly createdAt: number
  readonly users: number
  /** Of all tables. */
  readonly rows: number
}

/** The place or the file cannot be used as it is; nothing has changed. */
export class RestoreRefused extends Error {
  override readonly name = 'RestoreRefused'
}

/** Reads a backup from its beginning, as it lies in its file. */
export type OpenBackup = () => AsyncIterable<Uint8Array>

const masterKeyRow = 'masterKeyCheck'
/** Fast, and a tenth larger than at best. */
const gzipLevel = 3

/** Writes a backup of the state of now, packed, while servers go on. Throws when the database cannot be read, is of a newer version, or was moved elsewhere. */
export async function createBackup(input: {
  readonly options: Options
  readonly program: string
  readonly nowSeconds: number
  write(chunk: Uint8Array): Promise<void>
}): Promise<BackupFacts> {
  const { options, program, nowSeconds: createdAt } = input
  assertThere(options.database)
  const database = await openWholeDatabase(storageOptions(options))
  try {
    return await database.view(async (view) => {
      // Of the same state as the rows: an upgrade may run at this moment.
      const schema = await readVersion(view.db, view.dialect)
      if (schema === 0) throw new RestoreRefused('There is nothing in the database yet')
      assertKnown('database', schema)
      // Whoever goes on with backups of the old place has none of the new one.
      await assertNotMoved(view)
      const masterKeyCheck = await readMasterKeyCheck(view)
      const lines = archiveLines(view, { postern: 'backup', format: archiveFormat, program, schema, createdAt, masterKeyCheck })
      return factsOf({ schema, createdAt }, await packed(lines, input.write))
    })
  } finally {
    await database.close()
  }
}

/** Reads a backup to its end. Throws `ArchiveDamaged` when it is not whole. */
export async function verifyBackup(open: OpenBackup): Promise<BackupFacts> {
  const header = await readHeader(unpacked(open()))
  return factsOf(header, await verified(open))
}

/**
 * Puts a backup into an empty database: all of it or nothing, after the whole file was checked. Throws `RestoreRefused` for a place that has rows, for another master key and for a
 * newer schema, and `ArchiveDamaged`. An older schema stays as it is: opening the database brings it up to date. `endSessions` ends all sessions and drops one-time secrets and messages that wait.
 */
export async function restoreBackup(input: {
  readonly options: Options
  readonly masterKey: Uint8Array
  readonly endSessions: boolean
  readonly nowSeconds: number
  readonly open: OpenBackup
}): Promise<BackupFacts> {
  // What takes a moment first: a large file is read for minutes.
  const header = await readHeader(unpacked(input.open()))
  assertKnown('backup', header.schema)
  assertMasterKey(header, input.masterKey)
  const database = await openWholeDatabase(storageOptions(input.options))
  try {
    await assertFits(database, header.schema)
    const sums = await verified(input.open)
    await database.makeSchema(header.schema)
    await database.transaction(async (tx) => {
      await assertEmpty(tx)
      await load(tx, input.open)
      await assertSame(tx, sums)
      await forgetProcesses(tx)
      if (input.endSessions) await endSessions(tx, input.nowSeconds)
      // Without figures about its tables the database would go through whole ones, until it makes them by itself.
      if (tx.dialect === 'postgres') await sql`analyze`.execute(tx.db)
    })
    return factsOf(header, sums)
  } finally {
    await database.close()
  }
}

function assertThere(url: string): void {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  if (file && !existsSync(file)) throw new RestoreRefused(`There is no database at ${file}`)
}

/** Packs lines and writes them, no faster than they are taken. Answers what the lines answer. */
async function packed<T>(lines: AsyncGenerator<string, T>, write: (chunk: Uint8Array) => Promise<void>): Promise<T> {
  const answers: T[] = []
  await pipeline(
    async function* () {
      answers.push(yield* lines)
    },
    createGzip({ level: gzipLevel, chunkSize: 262_144 }),
    async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) await write(chunk)
    },
  )
  for (const answer of answers) return answer
  throw new Error('The rows were not read to their end')
}

async function* unpacked(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 262_144 })
  // What goes wrong there ends what is read here with the same error.
  const feeding = pipeline(raw, gunzip).catch(() => undefined)
  try {
    yield* gunzip as AsyncIterable<Uint8Array>
  } catch (error) {
    const isOfFormat = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
    throw isOfFormat ? new ArchiveDamaged('The file is no backup of Postern, or is damaged: it cannot be unpacked') : error
  } finally {
    gunzip.destroy()
    await feeding
  }
}

async function verified(open: OpenBackup): Promise<TableSums> {
  const rows = archiveRows(unpacked(open()))
  for (;;) {
    const { done, value } = await rows.next()
    if (done) return value
  }
}

function assertKnown(what: 'backup' | 'database', schema: number): void {
  if (schema <= newestSchema) return
  throw new RestoreRefused(
    `The ${what} has schema version ${schema}, but this version of Postern knows ${newestSchema} at most. Use the newer version`,
  )
}

function assertMasterKey({ masterKeyCheck }: ArchiveHeader, masterKey: Uint8Array): void {
  if (masterKeyCheck === '') return
  try {
    createSealer(masterKey, { bytes: () => new Uint8Array() }).open('meta/masterKey', masterKeyCheck)
  } catch {
    throw new RestoreRefused(
      'The master key (option masterKeyFile) is not the one that this backup was made with. Restore the key file first, from where it was kept',
    )
  }
}

/** A database that has a schema must have that of the rows, and none of its own. It is checked for rows once more where they are written. */
async function assertFits(database: WholeDatabase, schema: number): Promise<void> {
  const found = await database.schemaVersion()
  if (found === 0) return
  await database.view(assertEmpty)
  if (found !== schema) {
    throw new RestoreRefused(
      `The database has no rows, but tables of schema version ${found}, and the backup has ${schema}. Restore into a database without tables`,
    )
  }
}

async function assertEmpty(connection: Connection): Promise<void> {
  for (const { name } of await wholeTables(connection)) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(connection.db)
    if (rows.length > 0)
      throw new RestoreRefused(
        `The database is not empty: ${name} has rows. Restore into an empty one, and let the server use that. A restore that was killed leaves no rows, or all of them`,
      )
  }
}

async function load(tx: Connection, open: OpenBackup): Promise<void> {
  const known = new Map((await wholeTables(tx)).map((table) => [table.name, table.columns.join()]))
  for await (const { table, rows } of archiveRows(unpacked(open()))) {
    if (known.get(table.name) !== table.columns.join())
      throw new ArchiveDamaged(`The table ${table.name} of the backup is none of its schema`)
    await writeRows(tx, table, rows)
  }
}

/** What was written is read once more: what the database holds is what counts. */
async function assertSame(tx: Connection, sums: TableSums): Promise<void> {
  for (const table of await wholeTables(tx)) {
    const { rows, checksum } = await sumOf(tx, table)
    const wanted = sums[table.name]
    if (!wanted) throw new ArchiveDamaged(`The backup is damaged: it has no table ${table.name}, which its schema has`)
    if (rows !== wanted.rows || checksum !== wanted.checksum) {
      throw new Error(`The table ${table.name} does not hold what the backup does: ${rows} rows of ${wanted.rows}. Nothing was restored`)
    }
  }
}

/** Whoever held a lease then is another process by now, or none. */
async function forgetProcesses(tx: Connection): Promise<void> {
  const tables = await wholeTables(tx)
  if (tables.some(({ name }) => name === 'leases')) await tx.db.deleteFrom('leases').execute()
}

async function endSessions({ db }: Connection, now: number): Promise<void> {
  await db.updateTable('sessions').set({ ended_at: now, ended_reason: 'restored' }).where('ended_at', '=', 0).execute()
  await db.deleteFrom('challenges').execute()
  await db.deleteFrom('outbox').where('state', '=', 'pending').execute()
}

async function readMasterKeyCheck({ db }: Connection): Promise<string> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', masterKeyRow).executeTakeFirst()
  return row?.value ?? ''
}

function factsOf({ schema, createdAt }: { readonly schema: number; readonly createdAt: number }, sums: TableSums): BackupFacts {
  const rows = Object.values(sums).reduce((all, sum) => all + sum.rows, 0)
  return { schema, createdAt, users: new Map(Object.entries(sums)).get('users')?.rows ?? 0, rows }
}
