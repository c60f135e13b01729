import { readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { TestDatabase } from '../databases.ts'

const fileOf = (url: string) => /^sqlite:(.+)$/.exec(url)?.[1]

/** Everything that lies in a database, as text: the bytes of the files, or every row of every table. */
export async function dumpOf({ url }: TestDatabase): Promise<string> {
  const file = fileOf(url)
  if (file) {
    const parts = await Promise.all(['', '-wal', '-shm'].map((ending) => readFile(`${file}${ending}`)))
    return parts.map((bytes) => bytes.toString('latin1')).join('\n')
  }
  return onPostgres(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    )
    const texts: string[] = []
    for (const { name } of rows) {
      const table = await client.query<{ row: string }>(`select t::text as row from "${name}" t`)
      texts.push(`table ${name}`, ...table.rows.map(({ row }) => row))
    }
    return texts.join('\n')
  })
}

/** Every row of every table, in one order: what tells whether anything was changed. */
export async function rowsOf({ url }: TestDatabase): Promise<Readonly<Record<string, readonly string[]>>> {
  const file = fileOf(url)
  if (file) {
    const database = new DatabaseSync(file, { readOnly: true })
    const names = database.prepare("select name from sqlite_schema where type = 'table'").all()
    const tables = names.map(({ name }) => [
      String(name),
      database
        .prepare(`select * from "${name}"`)
        .all()
        .map((row) => JSON.stringify(row)),
    ])
    database.close()
    return sorted(Object.fromEntries(tables))
  }
  return onPostgres(url, async (client) => {
    const names = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    )
    const tables: Record<string, readonly string[]> = {}
    for (const { name } of names.rows) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from "${name}" t`)
      tables[name] = rows.map(({ row }) => row)
    }
    return sorted(tables)
  })
}

function sorted(tables: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.toSorted()]))
}

/** Runs statements on a database beside the server, as whoever stole write access to it would. */
export async function tamper({ url }: TestDatabase, statements: readonly string[]): Promise<void> {
  const file = fileOf(url)
  if (file) {
    const database = new DatabaseSync(file, { timeout: 2_500 })
    for (const statement of statements) database.exec(statement)
    database.close()
    return
  }
  await onPostgres(url, async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}

async function onPostgres<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** A secret in the forms in which it could lie somewhere. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const decoded = /^[A-Za-z0-9_-]{22,}$/.test(secret) ? Buffer.from(secret, 'base64url') : undefined
  const forms = [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ]
  return [
    ...forms,
    ...(decoded ? [decoded.toString('hex'), decoded.toString('base64').replace(/=+$/, ''), decoded.toString('latin1')] : []),
  ]
}
