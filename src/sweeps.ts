import type { Deps } from './core/deps.ts'
import { retireSigningKeys } from './features/projects/signing-keys.ts'

/** Background work that is not mail: deleting what nobody can use any more, ending what is overdue, dropping signing keys whose tokens have all run out. */
export interface Sweeps {
  start(): void
  /** Resolves when no sweep is under way. */
  stop(): Promise<void>
}

const everyMilliseconds = 10_000
const batchSize = 200
const batchesAtOnce = 25
const keysEverySeconds = 3600

/** Prepares the sweeps; they are small batches, so that no writer waits for them (RL-13). A failing sweep is logged and tried again. */
export function createSweeps(deps: Deps): Sweeps {
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<void> = Promise.resolve()
  let isStopped = false
  let isBusy = false
  let keysDueAt = 0

  async function sweep(): Promise<void> {
    try {
      const now = deps.clock.nowSeconds()
      const ended = await deps.storage.sessions.endOverdueResets(now)
      if (ended > 0) deps.log.warn('sessions.resetNotFinished', { ended })
      if (now >= keysDueAt) {
        keysDueAt = now + keysEverySeconds
        await retireSigningKeys(deps)
      }
      for (let batch = 0; batch < batchesAtOnce && !isStopped; batch++) {
        if ((await deps.storage.purge(now, batchSize)) < batchSize) break
      }
    } catch (cause) {
      deps.log.error('sweep.failed', cause)
    }
  }

  return {
    start() {
      timer = setInterval(() => {
        if (isBusy) return
        isBusy = true
        underWay = sweep().finally(() => {
          isBusy = false
        })
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      await underWay
    },
  }
}
