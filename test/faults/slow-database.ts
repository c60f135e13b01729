import { randomInt } from 'node:crypto'
import { startProxy, type TcpProxy } from './proxy.ts'
import { type Outcome, overTime, type Plan, quantile, type Scenario, unless } from './scenario.ts'
import { type Trial, through, withTrial } from './trial.ts'

const leastDelayMilliseconds = 100
const mostDelayMilliseconds = 300
/** Round trips that an operation may take (issue 5). */
const mostTrips = { signin: 4, refresh: 3 }
/** What a machine that does other things adds to a hash and to the rest. */
const noiseMilliseconds = 300

/** Each round trip to the database takes 200 ms, give or take 100. */
export const databaseSlow: Scenario = {
  id: 'F6',
  title: 'database slow, PostgreSQL',
  database: 'postgres',
  isInShort: false,
  async run(plan) {
    const { url } = await plan.postgres()
    const proxy = await startProxy({ port: Number(new URL(url).port) })
    try {
      return await withTrial({ serverUrl: url }, (trial) => slowDown(plan, trial, proxy))
    } finally {
      await proxy.close()
    }
  },
}

interface Account {
  readonly loginId: string
  readonly password: string
  refreshJwt: string
}

async function slowDown(plan: Plan, trial: Trial, proxy: TcpProxy): Promise<Outcome> {
  const count = plan.rounds ?? (plan.isShort ? 10 : 100)
  const server = await trial.serve({ flags: ['--database', through(trial.installation.databaseUrl ?? '', proxy.port)] })
  trial.use(server)
  const account: Account = { loginId: 'slow@example.com', password: 'the secret of the slow one', refreshJwt: '' }
  const operations: Readonly<Record<keyof typeof mostTrips, () => Promise<number>>> = {
    signin: () => ask(trial, 'password/signin', account),
    refresh: () => ask(trial, 'refresh', account),
  }
  await ask(trial, 'password/signup', account)
  const figures: (readonly [string, string | number])[] = []
  const broken: string[] = []
  for (const [name, operation] of Object.entries(operations)) {
    await operation()
    proxy.set({})
    const before = proxy.answers()
    const quick = await repeat(count, operation)
    const trips = Math.round(((proxy.answers() - before) / count) * 10) / 10
    proxy.set({ delayMilliseconds: () => randomInt(leastDelayMilliseconds, mostDelayMilliseconds + 1) })
    const slow = await repeat(count, operation)
    proxy.set({})
    const most = mostTrips[name as keyof typeof mostTrips]
    // Work in the background has its own few.
    broken.push(...unless(trips < most + 0.7, `${name} takes ${trips} round trips; ${most} are allowed`))
    const limit = Math.ceil(trips) * mostDelayMilliseconds + quantile(quick, 0.99) + noiseMilliseconds
    // A refresh is short beside the opening of a connection, which it may meet with.
    if (name === 'signin') broken.push(...overTime(plan, name, quantile(slow, 0.99), limit))
    figures.push(
      [`${name} round trips`, trips],
      [`${name} p99 ms`, Math.round(quantile(slow, 0.99))],
      ['without delay', Math.round(quantile(quick, 0.99))],
    )
  }
  await trial.underLoad(() => trial.untilWritten())
  const outcome = await trial.finish()
  return { figures: [['requests', 2 * count], ...figures, ...outcome.figures], broken: [...outcome.broken, ...broken] }
}

/** Milliseconds of each. */
async function repeat(count: number, operation: () => Promise<number>): Promise<readonly number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index++) times.push(await operation())
  return times
}

async function ask({ client }: Trial, path: string, account: Account): Promise<number> {
  const began = performance.now()
  const { loginId, password, refreshJwt } = account
  const answer = path === 'refresh' ? await client.call(path, {}, refreshJwt) : await client.call(path, { loginId, password })
  if (answer?.status !== 200) throw new Error(`${path} answered ${answer?.status} ${answer?.errorCode}`)
  if (answer.refreshJwt) account.refreshJwt = answer.refreshJwt
  return performance.now() - began
}
