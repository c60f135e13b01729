import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { beginRequest, freshPath, type Running, requestBody, run, serve } from './test-program.ts'

test('serve: the first start makes what it needs and prints the keys once, and its curl signs somebody up', async () => {
  const data = freshPath()
  const first = await serve(data)
  assert.match(first.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.equal((await fetch(`${first.url}/readyz`)).status, 200)

  const output = first.stdout()
  const projectId = /^DESCOPE_PROJECT_ID=(P[0-9A-Za-z]{27})$/m.exec(output)?.[1] ?? ''
  const key = /^DESCOPE_MANAGEMENT_KEY=(\S{60,})$/m.exec(output)?.[1] ?? ''
  assert.equal(projectId.length, 28)
  assert.ok(output.includes(`DESCOPE_BASE_URL=${first.url}\n`))

  const command = /^curl .*$/m.exec(output)?.[0] ?? ''
  const { stdout } = await promisify(execFile)('sh', ['-c', command])
  assert.equal(JSON.parse(stdout).user.email, 'ada@example.com')
  const license = await fetch(`${first.url}/v1/mgmt/license`, { headers: { authorization: `Bearer ${projectId}:${key}` } })
  assert.equal(license.status, 200)
  assert.equal(await first.end('SIGTERM'), 0)

  for (const [file, mode] of [
    ['', 0o700],
    ['postern.db', 0o600],
    ['master.key', 0o600],
  ] as const) {
    assert.equal((await stat(join(data, file))).mode & 0o777, mode, file)
  }

  const second = await serve(data)
  assert.equal((await fetch(`${second.url}/readyz`)).status, 200)
  assert.equal(await second.end('SIGINT'), 0)
  assert.equal(second.stdout(), `${second.url}\n`)
  for (const text of [first.stderr(), second.stderr()]) {
    assert.ok(!text.includes(key), 'CR-01: the management key is not logged')
    for (const line of text.trim().split('\n')) assert.equal(typeof JSON.parse(line).event, 'string')
  }
})

test('serve: with --json the first line is an object, with the keys of a first start', async () => {
  const server = await serve(freshPath(), ['--json'])
  const started = JSON.parse(server.url)
  assert.deepEqual(Object.keys(started), ['url', 'projectId', 'managementKey'])
  assert.equal(await server.end('SIGTERM'), 0)
  assert.equal(server.stdout().trim().split('\n').length, 1)
})

async function isStopping(server: Running): Promise<void> {
  while (!server.stderr().includes('server.stopping')) await new Promise((resolve) => setImmediate(resolve))
}

/** Asks until no connection is taken any more, which is soon after the server began to stop. Answers what it said of its readiness until then. */
async function readinessUntilClosed({ url }: Running): Promise<readonly number[]> {
  const statuses: number[] = []
  for (;;) {
    try {
      statuses.push((await fetch(`${url}/readyz`)).status)
    } catch {
      return statuses
    }
  }
}

test('RL-08: SIGTERM lets a request under way finish and takes no new one', async () => {
  const server = await serve(freshPath())
  const { socket, answer } = await beginRequest(server)
  const ended = server.end('SIGTERM')
  await readinessUntilClosed(server)
  socket.write(requestBody)
  assert.equal(await ended, 0)
  assert.match(answer(), /HTTP\/1\.1 401 .*"errorCode":"E062903"/s)
  assert.match(server.stderr(), /"event":"server.stopped","isDone":true/)
})

test('RL-08: with a time to drain, SIGTERM makes it unready first, and requests are answered until the time is over', async () => {
  const server = await serve(freshPath(), ['--drain-seconds', '4'])
  const ended = server.end('SIGTERM')
  await isStopping(server)
  const readiness = await fetch(`${server.url}/readyz`)
  assert.equal(readiness.status, 503)
  assert.equal(readiness.headers.get('connection'), 'close')
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  const { socket, answer } = await beginRequest(server)
  socket.write(requestBody)
  await once(socket, 'close')
  assert.match(answer(), /HTTP\/1\.1 401 .*"errorCode":"E062903"/s)
  assert.equal(await ended, 0)
  assert.match(server.stderr(), /"event":"server.stopped","isDone":true/)
})

test('RL-08: Ctrl-C does not wait for a proxy', async () => {
  const server = await serve(freshPath(), ['--drain-seconds', '15'])
  const ended = server.end('SIGINT')
  const statuses = await readinessUntilClosed(server)
  assert.ok(!statuses.includes(503), 'it never began to drain')
  assert.equal(await ended, 0)
})

test('RL-08: a second signal ends the server at once', async () => {
  const server = await serve(freshPath())
  await beginRequest(server)
  process.kill(server.pid, 'SIGTERM')
  await isStopping(server)
  assert.equal(await server.end('SIGTERM'), 1)
})

test('serve: a port that is taken is told, with a remedy', async () => {
  const server = await serve(freshPath())
  const { port } = new URL(server.url)
  const { code, stderr, stdout } = await run(['serve', '--data', freshPath(), '--port', port])
  assert.equal(await server.end('SIGTERM'), 0)
  assert.equal(code, 4)
  assert.match(stderr, /port \(\d+\): another program has it.*--port/)
  assert.equal(stdout, '')
})

test('CR-02: a start with another key, or with none over data, is refused and changes nothing', async () => {
  const [data, other] = [freshPath(), freshPath()]
  assert.equal((await run(['init', '--data', data])).code, 0)
  assert.equal((await run(['init', '--data', other])).code, 0)
  const key = join(data, 'master.key')
  const kept = join(data, 'kept')
  await rename(key, kept)

  const without = await run(['serve', '--data', data, '--port', '0'])
  assert.equal(without.code, 2)
  assert.match(without.stderr, /masterKeyFile .*no such file, but there is a database/)
  assert.equal(await stat(key).catch(() => undefined), undefined)

  await writeFile(key, await readFile(join(other, 'master.key')), { mode: 0o600 })
  const withAnother = await run(['serve', '--data', data, '--port', '0'])
  assert.equal(withAnother.code, 4)
  assert.match(withAnother.stderr, /masterKeyFile.* not the one that this database was made with/)
  assert.ok(!withAnother.stderr.includes((await readFile(key, 'utf8')).trim()))

  await rename(kept, key)
  const right = await serve(data)
  assert.equal(await right.end('SIGTERM'), 0)
})
