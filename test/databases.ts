import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Storage } from '../src/core/storage.ts'
import { openStorage } from '../src/storage/open.ts'

/** A database of its own for one test: empty, with the schema in place. */
export interface TestDatabase {
  readonly storage: Storage
  /** What `openStorage` takes, to open the same database once more. */
  readonly url: string
  /** Closes the storage and removes the database. */
  close(): Promise<void>
}

export interface DatabaseKind {
  readonly name: 'sqlite' | 'postgres'
  open(): Promise<TestDatabase>
}

const postgresUrl = process.env.POSTERN_TEST_POSTGRES_URL

/** Every database that tests can run on here: SQLite, and PostgreSQL when `test/run.ts` has started it; or the only one that the variable names. */
export const databases: readonly DatabaseKind[] = [
  { name: 'sqlite' as const, open: openSqliteFile },
  ...(postgresUrl ? [{ name: 'postgres' as const, open: () => openFreshPostgres(postgresUrl) }] : []),
].filter(({ name }) => [name, undefined].includes(process.env.POSTERN_TEST_DATABASES as typeof name | undefined))

/** Whether pace does not matter, as with a pooler in between. */
const isUnhurried = process.env.POSTERN_TEST_UNHURRIED === 'true'

/** Opens a new embedded database in a temporary folder. */
export async function openSqliteFile(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-'))
  const url = `sqlite:${join(folder, 'postern.db')}`
  const storage = await openStorage({ database: url })
  return {
    storage,
    url,
    async close() {
      await storage.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const template = 'postern_template'

/** Makes the database that `openFreshPostgres` copies, with the schema in place: once for all files of a run, which is faster than the schema for each. */
export async function makePostgresTemplate(server: string): Promise<void> {
  await onServer(server, `create database ${template}`)
  await (await openStorage({ database: urlOf(server, template) })).close()
}

function urlOf(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function openFreshPostgres(server: string): Promise<TestDatabase> {
  const name = `postern_${randomBytes(8).toString('hex')}`
  await onServer(server, `create database ${name} template ${template}`)
  const url = urlOf(server, name)
  const storage = await openStorage({ database: url, writesMuch: isUnhurried })
  return {
    storage,
    url,
    async close() {
      await storage.close()
      await onServer(server, `drop database ${name} with (force)`)
    },
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
