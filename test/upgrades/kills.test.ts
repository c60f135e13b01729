import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { migrations } from '../../src/storage/migrations/index.ts'
import { databases } from '../databases.ts'
import { rowsOf, tamper } from '../security/dump.ts'
import { emptyDatabase, removeDatabases } from './empty-database.ts'
import { loadFixture, readFixtures } from './fixtures.ts'
import { points } from './long-upgrade.ts'

/** F14, in short: `npm run upgrades` kills at every point of a longer upgrade. */
const asked = process.env.POSTERN_TEST_UPGRADE_STEPS
const steps = Number(asked ?? 2)
const allPlaces = Array.from({ length: steps }, (_, index) => points.map((point) => `${index + 1}.${point}`)).flat()
const places = asked ? allPlaces : ['1.middle', '1.end', '2.middle']
const program = new URL('./upgrading-process.ts', import.meta.url).pathname
const deadlineMilliseconds = 60_000

const fixture = readFixtures().at(-1)
/** What one process has compiled the next one reads. */
const compiled = mkdtempSync(join(tmpdir(), 'postern-compiled-'))
after(async () => {
  await removeDatabases()
  rmSync(compiled, { recursive: true, force: true })
})

/** Starts a process that upgrades, and knows what it says. */
function start(url: string, hold = '') {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled }
  const child = spawn(process.execPath, [program, url, String(steps), hold], { stdio: ['pipe', 'pipe', 'inherit'], env })
  const lines: string[] = []
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line))
  const closed = once(child, 'close')
  return {
    lines,
    child,
    async says(line: string): Promise<void> {
      const signal = AbortSignal.timeout(deadlineMilliseconds)
      while (!lines.includes(line)) await once(output, 'line', { signal })
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await closed
    },
    async end(): Promise<number | null> {
      await closed
      return child.exitCode
    },
  }
}

/** A database of the last release. */
async function released(name: 'sqlite' | 'postgres') {
  if (!fixture) throw new Error('There is no fixture')
  const url = await emptyDatabase(name)
  await loadFixture(url, fixture)
  return { url, before: await tablesOf(url) }
}

const tablesOf = (url: string) => rowsOf({ url, storage: undefined as never, close: async () => undefined })

type Tables = Awaited<ReturnType<typeof tablesOf>>

/** Each step is there as a whole or not at all, and no row was lost. */
function assertWhole(before: Tables, now: Tables, done: number): void {
  const users = before.users?.length ?? 0
  for (const [name, rows] of Object.entries(before)) {
    if (name !== 'migrations') assert.equal(now[name]?.length, rows.length, `rows of ${name}`)
  }
  for (let step = 1; step <= steps; step++) {
    assert.equal(now[`done_${step}`]?.length, step <= done ? users : undefined, `step ${step} after ${done} steps`)
    const hasColumn = now.users?.some((row) => row.includes(`step_${step}`)) ?? false
    if (now.users?.[0]?.startsWith('{')) assert.equal(hasColumn, step <= done, `the column of step ${step} after ${done} steps`)
  }
}

for (const { name } of databases) {
  test(`${name}: RL-10: a kill at any point of an upgrade leaves whole steps, and the next start goes on`, async () => {
    const { url, before } = await released(name)
    for (const place of places) {
      const upgrading = start(url, place)
      await upgrading.says(place)
      await upgrading.kill()
      assertWhole(before, await tablesOf(url), Number(place.split('.')[0]) - 1)
    }
    const last = start(url)
    assert.equal(await last.end(), 0)
    assert.deepEqual(
      last.lines.filter((line) => line.includes('.') && !line.startsWith('schema')),
      points.map((point) => `${steps}.${point}`),
    )
    const now = await tablesOf(url)
    assertWhole(before, now, steps)
    assert.equal(now.migrations?.length, migrations.length + steps)
    if (name === 'sqlite') {
      const names = readdirSync(dirname(url.slice('sqlite:'.length)))
      assert.deepEqual([names.filter((one) => one.endsWith('.backup')).length, names.filter((one) => one.endsWith('.part'))], [2, []])
    }
  })

  test(`${name}: RL-10: a second process waits for the first; both come up, or the second does what a killed one left`, async () => {
    const { url, before } = await released(name)
    const killed = start(url, '1.middle')
    await killed.says('1.middle')
    const first = start(url, '1.middle')
    await first.says('schema.waiting')
    await killed.kill()
    await first.says('1.middle')
    const second = start(url)
    await second.says('schema.waiting')
    first.child.stdin.end()
    assert.deepEqual([await first.end(), await second.end()], [0, 0])
    const ran = [...first.lines, ...second.lines].filter((line) => line.endsWith('.end'))
    assert.deepEqual(
      ran.toSorted((a, b) => (a < b ? -1 : 1)),
      Array.from({ length: steps }, (_, index) => `${index + 1}.end`),
    )
    assertWhole(before, await tablesOf(url), steps)
  })
}

test('sqlite: RL-08, RL-10: SIGTERM during an upgrade ends it after the step, with exit code 0', async () => {
  const { url, before } = await released('sqlite')
  const upgrading = start(url, '1.middle')
  await upgrading.says('1.middle')
  upgrading.child.kill('SIGTERM')
  await upgrading.says('SIGTERM')
  upgrading.child.stdin.end()
  assert.equal(await upgrading.end(), 0)
  assert.ok(upgrading.lines.includes('stopped'))
  const now = await tablesOf(url)
  assertWhole(before, now, now.done_1 ? 1 : 0)
})

test('sqlite: RL-10: a kill while the copy is made leaves nothing that looks like a copy and is none', async () => {
  const { url, before } = await released('sqlite')
  const file = url.slice('sqlite:'.length)
  const copies = () => readdirSync(dirname(file)).filter((one) => one.includes('.schema-'))
  // Enough that copying takes a while.
  await tamper({ url, storage: undefined as never, close: async () => undefined }, [
    'create table ballast (id integer primary key, bytes blob)',
    'with recursive n (i) as (select 1 union all select i + 1 from n where i < 8) insert into ballast select i, randomblob(1000000) from n',
  ])
  for (let round = 0; round < (asked ? 20 : 1); round++) {
    const upgrading = start(url, '1.begin')
    const signal = AbortSignal.timeout(deadlineMilliseconds)
    while (!copies().some((one) => one.endsWith('.part')) && !upgrading.lines.includes('1.begin')) await delay(2, undefined, { signal })
    await delay(Math.random() * 60)
    await upgrading.kill()
    for (const copy of copies().filter((one) => one.endsWith('.backup'))) {
      const database = new DatabaseSync(join(dirname(file), copy), { readOnly: true })
      assert.deepEqual({ ...database.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
      assert.deepEqual({ ...database.prepare('select count(*) as count from users').get() }, { count: before.users?.length })
      database.close()
    }
  }
  assert.equal(await start(url).end(), 0)
  assertWhole(before, await tablesOf(url), steps)
  assert.ok(copies().every((one) => one.endsWith('.backup')))
})
