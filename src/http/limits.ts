/** Limits on calls of a route by source address, in the memory of this process. Limits on tries at secrets are in `core/attempts.ts`. */
import type { Clock } from '../core/ports.ts'
import type { RouteLimit } from './route.ts'

export interface RouteLimits {
  /** Counts a call. Returns 0 when it is within the limit, else the whole seconds, at least 1, until calls are taken again. */
  take(key: string, limit: RouteLimit): number
}

interface Window {
  count: number
  readonly endsAt: number
}

/** Fixed windows, at most `maxKeys` of them: the oldest give way (BF-04). */
export function createRouteLimits(deps: { readonly clock: Pick<Clock, 'monotonicMilliseconds'> }, maxKeys = 100_000): RouteLimits {
  const windows = new Map<string, Window>()
  return {
    take(key, limit) {
      const now = deps.clock.monotonicMilliseconds()
      const known = windows.get(key)
      if (known && known.endsAt > now) {
        if (known.count >= limit.max) return Math.max(1, Math.ceil((known.endsAt - now) / 1000))
        known.count += 1
        return 0
      }
      windows.delete(key)
      const oldest = windows.size >= maxKeys ? windows.keys().next() : undefined
      if (oldest?.done === false) windows.delete(oldest.value)
      windows.set(key, { count: 1, endsAt: now + limit.perSeconds * 1000 })
      return 0
    },
  }
}
