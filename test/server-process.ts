import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** The program as its users run it: in a process of its own, through the command line. For what tests in process cannot show: real sockets, real SDKs, kills. */

const program = new URL('../src/cli/main.ts', import.meta.url).pathname
const readyMilliseconds = 30_000

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** Data on disk, with one project in it. */
export interface Installation {
  /** Holds the key file, and the database when that is embedded. */
  readonly folder: string
  /** Where the database is when it is not embedded. */
  readonly databaseUrl: string | undefined
  readonly projectId: string
  readonly managementKey: string
  /** Runs a command of the program on this data and answers what it printed. Throws with its messages when it fails. */
  command(words: readonly string[], input?: string): Promise<string>
  /** Starts a server on this data and waits until it is ready. Port 0 is any free one. */
  serve(options?: ServeOptions): Promise<ServerProcess>
  /** Removes the folder. Stop the server first. */
  remove(): Promise<void>
}

/** How a server is started where the defaults do not do. */
export interface ServeOptions {
  readonly port?: number
  /** More flags of the program. The last one of a name counts. */
  readonly flags?: readonly string[]
  /** Flags of Node.js. */
  readonly nodeFlags?: readonly string[]
  /** A program that becomes the server, with what comes before the server's own words: `prlimit --nofile=256` for one. */
  readonly through?: readonly string[]
  /** File that the log goes to in place of the memory of the test. */
  readonly logFile?: string
}

/** A server that listens. */
export interface ServerProcess {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** From the start of the process to the first 200 of `/readyz`. */
  readonly readyAfterMilliseconds: number
  /** The end of what it logged. */
  log(): string
  /** Asks it to end and answers its exit code. */
  stop(): Promise<number | null>
  /** Kills it at once, with nothing finished. */
  kill(): Promise<void>
  /** Whether it has not ended. */
  isAlive(): boolean
  /** Sends it a signal and waits for nothing. */
  signal(signal: NodeJS.Signals): void
  /** Its exit code once it has ended; null after a signal. */
  readonly ended: Promise<number | null>
}

interface DataOptions {
  readonly databaseUrl?: string | undefined
  /** Where the folder is made; that of temporary files if absent. */
  readonly parentFolder?: string
}

/** Makes fresh data with `postern init`, in a new folder and, when `databaseUrl` is given, in that PostgreSQL database. */
export function install(options: DataOptions = {}): Promise<Installation> {
  return makeData(options, async ({ command }) => {
    const made: unknown = JSON.parse(await command(['init', '--json']))
    if (!isProject(made)) throw new Error('postern init did not print a project')
    return made
  })
}

/** The same of a backup: with the key file of the data that it was made of, and nothing else. */
export function restore(
  options: DataOptions & { readonly from: Installation; readonly file: string; readonly choice: '--end-sessions' | '--keep-sessions' },
): Promise<Installation> {
  const { from, file, choice } = options
  return makeData(options, async ({ folder, command }) => {
    await copyFile(join(from.folder, 'master.key'), join(folder, 'master.key'))
    await command(['restore', file, choice])
    return from
  })
}

type Program = Pick<Installation, 'folder' | 'command'>

async function makeData(
  { databaseUrl, parentFolder = tmpdir() }: DataOptions,
  fill: (program: Program) => Promise<{ readonly projectId: string; readonly managementKey: string }>,
): Promise<Installation> {
  const folder = await mkdtemp(join(parentFolder, 'postern-server-'))
  const where = ['--data', folder, ...(databaseUrl ? ['--database', databaseUrl] : [])]
  const command = (words: readonly string[], input = '') => runProgram([...words, ...where], input)
  try {
    const { projectId, managementKey } = await fill({ folder, command })
    return {
      ...{ folder, databaseUrl, projectId, managementKey, command },
      serve: (how = {}) => startServer(['serve', ...where, '--port', String(how.port ?? 0), ...(how.flags ?? [])], how),
      remove: () => rm(folder, { recursive: true, force: true }),
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Creates an empty database on a PostgreSQL server. */
export async function createDatabase(serverUrl: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `postern_${randomBytes(8).toString('hex')}`
  await query(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => query(serverUrl, `drop database ${name} with (force)`) }
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function isProject(value: unknown): value is { projectId: string; managementKey: string } {
  if (typeof value !== 'object' || value === null) return false
  return 'projectId' in value && typeof value.projectId === 'string' && 'managementKey' in value && typeof value.managementKey === 'string'
}

/** Only what a program needs: nothing of the test's own settings, so that the defaults are what is tested. */
function environment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

function spawnProgram(words: readonly string[], { nodeFlags = [], through = [] }: ServeOptions = {}): Child {
  const [command = '', ...rest] = [...through, process.execPath, ...nodeFlags, program, ...words]
  return spawn(command, rest, { env: environment(), stdio: ['pipe', 'pipe', 'pipe'] })
}

/** A server whose log goes to a file: a shell sends it there and becomes the server. */
function spawnServer(words: readonly string[], how: ServeOptions): Child {
  const { logFile, through = [] } = how
  if (logFile === undefined) return spawnProgram(words, how)
  return spawnProgram(words, { ...how, through: ['/bin/sh', '-c', 'log=$1; shift; exec "$@" 2>>"$log"', 'sh', logFile, ...through] })
}

async function runProgram(words: readonly string[], input: string): Promise<string> {
  const child = spawnProgram(words)
  const output = gather(child.stdout)
  const messages = gather(child.stderr)
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`postern ${words[0] ?? ''} ended with ${String(code)}: ${messages()}${output()}`)
  return output()
}

function gather(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-20_000)
  })
  return () => text
}

async function startServer(words: readonly string[], how: ServeOptions): Promise<ServerProcess> {
  const started = performance.now()
  const child = spawnServer(words, how)
  const output = gather(child.stdout)
  const log = gather(child.stderr)
  child.stdin.end()
  const closed = once(child, 'close')
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
    child.kill(signal)
    await closed
    return child.exitCode
  }
  try {
    const url = await readiness(child, output, started)
    return {
      url,
      port: Number(new URL(url).port),
      pid: child.pid ?? 0,
      readyAfterMilliseconds: performance.now() - started,
      log,
      stop: () => end('SIGTERM'),
      kill: async () => void (await end('SIGKILL')),
      isAlive: () => child.exitCode === null && child.signalCode === null,
      signal: (signal) => void child.kill(signal),
      ended: closed.then(() => child.exitCode),
    }
  } catch (error) {
    await end('SIGKILL')
    throw new Error(`${error instanceof Error ? error.message : 'The server did not start'}: ${log()}${output()}`)
  }
}

/** Waits for the address on the first line of the output, then for `/readyz`. */
async function readiness(child: Child, output: () => string, started: number): Promise<string> {
  while (performance.now() - started < readyMilliseconds) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}`)
    const url = /https?:\/\/[^\s"]+/.exec(firstLine(output()))?.[0]
    if (url && (await isReady(url))) return url.replace(/\/$/, '')
    await delay(10)
  }
  throw new Error('The server was not ready in time')
}

/** Empty until the line is whole. */
function firstLine(text: string): string {
  return text.includes('\n') ? text.slice(0, text.indexOf('\n')) : ''
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/readyz', url))
    await response.arrayBuffer()
    return response.ok
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}
