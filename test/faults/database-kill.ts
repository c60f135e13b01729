import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestPostgres } from '../postgres.ts'
import { untilReady } from './probe.ts'
import { overTime, type Plan, quantile, type Scenario } from './scenario.ts'
import { refusals, type Trial, withTrial } from './trial.ts'

const longestRecoveryMilliseconds = 5_000
const restartMilliseconds = 30_000

/** PostgreSQL is ended as a crash ends it, in turn with an immediate shutdown and with SIGKILL, and started again. The server stays up (RL-01, RL-04). */
export const databaseKilled: Scenario = {
  id: 'F3',
  title: 'database killed and started again, PostgreSQL',
  database: 'postgres',
  isInShort: true,
  async run(plan) {
    const postgres = await plan.postgres()
    const rounds = plan.rounds ?? (plan.isShort ? 2 : 50)
    return withTrial({ serverUrl: postgres.url, isRotating: false }, async (trial) => {
      const server = await trial.serve()
      trial.use(server)
      const recoveries: number[] = []
      for (let round = 1; round <= rounds; round++) {
        recoveries.push(
          await trial.underLoad(() => crash(plan, postgres, { url: server.url, signal: round % 2 === 1 ? 'SIGQUIT' : 'SIGKILL' })),
        )
        await trial.settle()
      }
      const outcome = await trial.finish()
      return {
        figures: [
          ['rounds', rounds],
          ...outcome.figures,
          ['back after the database p50 ms', Math.round(quantile(recoveries, 0.5))],
          ['longest ms', Math.round(quantile(recoveries, 1))],
          ['refused', refusals(trial.endings)],
        ],
        broken: [
          ...outcome.broken,
          ...overTime(plan, 'the way back', quantile(recoveries, 1), longestRecoveryMilliseconds),
          ...classes(trial),
        ],
      }
    })
  },
}

/** Only 503 and, for commits whose outcome is not known, 500. */
export function classes(trial: Trial): readonly string[] {
  const odd = trial.endings.filter(({ status }) => ![0, 200, 429, 500, 503].includes(status))
  return [...new Set(odd.map(({ path, status, errorCode }) => `${path} answered ${status} ${errorCode}`))]
}

async function crash(
  plan: Plan,
  postgres: TestPostgres,
  how: { readonly url: string; readonly signal: 'SIGQUIT' | 'SIGKILL' },
): Promise<number> {
  await delay(randomInt(500, plan.isShort ? 1_000 : 2_000))
  await postgres.crash(how.signal)
  await delay(300)
  await startAgain(postgres)
  const began = performance.now()
  await untilReady(how.url)
  const recovery = performance.now() - began
  await delay(300)
  return recovery
}

/** After SIGKILL the children of the server live on for a moment, and a new one refuses to start beside them. */
export async function startAgain(postgres: TestPostgres): Promise<void> {
  const deadline = performance.now() + restartMilliseconds
  for (;;) {
    try {
      return await postgres.restart()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(100)
    }
  }
}
