import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sql } from 'kysely'
import { boundedTogether } from '../../src/core/vain-waits.ts'
import type { Migration } from '../../src/storage/migrate.ts'
import { migrations } from '../../src/storage/migrations/index.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { openOnThreadWhenAsked } from '../../src/storage/sqlite-thread.ts'
import { loginId, project, race, user, winners } from './records.ts'
import { later, nextStep } from './steps.ts'

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-'))
  try {
    await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('sqlite: two first starts at once make one schema', () =>
  inFolder(async (folder) => {
    const opened = await race(4, () => openSqlite({ file: join(folder, 'postern.db') }))
    await opened[0]?.projects.insert(project({ id: 'P1' }))
    for (const storage of opened) {
      assert.equal((await storage.projects.list()).length, 1)
      await storage.close()
    }
  }))

test('RL-10: an upgrade of the embedded database leaves a private copy as it was', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'postern.db')
    const first = await openSqlite({ file })
    await first.projects.insert(project({ id: 'P1' }))
    await first.close()
    const backups = async () => (await readdir(folder)).filter((name) => name.endsWith('.backup'))
    assert.deepEqual(await backups(), [], 'a new database has nothing to copy')
    const upgraded = await openSqlite({ file, migrations: [...migrations, nextStep(later, ['delete from projects'])] })
    assert.deepEqual(await upgraded.projects.list(), [])
    await upgraded.close()
    const [copy = '', ...others] = await backups()
    assert.deepEqual(others, [])
    assert.match(copy, new RegExp(`^postern\\.db\\.schema-${later - 1}\\.`))
    assert.equal((await stat(join(folder, copy))).mode & 0o777, 0o600)
    await assert.rejects(
      openSqlite({ file }),
      (error: Error) => error.name === 'SchemaTooNew' && error.message.includes(join(folder, copy)),
    )
    const restored = await openSqlite({ file: join(folder, copy) })
    assert.equal((await restored.projects.list()).length, 1)
    await restored.close()
  }))

test('RL-02: the embedded database writes ahead, syncs every commit, and keeps its references', () =>
  inFolder(async (folder) => {
    const found: Record<string, unknown> = {}
    const look: Migration = {
      number: later,
      name: 'look',
      async up({ db }) {
        for (const name of ['journal_mode', 'synchronous', 'foreign_keys', 'trusted_schema', 'busy_timeout', 'encoding']) {
          const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(db)
          found[name] = Object.values(rows[0] ?? {})[0]
        }
      },
    }
    await (await openSqlite({ file: join(folder, 'postern.db'), migrations: [...migrations, look] })).close()
    const expected = { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, trusted_schema: 0, busy_timeout: 0, encoding: 'UTF-8' }
    assert.deepEqual(found, expected)
  }))

test('sqlite: only the owner can read the files', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'deep', 'postern.db')
    const storage = await openSqlite({ file })
    await storage.projects.insert(project({ id: 'P1' }))
    const modes = async () => {
      const names = await readdir(join(folder, 'deep'))
      return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await stat(join(folder, 'deep', name))).mode & 0o777])))
    }
    assert.deepEqual(await modes(), { 'postern.db': 0o600, 'postern.db-wal': 0o600, 'postern.db-shm': 0o600 })
    assert.equal((await stat(join(folder, 'deep'))).mode & 0o777, 0o700)
    await storage.close()
    await chmod(file, 0o644)
    const again = await openSqlite({ file })
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    await again.close()
  }))

test('RL-01: what the embedded database acknowledged survives a kill', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'postern.db')
    const module = new URL('../../src/storage/sqlite.ts', import.meta.url).href
    const writer = `
      const { openSqlite } = await import(${JSON.stringify(module)})
      const storage = await openSqlite({ file: ${JSON.stringify(file)} })
      for (let i = 0; ; i++) {
        await storage.projects.insert({ id: 'P' + i, name: '', settings: {}, settingsVersion: 1, createdAt: i })
        await new Promise((resolve) => process.stdout.write(i + '\\n', resolve))
      }`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', writer], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    for await (const chunk of child.stdout) {
      output += String(chunk)
      if (output.split('\n').length > 50) child.kill('SIGKILL')
    }
    if (child.signalCode === null) await once(child, 'exit')
    const acknowledged = output.split('\n').slice(0, -1)
    assert.ok(acknowledged.length >= 50)
    const storage = await openSqlite({ file })
    const there = new Set((await storage.projects.list()).map(({ id }) => id))
    assert.deepEqual(
      acknowledged.filter((number) => !there.has(`P${number}`)),
      [],
    )
    await storage.close()
  }))

test('sqlite: a wait for another process ends in time, holds up nobody else, and leaves the storage working', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'postern.db')
    const storage = await openSqlite({ file, waitMilliseconds: 150 })
    const other = new DatabaseSync(file)
    await storage.projects.insert(project({ id: 'P1' }))
    other.exec('begin immediate')
    let turns = 0
    const counting = setInterval(() => turns++, 1)
    const started = performance.now()
    const waiting = [
      storage.users.insert(user('P1', 'U1'), [loginId('a')]),
      storage.meta.putIfAbsent('k', 'v'),
      storage.transaction(async () => undefined),
    ]
    const outcomes = await Promise.allSettled(waiting)
    clearInterval(counting)
    assert.ok(performance.now() - started < 2_000)
    assert.ok(turns > 5, 'timers run during the wait')
    for (const outcome of outcomes) assert.equal(outcome.status === 'rejected' && outcome.reason.name, 'Unavailable')
    assert.equal((await storage.projects.list()).length, 1, 'reading goes on')
    const late = storage.users.insert(user('P1', 'U1'), [loginId('a')])
    setTimeout(() => other.exec('commit'), 20)
    assert.equal(await late, true, 'a short wait ends well')
    other.close()
    await storage.close()
  }))

