import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { databases } from '../../test/databases.ts'
import { testLog } from '../../test/kit.ts'
import { parseOptions } from '../options.ts'
import { openOrCreate } from './installation.ts'
import { freshPath } from './test-program.ts'

for (const kind of databases) {
  test(`RL-03: several first starts at once make one key and one project, and all come up [${kind.name}]`, async () => {
    const database = kind.name === 'postgres' ? await kind.open() : undefined
    try {
      const data = freshPath()
      const flags = { data, ...(database && { database: database.url }) }
      const options = parseOptions({ flags, environment: {}, file: undefined })
      const starting = Array.from({ length: 4 }, () => openOrCreate(options, { isHardened: false, ports: { log: testLog() } }))
      const started = await Promise.all(starting)
      try {
        const made = started.flatMap(({ first }) => first ?? [])
        assert.equal(made.length, 1)
        for (const { auth } of started) {
          const projects = await auth.api.listProjects()
          assert.deepEqual(
            projects.map(({ id }) => id),
            [made[0]?.projectId],
          )
        }
      } finally {
        for (const { auth } of started) await auth.close()
      }
      const keys = (await readdir(data)).filter((name) => name.includes('master.key'))
      assert.deepEqual(keys, ['master.key'])
      assert.equal((await readFile(join(data, 'master.key'), 'utf8')).trim().length, 43)
    } finally {
      await database?.close()
    }
  })
}
