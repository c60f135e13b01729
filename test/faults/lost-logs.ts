import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Outcome, overTime, type Plan, type Scenario, unless } from './scenario.ts'
import { withSmallDisk } from './small-disk.ts'
import { durations, refusals, type Trial, unexpected, withTrial } from './trial.ts'

const longestRequestMilliseconds = 3_000
/** For the first line once there is room again. */
const patienceMilliseconds = 20_000

/** The log cannot be written: to a device that is always full, and to a disk that becomes full and has room again (RL-06). */
export const logsLost: Scenario = {
  id: 'F10',
  title: 'disk of the log full, embedded database',
  database: 'sqlite',
  isInShort: true,
  run: (plan) => withTrial({}, (trial) => loseLogs(plan, trial)),
}

async function loseLogs(plan: Plan, trial: Trial): Promise<Outcome> {
  const milliseconds = plan.isShort ? 1_500 : 10_000
  const alwaysFull = await trial.serve({ logFile: '/dev/full' })
  trial.use(alwaysFull)
  await trial.underLoad(() => delay(milliseconds))
  await trial.settle()
  const isFirstAlive = alwaysFull.isAlive()
  const firstCode = await alwaysFull.stop()
  const { linesAfterwards, isAlive } = await onSmallDisk(trial, milliseconds)
  const { p99, longest } = durations(trial.endings)
  const server = await trial.serve()
  trial.use(server)
  const outcome = await trial.finish()
  return {
    figures: [
      ...outcome.figures,
      ['restarts', Number(!isFirstAlive) + Number(!isAlive)],
      ['p99 ms', p99],
      ['longest ms', longest],
      ['lines once there is room', linesAfterwards],
      ['refused', refusals(trial.endings)],
    ],
    broken: [
      ...outcome.broken,
      ...unexpected(trial.endings),
      ...unless(isFirstAlive && isAlive, 'a server ended because it could not log'),
      ...unless(firstCode === 0, `the server that could not log ended with ${firstCode}`),
      ...unless(
        trial.endings.every(({ status }) => status !== 0),
        'a request had no answer',
      ),
      ...unless(linesAfterwards > 0, 'nothing is logged once there is room again'),
      ...overTime(plan, 'a request', longest, longestRequestMilliseconds),
    ],
  }
}

function onSmallDisk(trial: Trial, milliseconds: number): Promise<{ readonly linesAfterwards: number; readonly isAlive: boolean }> {
  return withSmallDisk(1, async (disk) => {
    const logFile = join(disk.folder, 'server.log')
    const server = await trial.serve({ logFile })
    trial.use(server)
    const linesAfterwards = await trial.underLoad(async () => {
      await disk.fill()
      await delay(milliseconds)
      const before = await lengthOf(logFile)
      await disk.free()
      const deadline = performance.now() + patienceMilliseconds
      while ((await lengthOf(logFile)) === before && performance.now() < deadline) await delay(100)
      return (await lengthOf(logFile)) - before
    })
    await trial.settle()
    const isAlive = server.isAlive()
    await server.stop()
    return { linesAfterwards, isAlive }
  })
}

async function lengthOf(file: string): Promise<number> {
  return (await readFile(file, 'utf8')).split('\n').length
}