test('RL-04: sqlite: one caller who tries again and again waits no longer than once', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'postern.db')
    const storage = await openSqlite({ file, waitMilliseconds: 300 })
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    const fiveTimes = async () => {
      const started = performance.now()
      for (let time = 0; time < 5; time++) await assert.rejects(storage.meta.putIfAbsent('k', 'v'), { name: 'Unavailable' })
      return performance.now() - started
    }
    const [together, alone] = [await boundedTogether(fiveTimes), await fiveTimes()]
    assert.ok(together < alone * 0.75, `${together} ms, and ${alone} ms where nobody counts`)
    other.exec('commit')
    other.close()
    await boundedTogether(() => storage.meta.putIfAbsent('k', 'v'))
    await storage.close()
  }))

test('sqlite: using the outer storage inside a transaction ends in an error and not in a standstill', () =>
  inFolder(async (folder) => {
    const storage = await openSqlite({ file: join(folder, 'postern.db'), waitMilliseconds: 50 })
    await assert.rejects(
      storage.transaction(() => storage.meta.putIfAbsent('k', 'v')),
      { name: 'Unavailable' },
    )
    assert.equal(await storage.meta.putIfAbsent('k', 'v'), 'v')
    await storage.close()
  }))

test('sqlite: a full disk refuses writes with 503, keeps reading, and recovers', () =>
  inFolder(async (folder) => {
    // The limit holds for the connection that ran the step, and stands for the end of the disk.
    const limited = nextStep(later, ['pragma max_page_count = 130'])
    const storage = await openSqlite({ file: join(folder, 'postern.db'), migrations: [...migrations, limited] })
    const settings = { text: 'x'.repeat(5_000) }
    const fill = async () => {
      for (let index = 0; index < 200; index++) await storage.projects.insert(project({ id: `P${index}`, settings }))
    }
    await assert.rejects(fill(), { name: 'Unavailable' })
    const written = (await storage.projects.list()).length
    assert.ok(written > 0 && written < 200)
    const half = storage.transaction(async (tx) => {
      await tx.meta.putIfAbsent('k', 'v')
      await tx.projects.insert(project({ id: 'Plarge', settings: { text: 'x'.repeat(100_000) } }))
    })
    await assert.rejects(half, { name: 'Unavailable' })
    assert.equal(await storage.meta.get('k'), undefined)
    assert.equal(await storage.meta.putIfAbsent('small', 'fits'), 'fits')
    await storage.close()
  }))

test('sqlite: on a thread of its own it keeps the same promises', () =>
  inFolder(async (folder) => {
    const storage = await openSqlite({ file: join(folder, 'postern.db'), writesMuch: true })
    try {
      await storage.projects.insert(project({ id: 'P1' }))
      await assert.rejects(storage.projects.insert(project({ id: 'P1' })), (error: Error & { errcode?: number }) => error.errcode === 1555)
      const undone = storage.transaction(async (tx) => {
        assert.equal(await tx.users.insert(user('P1', 'U1'), [loginId('a')]), true)
        throw new Error('undone')
      })
      await assert.rejects(undone, /undone/)
      assert.equal(await storage.users.byLoginId('P1', 'a'), undefined)
      const results = await race(20, (index) =>
        storage.transaction((tx) => tx.users.insert(user('P1', `U${index}`), [loginId(index % 2 ? 'odd' : `even${index}`)])),
      )
      assert.equal(winners(results), 11)
      await storage.snapshot(async (view) => assert.equal(await view.accounts.count('P1'), await storage.accounts.count('P1')))
    } finally {
      await storage.close()
    }
  }))

test('sqlite: who writes one transaction after the other lets other processes in', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'postern.db')
    const [busy, other] = [await openSqlite({ file, writesMuch: true }), await openSqlite({ file })]
    let written = 0
    let isOver = false
    const writeOnAndOn = async () => {
      while (!isOver) {
        // The lock is held nearly all of the time.
        await busy.transaction(async (tx) => {
          for (let index = 0; index < 200; index++) await tx.projects.insert(project({ id: `P${written}-${index}` }))
        })
        written++
      }
    }
    const writing = writeOnAndOn()
    try {
      await other.projects.insert(project({ id: 'first' }))
      const before = written
      for (const id of ['second', 'third', 'fourth', 'fifth']) await other.projects.insert(project({ id }))
      assert.ok(written - before < 16, `${written - before} transactions went before four`)
    } finally {
      isOver = true
      await writing
      await Promise.all([busy.close(), other.close()])
    }
  }))

test('sqlite: a thread that could not open its database is started again when next asked', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'later', 'postern.db')
    const connection = openOnThreadWhenAsked({ file, pragmas: ['pragma query_only = on'] })
    await assert.rejects(async () => connection.execute('select 1 as one', []))
    await mkdir(join(folder, 'later'))
    assert.deepEqual((await connection.execute('select 1 as one', [])).rows, [{ one: 1 }])
    await assert.rejects(async () => connection.execute('create table t (c)', []), /readonly/)
    await connection.close()
  }))
