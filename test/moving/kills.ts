import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { type Installation, install } from '../server-process.ts'

/** Kills an import at random moments and runs it again, until it comes to its end; then looks at what is in the database. */

const program = new URL('../../src/cli/main.ts', import.meta.url).pathname
const hash = '$2b$10$9LcA/by8KNg5suYAa8pZ0uA6Kow19xdpnOkO1oxV7WINqU3oQD44C'

export interface Figures {
  /** How many runs were killed before their end. */
  readonly killedHalfway: number
  readonly report: { readonly users: number; readonly imported: number; readonly existing: number; readonly rejected: number }
  /** What an import that nobody disturbs would have said. */
  readonly expected: Figures['report']
  /** Users in the database, and those who lack something. */
  readonly stored: number
  readonly incomplete: number
  /** Records that the last run did not have to write. */
  readonly resumedAfter: number
}

/** Users with every thousandth refused and every thousandth twice. */
function exportOf(users: number): string {
  const lines = Array.from({ length: users }, (_, index) => {
    const email = index % 1000 === 500 ? 'a@b@c' : `user${index % 1000 === 501 ? index - 2 : index}@example.com`
    return JSON.stringify({ user_id: `auth0|${index}`, email, username: `name-${index}`, email_verified: true, password_hash: hash })
  })
  return `${lines.join('\n')}\n`
}

function expectedOf(users: number): Figures['report'] {
  const refused = Math.floor((users + 499) / 1000) + Math.floor((users + 498) / 1000)
  return { users, imported: users - refused, existing: 0, rejected: refused }
}

export async function killImports(options: {
  readonly users: number
  readonly kills: number
  readonly databaseUrl?: string
}): Promise<Figures> {
  const installation = await install(options.databaseUrl ? { databaseUrl: options.databaseUrl } : {})
  try {
    const file = join(installation.folder, 'users.ndjson')
    await writeFile(file, exportOf(options.users))
    const where = ['--data', installation.folder, ...(options.databaseUrl ? ['--database', options.databaseUrl] : [])]
    const words = ['import', file, '--from', 'auth0', '--json', ...where]
    const { PATH = '', HOME = '' } = process.env
    let killedHalfway = 0
    for (let kill = 0; kill < options.kills; kill++) {
      const child = spawn(process.execPath, [program, ...words], { stdio: 'ignore', env: { PATH, HOME } })
      const isKilled = await killHalfway(child, installation, Math.ceil((options.users * 0.4) / options.kills))
      if (isKilled) killedHalfway++
    }
    const { users, imported, existing, rejected, resumedAfter } = JSON.parse(await installation.command(words.slice(0, 5)))
    const report = { users, imported, existing, rejected }
    return { killedHalfway, report, expected: expectedOf(options.users), resumedAfter, ...(await storedUsers(installation)) }
  } finally {
    await installation.remove()
  }
}

/** Kills the process some time after it has written some more. False when it came to its end before. */
async function killHalfway(child: ChildProcess, installation: Installation, step: number): Promise<boolean> {
  const ended = once(child, 'exit')
  let isOver = false
  ended.then(
    () => {
      isOver = true
    },
    () => undefined,
  )
  const before = await recordsWritten(installation)
  const enough = before + randomInt(1, step)
  while (!isOver && (await recordsWritten(installation)) < enough) await delay(5)
  await delay(randomInt(0, 40))
  child.kill('SIGKILL')
  await ended
  return child.signalCode === 'SIGKILL'
}

/** What the database says of how far the import is. */
async function recordsWritten({ folder, databaseUrl }: Installation): Promise<number> {
  const statement = 'select progress from imports'
  if (databaseUrl === undefined) {
    const database = new DatabaseSync(join(folder, 'postern.db'), { readOnly: true, timeout: 1000 })
    try {
      return recordsOf(database.prepare(statement).get()?.progress)
    } finally {
      database.close()
    }
  }
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return recordsOf((await client.query<{ progress: string }>(statement)).rows[0]?.progress)
  } finally {
    await client.end()
  }
}

function recordsOf(progress: unknown): number {
  return typeof progress === 'string' ? JSON.parse(progress).records : 0
}

async function storedUsers(installation: Installation): Promise<{ readonly stored: number; readonly incomplete: number }> {
  const file = join(installation.folder, 'out.jsonl')
  await installation.command(['export', file, '--with-hashes'])
  const [, ...lines] = (await readFile(file, 'utf8')).trim().split('\n')
  const users = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'user')
  const incomplete = users.filter((user) => user.loginIds.length !== 2 || user.password?.hash !== hash || !user.verifiedEmail)
  return { stored: users.length, incomplete: incomplete.length }
}
