import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerProcess } from '../server-process.ts'
import type { Ending } from './ledger/client.ts'
import { type Outcome, overTime, type Plan, quantile, type Scenario } from './scenario.ts'
import { refusals, type Trial, unexpected, withTrial } from './trial.ts'

/** The server is killed while it writes, at a random time after it is ready, and started again on what is left (RL-01, RL-02). */

const longestReadyMilliseconds = 3_000

export const killed: Scenario = {
  id: 'F1',
  title: 'server killed, embedded database',
  database: 'sqlite',
  isInShort: true,
  run: (plan) => withTrial({}, (trial) => killing(trial, { plan, rounds: plan.rounds ?? (plan.isShort ? 4 : 200), servers: 1 })),
}

export const killedOnPostgres: Scenario = {
  id: 'F2',
  title: 'one of two servers killed, then both, PostgreSQL',
  database: 'postgres',
  isInShort: true,
  run: async (plan) => {
    const { url } = await plan.postgres()
    return withTrial({ serverUrl: url }, (trial) => killing(trial, { plan, rounds: plan.rounds ?? (plan.isShort ? 3 : 200), servers: 2 }))
  },
}

interface Killing {
  readonly plan: Plan
  readonly rounds: number
  readonly servers: 1 | 2
}

async function killing(trial: Trial, { plan, rounds, servers }: Killing): Promise<Outcome> {
  const ready: number[] = []
  const survivor = { requests: 0, failed: 0 }
  let running: ServerProcess[] = []
  const start = async () => {
    while (running.length < servers) {
      const server = await trial.serve()
      ready.push(server.readyAfterMilliseconds)
      running.push(server)
    }
    trial.use(...running)
  }
  const odd: string[] = []
  for (let round = 1; round <= rounds; round++) {
    await start()
    await trial.settle()
    // With two, every other round leaves one of them alive.
    const doomed = servers === 2 && round % 2 === 1 ? running.slice(0, 1) : running
    const before = trial.endings.length
    await trial.underLoad(() => killAfter(plan, doomed))
    running = running.filter((server) => !doomed.includes(server))
    const endings = trial.endings.slice(before)
    if (running[0]) note(survivor, endings, running[0])
    odd.push(...unexpected(endings))
  }
  await start()
  const refused = refusals(trial.endings.filter(({ status }) => status !== 0))
  const outcome = await trial.finish()
  return {
    figures: [
      ['rounds', rounds],
      ...outcome.figures,
      ['ready p50 ms', Math.round(quantile(ready, 0.5))],
      ['ready p99 ms', Math.round(quantile(ready, 0.99))],
      ...(servers === 2 ? [['failed at the survivor', `${survivor.failed} of ${survivor.requests}`] as const] : []),
      ['refused', refused],
    ],
    broken: [
      ...outcome.broken,
      ...new Set(odd),
      ...(survivor.failed > 0 ? [`the survivor failed ${survivor.failed} requests`] : []),
      // On a machine that does other things a single start may be slow; the usual one may not.
      ...overTime(plan, 'half of the starts', quantile(ready, 0.5), longestReadyMilliseconds),
    ],
  }
}

/** What the one that was not killed answered: it has no excuse. */
function note(survivor: { requests: number; failed: number }, endings: readonly Ending[], { url }: ServerProcess): void {
  const own = endings.filter((ending) => ending.url === url)
  survivor.requests += own.length
  survivor.failed += own.filter(({ status }) => status !== 200 && status !== 429).length
}

/** For how long the load goes on after a kill, at the servers that are left. */
const afterwardsMilliseconds = 300

async function killAfter({ killAfter: { leastMilliseconds, mostMilliseconds } }: Plan, servers: readonly ServerProcess[]): Promise<void> {
  await delay(randomInt(leastMilliseconds, mostMilliseconds + 1))
  await Promise.all(servers.map((server) => server.kill()))
  await delay(afterwardsMilliseconds)
}
