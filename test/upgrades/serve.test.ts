import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import pg from 'pg'
import { freshPath, serve } from '../../src/cli/test-program.ts'
import { migrations } from '../../src/storage/migrations/index.ts'
import { databases } from '../databases.ts'
import { emptyDatabase, removeDatabases } from './empty-database.ts'
import { type Fixture, loadFixture, readFixtures } from './fixtures.ts'

after(removeDatabases)

/** A data folder with the key of the oldest fixture. */
function released(): { readonly data: string; readonly fixture: Fixture } {
  const fixture = readFixtures()[0]
  if (!fixture) throw new Error('There is no fixture')
  const data = freshPath()
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(join(data, 'master.key'), `${fixture.promises.masterKey}\n`, { mode: 0o600 })
  return { data, fixture }
}

test('RL-10: the program brings a released database up to date when it starts, and logs where the copy is', async () => {
  const { data, fixture } = released()
  await loadFixture(`sqlite:${join(data, 'postern.db')}`, fixture)
  const server = await serve(data)
  const { projectId, passwords } = fixture.promises
  for (const { loginId, password } of passwords.slice(0, 3)) {
    const headers = { authorization: `Bearer ${projectId}`, 'content-type': 'application/json' }
    const answer = await fetch(`${server.url}/v1/auth/password/signin`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ loginId, password }),
    })
    assert.equal(answer.status, 200, await answer.text())
  }
  const lines = server
    .stderr()
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
  const [copied, upgraded] = ['schema.copied', 'schema.upgraded'].map((event) => lines.find((line) => line.event === event))
  assert.ok(existsSync(String(copied?.file)))
  assert.deepEqual([upgraded?.from, upgraded?.to], [fixture.version, migrations.length])
  assert.equal(await server.end('SIGTERM'), 0)
})

if (databases.some(({ name }) => name === 'postgres')) {
  test('RL-08, RL-10: SIGTERM while the program waits to upgrade ends it with exit code 0, and the next start does it', async () => {
    const { data, fixture } = released()
    const url = await emptyDatabase('postgres')
    await loadFixture(url, fixture)
    const other = new pg.Client({ connectionString: url })
    await other.connect()
    await other.query('select pg_advisory_lock(7062318459)')
    const program = new URL('../../src/cli/main.ts', import.meta.url).pathname
    const words = ['--data', data, '--database', url, '--port', '0']
    const waiting = spawn(process.execPath, [program, 'serve', ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
    const events: unknown[] = []
    const closed = once(waiting, 'close')
    for await (const line of createInterface(waiting.stderr)) {
      events.push(JSON.parse(line).event)
      if (events.at(-1) === 'schema.waiting') waiting.kill('SIGTERM')
    }
    await closed
    assert.deepEqual([waiting.exitCode, events.slice(-2)], [0, ['schema.waiting', 'server.stopped']])
    await other.end()
    const server = await serve(data, ['--database', url])
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
    assert.equal(await server.end('SIGTERM'), 0)
  })
}
