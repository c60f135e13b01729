import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, serverOwner } from './postgres.ts'

/** A PgBouncer that is there for tests only. */
export interface TestPgBouncer {
  /** As the URL of the server behind it. Says that there is a pooler in between. */
  readonly url: string
  /** For example `1.18.0`. */
  readonly version: string
  stop(): Promise<void>
}

/** Why there is none. */
export interface NoPgBouncer {
  readonly reason: string
}

const readyMilliseconds = 20_000

/**
 * Starts PgBouncer in transaction mode, with what Debian sets otherwise, before the server of a URL. It has fewer connections to the server than there are clients, so that they do change. Returns
 * a reason when there is no program; throws when there is one and the start fails.
 */
export async function startPgBouncer(serverUrl: string): Promise<TestPgBouncer | NoPgBouncer> {
  const program = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].map((folder) => join(folder, 'pgbouncer')).find(existsSync)
  if (!program) return { reason: 'no pgbouncer found: install Debian\'s "pgbouncer"' }
  const owner = await serverOwner()
  const folder = await mkdtemp(join(tmpdir(), 'postern-pgbouncer-'))
  const port = await freePort()
  const server = new URL(serverUrl)
  await writeFile(join(folder, 'users.txt'), `"${server.username}" ""\n`)
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users.txt
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
`,
  )
  for (const path of [folder, join(folder, 'users.txt'), join(folder, 'pgbouncer.ini')]) await chown(path, owner.uid, owner.gid)
  const child = spawn(program, [join(folder, 'pgbouncer.ini')], {
    ...(process.getuid?.() === 0 ? owner : {}),
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const version = await whenReady(child)
    const url = Object.assign(new URL(serverUrl), { port: String(port) })
    url.searchParams.set('pgbouncer', 'true')
    return { url: url.href, version, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Answers the version, once it says that it is up. */
async function whenReady(child: ChildProcess): Promise<string> {
  let log = ''
  const up = new Promise<string>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      log = (log + String(chunk)).slice(-4_000)
      const version = /process up: PgBouncer (\S+?),/.exec(log)?.[1]
      if (version) resolve(version)
    })
  })
  const deadline = new AbortController()
  const late = delay(readyMilliseconds, undefined, { signal: deadline.signal }).catch(() => undefined)
  const version = await Promise.race([up, once(child, 'exit').then(() => undefined), late])
  deadline.abort()
  if (version === undefined) throw new Error(`PgBouncer did not start: ${log}`)
  return version
}
