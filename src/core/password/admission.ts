import { coreErrors } from '../errors.ts'
import type { HashCaller } from './hash.ts'

/**
 * Lets so many requests at once begin work that ends in a hash. What comes on top is refused before it costs a look-up or a durable count: under a flood those, and not the hashes,
 * would take the time of everybody else (BF-08).
 */
export interface Admission {
  /** Takes a place; call what it returns when the request is done, however it ended. Throws `RateLimited` when all places, or the source's share, are taken. */
  enter(caller: HashCaller): () => void
}

export function createAdmission({ places, maxShare }: { readonly places: number; readonly maxShare: number }): Admission {
  const perSource = Math.max(1, Math.floor(places * maxShare))
  const bySource = new Map<string, number>()
  let taken = 0
  return {
    enter({ source: { ip, isTrusted } }) {
      const own = bySource.get(ip) ?? 0
      if (taken >= places || (!isTrusted && own >= perSource)) {
        throw coreErrors.RateLimited({ retryAfterSeconds: 1, log: 'admission' })
      }
      taken++
      if (!isTrusted) bySource.set(ip, own + 1)
      let hasLeft = false
      return () => {
        if (hasLeft) return
        hasLeft = true
        taken--
        const left = (bySource.get(ip) ?? 1) - 1
        if (isTrusted) return
        if (left > 0) bySource.set(ip, left)
        else bySource.delete(ip)
      }
    },
  }
}
