import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from '../../src/storage/migrations/index.ts'
import { openStorage } from '../../src/storage/open.ts'
import { createSweeps } from '../../src/sweeps.ts'
import type { Kit } from '../kit.ts'
import { startPostgres } from '../postgres.ts'
import { makeUser, makeWorld, send, stranger, table } from '../security/route-world.ts'
import { createDatabase } from '../server-process.ts'
import { readCatalogue } from './catalogue.ts'
import { emptyDatabase, removeDatabases } from './empty-database.ts'
import { type FixtureTable, folderOf, makeSchema, stepDigests } from './fixtures.ts'
import { recordStatements, type Statement } from './recording.ts'
import { live } from './story.ts'

/** `npm run fixture`: makes the fixture of the schema of today (CONTRIBUTING.md, "When a schema is released"). */

const masterKey = randomBytes(32)

function rowsOf(file: string): readonly FixtureTable[] {
  const database = new DatabaseSync(file, { readOnly: true })
  const names = database.prepare("select name from sqlite_schema where type = 'table' and name <> 'migrations' order by rowid").all()
  const tables = names.map(({ name }) => {
    const statement = database.prepare(`select * from ${name}`)
    const columns = statement.columns().map((column) => column.name)
    const rows = statement.all().map((row) => columns.map((column) => row[column] as string | number | null))
    assert.ok(rows.length > 0, `${name} has no row: the story in story.ts must tell of it`)
    return { name: String(name), columns, rows }
  })
  database.close()
  return tables
}

/** Calls every route, does what administrators do at the command line, and sweeps, so that every statement is there. */
async function callEverything(kit: Kit): Promise<void> {
  const { projectId } = kit
  const { api, deps } = kit.auth
  const world = await makeWorld(kit)
  for (const [name, { access, isDestructive, right }] of Object.entries(table)) {
    if (isDestructive || access === 'loopback') continue
    world.user = await makeUser(kit)
    const { keys, user, accessKeys } = world
    const tokens: Readonly<Record<string, string>> = {
      ...{ session: user.sessionJwt, refresh: user.refreshJwt, refreshToken: user.refreshJwt },
      ...{ accessKey: accessKeys.usable, management: right ? keys.everyRight : kit.managementKey, local: kit.managementKey },
    }
    const token = tokens[access]
    await send(world, name, token === undefined ? projectId : `${projectId}:${token}`, stranger)
  }
  await api.listProjects()
  await api.listUsers({ projectId, limit: 10 })
  await api.searchAudit({ projectId, user: world.user.loginId, limit: 10, offset: 0 })
  await api.searchMessages({ projectId, limit: 10, offset: 0 })
  await api.countMessages({ projectId })
  await api.importedPasswords({ projectId })
  await api.exportUsers({ projectId, withHashes: true, write: async () => undefined, onProgress: () => undefined })
  await deps.metrics.render()
  kit.clock.advance(400 * 86_400)
  await createSweeps(deps).runOnce()
  await api.rotateSigningKey({ projectId, isEmergency: true })
}

async function record(url: string): Promise<readonly Statement[]> {
  const storage = await openStorage({ database: url })
  const recording = recordStatements()
  await live(storage, masterKey, callEverything)
  return recording.stop()
}

/** JSON with one item a line, so that changes can be read. */
const lines = (items: readonly unknown[]) => `[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`

const version = migrations.length
const folder = folderOf(version)
if (existsSync(folder))
  throw new Error(`${folder.pathname} is there: a fixture is made once. Before its schema is released it may be removed and made again.`)
const postgres = await startPostgres()
if ('reason' in postgres) throw new Error(postgres.reason)
try {
  const embedded = await emptyDatabase('sqlite')
  const promises = await live(await openStorage({ database: embedded }), masterKey)
  const tables = rowsOf(embedded.slice('sqlite:'.length))
  const statements = {
    sqlite: await record(await emptyDatabase('sqlite')),
    postgres: await record((await createDatabase(postgres.url)).url),
  }
  const fresh = { sqlite: await emptyDatabase('sqlite'), postgres: (await createDatabase(postgres.url)).url }
  for (const url of Object.values(fresh)) await makeSchema(url, version)
  const catalogues = { sqlite: await readCatalogue(fresh.sqlite), postgres: await readCatalogue(fresh.postgres) }
  mkdirSync(folder, { recursive: true })
  const write = (name: string, text: string) => writeFileSync(new URL(name, folder), text)
  const shown = tables.map((one) => `{"name":"${one.name}","columns":${JSON.stringify(one.columns)},"rows":${lines(one.rows)}}`)
  write('rows.json', `[\n${shown.join(',\n')}\n]\n`)
  write('promises.json', `${JSON.stringify(promises, null, 1)}\n`)
  write('schema.json', `${JSON.stringify({ steps: stepDigests(version), catalogues }, null, 1)}\n`)
  write('statements-sqlite.json', `${lines(statements.sqlite)}\n`)
  write('statements-postgres.json', `${lines(statements.postgres)}\n`)
} finally {
  await removeDatabases()
  await postgres.stop()
}
