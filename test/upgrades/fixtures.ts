import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { migrations } from '../../src/storage/migrations/index.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import type { Catalogue } from './catalogue.ts'
import type { Statement } from './recording.ts'
import type { Promises } from './story.ts'

/** A released schema with rows in every table. Made once, by the program that was released with it (`npm run fixture`), and kept for ever. */
export interface Fixture {
  readonly version: number
  /** In an order in which references find what they refer to. */
  readonly tables: readonly FixtureTable[]
  readonly promises: Promises
  readonly catalogues: Readonly<Record<'sqlite' | 'postgres', Catalogue>>
  /** SHA-256 of the files of its steps, by name. */
  readonly steps: Readonly<Record<string, string>>
}

export interface FixtureTable {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

const root = new URL('../fixtures/', import.meta.url)
const stepFolder = new URL('../../src/storage/migrations/', import.meta.url)

export const folderOf = (version: number) => new URL(`schema-${String(version).padStart(4, '0')}/`, root)

const read = (version: number, name: string) => JSON.parse(readFileSync(new URL(name, folderOf(version)), 'utf8'))

/** Every fixture there is, oldest first. */
export function readFixtures(): readonly Fixture[] {
  const versions = readdirSync(root).flatMap((name) => /^schema-(\d{4})$/.exec(name)?.[1] ?? [])
  return versions
    .map(Number)
    .toSorted((a, b) => a - b)
    .map((version) => {
      const [tables, promises, schema] = ['rows.json', 'promises.json', 'schema.json'].map((name) => read(version, name))
      return { version, tables, promises, ...schema }
    })
}

/** What the program of a fixture sends to a database: each text once, with values that it had. */
export function statementsOf({ version }: Fixture, database: 'sqlite' | 'postgres'): readonly Statement[] {
  return read(version, `statements-${database}.json`)
}

/** SHA-256 of the files of the steps up to a version, by name. */
export function stepDigests(version: number): Readonly<Record<string, string>> {
  const names = readdirSync(stepFolder).filter((name) => /^\d{4}-/.test(name) && Number(name.slice(0, 4)) <= version)
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(new URL(name, stepFolder)))
      .digest('hex')
  return Object.fromEntries(names.toSorted().map((name) => [name, digest(name)]))
}

/** Makes the schema of a version in an empty database, and nothing in it. */
export async function makeSchema(url: string, version: number): Promise<void> {
  const schema = migrations.slice(0, version)
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  await (await (file ? openSqlite({ file, migrations: schema }) : openPostgres({ url, migrations: schema }))).close()
}

/** Makes the database of a fixture out of an empty one. */
export async function loadFixture(url: string, { version, tables }: Pick<Fixture, 'version' | 'tables'>): Promise<void> {
  await makeSchema(url, version)
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  if (file) return loadSqlite(file, tables)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const { name, columns, rows } of tables) {
      const text = `insert into ${name} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`
      for (const row of rows) await client.query(text, [...row])
    }
  } finally {
    await client.end()
  }
}

function loadSqlite(file: string, tables: readonly FixtureTable[]): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true })
  database.exec('begin')
  for (const { name, columns, rows } of tables) {
    const insert = database.prepare(`insert into ${name} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`)
    for (const row of rows) insert.run(...row)
  }
  database.exec('commit')
  database.close()
}
