import type { Helper } from './child.ts'
import { startHelper } from './child.ts'
import type { Job, StreamResult } from './load.ts'
import type { Report } from './report.ts'
import type { Installation, Served } from './servers.ts'

/** A server with the data that it serves. */
export interface Subject {
  readonly database: 'sqlite' | 'postgres'
  readonly installation: Installation
  readonly served: Served
}

/** What every measure works with. */
export interface Bench {
  readonly isShort: boolean
  readonly report: Report
  /** Servers under test, SQLite first; PostgreSQL only where there is one. */
  readonly subjects: readonly Subject[]
  /** Runs a job in the process of the load generator. */
  load(job: Job): Promise<readonly StreamResult[]>
  readonly bare: Helper
}

/** How long one piece of a round takes, and how many rounds there are. */
export function effort({ isShort }: Bench): { readonly rounds: number; readonly milliseconds: number } {
  return isShort ? { rounds: 2, milliseconds: 500 } : { rounds: 7, milliseconds: 2000 }
}

export function startLoad(): { readonly load: Bench['load']; stop(): void } {
  const helper = startHelper('load.ts')
  return {
    load: async (job) => (await helper.ask<{ readonly results: readonly StreamResult[] }>({ job })).results,
    stop: () => helper.stop(),
  }
}

/** Answers of a stream with this status, or all. */
export function countOf(result: StreamResult, status?: number): number {
  const wanted = status === undefined ? Object.values(result.statuses) : [result.statuses[String(status)]]
  return wanted.reduce((sum, latencies) => sum + (latencies?.count ?? 0), 0)
}

/** Notes every answer whose status is not expected, and every connection that broke. */
export function expectStatuses(report: Report, where: string, result: StreamResult, expected: readonly number[] = [200]): number {
  const unexpected = Object.entries(result.statuses).filter(([status]) => !expected.includes(Number(status)))
  const count = unexpected.reduce((sum, [, latencies]) => sum + latencies.count, 0) + result.broken
  if (count > 0)
    report.fail(`${where}, ${result.name}: ${count} answers were not ${expected.join(' or ')}; the first: ${result.firstFailure}`)
  return count
}
