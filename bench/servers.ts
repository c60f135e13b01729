import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Auth, createAuth } from '../src/auth.ts'
import { loadMasterKey } from '../src/master-key.ts'
import { parseOptions } from '../src/options.ts'
import { asker, type Helper } from './child.ts'
import { openConnection, requestBytes } from './connection.ts'

/** Data on disk, with two projects in it that differ in one setting. */
export interface Installation {
  readonly folder: string
  /** Refresh tokens stay the same. */
  readonly projectId: string
  /** Refresh tokens rotate. */
  readonly rotatingProjectId: string
  readonly config: string
  /** Opens it in this process, for seeding. Whoever asks closes it. */
  open(): Promise<Auth>
  remove(): Promise<void>
}

const many = { max: 1_000_000, perSeconds: 900 }

/** Limits out of the way, but counted as ever; `X-Forwarded-For` believed, so that one machine can be many sources. */
const settings = {
  port: 0,
  trustedProxyHops: 1,
  trustedSources: ['127.0.0.1'],
  limits: {
    accountSource: many,
    accountFailures: 1_000_000,
    sourceFailures: many,
    sourceAccounts: many,
    sourceSignUps: many,
    recipientMessages: many,
    recipientMessagesDaily: many,
    sourceMessages: many,
  },
}

/** Makes the data folder, the key, the database and the projects. */
export async function install(input: { readonly database?: string; readonly smtpUrl?: string } = {}): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'))
  const file = { ...settings, data: folder, ...input }
  const config = join(folder, 'config.json')
  await writeFile(config, JSON.stringify(file))
  const options = parseOptions({ flags: { logLevel: 'warn' }, environment: {}, file })
  const masterKey = await loadMasterKey({ file: options.masterKeyFile, mayCreate: true })
  const open = () => createAuth(options, { masterKey })
  const auth = await open()
  const { projectId } = await auth.api.createProject({ name: 'Bench' })
  const rotating = await auth.api.createProject({ name: 'Bench, rotating' })
  await auth.api.changeSettings({ projectId: rotating.projectId, changes: { project: { rotateJwt: true } } })
  await auth.close()
  const remove = () => rm(folder, { recursive: true, force: true })
  return { folder, config, projectId, rotatingProjectId: rotating.projectId, open, remove }
}

/** A running server. */
export interface Served {
  readonly host: string
  readonly port: number
  readonly pid: number
  /** From the start of the process to the first 200 of `/readyz`. */
  readonly readyMilliseconds: number
  /** Only with `isProbed`. */
  readonly ask: Helper['ask']
  /** Whether it still runs. */
  isAlive(): boolean
  stop(): Promise<void>
}

const root = new URL('../', import.meta.url).pathname
/** How the program can be run: from its sources, and as it is published when that was built. */
export const programs: Readonly<Record<string, string>> = {
  sources: 'src/cli/main.ts',
  ...(existsSync(join(root, 'dist/cli/main.js')) ? { built: 'dist/cli/main.js' } : {}),
}

export interface ServeInput {
  readonly installation: Pick<Installation, 'folder' | 'config'>
  /** Path, absolute or from the root of the project; the sources if absent. */
  readonly program?: string
  readonly isProbed?: boolean
  /** More flags of the runtime. */
  readonly runtimeFlags?: readonly string[]
}

/** Starts `postern serve` as its users do, with its log going to a file, and waits until it is ready. */
export async function serve(input: ServeInput): Promise<Served> {
  const { installation, program = 'src/cli/main.ts', isProbed = false, runtimeFlags = [] } = input
  const probe = isProbed ? ['--import', new URL('probe.ts', import.meta.url).href] : []
  const words = [...runtimeFlags, ...probe, resolve(root, program), 'serve', '--config', installation.config]
  const log = openSync(join(installation.folder, 'server.log'), 'a')
  const started = performance.now()
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', log, ...(isProbed ? (['ipc'] as const) : [])] })
  const { hostname: host, port } = new URL(await firstLine(child))
  await untilReady({ host, port: Number(port) })
  return {
    host,
    port: Number(port),
    pid: child.pid ?? 0,
    readyMilliseconds: performance.now() - started,
    ask: asker(child),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      const stopped = once(child, 'exit')
      if (!child.kill('SIGTERM')) return
      await stopped
    },
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  const line = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      text += String(chunk)
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${text}`)))
  })
  return line
}

async function untilReady(address: { readonly host: string; readonly port: number }): Promise<void> {
  const connection = await openConnection(address)
  const request = requestBytes({ method: 'GET', path: '/readyz' })
  try {
    for (let attempt = 0; attempt < 1000; attempt++) {
      if ((await connection.send(request)).status === 200) return
      await delay(5)
    }
    throw new Error('The server was not ready in time')
  } finally {
    connection.close()
  }
}
