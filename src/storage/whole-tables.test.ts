import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { databases } from '../../test/databases.ts'
import { emptyDatabase, removeDatabases } from '../../test/upgrades/empty-database.ts'
import { loadFixture, makeSchema, readFixtures } from '../../test/upgrades/fixtures.ts'
import type { Connection } from './connection.ts'
import { migrations } from './migrations/index.ts'
import { connectionOf } from './sqlite-connection.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Tables } from './tables.ts'
import { addToSum, emptySum, type Row, readRows, sumOf, type TableSum, type WholeTable, wholeTables, writeRows } from './whole-tables.ts'

after(removeDatabases)

/** A connection to a database, without anything that a server adds. */
async function connected<T>(url: string, run: (connection: Connection) => Promise<T>): Promise<T> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  const dialect = file
    ? sqliteDialect({ database: connectionOf(new DatabaseSync(file)), waitMilliseconds: 5_000 })
    : new PostgresDialect({
        // At the end the database is dropped, perhaps before the last connection has closed.
        pool: new pg.Pool({
          connectionString: url,
          types: { getTypeParser: (oid, format) => (oid === 20 ? Number : pg.types.getTypeParser(oid, format)) },
        }).on('error', () => undefined),
      })
  const db = new Kysely<Tables>({ dialect })
  try {
    return await run({ db, dialect: file ? 'sqlite' : 'postgres' })
  } finally {
    await db.destroy()
  }
}

/** A database with a row in every table. */
async function filled(name: 'sqlite' | 'postgres'): Promise<string> {
  const fixture = readFixtures().at(-1)
  assert.ok(fixture)
  const url = await emptyDatabase(name)
  await loadFixture(url, fixture)
  return url
}

async function sums(connection: Connection): Promise<Record<string, TableSum>> {
  const found: Record<string, TableSum> = {}
  for (const table of await wholeTables(connection)) found[table.name] = await sumOf(connection, table)
  return found
}

async function allRows(connection: Connection, table: WholeTable, batchRows: number): Promise<readonly Row[]> {
  const all: Row[] = []
  for await (const rows of readRows(connection, table, { batchRows })) all.push(...rows)
  return all
}

for (const { name } of databases) {
  test(`${name}: whole tables: every table is there, those that others refer to first`, async () => {
    await connected(await filled(name), async (connection) => {
      const tables = (await wholeTables(connection)).map((table) => table.name)
      const before = (a: string, b: string) => tables.indexOf(a) < tables.indexOf(b)
      assert.ok(
        before('projects', 'users') && before('users', 'sessions') && before('users', 'login_ids') && before('roles', 'role_assignments'),
      )
      assert.ok(tables.includes('meta') && !tables.includes('migrations'))
      const empty = Object.entries(await sums(connection)).filter(([, sum]) => sum.rows === 0)
      assert.deepEqual(empty, [], 'the fixture has rows in every table')
    })
  })

  test(`${name}: whole tables: the same content has the same sums as on the other database`, async () => {
    const [here, there] = await Promise.all([filled(name), filled('sqlite')])
    assert.deepEqual(await connected(here, sums), await connected(there, sums))
  })

  test(`${name}: whole tables: pages meet without a gap, and one value more or less is seen`, async () => {
    await connected(await filled(name), async (connection) => {
      for (const table of await wholeTables(connection)) {
        const rows = await allRows(connection, table, 1)
        const whole = await sumOf(connection, table)
        assert.deepEqual(addToSum(emptySum, table, rows.toReversed()), whole)
        const [first = {}, ...others] = rows
        for (const column of table.columns) {
          const changed = { ...first, [column]: first[column] === null ? '' : `${first[column]} ` }
          assert.notEqual(addToSum(emptySum, table, [changed, ...others]).checksum, whole.checksum, `${table.name}.${column}`)
        }
      }
    })
  })
}

const texts = ['', 'a', 'Zoë', '👩‍🚀', 'tab\tand\nlines\r', '\\N', '\\', '"quoted"', 'ſ', '\u{10FFFF}', "' or 1=1 --"]

test('whole tables: rows written elsewhere are the same rows, whatever is in them', async () => {
  const target = await emptyDatabase('sqlite')
  await makeSchema(target, migrations.length)
  await connected(target, async (connection) => {
    const tables = await wholeTables(connection)
    const meta = tables.find((table) => table.name === 'meta')
    assert.ok(meta)
    const rows = texts.map((value) => ({ key: value, value }))
    await writeRows(connection, meta, rows)
    const found = await allRows(connection, meta, 3)
    assert.deepEqual(new Map(found.map((row) => [row.key, row.value])), new Map(texts.map((text) => [text, text])))
    await assert.rejects(writeRows(connection, meta, rows.slice(0, 1)), /UNIQUE/)
  })
})
