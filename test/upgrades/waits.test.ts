import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Storage } from '../../src/core/storage.ts'
import { type Migration, type UpgradeOptions, UpgradeStopped } from '../../src/storage/migrate.ts'
import { migrations } from '../../src/storage/migrations/index.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { databases } from '../databases.ts'
import { later, nextStep } from '../storage-contract/steps.ts'
import { emptyDatabase, removeDatabases } from './empty-database.ts'
import { makeSchema } from './fixtures.ts'

after(removeDatabases)

function openWith(url: string, steps: readonly Migration[], upgrade: UpgradeOptions): Promise<Storage> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  const schema = [...migrations, ...steps]
  return file
    ? openSqlite({ file, migrations: schema, ...upgrade, waitMilliseconds: 20 })
    : openPostgres({ url, migrations: schema, ...upgrade })
}

/** Takes what an upgrade needs, as a transaction of somebody else that does not end. */
async function occupy(url: string, statement: string): Promise<() => Promise<void>> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  if (file) {
    const database = new DatabaseSync(file)
    database.exec('begin immediate')
    return async () => database.close()
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query(statement)
  return () => client.end()
}

const addColumn = nextStep(later, ['alter table users add column new_one integer not null default 0'])
const obstacles = {
  sqlite: { statement: '', sentence: /another process is bringing it up to date/ },
  postgres: { statement: 'select * from users', sentence: /other transactions hold a table that it changes/ },
}

for (const { name } of databases) {
  const { statement, sentence } = obstacles[name]
  test(`${name}: RL-10: a step that cannot have its locks waits with a bound, changes nothing, and says what holds it up`, async () => {
    const url = await emptyDatabase(name)
    await makeSchema(url, migrations.length)
    const free = await occupy(url, statement)
    const told: string[] = []
    const onUpgrade = (event: string) => void told.push(event)
    await assert.rejects(openWith(url, [addColumn], { onUpgrade, patience: { total: 150, table: 20, pause: 20 } }), sentence)
    assert.deepEqual(told, ['schema.waiting'])
    let isWaiting = () => undefined as unknown
    const waits = new Promise((resolve) => {
      isWaiting = () => resolve(undefined)
    })
    const opening = openWith(url, [addColumn], { onUpgrade: isWaiting, patience: { table: 20, pause: 20 } })
    await waits
    await free()
    await (await opening).close()
  })
}

if (databases.some(({ name }) => name === 'postgres')) {
  test('postgres: RL-10: who writes to a table that an upgrade waits for gets by between its tries', async () => {
    const url = await emptyDatabase('postgres')
    await makeSchema(url, migrations.length)
    const free = await occupy(url, 'select * from users')
    const opening = openWith(url, [addColumn], { patience: { table: 50, pause: 50 } })
    const writer = new pg.Client({ connectionString: url, query_timeout: 20_000 })
    await writer.connect()
    for (let writes = 0; writes < 20; writes++) {
      await writer.query('update users set name = name')
      await delay(10)
    }
    await writer.end()
    await free()
    await (await opening).close()
  })

  test('postgres: RL-08, RL-10: a signal ends a long statement of an upgrade, and undoes its step', async () => {
    const url = await emptyDatabase('postgres')
    await makeSchema(url, migrations.length)
    const stopping = new AbortController()
    const long: Migration = {
      number: later,
      name: 'long',
      async up(on) {
        await addColumn.up(on)
        setTimeout(() => stopping.abort(), 50)
        await nextStep(later, ['select pg_sleep(600)']).up(on)
      },
    }
    await assert.rejects(openWith(url, [long], { signal: stopping.signal }), UpgradeStopped)
    await (await openWith(url, [addColumn], {})).close()
  })

  test('postgres: RL-10: the wait for another process that upgrades is bounded', async () => {
    const url = await emptyDatabase('postgres')
    await makeSchema(url, migrations.length)
    const free = await occupy(url, 'select pg_advisory_xact_lock(7062318459)')
    await assert.rejects(openWith(url, [addColumn], { patience: { total: 100, pause: 20 } }), /another process is bringing it up to date/)
    await free()
    await (await openWith(url, [addColumn], {})).close()
  })
}
