import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase } from '../server-process.ts'
import { killImports } from './kills.ts'

/** `POSTERN_IMPORT_KILLS=50` kills more often, and imports more users. */
const kills = Number(process.env.POSTERN_IMPORT_KILLS ?? 3)
const users = kills * 5000
const postgresUrl = process.env.POSTERN_TEST_POSTGRES_URL

for (const kind of ['sqlite', ...(postgresUrl ? ['postgres'] : [])]) {
  test(`RL-01: an import that is killed again and again takes everybody in once and whole [${kind}]`, async () => {
    const database = kind === 'postgres' && postgresUrl ? await createDatabase(postgresUrl) : undefined
    try {
      const figures = await killImports({ users, kills, ...(database ? { databaseUrl: database.url } : {}) })
      assert.equal(figures.killedHalfway, kills)
      assert.deepEqual(figures.report, figures.expected, 'as if nobody had disturbed it')
      assert.ok(figures.resumedAfter > 0)
      assert.deepEqual([figures.stored, figures.incomplete], [figures.expected.imported, 0])
    } finally {
      await database?.drop()
    }
  })
}
