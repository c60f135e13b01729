import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres, type TestPostgres } from '../postgres.ts'
import { classes, startAgain } from './database-kill.ts'
import { outOfDatabase, probeDuring, untilReady } from './probe.ts'
import { NotRun, type Outcome, overTime, type Plan, quantile, type Scenario, unless } from './scenario.ts'
import { type SmallDisk, withSmallDisk } from './small-disk.ts'
import { durations, refusals, type Trial, withTrial } from './trial.ts'

const diskMib = 128
const longestRequestMilliseconds = 3_000
const longestRecoveryMilliseconds = 5_000

/** The disk of PostgreSQL is full: it ends when its write-ahead log finds no room, and is started again once there is some (RL-06, RL-04). */
export const postgresDiskFull: Scenario = {
  id: 'F10',
  title: 'disk of PostgreSQL and its write-ahead log full',
  database: 'postgres',
  isInShort: true,
  run: (plan) =>
    withSmallDisk(diskMib, async (disk) => {
      // Small files, so that the log soon asks for another one.
      const settings = { min_wal_size: '2MB', max_wal_size: '4MB' }
      const postgres = await startPostgres({ isDurable: true, parentFolder: disk.folder, walSegmentMib: 1, settings })
      if ('reason' in postgres) throw new NotRun(postgres.reason)
      try {
        return await withTrial({ serverUrl: postgres.url, isRotating: false }, (trial) => fillAndFree(plan, trial, { disk, postgres }))
      } finally {
        await postgres.stop()
      }
    }),
}

async function fillAndFree(
  plan: Plan,
  trial: Trial,
  { disk, postgres }: { readonly disk: SmallDisk; readonly postgres: TestPostgres },
): Promise<Outcome> {
  const rounds = plan.rounds ?? (plan.isShort ? 1 : 5)
  const server = await trial.serve()
  trial.use(server)
  const recoveries: number[] = []
  const odd: string[] = []
  let ends = 0
  for (let round = 0; round < rounds; round++) {
    await trial.underLoad(async () => {
      await delay(1_000)
      await disk.fill()
      const probed = await probeDuring(server, trial.installation.projectId, () => untilEnded(postgres))
      odd.push(...outOfDatabase(probed))
      await disk.free()
      if (!postgres.isRunning()) {
        ends++
        await startAgain(postgres)
      }
      const began = performance.now()
      await untilReady(server.url)
      await trial.untilWritten()
      recoveries.push(performance.now() - began)
    })
    await trial.settle()
  }
  const { longest } = durations(trial.endings)
  const refused = refusals(trial.endings)
  const wasFull = trial.endings.some(({ status }) => status === 503 || status === 500)
  const isAlive = server.isAlive()
  const outcome = await trial.finish()
  return {
    figures: [
      ['rounds', rounds],
      ['ends of PostgreSQL', ends],
      ['restarts of the server', Number(!isAlive)],
      ['longest ms', longest],
      ['back ms', Math.round(quantile(recoveries, 1))],
      ['refused', refused],
      ...outcome.figures,
    ],
    broken: [
      ...outcome.broken,
      ...new Set(odd),
      ...classes(trial),
      ...unless(wasFull, 'nothing was refused, so nothing was full'),
      ...unless(isAlive, 'the server ended'),
      ...overTime(plan, 'a request', longest, longestRequestMilliseconds),
      ...overTime(plan, 'the way back', quantile(recoveries, 1), longestRecoveryMilliseconds),
    ],
  }
}

const patienceMilliseconds = 10_000

/** Waits for PostgreSQL to end, for so long; it may also find room in files that it has. */
async function untilEnded(postgres: TestPostgres): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds
  while (postgres.isRunning() && performance.now() < deadline) await delay(50)
}
