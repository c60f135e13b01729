import { type Bench, countOf, expectStatuses, type Subject } from '../bench.ts'
import { residentMib } from '../child.ts'
import type { Latencies, StreamResult } from '../load.ts'
import { atLeast, atMost, type Figure, shortNumber } from '../report.ts'
import { refreshRequests } from './refresh.ts'
import { signInRequests } from './sign-in.ts'

interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Ten times as many sign-ins as the cores can hash, from many sources or from one, with ordinary traffic beside them (L2 of the security bar). */
export async function measureFlood(bench: Bench, capacityPerSecond: number): Promise<void> {
  for (const subject of bench.subjects) {
    await flood(bench, subject, { sources: 1000, capacityPerSecond })
    if (!bench.isShort) await flood(bench, subject, { sources: 1, capacityPerSecond })
  }
}

interface Flood {
  readonly sources: number
  readonly capacityPerSecond: number
}

async function flood(bench: Bench, subject: Subject, { sources, capacityPerSecond }: Flood): Promise<void> {
  const { served, installation } = subject
  const { projectId } = installation
  const perSecond = Math.round(10 * capacityPerSecond)
  const steady = (perSecondOf: number) => ({ kind: 'open', perSecond: perSecondOf, connections: 50 }) as const
  const streams = [
    {
      name: 'sign-in',
      pace: { kind: 'open', perSecond, connections: 1000 } as const,
      requests: signInRequests(projectId, sources),
    },
    { name: 'refresh', pace: steady(20), requests: await refreshRequests(subject, projectId, bench.isShort ? 60 : 200) },
    { name: 'key set', pace: steady(200), requests: [{ method: 'GET', path: `/v2/keys/${projectId}` } as const] },
    { name: 'health', pace: steady(20), requests: [{ method: 'GET', path: '/healthz' } as const] },
  ]
  await served.ask({ probe: 'start' })
  const results = await bench.load({
    host: served.host,
    port: served.port,
    durationMilliseconds: bench.isShort ? 2000 : 10_000,
    streams,
  })
  const loop = await served.ask<LoopDelay>({ probe: 'stop' })
  if (!served.isAlive()) bench.report.fail(`The server on ${subject.database} died in the flood`)
  const where = `${subject.database}, ${sources} ${sources === 1 ? 'source' : 'sources'}`
  for (const figure of figuresOf(where, { results, loop, capacityPerSecond, peakMib: residentMib(served.pid).peak }))
    bench.report.add(figure)
  for (const result of results) {
    expectStatuses(bench.report, `flood on ${where}`, result, result.name === 'sign-in' ? [200, 429] : [200])
  }
}

interface Flooded {
  readonly results: readonly StreamResult[]
  readonly loop: LoopDelay
  readonly capacityPerSecond: number
  readonly peakMib: number
}

function figuresOf(where: string, { results, loop, capacityPerSecond, peakMib }: Flooded): readonly Figure[] {
  const [signIns, refresh, keySet, health] = results
  if (!signIns || !refresh || !keySet || !health) throw new Error('The load generator left a stream out')
  const measure = 'flood'
  const shed = signIns.statuses['429']
  const admitted = countOf(signIns, 200) / signIns.seconds / capacityPerSecond
  const others = results.reduce((sum, result) => sum + failuresOf(result), 0) - (shed?.count ?? 0)
  const milliseconds = (latencies: Latencies | undefined, of: string, target: number): readonly Figure[] => {
    if (!latencies) return []
    const { p50, p99, max, count } = latencies
    const raw = `p50 ${shortNumber(p50)} ms, max ${shortNumber(max)} ms, ${count} answers`
    return [{ measure, name: `${where}: ${of} p99`, value: p99, unit: 'ms', raw, target: atMost(p99, target) }]
  }
  const goodput = `${shortNumber(countOf(signIns, 200) / signIns.seconds)}/s of ${shortNumber(capacityPerSecond)}/s bare; offered ${shortNumber(10 * capacityPerSecond)}/s`
  const failures = `${results.reduce((sum, { broken }) => sum + broken, 0)} broken connections, ${results.reduce((sum, { unanswered }) => sum + unanswered, 0)} not answered`
  return [
    ...milliseconds(refresh.statuses['200'], 'refresh', 50),
    ...milliseconds(keySet.statuses['200'], 'key set', 200),
    ...milliseconds(health.statuses['200'], 'health', 200),
    ...milliseconds(shed, 'sign-in refused with 429', 100),
    { measure, name: `${where}: sign-ins admitted`, value: admitted, unit: '', raw: goodput, target: atLeast(admitted, 0.8) },
    { measure, name: `${where}: failures other than 429`, value: others, unit: '', raw: failures, target: atMost(others, 0) },
    {
      ...{ measure, name: `${where}: event-loop delay p99`, value: loop.p99, unit: 'ms', target: atMost(loop.p99, 50) },
      raw: `p50 ${shortNumber(loop.p50)} ms, max ${shortNumber(loop.max)} ms`,
    },
    { measure, name: `${where}: resident memory, most so far`, value: peakMib, unit: 'MiB', raw: '', target: atMost(peakMib, 512) },
  ]
}

/** Everything that did not end with 200. */
function failuresOf(result: StreamResult): number {
  return result.broken + result.unanswered + countOf(result) - countOf(result, 200)
}
