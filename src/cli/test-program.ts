import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { after } from 'node:test'

/** The command line as its users run it, in a process of its own. */

const program = new URL('./main.ts', import.meta.url).pathname

const root = await mkdtemp(join(tmpdir(), 'postern-cli-'))
after(() => rm(root, { recursive: true, force: true }))

let count = 0

/** A path in a folder that goes when the tests of the file end; nothing is there yet. */
export function freshPath(): string {
  return join(root, `data${count++}`)
}

export interface Setting {
  readonly input?: string | Uint8Array
  readonly environment?: Readonly<Record<string, string>>
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** Only what a program needs, so that the defaults are what is tested. The working directory holds no configuration file. */
function start(words: readonly string[], { environment = {} }: Setting): Child {
  const { PATH = '', HOME = '' } = process.env
  return spawn(process.execPath, [program, ...words], { cwd: root, env: { PATH, HOME, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] })
}

function gather(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

/** Runs a command to its end. */
export async function run(words: readonly string[], setting: Setting = {}): Promise<Ended> {
  const child = start(words, setting)
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)]
  child.stdin.end(setting.input ?? '')
  const [code] = await once(child, 'close')
  return { code: typeof code === 'number' ? code : null, stdout: stdout(), stderr: stderr() }
}

export interface Running {
  readonly url: string
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGINT'): Promise<number | null>
}

/** Starts `serve` on a free port and waits for the first line of its output. Throws with what it said when it ends before. */
export async function serve(data: string, words: readonly string[] = []): Promise<Running> {
  const child = start(['serve', '--data', data, '--port', '0', ...words], {})
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)]
  child.stdin.end()
  const closed = once(child, 'close')
  const isEnded = closed.then(() => true)
  while (!stdout().includes('\n')) {
    const isOver = await Promise.race([isEnded, once(child.stdout, 'data').then(() => false)])
    if (isOver) throw new Error(`serve ended with ${child.exitCode}: ${stderr()}`)
  }
  return {
    url: stdout().slice(0, stdout().indexOf('\n')),
    pid: child.pid ?? 0,
    stdout,
    stderr,
    async end(signal) {
      child.kill(signal)
      await closed
      return child.exitCode
    },
  }
}

/** Sends the head of a request and waits until the server has asked for its body, so that it is under way. */
export async function beginRequest(server: Running): Promise<{ readonly socket: Socket; answer(): string }> {
  const projectId = /^DESCOPE_PROJECT_ID=(.*)$/m.exec(server.stdout())?.[1]
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('error', () => undefined)
  const lines = [
    'POST /v1/auth/password/signin HTTP/1.1',
    'host: 127.0.0.1',
    `authorization: Bearer ${projectId}`,
    'content-type: application/json',
    `content-length: ${requestBody.length}`,
    'expect: 100-continue',
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      answer += chunk
      if (answer.includes('100 Continue')) resolve()
    })
  })
  return { socket, answer: () => answer }
}

/** The rest of that request: somebody whom nobody knows signs in. */
export const requestBody = JSON.stringify({ loginId: 'nobody@example.com', password: 'correct horse battery staple' })
