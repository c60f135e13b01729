import { setTimeout as delay } from 'node:timers/promises'
import type { Auth } from '../../src/auth.ts'
import { createDatabase } from '../../test/server-process.ts'
import type { Bench } from '../bench.ts'
import { residentMib } from '../child.ts'
import { atMost, shortNumber } from '../report.ts'
import { loginIdOf, seedUsers, sharedHash, vacuum } from '../seed.ts'
import { type Installation, install, serve } from '../servers.ts'
import { median } from '../statistics.ts'
import { push } from './sign-in.ts'

const sizes = [1000, 100_000] as const
const rounds = 7
/** So many calls of an operation a round, or so long, whichever is over first. */
const callsPerRound = 1500
const millisecondsPerRound = 500

/** An empty installation, and what follows the seeding and the end. */
interface Fresh {
  readonly installation: Installation
  settle(): Promise<void>
  drop(): Promise<void>
}

interface Sized {
  readonly size: number
  readonly installation: Installation
  readonly auth: Auth
  readonly sessionIds: readonly string[]
}

/** What an operation costs with many users in the database over what it costs with few; straight through the storage port, one after the other. */
export async function measureScale(bench: Bench, postgresUrl: string | undefined): Promise<void> {
  await compare(bench, 'sqlite', async () => ({
    installation: await install(),
    settle: async () => undefined,
    drop: async () => undefined,
  }))
  if (!postgresUrl) return
  await compare(bench, 'postgres', async () => {
    const { url, drop } = await createDatabase(postgresUrl)
    return { installation: await install({ database: url }), settle: () => vacuum(url), drop }
  })
}

async function compare(bench: Bench, database: string, create: () => Promise<Fresh>): Promise<void> {
  const drops: (() => Promise<void>)[] = []
  const sized: Sized[] = []
  try {
    for (const size of sizes) {
      const { installation, settle, drop } = await create()
      drops.push(installation.remove, drop)
      const auth = await installation.open()
      drops.unshift(auth.close)
      const { projectId } = installation
      const seed = { projectId, kind: 'known', count: size, hash: await sharedHash(), withSessions: true }
      sized.push({ size, installation, auth, sessionIds: await seedUsers(auth.deps, seed) })
      await settle()
    }
    await compareOperations(bench, database, sized)
    await compareMemory(bench, database, sized)
  } finally {
    for (const drop of drops) await drop()
  }
}

async function compareOperations(bench: Bench, database: string, sized: readonly Sized[]): Promise<void> {
  const times = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, operation] of Object.entries(operations)) {
      for (const one of sized) push(times, `${name} ${one.size}`, await microsecondsOf(one, operation))
    }
  }
  for (const name of Object.keys(operations)) {
    const [few = [], many = []] = sizes.map((size) => times.get(`${name} ${size}`) ?? [])
    const value = median(many.map((time, round) => time / (few[round] ?? Number.NaN)))
    const raw = `${shortNumber(median(many))} µs with ${sizes[1]} users, ${shortNumber(median(few))} µs with ${sizes[0]}`
    bench.report.add({ measure: 'scale', name: `${database}: ${name}`, value, unit: '', raw, target: atMost(value, 1.2) })
  }
}

type Operation = (sized: Sized, index: number, call: number) => Promise<unknown>

const operations: Readonly<Record<string, Operation>> = {
  'look-up for a sign-in': ({ auth, installation }, index) =>
    auth.deps.storage.users.forSignIn(installation.projectId, loginIdOf('known', index), 'password'),
  'session and user of a refresh': ({ auth, installation, sessionIds }, index) =>
    auth.deps.storage.sessions.withUser(installation.projectId, sessionIds[index] ?? ''),
  // Another time with every call, because a database skips a write that changes nothing.
  'write of a refresh, durable': ({ auth, installation, sessionIds }, index, call) =>
    auth.deps.storage.sessions.touch(installation.projectId, sessionIds[index] ?? '', auth.deps.clock.nowSeconds() + call),
  'search by prefix, 10 of 10': ({ auth, installation }, index) =>
    auth.deps.storage.users.list(installation.projectId, { loginIdPrefix: loginIdOf('known', index).slice(0, 12), limit: 10 }),
  'search by prefix, 10 of all': ({ auth, installation }) =>
    auth.deps.storage.users.list(installation.projectId, { loginIdPrefix: 'known-', limit: 10 }),
}

/** The median of single calls, in microseconds. */
async function microsecondsOf(sized: Sized, operation: Operation): Promise<number> {
  const times: number[] = []
  const until = performance.now() + millisecondsPerRound
  for (let call = 0; call < callsPerRound && (call < 3 || performance.now() < until); call++) {
    const index = Math.floor(Math.random() * sized.size)
    const before = performance.now()
    const answer = await operation(sized, index, call)
    times.push((performance.now() - before) * 1000)
    if (!answer) throw new Error('A seeded row was not found')
  }
  return median(times)
}

async function compareMemory(bench: Bench, database: string, sized: readonly Sized[]): Promise<void> {
  const memory: number[] = []
  for (const { installation } of sized) {
    const served = await serve({ installation })
    await delay(1000)
    memory.push(residentMib(served.pid).now)
    await served.stop()
  }
  const [few = 0, many = 0] = memory
  const raw = `${shortNumber(many)} MiB with ${sizes[1]} users, ${shortNumber(few)} MiB with ${sizes[0]}`
  const value = many / few
  bench.report.add({ measure: 'scale', name: `${database}: resident memory, idle`, value, unit: '', raw, target: atMost(value, 1.2) })
}
