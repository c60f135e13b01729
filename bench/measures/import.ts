import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createDatabase } from '../../test/server-process.ts'
import type { Bench } from '../bench.ts'
import { familyProcessorSeconds, processorSeconds, residentMib } from '../child.ts'
import { atLeast, shortNumber } from '../report.ts'
import { type Installation, install } from '../servers.ts'

/** Of a password that nobody types here: only its form matters. */
const hash = '$2b$10$9LcA/by8KNg5suYAa8pZ0uA6Kow19xdpnOkO1oxV7WINqU3oQD44C'
const usersPerSecond = 10_000
/** Taken out of the environment, where programs refuse what they do not know. */
const { POSTERN_BENCH_USERS: wantedUsers } = process.env
delete process.env.POSTERN_BENCH_USERS
const pollMilliseconds = 50

/**
 * `postern import` of users with bcrypt hashes, in a process of its own, from its start to its end: reading, checking and writing. Then again with everybody there, a
 * dry run, and `postern export`. `POSTERN_BENCH_USERS` says how many.
 */
export async function measureImport(bench: Bench, postgres: { readonly url: string; readonly pid: number } | undefined): Promise<void> {
  const users = Number(wantedUsers ?? (bench.isShort ? 5000 : 100_000))
  await measureOn(bench, { database: 'sqlite', users, installation: await install() })
  if (!postgres) return
  const { url, drop } = await createDatabase(postgres.url)
  const installation = await install({ database: url })
  await measureOn(bench, { database: 'postgres', users, installation, serverPid: postgres.pid })
  await drop()
}

interface Subject {
  readonly database: string
  readonly users: number
  readonly installation: Installation
  /** Of the database, where it is a process of its own. */
  readonly serverPid?: number
}

async function measureOn(bench: Bench, { database, users, installation, serverPid }: Subject): Promise<void> {
  try {
    const file = join(installation.folder, 'users.ndjson')
    await writeUsers(file, users)
    const words = ['import', file, '--from', 'auth0', '--project', installation.projectId, '--json', '--config', installation.config]
    const out = join(installation.folder, 'out.jsonl')
    const runs = [
      ['import', words],
      ['import of users who are here', words],
      ['dry run', [...words, '--dry-run']],
      ['export', ['export', out, '--with-hashes', '--project', installation.projectId, '--config', installation.config]],
    ] as const
    for (const [name, command] of runs) {
      const before = serverPid === undefined ? 0 : familyProcessorSeconds(serverPid)
      const { seconds, cpuSeconds, peakMib, code } = await timed(command)
      const serverSeconds = serverPid === undefined ? 0 : familyProcessorSeconds(serverPid) - before
      if (code !== 0) bench.report.fail(`${database}: ${name} ended with ${code}`)
      const rate = users / seconds
      const spent = (all: number) => `${shortNumber((all / users) * 1e6)} µs`
      const processor = `${spent(cpuSeconds)} of processor a user${serverPid === undefined ? '' : ` and ${spent(serverSeconds)} of the database's`}`
      const raw = `${shortNumber(seconds)} s, ${processor}, ${shortNumber(peakMib)} MiB at most`
      const target = name === 'import' && !bench.isShort ? { target: atLeast(rate, usersPerSecond) } : {}
      bench.report.add({ measure: 'import', name: `${database}, ${users} users: ${name}`, value: rate, unit: '/s', raw, ...target })
    }
  } finally {
    await installation.remove()
  }
}

/** An Auth0 export, in the order of nothing: addresses come as they would from a database of years. */
async function writeUsers(file: string, users: number): Promise<void> {
  const stream = createWriteStream(file)
  for (let index = 0; index < users; index++) {
    const name = Math.random().toString(36).slice(2, 10)
    const profile = {
      email: `${name}.${index}@example.com`,
      email_verified: true,
      name: `Ada ${name}`,
      given_name: 'Ada',
      family_name: name,
    }
    const times = { created_at: '2020-10-06T15:34:31.000Z', updated_at: '2024-02-01T08:00:00.123Z', last_login: '2024-02-01T08:00:00.123Z' }
    const identity = { user_id: String(index), provider: 'auth0', connection: 'Username-Password-Authentication', isSocial: false }
    const user = {
      user_id: `auth0|${index}`,
      ...profile,
      ...times,
      identities: [identity],
      app_metadata: { plan: 'gold' },
      password_hash: hash,
    }
    if (!stream.write(`${JSON.stringify(user)}\n`)) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'close')
}

const program = new URL('../../src/cli/main.ts', import.meta.url).pathname

/** Runs a command to its end and watches its memory and its processor. */
export async function timed(words: readonly string[]) {
  const started = performance.now()
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
  let peakMib = 0
  let cpuSeconds = 0
  const look = setInterval(() => {
    if (child.pid === undefined || child.exitCode !== null) return
    // Of a process that has just ended there is nothing left to read.
    peakMib = Math.max(peakMib, residentMib(child.pid).peak)
    cpuSeconds = Math.max(cpuSeconds, processorSeconds(child.pid))
  }, pollMilliseconds)
  const [code] = await once(child, 'exit')
  clearInterval(look)
  return { seconds: (performance.now() - started) / 1000, peakMib, cpuSeconds, code }
}
