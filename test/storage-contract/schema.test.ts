import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '../../src/core/storage.ts'
import { type Migration, SchemaTooNew } from '../../src/storage/migrate.ts'
import { migrations } from '../../src/storage/migrations/index.ts'
import { openStorage } from '../../src/storage/open.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { contractAlone, now, race } from './records.ts'
import { later, nextStep } from './steps.ts'

/** Opens with another schema than this version's. */
function openWith(url: string, schema: readonly Migration[]): Promise<Storage> {
  return url.startsWith('sqlite:') ? openSqlite({ file: url.slice(7), migrations: schema }) : openPostgres({ url, migrations: schema })
}

test('migrations are numbered from 1 without gaps', () => {
  assert.deepEqual(
    migrations.map(({ number }) => number),
    migrations.map((_, index) => index + 1),
  )
})

contractAlone('RL-10: a second start changes nothing', async ({ url, storage, here }) => {
  const runs: string[] = []
  const schema = [...migrations, nextStep(later, ["insert into meta (key, value) values ('step', 'ran')"], runs)]
  for (let start = 0; start < 3; start++) await (await openWith(url, schema)).close()
  assert.deepEqual(runs, [`step-${later}`])
  assert.equal(await storage.meta.get('step'), 'ran')
  assert.equal((await storage.projects.byId(here))?.createdAt, now, 'a running older version goes on')
})

contractAlone('RL-10: a schema that is newer than the program is refused, untouched', async ({ url, storage }) => {
  await (await openWith(url, [...migrations, nextStep(later, [])])).close()
  await assert.rejects(openStorage({ database: url }), (error: Error) => {
    assert.ok(error instanceof SchemaTooNew)
    assert.match(error.message, new RegExp(`schema version ${later}.* knows ${later - 1} at most`))
    return true
  })
  await storage.ping()
})

contractAlone('RL-10: a step that fails leaves nothing behind, and the next start does it', async ({ url, storage }) => {
  const good = nextStep(later, ["insert into meta (key, value) values ('first', 'ran')"])
  const bad = nextStep(later + 1, ['create table half (id text)', "insert into meta (key, value) values ('half', 'ran')", 'not sql'])
  await assert.rejects(openWith(url, [...migrations, good, bad]), /not/)
  assert.equal(await storage.meta.get('first'), 'ran', 'whole steps stay')
  assert.equal(await storage.meta.get('half'), undefined)
  const mended = nextStep(later + 1, ['create table half (id text)', "insert into meta (key, value) values ('half', 'ran')"])
  await (await openWith(url, [...migrations, good, mended])).close()
  assert.equal(await storage.meta.get('half'), 'ran')
})

contractAlone('RL-10: of many that start at once one does each step', async ({ url, storage }) => {
  const runs: string[] = []
  const steps = [0, 1, 2].map((index) => nextStep(later + index, [`create table step_${index} (id text)`], runs))
  const opened = await race(6, () => openWith(url, [...migrations, ...steps]))
  for (const one of opened) await one.close()
  assert.deepEqual(runs, [`step-${later}`, `step-${later + 1}`, `step-${later + 2}`])
  await storage.ping()
})
