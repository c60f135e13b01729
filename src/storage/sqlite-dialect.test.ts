import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely, sql } from 'kysely'
import { sqliteDialect } from './sqlite-dialect.ts'

/** A database whose `commit` fails with a code of SQLite (https://www.sqlite.org/rescode.html). */
function failing(errcode: number): Kysely<Record<string, never>> {
  const execute = (text: string) => {
    if (text === 'commit') throw Object.assign(new Error('commit failed'), { errcode })
    return { rows: [] }
  }
  return new Kysely({
    dialect: sqliteDialect({ database: { execute, isInTransaction: () => true, close: () => undefined }, waitMilliseconds: 50 }),
  })
}

const cases: readonly (readonly [name: string, errcode: number, expected: RegExp])[] = [
  ['an fsync that failed', 1_034, /outcome of a commit is not known/],
  ['a full disk', 13, /unavailable/i],
  ['another process that writes', 5, /unavailable/i],
]

for (const [name, errcode, expected] of cases) {
  test(`RL-05: a commit that failed says that nothing happened only where that is known: ${name}`, async () => {
    const committed = failing(errcode)
      .transaction()
      .execute((tx) => sql`select 1`.execute(tx))
    await assert.rejects(committed, (error: Error) => expected.test(`${error.name} ${error.message}`))
  })
}
