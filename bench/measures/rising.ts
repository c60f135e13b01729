import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, countOf } from '../bench.ts'
import { atLeast, shortNumber } from '../report.ts'
import { refreshRequests } from './refresh.ts'

/** Refreshes a second that are offered, one after the other. */
const steps = [100, 200, 300, 400, 500, 600, 800, 1000, 1300, 1600, 2000] as const
const stepMilliseconds = 4000
const connections = 100
const mostP99Milliseconds = 100

/** Refreshes only, more and more of them at fixed times, until the server does not keep up (L3 of the security bar). What it still kept up with is the knee. */
export async function measureRising(bench: Bench): Promise<void> {
  for (const subject of bench.subjects) {
    const syncs = syncsPerSecond(subject.installation.folder)
    const requests = await refreshRequests(subject, subject.installation.projectId, 5000)
    let knee = 0
    let told = 'not even the first step'
    for (const perSecond of steps) {
      const streams = [{ name: 'refresh', pace: { kind: 'open', perSecond, connections } as const, requests }]
      const { host, port } = subject.served
      const [result] = await bench.load({ host, port, durationMilliseconds: stepMilliseconds, streams })
      if (!result) throw new Error('The load generator answered nothing')
      const good = result.statuses['200']
      const failed = countOf(result) - (good?.count ?? 0) + result.broken + result.unanswered
      if (!good || failed > 0 || good.p99 > mostP99Milliseconds) {
        told = `${told}; at ${perSecond}/s p99 ${shortNumber(good?.p99 ?? Number.NaN)} ms and ${failed} without a 200`
        break
      }
      knee = perSecond
      told = `p50 ${shortNumber(good.p50)} ms, p99 ${shortNumber(good.p99)} ms there`
    }
    const raw = `${told}; the disk of its folder syncs ${shortNumber(syncs)} times a second, one after the other`
    bench.report.add({
      measure: 'rising',
      name: `${subject.database}: refreshes a second`,
      value: knee,
      unit: '/s',
      raw,
      target: atLeast(knee, 300),
    })
  }
}

/** How often a small write is on the disk within a second. */
function syncsPerSecond(folder: string): number {
  const path = join(folder, 'syncs')
  const file = openSync(path, 'w')
  const page = Buffer.alloc(4096)
  let count = 0
  const startedAt = performance.now()
  while (performance.now() - startedAt < 1000) {
    writeSync(file, page)
    fdatasyncSync(file)
    count++
  }
  closeSync(file)
  rmSync(path)
  return count
}
