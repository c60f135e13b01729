import assert from 'node:assert/strict'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { keepCopy, newestCopy } from './sqlite-copy.ts'

async function inFolder(run: (file: string, names: () => readonly string[]) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-copy-'))
  const file = join(folder, 'postern.db')
  const database = new DatabaseSync(file)
  database.exec("pragma journal_mode = wal; create table t (x text); insert into t values ('here')")
  try {
    await run(file, () => readdirSync(folder).filter((name) => name.includes('.schema-')))
  } finally {
    database.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const contentOf = (file: string) => {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare('select x from t').all()
  database.close()
  return rows.map(({ x }) => x)
}

test('RL-10: a copy holds what was there, for its owner alone', () =>
  inFolder(async (file, names) => {
    const copy = keepCopy({ file, fromVersion: 4 })
    assert.deepEqual(contentOf(copy), ['here'])
    assert.equal(statSync(copy).mode & 0o777, 0o600)
    assert.equal(names().length, 1)
  }))

test('RL-10: the two newest copies stay, and nothing else is touched', () =>
  inFolder(async (file, names) => {
    const others = [
      `${file}.schema-4.mine.backup`,
      `${file}.schema-4.backup.txt`,
      `${file}-of-mine.schema-4.2026-01-01T00-00-00-000Z.backup`,
    ]
    for (const other of others) writeFileSync(other, 'mine')
    const made: string[] = []
    for (const fromVersion of [4, 5, 10]) {
      made.push(keepCopy({ file, fromVersion }))
      await delay(2)
    }
    const [first = '', ...rest] = made
    assert.equal(names().includes(first), false)
    for (const path of [...rest, ...others]) assert.ok(statSync(path).size > 0, path)
    assert.equal(names().length, rest.length + others.length)
    assert.deepEqual([newestCopy(file, 9), newestCopy(file, 10), newestCopy(file, 4)], [rest[0], rest[1], undefined])
  }))

test('RL-10: a copy that a kill left unfinished has no name of a copy, and goes with the next', () =>
  inFolder(async (file, names) => {
    writeFileSync(`${file}.schema-4.2026-01-01T00-00-00-000Z.backup.part`, 'half')
    writeFileSync(`${file}.schema-4.2026-01-01T00-00-00-000Z.backup.part-journal`, 'half')
    assert.equal(newestCopy(file, 9), undefined)
    const copy = keepCopy({ file, fromVersion: 4 })
    assert.deepEqual(names(), [copy.slice(copy.lastIndexOf('/') + 1)])
  }))

test('RL-10: without room, or in a folder that takes no files, there is no copy and nothing is left behind', () =>
  inFolder(async (file, names) => {
    assert.throws(
      () => keepCopy({ file, fromVersion: 4, freeBytes: 5_000_000 }),
      /has 5 MiB free, and 17 MiB are needed\. Nothing has changed/,
    )
    assert.deepEqual(names(), [])
    rmSync(file)
    assert.throws(() => keepCopy({ file, fromVersion: 4 }))
    assert.deepEqual(names(), [])
  }))

test('RL-10: a database that is damaged is not copied over in silence', () =>
  inFolder(async (file, names) => {
    const database = new DatabaseSync(file, { defensive: false })
    database.exec('create index t_x on t (x)')
    database.exec("pragma writable_schema = on; update sqlite_schema set sql = 'create index t_x on t (y)' where name = 't_x'")
    database.close()
    assert.throws(() => keepCopy({ file, fromVersion: 4 }))
    assert.deepEqual(names(), [])
  }))
