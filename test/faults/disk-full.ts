import { setTimeout as delay } from 'node:timers/promises'
import { outOfDatabase, probeDuring } from './probe.ts'
import { type Outcome, overTime, type Plan, type Scenario, unless } from './scenario.ts'
import { type SmallDisk, withSmallDisk } from './small-disk.ts'
import { durations, refusals, type Trial, withTrial } from './trial.ts'

const longestRequestMilliseconds = 3_000
const longestRecoveryMilliseconds = 5_000
const diskMib = 24

/** The disk of the embedded database is full for a while (RL-06). */
export const diskFull: Scenario = {
  id: 'F9',
  title: 'disk full, embedded database',
  database: 'sqlite',
  isInShort: true,
  run: (plan) => withSmallDisk(diskMib, (disk) => withTrial({ parentFolder: disk.folder }, (trial) => fillAndFree(plan, trial, disk))),
}

async function fillAndFree(plan: Plan, trial: Trial, disk: SmallDisk): Promise<Outcome> {
  const rounds = plan.rounds ?? (plan.isShort ? 1 : 10)
  const server = await trial.serve()
  trial.use(server)
  const readers = await signUpReaders(trial)
  await trial.underLoad(() => delay(1_500))
  await trial.settle()
  trial.forget()
  const reads = { asked: 0, worked: 0, statuses: new Set<number>() }
  const odd: string[] = []
  const recoveries: number[] = []
  for (let round = 0; round < rounds; round++) {
    await trial.underLoad(async () => {
      await disk.fill()
      const probed = await probeDuring(server, trial.installation.projectId, () =>
        readAll(trial, { url: server.url, readers, reads }, plan.isShort ? 2_000 : 5_000),
      )
      odd.push(...outOfDatabase(probed))
      await disk.free()
      recoveries.push(await trial.untilWritten())
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
      ['reads that worked', `${reads.worked} of ${reads.asked}`],
      ['longest ms', longest],
      ['back ms', Math.round(Math.max(...recoveries))],
      ['refused', refused],
      ...outcome.figures,
    ],
    broken: [
      ...outcome.broken,
      ...new Set(odd),
      ...unless(wasFull, 'nothing was refused, so nothing was full'),
      ...unless(reads.worked === reads.asked, `reads answered ${[...reads.statuses].join(', ')}`),
      ...unless(isAlive, 'the server ended'),
      ...overTime(plan, 'a request', longest, longestRequestMilliseconds),
      ...overTime(plan, 'the way back', Math.max(...recoveries), longestRecoveryMilliseconds),
    ],
  }
}

interface Reads {
  asked: number
  worked: number
  readonly statuses: Set<number>
}

interface Reading {
  readonly url: string
  /** Refresh tokens of users that the load leaves alone. */
  readonly readers: readonly string[]
  readonly reads: Reads
}

async function signUpReaders({ client }: Trial): Promise<readonly string[]> {
  const answers = []
  for (const name of ['ann', 'bob', 'cleo']) {
    answers.push(await client.call('password/signup', { loginId: `${name}@example.com`, password: `secret that ${name} reads by` }))
  }
  return answers.map((answer) => answer?.refreshJwt ?? '')
}

/** Asks who users are by tokens that they have, which writes nothing. */
async function readAll({ installation }: Trial, { url, readers, reads }: Reading, milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds
  while (performance.now() < deadline) {
    const headers = { authorization: `Bearer ${installation.projectId}:${readers[reads.asked % readers.length]}` }
    const response = await fetch(`${url}/v1/auth/me`, { headers, signal: AbortSignal.timeout(10_000) })
    await response.arrayBuffer()
    reads.asked++
    reads.statuses.add(response.status)
    if (response.status === 200) reads.worked++
    await delay(20)
  }
}
