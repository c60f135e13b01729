import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase } from '../../test/server-process.ts'
import type { Bench } from '../bench.ts'
import { familyProcessorSeconds } from '../child.ts'
import { shortNumber } from '../report.ts'
import { seedUsers, sharedHash, vacuum } from '../seed.ts'
import { type Installation, install } from '../servers.ts'
import { timed } from './import.ts'

const fullUsers = 100_000
const shortUsers = 5000

/** `postern backup`, its check and `postern restore` into an empty place, each in a process of its own, from its start to its end: users with a password and a session. */
export async function measureBackup(bench: Bench, postgres: { readonly url: string; readonly pid: number } | undefined): Promise<void> {
  const users = bench.isShort ? shortUsers : fullUsers
  await measureOn(bench, { database: 'sqlite', users, installation: await install(), target: undefined })
  if (!postgres) return
  const from = await createDatabase(postgres.url)
  const to = await createDatabase(postgres.url)
  const installation = await install({ database: from.url })
  await measureOn(bench, { database: 'postgres', users, installation, source: from.url, target: to.url, serverPid: postgres.pid })
  await from.drop()
  await to.drop()
}

interface Subject {
  readonly database: string
  readonly users: number
  readonly installation: Installation
  /** Where the database is, when it is not embedded. */
  readonly source?: string
  /** An empty database to restore into; embedded if absent. */
  readonly target: string | undefined
  readonly serverPid?: number
}

async function measureOn(bench: Bench, { database, users, installation, source, target, serverPid }: Subject): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'postern-bench-'))
  try {
    const auth = await installation.open()
    await seedUsers(auth.deps, {
      ...{ projectId: installation.projectId, kind: 'known', count: users, hash: await sharedHash(), withSessions: true },
    })
    await auth.close()
    if (source) await vacuum(source)
    const file = join(installation.folder, 'backup')
    await copyFile(join(installation.folder, 'master.key'), join(place, 'master.key'))
    const where = ['--data', place, ...(target ? ['--database', target] : [])]
    const runs = [
      ['backup', ['backup', file, '--config', installation.config]],
      ['check of it', ['backup', file, '--verify', '--config', installation.config]],
      ['restore', ['restore', file, '--end-sessions', ...where]],
    ] as const
    for (const [name, words] of runs) {
      const before = serverPid === undefined ? 0 : familyProcessorSeconds(serverPid)
      const { seconds, cpuSeconds, peakMib, code } = await timed(words)
      const serverSeconds = serverPid === undefined ? 0 : familyProcessorSeconds(serverPid) - before
      if (code !== 0) bench.report.fail(`${database}: ${name} ended with ${code}`)
      const share = fullUsers / users
      const processor = `${shortNumber(cpuSeconds * share)} s of processor${serverPid === undefined ? '' : ` and ${shortNumber(serverSeconds * share)} of the database's`}`
      const raw = `${shortNumber(seconds)} s for ${users} users, ${processor} per ${fullUsers}, ${shortNumber(peakMib)} MiB at most`
      bench.report.add({ measure: 'backup', name: `${database}, ${fullUsers} users: ${name}`, value: seconds * share, unit: 's', raw })
    }
    const { size } = await stat(file)
    const megabytes = ((size / 1_000_000) * fullUsers) / users
    bench.report.add({ measure: 'backup', name: `${database}, ${fullUsers} users: size`, value: megabytes, unit: 'MB', raw: '' })
  } finally {
    await rm(place, { recursive: true, force: true })
    await installation.remove()
  }
}
