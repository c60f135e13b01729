import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { freshPath, run } from '../../src/cli/test-program.ts'
import { type Migration, SchemaTooNew } from '../../src/storage/migrate.ts'
import { migrations } from '../../src/storage/migrations/index.ts'
import { rehearsePostgres } from '../../src/storage/postgres-rehearsal.ts'
import type { Rehearsal } from '../../src/storage/rehearsal.ts'
import { rehearseSqlite } from '../../src/storage/sqlite-rehearsal.ts'
import { databases } from '../databases.ts'
import { rowsOf } from '../security/dump.ts'
import { later, nextStep } from '../storage-contract/steps.ts'
import { readCatalogue } from './catalogue.ts'
import { emptyDatabase, removeDatabases } from './empty-database.ts'
import { loadFixture, makeSchema, readFixtures } from './fixtures.ts'

after(removeDatabases)

const steps = [
  nextStep(later, ['create table fresh (id text not null primary key)']),
  nextStep(later + 1, ['alter table users add column shoe_size integer not null default 0', 'update users set shoe_size = 42']),
  nextStep(later + 2, ['create index sessions_by_ip on sessions (ip)']),
]
const schema = [...migrations, ...steps]

async function rehearse(url: string, known: readonly Migration[]): Promise<Rehearsal> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  return file ? rehearseSqlite({ file, migrations: known }) : rehearsePostgres({ url, migrations: known })
}

/** Everything that is in a database, to see whether it was touched. */
async function stateOf(url: string): Promise<unknown> {
  const schemas = url.startsWith('sqlite:') ? [] : await schemasOf(url)
  return [await rowsOf({ url, storage: undefined as never, close: async () => undefined }), await readCatalogue(url), schemas]
}

async function schemasOf(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query("select nspname from pg_namespace where nspname like 'postern%'")
  await client.end()
  return rows.map(({ nspname }) => nspname)
}

async function released(name: 'sqlite' | 'postgres'): Promise<string> {
  const [fixture] = readFixtures()
  if (!fixture) throw new Error('There is no fixture')
  const url = await emptyDatabase(name)
  await loadFixture(url, fixture)
  return url
}

for (const { name } of databases) {
  test(`${name}: RL-10: a rehearsal runs the steps on a copy with all rows, tells what they take, and touches nothing`, async () => {
    const url = await released(name)
    const before = await stateOf(url)
    const rehearsal = await rehearse(url, schema)
    assert.deepEqual(await stateOf(url), before)
    const numbers = schema.slice(rehearsal.from).map(({ number }) => number)
    assert.deepEqual([rehearsal.to, rehearsal.steps.map(({ number }) => number)], [schema.length, numbers])
    assert.ok(rehearsal.copy.bytes > 100_000 && rehearsal.copy.milliseconds > 0)
    for (const { milliseconds } of rehearsal.steps) assert.ok(milliseconds > 0)
    const locks = rehearsal.steps.slice(-3).map((step) => step.locks.map(({ table, mode, keepsOut }) => [table, mode, keepsOut]))
    const expected = [[], [['users', 'AccessExclusiveLock', 'everybody']], [['sessions', 'ShareLock', 'writers']]]
    assert.deepEqual(locks, name === 'sqlite' ? [[], [], []] : expected)
  })

  test(`${name}: RL-10: the steps of a rehearsal meet the rows, and what fails there leaves nothing behind`, async () => {
    const url = await released(name)
    const before = await stateOf(url)
    const failing = nextStep(later, ['create unique index one_user on users (project_id)'])
    await assert.rejects(rehearse(url, [...migrations, failing]), /unique/i)
    assert.deepEqual(await stateOf(url), before)
  })

  test(`${name}: RL-10: where nothing is pending nothing is copied, and a newer schema is refused`, async () => {
    const url = await emptyDatabase(name)
    await makeSchema(url, migrations.length)
    const { copy, steps: none } = await rehearse(url, migrations)
    assert.deepEqual([copy.bytes, none], [0, []])
    await assert.rejects(rehearse(url, migrations.slice(0, -1)), SchemaTooNew)
  })
}

test('RL-10: postern migrate rehearses and upgrades', async () => {
  const [fixture] = readFixtures()
  if (!fixture) throw new Error('There is no fixture')
  const data = freshPath()
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(join(data, 'master.key'), `${fixture.promises.masterKey}\n`, { mode: 0o600 })
  await loadFixture(`sqlite:${join(data, 'postern.db')}`, fixture)
  const rehearsed = await run(['migrate', '--rehearse', '--data', data])
  assert.equal(rehearsed.code, 0, rehearsed.stderr)
  assert.match(rehearsed.stdout, /^schema 4 to \d+, rehearsed on a copy: copied 0\.\d MiB in .+\nstep 5 processes: \d+ ms, \+0\.0 MiB\n/)
  const upgraded = await run(['migrate', '--data', data])
  assert.equal(upgraded.code, 0, upgraded.stderr)
  assert.match(upgraded.stdout, /^The schema is up to date: it went from version 4 to \d+\n$/)
  assert.equal((await run(['migrate', '--data', data])).stdout, 'The schema is up to date\n')
})
