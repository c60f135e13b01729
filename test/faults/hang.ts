import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { classes } from './database-kill.ts'
import { outOfDatabase, probeDuring, untilReady } from './probe.ts'
import { type Outcome, overTime, type Plan, type Scenario, unless } from './scenario.ts'
import { durations, refusals, type Trial, withTrial } from './trial.ts'

const longestRequestMilliseconds = 3_000
const longestRecoveryMilliseconds = 5_000
/** More than this over the usual is memory without a bound. */
const mostRssMib = 512

/** All processes of PostgreSQL are stopped with SIGSTOP, and go on later (RL-04). */
export const databaseHangs: Scenario = {
  id: 'F5',
  title: 'database hangs, PostgreSQL',
  database: 'postgres',
  isInShort: true,
  async run(plan) {
    const { url, pid } = await plan.postgres()
    return withTrial({ serverUrl: url }, (trial) => hang(plan, trial, pid))
  },
}

async function hang(plan: Plan, trial: Trial, pid: number): Promise<Outcome> {
  const hangSeconds = plan.isShort ? 6 : 60
  const server = await trial.serve()
  trial.use(server)
  await trial.underLoad(() => delay(1_000))
  trial.forget()
  let recoveryMilliseconds = 0
  const probed = await trial.underLoad(async () => {
    const stopped = await stopAll(pid)
    try {
      // The first probes find connections that were in use.
      await delay(500)
      return await probeDuring(server, trial.installation.projectId, () => delay(hangSeconds * 1000))
    } finally {
      for (const one of stopped) process.kill(one, 'SIGCONT')
      recoveryMilliseconds = await untilReady(server.url)
    }
  })
  const during = durations(trial.endings)
  await trial.settle()
  const outcome = await trial.finish()
  return {
    figures: [
      ['hang s', hangSeconds],
      ...outcome.figures,
      ['requests p99 ms', during.p99],
      ['longest ms', during.longest],
      ['back ms', Math.round(recoveryMilliseconds)],
      ['peak RSS MiB', probed.peakRssMib],
      ['refused', refusals(trial.endings)],
    ],
    broken: [
      ...outcome.broken,
      ...overTime(plan, 'a request', during.longest, longestRequestMilliseconds),
      ...overTime(plan, 'a probe', probed.longestMilliseconds, longestRequestMilliseconds),
      ...overTime(plan, 'the way back', recoveryMilliseconds, longestRecoveryMilliseconds),
      ...outOfDatabase(probed),
      ...unless(probed.ready.join() === '503', `readiness answered ${probed.ready.join(', ')}`),
      ...unless(probed.peakRssMib < mostRssMib, `memory grew to ${probed.peakRssMib} MiB`),
      ...unless(
        trial.endings.every(({ status }) => status !== 0),
        'a request had no answer',
      ),
      ...classes(trial),
    ],
  }
}

/** Stops a process and those that it started, and answers which. It comes first, and is looked at until it has stopped, so that it cannot start one more meanwhile, which would go on. */
async function stopAll(pid: number): Promise<readonly number[]> {
  process.kill(pid, 'SIGSTOP')
  while (!/^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) await delay(1)
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  const others = text.split(' ').filter(Boolean).map(Number)
  for (const one of others) process.kill(one, 'SIGSTOP')
  return [pid, ...others]
}
