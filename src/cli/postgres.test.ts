import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { createDatabase } from '../../test/server-process.ts'
import { freshPath, run } from './test-program.ts'

const server = process.env.POSTERN_TEST_POSTGRES_URL

// `npm test` says at its end which databases it ran on.
if (server) {
  test('CR-02: another folder over a PostgreSQL database that has data makes no key that counts', async () => {
    const database = await createDatabase(server)
    try {
      const [mine, other] = [freshPath(), freshPath()]
      const on = (data: string, words: readonly string[]) => run([...words, '--data', data, '--database', database.url])
      assert.equal((await on(mine, ['init'])).code, 0)
      assert.deepEqual(await readdir(mine), ['master.key'])

      const refused = await on(other, ['serve', '--port', '0'])
      assert.equal(refused.code, 4)
      assert.match(refused.stderr, /is not the one that this database was made with.*There is no masterKeyFile/)
      assert.ok(!(await readdir(other)).includes('master.key'))

      assert.equal((await on(mine, ['user', 'create', 'ada'])).code, 0)
      assert.equal((await on(mine, ['init'])).code, 1)
    } finally {
      await database.drop()
    }
  })

  test('doctor: masks what a PostgreSQL URL holds', async () => {
    const database = await createDatabase(server)
    try {
      const data = freshPath()
      await run(['init', '--data', data, '--database', database.url])
      const { code, stdout } = await run(['doctor', '--data', data], { environment: { POSTERN_DATABASE: database.url } })
      assert.equal(code, 0)
      assert.match(stdout, /^database: postgres:\/\/\*\*\*@/m)
      assert.match(stdout, /The database: server_version \d+.*synchronous_commit on.*statement_timeout 2800ms, lock_timeout 2s/)
      assert.match(stdout, /^weaker +RL-02: fsync is off/m, 'the server of the tests forces nothing to disk')
    } finally {
      await database.drop()
    }
  })
}
