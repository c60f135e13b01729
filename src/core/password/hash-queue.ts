import { coreErrors } from '../errors.ts'
import type { Clock, HashPermits } from '../ports.ts'
import type { HashCaller } from './hash.ts'

/** Bounds on hash work (BF-08). */
export interface HashQueueOptions {
  readonly clock: Clock
  /** Hashes at once, at least 1; more than there are cores costs throughput. */
  readonly concurrency: number
  /** Hashes that may wait. What comes on top is refused at once. */
  readonly maxQueued: number
  /** Longest wait; what has waited so long is refused. */
  readonly maxWaitMilliseconds: number
  /** Shares the cores with other processes; if absent, they are all for this one. */
  readonly permits?: HashPermits
  /** Share of the waiting places that one source may hold, 0 to 1; trusted sources may hold all. */
  readonly maxShare: number
}

/** Lets a few hashes run at once and makes the others wait for their turn. */
export interface HashQueue {
  /**
   * Runs `work` when it is its turn. Throws `RateLimited`, at once when all waiting places or this source's share of them are taken, and later when the
   * wait was too long. Rejects with the signal's reason when the client went away before its turn; nothing is computed then (F22).
   */
  run<T>(work: () => Promise<T>, caller: HashCaller): Promise<T>
  /** How many wait. */
  waiting(): number
  /** How many are being computed. */
  running(): number
}

interface Waiting {
  /** Whose line it stands in. */
  readonly key: string | symbol
  readonly since: number
  start(): void
  refuse(error: unknown): void
}

/** Permits of one process. */
function ownPermits(count: number): HashPermits {
  let free = count
  const waiting: (() => void)[] = []
  return {
    ask(granted) {
      if (free === 0) return void waiting.push(granted)
      free--
      granted()
    },
    giveBack() {
      const next = waiting.shift()
      if (next) next()
      else free++
    },
  }
}

/**
 * Makes a queue. Sources take turns, so that one that floods waits behind itself; each hash of a trusted source (a back end that speaks for many users) is a source
 * of its own. Waits end by a timer that does not keep the process alive, and whenever somebody comes or goes.
 */
export function createHashQueue(options: HashQueueOptions): HashQueue {
  const { clock, concurrency, maxQueued, maxWaitMilliseconds } = options
  if (!(concurrency >= 1)) throw new Error('The hash queue needs a concurrency of at least 1')
  const permits = options.permits ?? ownPermits(concurrency)
  const maxPerSource = Math.max(1, Math.floor(maxQueued * options.maxShare))
  /** Lines by source; the first one has the next turn. */
  const lines = new Map<string | symbol, Set<Waiting>>()
  /** All that wait, oldest first. */
  const arrivals = new Set<Waiting>()
  let running = 0
  /** Permits that were asked for and not granted yet. */
  let asked = 0
  let timer: NodeJS.Timeout | undefined

  function add(one: Waiting): void {
    const line = lines.get(one.key) ?? new Set()
    lines.set(one.key, line.add(one))
    arrivals.add(one)
    askForPermits()
    armTimer()
  }

  /** One for everybody who waits, as far as this process can compute at once. Permits that come when nobody waits any more go back. */
  function askForPermits(): void {
    while (asked < arrivals.size && asked + running < concurrency) {
      asked++
      permits.ask(() => {
        asked--
        refuseOverdue()
        const next = takeNext()
        if (next) next.start()
        else permits.giveBack()
      })
    }
  }

  function remove(one: Waiting): void {
    const line = lines.get(one.key)
    line?.delete(one)
    if (line?.size === 0) lines.delete(one.key)
    arrivals.delete(one)
  }

  /** Takes the first of the source whose turn it is; that source goes to the end. */
  function takeNext(): Waiting | undefined {
    for (const [key, line] of lines) {
      for (const one of line) {
        remove(one)
        if (lines.delete(key)) lines.set(key, line)
        return one
      }
    }
    return undefined
  }

  function refuseOverdue(): void {
    const now = clock.monotonicMilliseconds()
    for (const one of arrivals) {
      if (now - one.since < maxWaitMilliseconds) return
      remove(one)
      one.refuse(overloaded())
    }
  }

  function armTimer(): void {
    const [oldest] = arrivals
    if (timer || !oldest) return
    const left = oldest.since + maxWaitMilliseconds - clock.monotonicMilliseconds()
    timer = setTimeout(
      () => {
        timer = undefined
        refuseOverdue()
        armTimer()
      },
      Math.max(1, left),
    )
    timer.unref()
  }

  async function compute<T>(work: () => Promise<T>): Promise<T> {
    running++
    try {
      return await work()
    } finally {
      running--
      permits.giveBack()
      refuseOverdue()
      askForPermits()
    }
  }

  function wait<T>(work: () => Promise<T>, { signal }: HashCaller, key: string | symbol): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        remove(one)
        reject(signal.reason)
      }
      const one: Waiting = {
        key,
        since: clock.monotonicMilliseconds(),
        start() {
          signal.removeEventListener('abort', leave)
          compute(work).then(resolve, reject)
        },
        refuse(error) {
          signal.removeEventListener('abort', leave)
          reject(error)
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      add(one)
    })
  }

  return {
    waiting: () => arrivals.size,
    running: () => running,
    async run(work, caller) {
      caller.signal.throwIfAborted()
      refuseOverdue()
      const { ip, isTrusted } = caller.source
      const key = isTrusted ? Symbol('trusted') : ip
      const isOverShare = (lines.get(key)?.size ?? 0) >= maxPerSource
      if (arrivals.size >= maxQueued || isOverShare) throw overloaded()
      return wait(work, caller, key)
    },
  }
}

function overloaded(): Error {
  return coreErrors.RateLimited({ retryAfterSeconds: 1, log: 'hash queue' })
}
