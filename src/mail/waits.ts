import { coreErrors } from '../core/errors.ts'
import type { Timers } from '../core/ports.ts'

/** Calls that wait for something to be there. */
export interface Waits {
  /**
   * Looks until something is there: when woken, about every second, and at the end of the time for the last time. Answers `undefined` when the time is over or `close` was called. Throws
   * `RateLimited` when too many wait, the reason of `signal` when it aborts, and what `look` throws.
   */
  until<T>(look: () => Promise<T | undefined>, limits: { readonly seconds: number; readonly signal: AbortSignal }): Promise<T | undefined>
  /** Lets all look at once. */
  wake(): void
  /** Lets all look once more and end, now and from now on; resolves when they have. */
  close(): Promise<void>
}

/** Of one process. Each holds a connection and looks at the database. */
const maxWaiting = 32

/** What other processes write is seen so much later. */
const lookMilliseconds = 750

interface Waiting {
  isOver: boolean
  isWoken: boolean
  resume: () => void
}

export function createWaits(timers: Timers): Waits {
  const all = new Set<Waiting>()
  let isClosed = false
  let onEmpty = () => {}
  const isEmpty = new Promise<void>((resolve) => {
    onEmpty = resolve
  })

  function wakeUp(one: Waiting): void {
    one.isWoken = true
    one.resume()
  }

  /** Until woken, or a while. A wake since the look before it counts. */
  async function pause(one: Waiting): Promise<void> {
    if (one.isWoken) return
    let cancel = () => {}
    await new Promise<void>((resolve) => {
      one.resume = resolve
      cancel = timers.after(lookMilliseconds, resolve)
    })
    cancel()
  }

  async function look<T>(one: Waiting, signal: AbortSignal, find: () => Promise<T | undefined>): Promise<T | undefined> {
    for (;;) {
      signal.throwIfAborted()
      const isLast = one.isOver || isClosed
      one.isWoken = false
      const found = await find()
      if (found !== undefined || isLast) return found
      await pause(one)
    }
  }

  return {
    async until(find, { seconds, signal }) {
      if (all.size >= maxWaiting) throw coreErrors.RateLimited({ retryAfterSeconds: 1 })
      const one: Waiting = { isOver: false, isWoken: false, resume: () => {} }
      all.add(one)
      const onAbort = () => wakeUp(one)
      signal.addEventListener('abort', onAbort)
      const cancel = timers.after(seconds * 1000, () => {
        one.isOver = true
        wakeUp(one)
      })
      try {
        return await look(one, signal, find)
      } finally {
        cancel()
        signal.removeEventListener('abort', onAbort)
        all.delete(one)
        if (isClosed && all.size === 0) onEmpty()
      }
    },
    wake() {
      all.forEach(wakeUp)
    },
    async close() {
      isClosed = true
      all.forEach(wakeUp)
      if (all.size === 0) onEmpty()
      await isEmpty
    },
  }
}
