import { randomInt } from 'node:crypto'
import { type Bench, expectStatuses } from '../bench.ts'
import type { RequestSpec } from '../connection.ts'
import type { Stream } from '../load.ts'
import { shortNumber } from '../report.ts'
import { loginIdOf, password } from '../seed.ts'
import { judgeTiming } from '../statistics.ts'
import { signInRequests } from './sign-in.ts'

const loadName = 'load'

interface Audit {
  readonly name: string
  readonly path: string
  readonly status: number
  readonly classes: readonly [string, string]
  body(loginId: string): Record<string, unknown>
}

const wrong = (loginId: string) => ({ loginId, password: `${password}, wrong` })

const audits: readonly Audit[] = [
  { name: 'sign-in, unknown | wrong password', path: 'signin', status: 401, classes: ['ghost', 'known'], body: wrong },
  { name: 'sign-in, unknown | passwordless', path: 'signin', status: 401, classes: ['ghost', 'plain'], body: wrong },
  { name: 'reset, unknown | known', path: 'reset', status: 200, classes: ['ghost', 'known'], body: (loginId) => ({ loginId }) },
]

/** Users of each class that the audits need: each request is about another one, because a guess that repeats itself meets other counters. */
export function usersPerClass(bench: Pick<Bench, 'isShort'>): number {
  const { pairs, warmUp, loads } = extent(bench)
  return (pairs + warmUp) * audits.length * loads.length
}

/** Pairs that count, pairs before them that do not, and the sign-ins beside them as shares of what the machine can do. */
function extent({ isShort }: Pick<Bench, 'isShort'>) {
  return isShort ? { pairs: 100, warmUp: 20, loads: [0] } : { pairs: 500, warmUp: 50, loads: [0, 0.5] }
}

/** Whether anybody can tell an account from none by time (T-protocol, EN-02 and EN-03): idle, and in the long run under half the sign-ins that the machine can do. */
export async function measureTiming(bench: Bench, capacityPerSecond: number): Promise<void> {
  const state = { next: 0 }
  for (const subject of bench.subjects) {
    state.next = 0
    for (const share of extent(bench).loads) {
      for (const audit of audits) await run(bench, { ...subject, audit, perSecond: share * capacityPerSecond, state })
    }
  }
}

async function run(
  bench: Bench,
  input: Bench['subjects'][number] & { readonly audit: Audit; readonly perSecond: number; readonly state: { next: number } },
): Promise<void> {
  const { audit, served, installation, perSecond, state, database } = input
  const { projectId } = installation
  const { pairs, warmUp } = extent(bench)
  const requests: RequestSpec[] = []
  const classOf: (0 | 1)[] = []
  for (let pair = 0; pair < pairs + warmUp; pair++) {
    const index = state.next++
    const first = randomInt(2) === 0 ? 0 : 1
    for (const one of [first, first === 0 ? 1 : 0] as const) {
      const body = audit.body(loginIdOf(audit.classes[one], index))
      requests.push({ method: 'POST', path: `/v1/auth/password/${audit.path}`, headers: { authorization: `Bearer ${projectId}` }, body })
      classOf.push(one)
    }
  }
  const streams: Stream[] = [{ name: audit.name, pace: { kind: 'sequence' }, requests }]
  if (perSecond > 0) {
    streams.push({ name: loadName, pace: { kind: 'open', perSecond, connections: 200 }, requests: signInRequests(projectId) })
  }
  const [result] = await bench.load({ host: served.host, port: served.port, durationMilliseconds: 0, streams })
  if (!result) throw new Error('The load generator answered nothing')
  expectStatuses(bench.report, `timing on ${database}`, result, [audit.status])
  const timesOf = (wanted: 0 | 1) => result.sequence.filter((_, index) => index >= 2 * warmUp && classOf[index] === wanted)
  const { auc, medians, passes } = judgeTiming(timesOf(0), timesOf(1))
  const how = perSecond > 0 ? ', half load' : ', idle'
  bench.report.add({
    ...{ measure: 'timing', name: `${database}${how}: ${audit.name}`, value: auc, unit: 'AUC' },
    raw: `medians ${shortNumber(medians[0])} and ${shortNumber(medians[1])} ms, ${timesOf(0).length} each`,
    ...(bench.isShort ? {} : { target: { text: '0.45 to 0.55', isMet: passes } }),
  })
}
