import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { newPasswordCredential } from '../../src/core/password/credential.ts'
import { newId } from '../../src/core/secrets.ts'
import type { NewAccount } from '../../src/core/storage.ts'
import { newLoginId, newUserRecord } from '../../src/core/users.ts'
import { createDatabase } from '../../test/server-process.ts'
import { type Bench, expectStatuses } from '../bench.ts'
import { atMost, shortNumber } from '../report.ts'
import { loginIdOf, password, sharedHash, vacuum } from '../seed.ts'
import { type Installation, install, serve } from '../servers.ts'
import { median } from '../statistics.ts'

const sizes = [1000, 1_000_000] as const
const batch = 1000
const rounds = 9
const roundMilliseconds = 6000
/** Under what two cores can hash, so that the queue of hashes is not what is measured. */
const callers = 2

interface Sized {
  readonly size: number
  readonly installation: Installation
  bytes(): Promise<number>
}

/** A server on a million users: its start, and its sign-ins against those on a thousand (L5 of the security bar). */
export async function measureMillion(bench: Bench, postgresUrl: string | undefined): Promise<void> {
  await compare(bench, 'sqlite', undefined)
  if (postgresUrl) await compare(bench, 'postgres', postgresUrl)
}

async function compare(bench: Bench, database: string, server: string | undefined): Promise<void> {
  const drops: (() => Promise<void>)[] = []
  try {
    const sized: Sized[] = []
    for (const size of sizes) {
      const target = server === undefined ? undefined : await createDatabase(server)
      const installation = await install(target ? { database: target.url } : {})
      drops.push(installation.remove, ...(target ? [target.drop] : []))
      await seed(installation, size)
      if (target) await vacuum(target.url)
      const bytes = target ? () => bytesOf(target.url) : async () => (await stat(join(installation.folder, 'postern.db'))).size
      sized.push({ size, installation, bytes })
    }
    await measure(bench, database, sized)
  } finally {
    for (const drop of drops) await drop()
  }
}

async function seed(installation: Installation, size: number): Promise<void> {
  const auth = await installation.open()
  const { projectId } = installation
  const now = auth.deps.clock.nowSeconds()
  const hash = await sharedHash()
  for (let first = 0; first < size; first += batch) {
    const accounts = Array.from({ length: batch }, (_, offset): NewAccount => {
      const loginId = newLoginId(loginIdOf('known', first + offset))
      const user = { ...newUserRecord({ projectId, id: newId(auth.deps, 'U'), loginId, details: {}, now }), isEmailVerified: true }
      const credentials = [newPasswordCredential({ projectId, userId: user.id, hash, now })]
      return { user, loginIds: [loginId], credentials, tenantIds: [], assignments: [] }
    })
    await auth.deps.storage.transaction((tx) => tx.accounts.insertMany(accounts))
  }
  await auth.close()
}

async function measure(bench: Bench, database: string, sized: readonly Sized[]): Promise<void> {
  const ready: number[] = []
  const p99: number[][] = [[], []]
  const p50: number[][] = [[], []]
  for (let round = 0; round < rounds; round++) {
    for (const [index, { size, installation }] of sized.entries()) {
      const served = await serve({ installation })
      if (index === 1) ready.push(served.readyMilliseconds)
      const requests = Array.from({ length: 1000 }, () => ({
        ...{ method: 'POST', path: '/v1/auth/password/signin', headers: { authorization: `Bearer ${installation.projectId}` } },
        body: { loginId: loginIdOf('known', Math.floor(Math.random() * size)), password },
      })) as Parameters<Bench['load']>[0]['streams'][number]['requests']
      const streams = [{ name: 'sign-in', pace: { kind: 'closed', callers } as const, requests }]
      const [result] = await bench.load({ host: served.host, port: served.port, durationMilliseconds: roundMilliseconds, streams })
      await served.stop()
      if (!result) throw new Error('The load generator answered nothing')
      expectStatuses(bench.report, `sign-ins on ${database}`, result)
      p99[index]?.push(result.statuses['200']?.p99 ?? Number.NaN)
      p50[index]?.push(result.statuses['200']?.p50 ?? Number.NaN)
    }
  }
  const [few = [], many = []] = p99
  const ratio = median(many) / median(few)
  const [fewHalf = [], manyHalf = []] = p50
  const raw = `p99 ${shortNumber(median(many))} ms over ${shortNumber(median(few))} ms, p50 ${shortNumber(median(manyHalf))} over ${shortNumber(median(fewHalf))}, ${callers} callers`
  const add = (figure: Omit<Parameters<Bench['report']['add']>[0], 'measure'>) => bench.report.add({ measure: 'million', ...figure })
  add({ name: `${database}: sign-in with 1000000 users over 1000`, value: ratio, unit: '', raw, target: atMost(ratio, 1.2) })
  const start = median(ready)
  add({ name: `${database}: start to ready`, value: start, unit: 'ms', raw: `${rounds} starts`, target: atMost(start, 5000) })
  const bytes = (await sized[1]?.bytes()) ?? 0
  add({ name: `${database}: size`, value: bytes / 1_000_000, unit: 'MB', raw: 'a login ID and a password each, no sessions' })
}

async function bytesOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query('select pg_database_size(current_database()) as bytes')
  await client.end()
  return Number(rows[0].bytes)
}
