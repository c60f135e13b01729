import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerProcess } from '../server-process.ts'
import { startBalancer } from './balancer.ts'
import { type Outcome, overTime, type Plan, quantile, type Scenario, unless } from './scenario.ts'
import { durations, refusals, type Trial, withTrial } from './trial.ts'

/** The balancer asks ten times a second; a machine that does other things as well may be late. */
const drains = ['--drain-seconds', '2']
const longestEndMilliseconds = 25_000

/** Two servers behind a balancer are restarted in turn under load (RL-08). */
export const rollingRestarts: Scenario = {
  id: 'F12',
  title: 'rolling restarts of two servers under load, PostgreSQL',
  database: 'postgres',
  isInShort: true,
  async run(plan) {
    const { url } = await plan.postgres()
    return withTrial({ serverUrl: url }, (trial) => roll(plan, trial))
  },
}

async function roll(plan: Plan, trial: Trial): Promise<Outcome> {
  const restarts = plan.rounds ?? (plan.isShort ? 2 : 20)
  const balancer = await startBalancer()
  try {
    const running = [await trial.serve({ flags: drains }), await trial.serve({ flags: drains })]
    await balancer.use(...running)
    trial.use(balancer)
    await trial.underLoad(() => delay(500))
    trial.forget()
    const ends: number[] = []
    const codes: (number | null)[] = []
    await trial.underLoad(async () => {
      for (let restart = 0; restart < restarts; restart++) {
        // The one that waits longest; the new one takes its place once it is ready.
        const [old, other] = running
        if (!old || !other) throw new Error('There are two servers')
        const began = performance.now()
        codes.push(await old.stop())
        ends.push(performance.now() - began)
        running.splice(0, 2, other, await trial.serve({ flags: drains }))
        await balancer.use(...running)
        await delay(200)
      }
    })
    const failed = trial.endings.filter(({ status }) => status !== 200 && status !== 429)
    const impatient = await endTwice(trial)
    const outcome = await trial.finish()
    return {
      figures: [
        ['restarts', restarts],
        ['requests', trial.endings.length],
        ['failed', failed.length],
        ['longest end ms', Math.round(quantile(ends, 1))],
        ['p99 ms', durations(trial.endings).p99],
        ['after a second SIGTERM ms', Math.round(impatient.milliseconds)],
        ['refused', refusals(trial.endings)],
        ...outcome.figures,
      ],
      broken: [
        ...outcome.broken,
        ...unless(failed.length === 0, `${failed.length} requests failed: ${refusals(failed)}`),
        ...unless(
          codes.every((code) => code === 0),
          `servers ended with ${codes.join(', ')}`,
        ),
        ...overTime(plan, 'an end', quantile(ends, 1), longestEndMilliseconds),
        ...unless(impatient.code !== 0, 'a second SIGTERM did not end the server at once'),
        ...overTime(plan, 'the end after a second SIGTERM', impatient.milliseconds, 2_000),
      ],
    }
  } finally {
    await balancer.close()
  }
}

/** A server that something keeps from ending, here a request whose body never ends, is ended by a second signal. */
async function endTwice(trial: Trial): Promise<{ readonly milliseconds: number; readonly code: number | null }> {
  const server = await trial.serve()
  const socket = await openRequest(server, trial.installation.projectId)
  server.signal('SIGTERM')
  await delay(500)
  const began = performance.now()
  server.signal('SIGTERM')
  const code = await server.ended
  socket.destroy()
  return { milliseconds: performance.now() - began, code }
}

async function openRequest({ port }: ServerProcess, projectId: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => undefined)
  await once(socket, 'connect')
  const lines = ['POST /v1/auth/password/signin HTTP/1.1', 'host: 127.0.0.1', `authorization: Bearer ${projectId}`]
  socket.write(`${[...lines, 'content-type: application/json', 'content-length: 100'].join('\r\n')}\r\n\r\n{`)
  await delay(100)
  return socket
}
