import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerProcess } from '../server-process.ts'
import { quantile, unless } from './scenario.ts'

/** What probes and applications ask a server for all the time. */

const readyMilliseconds = 60_000

/** Waits until a server is ready, and answers how long that took. */
export async function untilReady(url: string): Promise<number> {
  const began = performance.now()
  while (performance.now() - began < readyMilliseconds) {
    const { status } = await ask(`${url}/readyz`)
    if (status === 200) return performance.now() - began
    await delay(20)
  }
  throw new Error('The server is not ready any more')
}

interface Asked {
  /** 0 when no answer came within ten seconds. */
  readonly status: number
  readonly milliseconds: number
}

export async function ask(url: string): Promise<Asked> {
  const began = performance.now()
  let status = 0
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    await response.arrayBuffer()
    status = response.status
  } catch {
    // No answer is what 0 says.
  }
  return { status, milliseconds: performance.now() - began }
}

export interface Probed {
  /** Statuses that liveness, readiness and the key set answered, each once. */
  readonly healthy: readonly number[]
  readonly ready: readonly number[]
  readonly keys: readonly number[]
  readonly longestMilliseconds: number
  readonly peakRssMib: number
}

/** Asks for liveness, readiness and the key set, and looks at the memory, until `work` is done. */
export async function probeDuring(server: ServerProcess, projectId: string, work: () => Promise<void>): Promise<Probed> {
  const statuses = { healthz: new Set<number>(), readyz: new Set<number>(), [`v2/keys/${projectId}`]: new Set<number>() }
  const times: number[] = []
  let peakRssMib = 0
  let isDone = false
  const loop = async (path: string, seen: Set<number>) => {
    while (!isDone) {
      const { status, milliseconds } = await ask(`${server.url}/${path}`)
      seen.add(status)
      times.push(milliseconds)
      peakRssMib = Math.max(peakRssMib, await rssMib(server.pid))
      await delay(100)
    }
  }
  const loops = Object.entries(statuses).map(([path, seen]) => loop(path, seen))
  try {
    await work()
  } finally {
    isDone = true
    await Promise.all(loops)
  }
  const [healthy, ready, keys] = Object.values(statuses).map((seen) => [...seen])
  return { healthy: healthy ?? [], ready: ready ?? [], keys: keys ?? [], longestMilliseconds: quantile(times, 1), peakRssMib }
}

/** Sentences about what answers from memory, and must have gone on without a database. */
export function outOfDatabase({ healthy, keys }: Probed): readonly string[] {
  return [
    ...unless(healthy.join() === '200', `liveness answered ${healthy.join(', ')}`),
    ...unless(keys.join() === '200', `the key set answered ${keys.join(', ')}`),
  ]
}

/** Memory of a process; 0 once it has ended. */
export async function rssMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
