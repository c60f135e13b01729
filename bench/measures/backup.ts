import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase } from '../../test/server-process.ts'
import type { Bench } from '../bench.ts'
import { familyProcessorSeconds } from '../child.ts'
import { shortNumber } from '../report.ts'
import { seedUsers, sharedHash } from '../seed.ts'
import { install } from '../servers.ts'
import { timed } from './import.ts'

const fullUsers = 100_000
const shortUsers = 5000

interface Run {
  readonly name: string
  readonly words: readonly string[]
  /** Of the database, where it is a process of its own. */
  readonly serverPid?: number
}

/**
 * `postern backup`, its check and `postern restore` into an empty place, each in a process of its own, from its start to its end: users with a password and a session. PostgreSQL
 * gets them by a restore of the backup of the embedded database.
 */
export async function measureBackup(bench: Bench, postgres: { readonly url: string; readonly pid: number } | undefined): Promise<void> {
  const users = bench.isShort ? shortUsers : fullUsers
  const installation = await install()
  const places = await mkdtemp(join(tmpdir(), 'postern-bench-'))
  const target = postgres && (await createDatabase(postgres.url))
  try {
    const auth = await installation.open()
    const kind = { kind: 'known', count: users, hash: await sharedHash(), withSessions: true }
    await seedUsers(auth.deps, { projectId: installation.projectId, ...kind })
    await auth.close()
    const key = join(places, 'master.key')
    await copyFile(join(installation.folder, 'master.key'), key)
    const files = { sqlite: join(places, 'sqlite.backup'), postgres: join(places, 'postgres.backup') }
    const embedded = ['--data', join(places, 'restored'), '--master-key-file', key]
    const runs: readonly Run[] = [
      { name: 'sqlite: backup', words: ['backup', files.sqlite, '--config', installation.config] },
      { name: 'check of a backup', words: ['backup', files.sqlite, '--verify', '--config', installation.config] },
      { name: 'sqlite: restore', words: ['restore', files.sqlite, '--end-sessions', ...embedded] },
    ]
    for (const run of runs) await measure(bench, users, run)
    await addSize(bench, users, 'sqlite', files.sqlite)
    if (!postgres || !target) return
    const other = ['--data', places, '--database', target.url]
    const serverPid = postgres.pid
    await measure(bench, users, {
      name: 'postgres: restore',
      words: ['restore', files.sqlite, '--end-sessions', ...other],
      serverPid,
    })
    await measure(bench, users, { name: 'postgres: backup', words: ['backup', files.postgres, ...other], serverPid })
    await addSize(bench, users, 'postgres', files.postgres)
  } finally {
    await rm(places, { recursive: true, force: true })
    await installation.remove()
    await target?.drop()
  }
}

async function measure(bench: Bench, users: number, { name, words, serverPid }: Run): Promise<void> {
  const serverNow = () => (serverPid === undefined ? 0 : familyProcessorSeconds(serverPid))
  const before = serverNow()
  const { seconds, cpuSeconds, peakMib, code } = await timed(words)
  const serverSeconds = serverNow() - before
  if (code !== 0) bench.report.fail(`${name} ended with ${code}`)
  const share = fullUsers / users
  const server = serverPid === undefined ? '' : ` and ${shortNumber(serverSeconds * share)} s of the database's`
  const raw = `${users} users in ${shortNumber(seconds)} s, ${shortNumber(cpuSeconds * share)} s of processor${server}, ${shortNumber(peakMib)} MiB at most`
  bench.report.add({ measure: 'backup', name: `${name}, per ${fullUsers} users`, value: seconds * share, unit: 's', raw })
}

async function addSize(bench: Bench, users: number, database: string, file: string): Promise<void> {
  const { size } = await stat(file)
  const value = ((size / 1_000_000) * fullUsers) / users
  bench.report.add({ measure: 'backup', name: `${database}: size, per ${fullUsers} users`, value, unit: 'MB', raw: '' })
}
