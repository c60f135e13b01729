import { execFile, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A PostgreSQL server that is there for tests only. */
export interface TestPostgres {
  /** Of the superuser, in a database that always exists. */
  readonly url: string
  /** For example `15.18`. */
  readonly version: string
  /** The process of the server, for tests that stop it. */
  readonly pid: number
  /** Ends it as a crash does, with `SIGQUIT` ("immediate" shutdown) or `SIGKILL`, and waits until the process is gone. Its data stay. */
  crash(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void>
  /** Whether it has not ended. */
  isRunning(): boolean
  /** Starts it again on the same data and port after a crash, and waits until it is ready. */
  restart(): Promise<void>
  /** Stops the server and removes everything it wrote. */
  stop(): Promise<void>
}

/** Why there is no server. */
export interface NoPostgres {
  readonly reason: string
}

export interface PostgresTestOptions {
  readonly isDurable?: boolean
  /** More settings of the server, for example `max_connections`. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Texts of files that go beside the data folder, readable by the server alone; for settings `../NAME`, and `NAME` for `hba_file`. */
  readonly files?: Readonly<Record<string, string>>
  /** Size of the files of its write-ahead log; 16 if absent. */
  readonly walSegmentMib?: number
  /** Where its folder is made; the system's folder of temporary files if absent. */
  readonly parentFolder?: string
}

/**
 * Starts a PostgreSQL cluster in a temporary folder, reachable on 127.0.0.1 only. Commits are not forced to disk unless `isDurable`, since
 * nobody needs the data after a crash. Returns a reason when there are no binaries; throws when there are and the start fails.
 */
export async function startPostgres(options: PostgresTestOptions = {}): Promise<TestPostgres | NoPostgres> {
  const binaries = await findBinaries()
  if (!binaries) return { reason: 'no PostgreSQL binaries found: install Debian\'s "postgresql"' }
  const owner = await serverOwner()
  const folder = await mkdtemp(join(options.parentFolder ?? tmpdir(), 'postern-postgres-'))
  try {
    await chown(folder, owner.uid, owner.gid)
    const as = process.getuid?.() === 0 ? owner : {}
    const data = join(folder, 'data')
    const initial = ['--pgdata', data, '--username', 'postern', '--auth', 'trust', '--encoding', 'UTF8', '--no-locale', '--no-sync']
    if (options.walSegmentMib) initial.push('--wal-segsize', String(options.walSegmentMib))
    await run(join(binaries, 'initdb'), initial, { ...as, cwd: folder })
    for (const [name, content] of Object.entries(options.files ?? {})) {
      await writeFile(join(folder, name), content, { mode: 0o600 })
      await chown(join(folder, name), owner.uid, owner.gid)
    }
    const { stdout } = await run(join(binaries, 'postgres'), ['--version'])
    const port = await freePort()
    const start = () =>
      startServer({ binaries, data, folder, port, isDurable: options.isDurable ?? false, settings: options.settings ?? {}, as })
    let server = await start()
    return {
      url: `postgres://postern@127.0.0.1:${port}/postgres`,
      version: /\d+(\.\d+)*/.exec(stdout)?.[0] ?? 'unknown',
      get pid() {
        return server.pid
      },
      crash: (signal) => server.end(signal),
      isRunning: () => server.isRunning(),
      async restart() {
        server = await start()
      },
      async stop() {
        await server.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** The newest version installed: Debian keeps the server's programs out of the path. */
async function findBinaries(): Promise<string | undefined> {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? await readdir(debian) : []
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'))
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...newestFirst]
  return folders.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The server refuses to run as root, so root gives it to a user with fewer rights. */
export async function serverOwner(): Promise<Owner> {
  const own = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 }
  if (own.uid !== 0) return own
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody')
  if (!account) throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as')
  return { uid: Number(account[2]), gid: Number(account[3]) }
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('No free port')
  return address.port
}

interface ServerOptions {
  readonly binaries: string
  readonly data: string
  readonly folder: string
  readonly port: number
  readonly isDurable: boolean
  readonly settings: Readonly<Record<string, string | number>>
  readonly as: SpawnOptions
}

const readyMilliseconds = 30_000

interface RunningPostgres {
  readonly pid: number
  isRunning(): boolean
  end(signal: NodeJS.Signals): Promise<void>
  /** "Fast" shutdown: open connections are cut. */
  stop(): Promise<void>
}

/** Starts the server and waits until it says that it is ready. */
async function startServer(options: ServerOptions): Promise<RunningPostgres> {
  const { binaries, data, folder, port, isDurable, as } = options
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 300,
    fsync: isDurable ? 'on' : 'off',
    full_page_writes: isDurable ? 'on' : 'off',
    log_min_messages: 'log',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(join(binaries, 'postgres'), ['-D', data, ...flags], { ...as, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const { pid, stderr } = server
  if (pid === undefined || !stderr) throw new Error('PostgreSQL did not start')
  const stopped = once(server, 'exit')
  let log = ''
  const ready = new Promise<void>((resolve) => {
    stderr.on('data', (chunk) => {
      log = (log + String(chunk)).slice(-4_000)
      if (log.includes('ready to accept connections')) resolve()
    })
  })
  const end = async (signal: NodeJS.Signals) => {
    server.kill(signal)
    await stopped
  }
  const stop = () => end('SIGINT')
  const deadline = new AbortController()
  const late = delay(readyMilliseconds, 'late' as const, { signal: deadline.signal }).catch(() => 'late' as const)
  const outcome = await Promise.race([ready.then(() => 'ready' as const), stopped.then(() => 'exited' as const), late])
  deadline.abort()
  if (outcome === 'ready') return { pid, end, stop, isRunning: () => server.exitCode === null && server.signalCode === null }
  if (outcome === 'late') await stop()
  throw new Error(`PostgreSQL did not start: ${log}`)
}
