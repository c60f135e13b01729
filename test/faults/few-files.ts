import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { untilReady } from './probe.ts'
import { NotRun, type Outcome, overTime, type Plan, type Scenario, unless } from './scenario.ts'
import { durations, refusals, type Trial, unexpected, withTrial } from './trial.ts'

const files = 256
const sockets = 1_000

/** A thousand connections to a server that may have 256 files open. */
export const fewFiles: Scenario = {
  id: 'F18',
  title: `${sockets} connections with ${files} files, embedded database`,
  database: 'sqlite',
  isInShort: true,
  async run(plan) {
    await promisify(execFile)('prlimit', ['--version']).catch(() => {
      throw new NotRun('there is no prlimit: install util-linux')
    })
    return withTrial({}, (trial) => crowd(plan, trial))
  },
}

async function crowd(plan: Plan, trial: Trial): Promise<Outcome> {
  const server = await trial.serve({ through: ['prlimit', `--nofile=${files}`] })
  trial.use(server)
  // Connections that are there before the others come.
  await trial.underLoad(() => delay(1_000))
  const opened: Socket[] = []
  let established: Outcome['broken'] = []
  await trial.underLoad(async () => {
    const before = trial.endings.length
    const { port } = server
    for (let count = 0; count < sockets; count++) opened.push(connect({ host: '127.0.0.1', port }).on('error', () => undefined))
    await Promise.all(opened.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close'), delay(1_000)])))
    await delay(plan.isShort ? 1_500 : 10_000)
    established = failures(trial.endings.slice(before))
  })
  const during = refusals(trial.endings)
  const isAlive = server.isAlive()
  for (const socket of opened) socket.destroy()
  const backMilliseconds = await untilReady(server.url)
  await trial.settle()
  trial.forget()
  await trial.underLoad(() => delay(500))
  const after = unexpected(trial.endings)
  const { longest } = durations(trial.endings)
  const outcome = await trial.finish()
  return {
    figures: [
      ...outcome.figures,
      ['refused while crowded', during],
      ['failed on connections that were there', established.length],
      ['back ms', Math.round(backMilliseconds)],
      ['longest afterwards ms', longest],
    ],
    broken: [
      ...outcome.broken,
      ...established,
      ...after,
      ...unless(isAlive, 'the server ended'),
      ...overTime(plan, 'the way back', backMilliseconds, 5_000),
      ...overTime(plan, 'a request afterwards', longest, 3_000),
    ],
  }
}

/** Answers of the server that say that it failed. What had no answer may have been on a new connection, which may be refused. */
function failures(endings: Trial['endings']): readonly string[] {
  return endings
    .filter(({ status }) => status >= 500)
    .map(({ path, status, errorCode }) => `${path} answered ${status} ${errorCode} while crowded`)
}
