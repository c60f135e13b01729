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

/** Every database that tests can run on here: SQLite, and PostgreSQL when `test/run.ts` has started it. */
export const databases: readonly DatabaseKind[] = [
  { name: 'sqlite', open: openSqliteFile },
  ...(postgresUrl ? [{ name: 'postgres' as const, open: () => openFreshPostgres(postgresUrl) }] : []),
]

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

async function openFreshPostgres(server: string): Promise<TestDatabase> {
  const name = `postern_${randomBytes(8).toString('hex')}`
  await onServer(server, `create database ${name}`)
  const target = new URL(server)
  target.pathname = `/${name}`
  const storage = await openStorage({ database: target.href })
  return {
    storage,
    url: target.href,
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
