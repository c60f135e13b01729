import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { classes } from './database-kill.ts'
import { untilReady } from './probe.ts'
import { type Outcome, overTime, type Plan, type Scenario, unless } from './scenario.ts'
import { durations, refusals, type Trial, withTrial } from './trial.ts'

const longestRequestMilliseconds = 3_000
const longestRecoveryMilliseconds = 5_000

/** Somebody holds the table of users; then somebody holds every connection that the server of the database allows (RL-04). */
export const exhausted: Scenario = {
  id: 'F8',
  title: 'table locked, then connections full, PostgreSQL',
  database: 'postgres',
  isInShort: true,
  async run(plan) {
    const { url } = await plan.postgres()
    return withTrial({ serverUrl: url }, (trial) => exhaust(plan, trial))
  },
}

async function exhaust(plan: Plan, trial: Trial): Promise<Outcome> {
  const heldSeconds = plan.isShort ? 4 : 10
  const server = await trial.serve()
  trial.use(server)
  await trial.underLoad(() => delay(500))
  trial.forget()
  const locked = await trial.underLoad(() => during(trial, server.url, (url) => lockUsers(url, heldSeconds)))
  await trial.settle()
  const full = await trial.underLoad(() => during(trial, server.url, (url) => fillConnections(url, heldSeconds)))
  const { p99, longest } = durations(trial.endings)
  const outcome = await trial.finish()
  return {
    figures: [
      ['held s', heldSeconds],
      ...outcome.figures,
      ['p99 ms', p99],
      ['longest ms', longest],
      ['back after the lock ms', Math.round(locked)],
      ['after the connections ms', Math.round(full)],
      ['refused', refusals(trial.endings)],
    ],
    broken: [
      ...outcome.broken,
      ...overTime(plan, 'a request', longest, longestRequestMilliseconds),
      ...overTime(plan, 'the way back', Math.max(locked, full), longestRecoveryMilliseconds),
      ...unless(
        trial.endings.some(({ status }) => status === 503),
        'nothing was refused, so nothing was exhausted',
      ),
      ...unless(
        trial.endings.every(({ status }) => status !== 0),
        'a request had no answer',
      ),
      ...classes(trial),
    ],
  }
}

/** Answers how long after the fault the server is ready and signs somebody up again. */
async function during(trial: Trial, serverUrl: string, fault: (databaseUrl: string) => Promise<void>): Promise<number> {
  await fault(trial.installation.databaseUrl ?? '')
  const began = performance.now()
  await untilReady(serverUrl)
  await trial.untilWritten()
  return performance.now() - began
}

async function lockUsers(url: string, seconds: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('begin')
    await client.query('lock table users in access exclusive mode')
    await delay(seconds * 1000)
  } finally {
    await client.end()
  }
}

/** Takes connections until there is none left, and ends those of the server, which then wants new ones. */
async function fillConnections(url: string, seconds: number): Promise<void> {
  const taken: pg.Client[] = []
  const deadline = performance.now() + seconds * 1000
  try {
    while (performance.now() < deadline) {
      const client = new pg.Client({ connectionString: url, application_name: 'greedy', connectionTimeoutMillis: 2_000 })
      client.on('error', () => undefined)
      try {
        await client.connect()
        taken.push(client)
      } catch {
        await taken[0]?.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'postern' and datname = current_database()",
        )
        await delay(20)
      }
    }
  } finally {
    await Promise.all(taken.map((client) => client.end()))
  }
}
