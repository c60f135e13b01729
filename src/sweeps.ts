import type { Deps } from './core/deps.ts'
import { createLease } from './core/leases.ts'
import { Settings } from './core/settings.ts'
import { retireSigningKeys } from './features/projects/signing-keys.ts'

/** Background work that is not mail: deleting what nobody can use any more, ending what is overdue, dropping signing keys whose tokens have all run out. Of several processes one does it. */
export interface Sweeps {
  start(): void
  /** Does what is due, if this process holds the lease or can take it; tells whether it does. Never throws. */
  runOnce(): Promise<boolean>
  /** Resolves when no sweep is under way, and another process may go on. */
  stop(): Promise<void>
}

const everyMilliseconds = 10_000
const batchSize = 200
const batchesAtOnce = 25
const keysEverySeconds = 3600
const eventsEverySeconds = 3600
const daySeconds = 86_400

/** A process that is killed is followed by another after so long. */
const leaseSeconds = 30

/** Prepares the sweeps; they are small batches, so that no writer waits for them (RL-13). A failing sweep is logged and tried again. */
export function createSweeps(deps: Deps): Sweeps {
  const lease = createLease(deps, 'sweeps', leaseSeconds)
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<unknown> = Promise.resolve()
  let isStopped = false
  let isBusy = false
  let keysDueAt = 0
  let eventsDueAt = 0

  const mayGoOn = async () => !isStopped && (await lease.hold())

  async function sweep(): Promise<void> {
    const now = deps.clock.nowSeconds()
    const ended = await deps.storage.sessions.endOverdueResets(now)
    if (ended > 0) deps.log.warn('sessions.resetNotFinished', { ended })
    if (now >= keysDueAt) {
      keysDueAt = now + keysEverySeconds
      await retireSigningKeys(deps)
    }
    for (let batch = 0; batch < batchesAtOnce && (await mayGoOn()); batch++) {
      if ((await deps.storage.purge(now, batchSize)) < batchSize) break
    }
    if (now >= eventsDueAt && (await dropOldEvents(now))) eventsDueAt = now + eventsEverySeconds
  }

  /** Tells whether nothing is left to drop. */
  async function dropOldEvents(now: number): Promise<boolean> {
    let batches = batchesAtOnce
    for (const { id, settings } of await deps.storage.projects.list()) {
      const { auditRetentionDays } = Settings.parse(settings).project
      if (auditRetentionDays === 0) continue
      const before = { milliseconds: (now - auditRetentionDays * daySeconds) * 1000, limit: batchSize }
      while ((await deps.storage.events.purge(id, before)) === batchSize) {
        batches--
        if (batches <= 0 || !(await mayGoOn())) return false
      }
    }
    return true
  }

  async function runOnce(): Promise<boolean> {
    try {
      if (!(await mayGoOn())) return false
      await sweep()
      return true
    } catch (cause) {
      deps.log.error('sweep.failed', cause)
      return false
    }
  }

  return {
    runOnce,
    start() {
      timer = setInterval(() => {
        if (isBusy) return
        isBusy = true
        underWay = runOnce().finally(() => {
          isBusy = false
        })
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      await underWay
      await lease.release().catch((cause: unknown) => deps.log.error('lease.notReleased', cause))
    },
  }
}
