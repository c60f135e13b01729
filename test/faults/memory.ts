import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { rssMib, untilReady } from './probe.ts'
import { NotRun, type Outcome, type Plan, type Scenario, unless } from './scenario.ts'
import { refusals, type Trial, unexpected, withTrial } from './trial.ts'

const limitMib = 256
const callers = 100

/** Many sign-ins at once, each a hash of 19 MiB, in a control group that has 256 MiB. */
export const memorySqueezed: Scenario = {
  id: 'F17',
  title: `${callers} callers and ${limitMib} MiB, embedded database`,
  database: 'sqlite',
  isInShort: false,
  run: (plan) => withGroup((group) => withTrial({}, (trial) => flood(plan, trial, group))),
}

interface ControlGroup {
  /** The file that takes in a process. */
  readonly processes: string
  kills(): Promise<number>
}

/** Makes a control group below our own. Some machines and containers do not allow that. */
async function withGroup<T>(use: (group: ControlGroup) => Promise<T>): Promise<T> {
  const own = await readFile('/proc/self/cgroup', 'utf8').catch(() => '')
  const first = /^\d+:memory:(.*)$/m.exec(own)?.[1]
  const second = /^0::(.*)$/m.exec(own)?.[1]
  const parent = first === undefined ? join('/sys/fs/cgroup', second ?? '') : join('/sys/fs/cgroup/memory', first)
  const folder = join(parent, `postern-faults-${process.pid}`)
  const limit = join(folder, first === undefined ? 'memory.max' : 'memory.limit_in_bytes')
  const events = join(folder, first === undefined ? 'memory.events' : 'memory.oom_control')
  try {
    await mkdir(folder)
    await writeFile(limit, String(limitMib * 1_048_576))
  } catch (error) {
    await rmdir(folder).catch(() => undefined)
    throw new NotRun(`no control group with a limit on memory can be made here (${error instanceof Error ? error.message : ''})`)
  }
  try {
    return await use({
      processes: join(folder, 'cgroup.procs'),
      kills: async () => Number(/oom_kill (\d+)/.exec(await readFile(events, 'utf8'))?.[1] ?? Number.NaN),
    })
  } finally {
    await rmdir(folder).catch(() => undefined)
  }
}

async function flood(plan: Plan, trial: Trial, group: ControlGroup): Promise<Outcome> {
  const seconds = plan.isShort ? 3 : 20
  const inside = ['/bin/sh', '-c', 'echo $$ > "$1"; shift; exec "$@"', 'sh', group.processes]
  const server = await trial.serve({ through: inside })
  trial.use(server)
  await trial.underLoad(() => trial.untilWritten())
  let peakMib = 0
  const deadline = performance.now() + seconds * 1000
  const shed = new Map<number, number>()
  const caller = async (number: number) => {
    while (performance.now() < deadline) {
      const answer = await trial.client.call('password/signin', { loginId: `nobody-${number}@example.com`, password: 'a guess at nothing' })
      const status = answer?.status ?? 0
      shed.set(status, (shed.get(status) ?? 0) + 1)
      if (status === 429) await delay(20)
    }
  }
  const watch = async () => {
    while (performance.now() < deadline) {
      peakMib = Math.max(peakMib, await rssMib(server.pid))
      await delay(50)
    }
  }
  await trial.underLoad(async () => void (await Promise.all([watch(), ...Array.from({ length: callers }, (_, number) => caller(number))])))
  const kills = await group.kills()
  const isAlive = server.isAlive()
  if (isAlive) await untilReady(server.url)
  const refused = refusals(trial.endings)
  const odd = unexpected(trial.endings, ({ errorCode }) => errorCode === 'E062903')
  const outcome = await trial.finish()
  return {
    figures: [
      ['seconds', seconds],
      ['flood', [...shed].map(([status, count]) => `${status}: ${count}`).join(', ')],
      ['OOM kills', kills],
      ['peak RSS MiB', peakMib],
      ['refused to the load', refused],
      ...outcome.figures,
    ],
    broken: [
      ...outcome.broken,
      ...odd,
      ...unless(kills === 0 && isAlive, 'the server was killed for its memory'),
      ...unless((shed.get(429) ?? 0) > 0, 'nothing was shed'),
      ...unless(!shed.has(0) && !shed.has(500), 'a request of the flood had no answer, or a bad one'),
    ],
  }
}
