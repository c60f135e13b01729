import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import pg from 'pg'
import { migrations } from '../../src/storage/migrations/index.ts'
import { openStorage } from '../../src/storage/open.ts'
import { copyText } from '../../src/storage/postgres-copy.ts'
import { databases } from '../databases.ts'
import { breakages, readCatalogue } from './catalogue.ts'
import { emptyDatabase, removeDatabases } from './empty-database.ts'
import { type Fixture, loadFixture, makeSchema, readFixtures, statementsOf, stepDigests } from './fixtures.ts'
import { assertKept } from './promises.ts'

const fixtures = readFixtures()
const newest = fixtures.at(-1)
after(removeDatabases)

test('RL-10: the steps of a released schema are what they were', () => {
  assert.ok(newest, 'there is a fixture')
  for (const { version, steps } of fixtures) {
    assert.deepEqual(stepDigests(version), steps, 'a file in src/storage/migrations was changed after its release: write another step')
  }
})

for (const { name } of databases) {
  for (const fixture of fixtures) {
    test(`${name}: RL-10: a database of schema ${fixture.version} is upgraded with all that its users rely on`, async () => {
      const url = await emptyDatabase(name)
      await loadFixture(url, fixture)
      assert.deepEqual(await readCatalogue(url), fixture.catalogues[name], 'the schema of a release is what it was')
      await assertKept(url, fixture.promises)
    })
  }

  test(`${name}: RL-10: steps after the last release only add what a running older version need not know`, async () => {
    const url = await emptyDatabase(name)
    await makeSchema(url, migrations.length)
    assert.deepEqual(breakages(released(newest).catalogues[name], await readCatalogue(url)), [])
  })

  test(`${name}: RL-10: all that the last release sends to a database works on the schema of today`, async () => {
    const url = await emptyDatabase(name)
    await (await openStorage({ database: url })).close()
    const faults = await (name === 'sqlite' ? replaySqlite(url, released(newest)) : replayPostgres(url, released(newest)))
    assert.deepEqual(faults, [])
  })
}

function released(fixture: Fixture | undefined): Fixture {
  if (!fixture) throw new Error('There is no fixture')
  return fixture
}

// What one statement refers to is not there: only the first of each text is sent. Everything else of the schema holds.

async function replaySqlite(url: string, fixture: Fixture): Promise<readonly string[]> {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { enableForeignKeyConstraints: false })
  const faults = statementsOf(fixture, 'sqlite').flatMap(([text, values]) => {
    try {
      database.prepare(text).all(...(values as string[]))
      return []
    } catch (error) {
      return [`${String(error)}: ${text}`]
    }
  })
  database.close()
  return faults
}

async function replayPostgres(url: string, fixture: Fixture): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const references = await client.query("select conrelid::regclass as owner, conname as name from pg_constraint where contype = 'f'")
  for (const { owner, name } of references.rows) await client.query(`alter table ${owner} drop constraint ${name}`)
  const faults: string[] = []
  for (const [text, values] of statementsOf(fixture, 'postgres')) {
    try {
      if (text.startsWith('copy ')) await copyText(client, { text, rows: String(values[0]), milliseconds: 20_000 })
      else await client.query(text, [...values])
    } catch (error) {
      faults.push(`${String(error)}: ${text}`)
    }
  }
  await client.end()
  return faults
}
