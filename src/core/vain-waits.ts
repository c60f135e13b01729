import { AsyncLocalStorage } from 'node:async_hooks'

/** A wait for the database, as one statement or transaction begins it. */
export interface Wait {
  /** Longest time for all of it. */
  readonly milliseconds: number
  /** Notes that the database did not answer in time, or at all. Once is enough. */
  wasInVain(): void
}

/** So much is left to whoever has waited for long already: enough for a database that is there again. */
const leastMilliseconds = 50

const spent = new AsyncLocalStorage<{ milliseconds: number } | undefined>()

/**
 * Runs what one caller waits for, such as a request: its waits in vain are bounded together as a single one is (RL-04). Without this each try to undo or to go on without the database
 * would begin to wait anew. Waits that succeed do not count.
 */
export function boundedTogether<T>(run: () => Promise<T>): Promise<T> {
  return spent.run({ milliseconds: 0 }, run)
}

/** Runs what no caller waits for, or several do: then each of them notes its own wait. */
export function onNobodysAccount<T>(run: () => T): T {
  return spent.run(undefined, run)
}

/** Begins a wait that may take so long, less what the caller has waited in vain. */
export function beginWait(mostMilliseconds = Number.POSITIVE_INFINITY): Wait {
  const ofCaller = spent.getStore()
  const began = performance.now()
  let isNoted = false
  return {
    milliseconds: ofCaller ? Math.max(leastMilliseconds, mostMilliseconds - ofCaller.milliseconds) : mostMilliseconds,
    wasInVain() {
      if (ofCaller && !isNoted) ofCaller.milliseconds += performance.now() - began
      isNoted = true
    },
  }
}
