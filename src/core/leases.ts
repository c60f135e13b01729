import type { Deps } from './deps.ts'
import { newId } from './secrets.ts'

/** The part of one process in a piece of background work that one process at a time is to do. Such work must do no harm when two do it after all: a lease is about thrift. */
export interface Lease {
  /** Takes the lease, or prolongs it when a third of its time is over. False while another process holds it. Ask before each step of the work. */
  hold(): Promise<boolean>
  /** Lets the next process take it at once. */
  release(): Promise<void>
}

/** Prepares a lease of this name; nothing is taken yet. When this process dies with it, another one gets it after `seconds`. */
export function createLease(deps: Pick<Deps, 'storage' | 'clock' | 'random'>, name: string, seconds: number): Lease {
  const { storage, clock } = deps
  const holder = newId(deps, 'H')
  let prolongAt = 0
  let isHeld = false
  return {
    async hold() {
      const now = clock.monotonicMilliseconds()
      if (isHeld && now < prolongAt) return true
      isHeld = false
      isHeld = await storage.leases.take(name, holder, seconds)
      prolongAt = now + (seconds * 1000) / 3
      return isHeld
    },
    async release() {
      if (!isHeld) return
      isHeld = false
      await storage.leases.release(name, holder)
    },
  }
}
