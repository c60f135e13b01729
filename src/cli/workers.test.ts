import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { databases } from '../../test/databases.ts'
import { beginRequest, freshPath, type Running, requestBody, run, serve } from './test-program.ts'

const patienceMilliseconds = 120_000

/** Asks again until the answer will do. */
async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = performance.now() + patienceMilliseconds
  while (performance.now() < end) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await delay(50)
  }
  throw new Error(`In vain: ${what}`)
}

interface LogLine {
  readonly event: string
  readonly worker?: number
  readonly signal?: string
}

function logOf(server: Running): readonly LogLine[] {
  return server
    .stderr()
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine)
}

const listening = (server: Running) => logOf(server).filter(({ event }) => event === 'server.listening')
const bothListen = (server: Running) => until('two workers', () => (listening(server).length >= 2 ? true : undefined))

/** A request on a connection of its own, so that the workers take turns. */
function get(url: string): Promise<Response> {
  return fetch(url, { headers: { connection: 'close' } })
}

/** Process IDs of the children. */
async function workersOf(server: Running): Promise<readonly number[]> {
  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8')
  return children.trim().split(' ').map(Number)
}

for (const kind of databases) {
  test(`RL-08: two workers answer on one port, one that dies is replaced, and all stop together [${kind.name}]`, async () => {
    const database = kind.name === 'postgres' ? await kind.open() : undefined
    const server = await serve(freshPath(), ['--workers', '2', ...(database ? ['--database', database.url] : [])])
    try {
      await bothListen(server)
      assert.equal(server.stdout().match(/^DESCOPE_PROJECT_ID=/gm)?.length, 1, 'what a first start prints is printed once')
      const answered = () => new Set(logOf(server).flatMap(({ event, worker }) => (event === 'http.request' ? [worker] : [])))
      await until('answers of both', async () => {
        assert.equal((await get(`${server.url}/readyz`)).status, 200)
        return answered().size === 2 || undefined
      })
      const [victim = 0] = await workersOf(server)
      process.kill(victim, 'SIGKILL')
      await until('a third one', () => (listening(server).length >= 3 ? true : undefined))
      assert.deepEqual(
        logOf(server)
          .filter(({ event }) => event === 'worker.ended')
          .map(({ worker, signal }) => [typeof worker, signal]),
        [['number', 'SIGKILL']],
      )
      assert.equal((await get(`${server.url}/readyz`)).status, 200)
      const { socket, answer } = await beginRequest(server)
      // As a terminal, or a supervisor that signals the whole group.
      for (const worker of await workersOf(server)) process.kill(worker, 'SIGTERM')
      const ended = server.end('SIGTERM')
      await until('the end to begin', () => logOf(server).some(({ event }) => event === 'server.stopping') || undefined)
      socket.write(requestBody)
      assert.equal(await ended, 0)
      assert.match(answer(), /HTTP\/1\.1 401 .*"errorCode":"E062903"/s, 'what was under way is finished')
    } finally {
      await server.end('SIGTERM')
      await database?.close()
    }
    const ends = logOf(server).filter(({ event }) => event === 'server.stopped')
    assert.deepEqual(new Set(ends.map(({ worker }) => worker)), new Set([1, 2]))
  })
}

test('workers: figures add up, messages are seen by whoever waits at another worker, and none is left behind by a killed parent', async () => {
  const server = await serve(freshPath(), ['--workers', '2'])
  await bothListen(server)
  const projectId = /^DESCOPE_PROJECT_ID=(.*)$/m.exec(server.stdout())?.[1]
  const key = /^DESCOPE_MANAGEMENT_KEY=(.*)$/m.exec(server.stdout())?.[1]
  for (let i = 0; i < 10; i++) assert.equal((await get(`${server.url}/healthz`)).status, 200)
  const line = /^postern_http_requests_total\{route="\/healthz".*\} (\d+)$/m
  for (let i = 0; i < 4; i++) {
    await until('the sum, whichever worker is asked', async () => {
      const figures = await (await get(`${server.url}/metrics`)).text()
      assert.equal(figures.match(/^postern_sessions_live /gm)?.length, 1)
      // One that is busy for seconds is missing.
      return line.exec(figures)?.[1] === '10' || undefined
    })
  }

  const waiting = [1, 2].map(async () => {
    const path = `/v1/test/outbox?to=ada@example.com&waitSeconds=20`
    const answer = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${projectId}:${key}`, connection: 'close' } })
    const { messages } = (await answer.json()) as { readonly messages: readonly { readonly to: string }[] }
    return messages.map(({ to }) => to)
  })
  const signUp = await fetch(`${server.url}/v1/auth/password/signup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${projectId}`, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ loginId: 'ada@example.com', password: 'correct horse battery staple' }),
  })
  assert.equal(signUp.status, 200)
  assert.deepEqual(await Promise.all(waiting), [['ada@example.com'], ['ada@example.com']])

  const { port } = new URL(server.url)
  const another = await run(['serve', '--data', freshPath(), '--port', port, '--workers', '2', '--log-level', 'error'])
  assert.equal(another.code, 4)
  assert.match(another.stderr, /^postern: port \(\d+\): another program has it.*--port.*\n$/, 'told once')
  assert.equal(another.stdout, '')

  const workers = await workersOf(server)
  process.kill(server.pid, 'SIGKILL')
  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }
  await until('their end', () => !workers.some(isAlive) || undefined)
})
