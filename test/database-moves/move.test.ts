import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import pg from 'pg'
import { AuthError } from '../../src/core/errors.ts'
import { type MovePhase, moveDatabase, removeLeftovers, reopenDatabase } from '../../src/storage/moving/move.ts'
import { openPlain } from '../../src/storage/moving/plain-database.ts'
import { openStorage } from '../../src/storage/open.ts'
import { sumOf, type TableSum, wholeTables } from '../../src/storage/whole-tables.ts'
import { databases } from '../databases.ts'
import { emptyDatabase, removeDatabases } from '../upgrades/empty-database.ts'
import { loadFixture, readFixtures } from '../upgrades/fixtures.ts'

/** Moves of databases with a row in every table, in process. */

after(removeDatabases)

type Kind = 'sqlite' | 'postgres'

/** Runs SQL as somebody else who has the database open. */
async function execute(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  if (file) {
    const database = new DatabaseSync(file, { timeout: 20_000, enableForeignKeyConstraints: true })
    try {
      return database.prepare(text).all()
    } finally {
      database.close()
    }
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function filled(kind: Kind): Promise<string> {
  const fixture = readFixtures().at(-1)
  assert.ok(fixture)
  const url = await emptyDatabase(kind)
  await loadFixture(url, fixture)
  await (await openStorage({ database: url })).close()
  return url
}

async function sums(url: string): Promise<Readonly<Record<string, TableSum>>> {
  const database = await openPlain({ database: url })
  try {
    const found: Record<string, TableSum> = {}
    for (const table of await wholeTables(database)) found[table.name] = await sumOf(database, table)
    return found
  } finally {
    await database.close()
  }
}

const catalogue = (url: string) =>
  execute(
    url,
    url.startsWith('sqlite:')
      ? "select name from sqlite_schema where type = 'trigger' or name like 'postern%'"
      : "select tgname as name from pg_trigger where not tgisinternal union select nspname from pg_namespace where nspname = 'postern_move'",
  )

function move(from: string, to: string, onPhase: (phase: MovePhase) => Promise<void> | void = () => undefined, keepsSourceOpen = false) {
  return moveDatabase({ from: { database: from }, to: { database: to }, keepsSourceOpen, onPhase })
}

/** Does something when a phase is there for the first time. */
function first(wanted: MovePhase, act: () => Promise<unknown>): (phase: MovePhase) => Promise<void> {
  let isDone = false
  return async (phase) => {
    if (phase !== wanted || isDone) return
    isDone = true
    await act()
  }
}

/** SQL that takes the trigger away that notes a kind of change of users, and SQL that puts it back. */
async function switchOf(url: string, event: 'update' | 'delete'): Promise<readonly [string, string]> {
  const name = `postern_move_users_${event}`
  if (!url.startsWith('sqlite:'))
    return ['alter table users disable trigger postern_move_users', 'alter table users enable trigger postern_move_users']
  const [trigger] = await execute(url, `select sql from sqlite_schema where name = '${name}'`)
  return [`drop trigger ${name}`, String(trigger?.sql)]
}

const killedMove = new URL('killed-move.ts', import.meta.url).pathname

const others = { sqlite: 'postgres', postgres: 'sqlite' } as const
const pairs = databases.filter(({ name }) => databases.some((other) => other.name === others[name])).map(({ name }) => name)

for (const kind of pairs) {
  const other = others[kind]

  test(`moves: ${kind} to ${other} and back is the same in every table, whatever changed meanwhile`, async () => {
    const [from, to, back] = [await filled(kind), await emptyDatabase(other), await emptyDatabase(kind)]
    const changes = async () => {
      await execute(from, "insert into meta (key, value) values ('moved👩‍🚀', 'tab\tand \\N')")
      await execute(from, "update users set name = 'Zoë'")
      await execute(from, 'delete from sessions')
      await execute(from, 'delete from tenants')
    }
    const moved = await move(from, to, first('verifying', changes), true)
    assert.ok(moved.changedRows >= 3 && !moved.isSourceClosed)
    const there = await sums(to)
    assert.deepEqual(there, await sums(from))
    assert.equal(new Map(Object.entries(there)).get('sessions')?.rows, 0)
    assert.deepEqual(await catalogue(from), [])
    assert.equal((await move(to, back)).changedRows, 0)
    assert.deepEqual(await sums(back), there)
  })

  test(`moves: a closed ${kind} database refuses every write and start until it is opened again`, async () => {
    const [from, to] = [await filled(kind), await emptyDatabase(other)]
    const running = await openStorage({ database: from })
    await move(from, to)
    for (const text of ["insert into meta (key, value) values ('late', '')", "update users set name = 'late'", 'delete from projects']) {
      await assert.rejects(execute(from, text), /the database was moved/)
    }
    await assert.rejects(
      running.meta.putIfAbsent('late', ''),
      (error) => error instanceof AuthError && error.spec.status === 503 && /moved/.test(String(error.message + JSON.stringify(error))),
    )
    await running.close()
    const target = new URL(to.replace('sqlite:', 'file:')).pathname
    await assert.rejects(
      openStorage({ database: from }),
      (error: Error) => error.message.includes(target) && /was moved to/.test(error.message),
    )
    assert.ok(await reopenDatabase({ database: from }))
    assert.equal(await reopenDatabase({ database: from }), undefined)
    assert.deepEqual(await catalogue(from), [])
    assert.deepEqual(await sums(from), await sums(to))
  })

  test(`moves: what is not noted or not the same in ${other} is found, and nothing is left there`, async () => {
    const [from, to] = [await filled(kind), await emptyDatabase(other)]
    const dropTrigger = kind === 'sqlite' ? 'drop trigger postern_move_users_update' : 'drop trigger postern_move_users on users'
    const unnoticed = async () => {
      await execute(from, dropTrigger)
      await execute(from, "update users set name = 'unnoticed'")
    }
    await assert.rejects(move(from, to, first('catchingUp', unnoticed)), /trigger/)
    await assert.rejects(move(from, to, first('pausing', unnoticed)), /trigger/)
    // With the trigger in its place again, only comparing can tell.
    const secretly = (event: 'update' | 'delete', text: string) => async () => {
      const [off, on] = await switchOf(from, event)
      for (const one of [off, text, on]) await execute(from, one)
    }
    const changed = first('catchingUp', secretly('update', "update users set name = 'secretly'"))
    await assert.rejects(move(from, to, changed), /rows of users are not the same/)
    const deleted = first('pausing', secretly('delete', 'delete from users'))
    await assert.rejects(move(from, to, deleted), /rows of users are not the same/)
    for (const { rows } of Object.values(await sums(to))) assert.equal(rows, 0, 'nothing is left in the target')
    assert.deepEqual(await catalogue(from), [])
    assert.ok((await move(from, to)).isSourceClosed)
  })

  test(`moves: a full target, an empty source and a second move are refused for ${kind}`, async () => {
    const [from, to] = [await filled(kind), await filled(other)]
    const before = await sums(to)
    await assert.rejects(move(from, to), /target is not empty: \w+ has rows/)
    await assert.rejects(move(from, from), /target is not empty/)
    assert.deepEqual(await sums(to), before)
    const free = await emptyDatabase(other)
    await move(
      from,
      free,
      first('copying', async () => assert.rejects(move(from, await emptyDatabase(other)), /Another move .* under way/)),
    )
    assert.deepEqual(await sums(free), { ...(await sums(from)), meta: (await sums(free)).meta })
  })

  test(`moves: a kill at any time leaves ${kind} open and whole`, async () => {
    const from = await filled(kind)
    const before = await sums(from)
    for (const phase of kind === 'sqlite' ? (['copying', 'closing', 'committed'] as const) : (['closing'] as const)) {
      const to = await emptyDatabase(other)
      const mover = spawn(process.execPath, [killedMove, from, to, phase], { stdio: ['ignore', 'ignore', 'inherit'] })
      const [, signal] = await once(mover, 'exit')
      assert.equal(signal, 'SIGKILL', phase)
      await execute(from, "update users set name = name || 'x'")
      await execute(from, 'update users set name = substr(name, 1, length(name) - 1)')
      assert.deepEqual(await sums(from), before, phase)
      if (phase === 'committed') await assert.rejects(move(from, to), /target is not empty/)
      else if (phase === 'closing' && kind === 'sqlite') assert.deepEqual((await move(from, to, undefined, true)).isSourceClosed, false)
      // A new move removes what the one before has left; without one, `postern migrate` does.
      assert.equal(await removeLeftovers({ database: from }), phase !== 'closing' || kind === 'postgres', phase)
      assert.deepEqual(await catalogue(from), [])
    }
  })
}
