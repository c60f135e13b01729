import { coreErrors } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { HashCaller } from './hash.ts'

/** Bounds on hash work (BF-08). */
export interface HashQueueOptions {
  readonly clock: Clock
  /** Hashes at once; more than there are cores costs throughput. */
  readonly concurrency: number
  /** Hashes that may wait. What comes on top is refused at once. */
  readonly maxQueued: number
  /** Longest wait; what would start later is refused instead. */
  readonly maxWaitMilliseconds: number
  /** Share of the waiting places that one source may hold, unless it is trusted. */
  readonly maxShare: number
}

export interface HashQueue {
  /**
   * Runs `work` when it is its turn. Throws `RateLimited` when the queue, or this source's share of it, is full, or the wait was too long; rejects with the signal's
   * reason when the client went away before its turn, in which case nothing is computed (F22).
   */
  run<T>(work: () => Promise<T>, caller: HashCaller): Promise<T>
  waiting(): number
  running(): number
}

interface Waiting {
  readonly source: string
  readonly since: number
  readonly caller: HashCaller
  start(): void
  refuse(error: unknown): void
}

/** Makes a queue. Sources take turns, so that one that floods waits behind itself. */
export function createHashQueue(options: HashQueueOptions): HashQueue {
  const { clock, concurrency, maxQueued, maxWaitMilliseconds } = options
  const maxPerSource = Math.max(1, Math.floor(maxQueued * options.maxShare))
  const bySource = new Map<string, Waiting[]>()
  let waiting = 0
  let running = 0

  function enqueue(one: Waiting): void {
    const line = bySource.get(one.source) ?? []
    line.push(one)
    bySource.set(one.source, line)
    waiting++
  }

  /** The next one of the source whose turn it is; that source goes to the end. */
  function takeNext(): Waiting | undefined {
    for (const [source, line] of bySource) {
      const one = line.shift()
      bySource.delete(source)
      if (line.length > 0) bySource.set(source, line)
      if (!one) continue
      waiting--
      return one
    }
    return undefined
  }

  function leave(one: Waiting): void {
    const line = bySource.get(one.source)
    const index = line?.indexOf(one) ?? -1
    if (!line || index < 0) return
    line.splice(index, 1)
    waiting--
    if (line.length === 0) bySource.delete(one.source)
  }

  function fill(): void {
    while (running < concurrency) {
      const one = takeNext()
      if (!one) return
      if (one.caller.signal.aborted) one.refuse(one.caller.signal.reason)
      else if (clock.monotonicMilliseconds() - one.since > maxWaitMilliseconds) one.refuse(overloaded())
      else one.start()
    }
  }

  async function compute<T>(work: () => Promise<T>): Promise<T> {
    running++
    try {
      return await work()
    } finally {
      running--
      fill()
    }
  }

  return {
    waiting: () => waiting,
    running: () => running,
    async run(work, caller) {
      caller.signal.throwIfAborted()
      if (running < concurrency && waiting === 0) return compute(work)
      const { ip, isTrusted } = caller.source
      const isOverShare = !isTrusted && (bySource.get(ip)?.length ?? 0) >= maxPerSource
      if (waiting >= maxQueued || isOverShare) throw overloaded()
      return new Promise((resolve, reject) => {
        const leaveEarly = () => {
          leave(one)
          reject(caller.signal.reason)
        }
        const one: Waiting = {
          source: ip,
          since: clock.monotonicMilliseconds(),
          caller,
          start() {
            caller.signal.removeEventListener('abort', leaveEarly)
            compute(work).then(resolve, reject)
          },
          refuse(error) {
            caller.signal.removeEventListener('abort', leaveEarly)
            reject(error)
          },
        }
        caller.signal.addEventListener('abort', leaveEarly, { once: true })
        enqueue(one)
      })
    },
  }
}

function overloaded(): Error {
  return coreErrors.RateLimited({ retryAfterSeconds: 1, log: 'hash queue' })
}
