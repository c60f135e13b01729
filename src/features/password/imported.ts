import type { Deps } from '../../core/deps.ts'
import type { LabelledValue } from '../../core/ports.ts'

/** How far the passwords that came with a hash of another system are. */
export interface ImportedPasswords {
  /** The scheme of the hash that they came with, for example `bcrypt`. */
  readonly origin: string
  readonly imported: number
  /** Hashed anew, by a sign-in or by a new password. */
  readonly rehashed: number
  /** Still under the hash that they came with. */
  readonly left: number
}

/** Imported passwords of a project by what they came with, in the order of the names; empty when there are none. */
export async function importedPasswords(deps: Deps, input: { readonly projectId: string }): Promise<readonly ImportedPasswords[]> {
  const byOrigin = new Map<string, ImportedPasswords>()
  for (const { origin, isForeign, count } of await deps.storage.credentials.countImported(input.projectId)) {
    const { rehashed, left } = byOrigin.get(origin) ?? { rehashed: 0, left: 0 }
    const [done, open] = isForeign ? [rehashed, left + count] : [rehashed + count, left]
    byOrigin.set(origin, { origin, imported: done + open, rehashed: done, left: open })
  }
  return [...byOrigin.values()]
}

/** Figures of this file, for the registry of `/metrics`. */
export const importedMetrics = {
  counters: {},
  durations: {},
  gauges: {
    postern_passwords_imported: {
      help: 'Passwords that came with a hash of another system, over all projects, by its scheme and by state: rehashed, left. Counted once a minute.',
      labels: ['origin', 'state'],
    },
  },
}

/** So long a count is told again: it looks at every imported password. */
const keptMilliseconds = 60_000

/** Reads the gauge of imported passwords over all projects. */
export function importedGauge(deps: Deps): () => Promise<readonly LabelledValue[]> {
  let kept: Promise<readonly LabelledValue[]> | undefined
  let countedAt = 0
  return () => {
    const now = deps.clock.monotonicMilliseconds()
    if (!kept || now - countedAt >= keptMilliseconds) {
      countedAt = now
      const counting = countAll(deps)
      kept = counting
      // A failure is told once and not kept.
      counting.catch(() => {
        if (kept === counting) kept = undefined
      })
    }
    return kept
  }
}

async function countAll(deps: Deps): Promise<readonly LabelledValue[]> {
  const totals = new Map<string, LabelledValue>()
  for (const { id: projectId } of await deps.storage.projects.list()) {
    for (const { origin, rehashed, left } of await importedPasswords(deps, { projectId })) {
      for (const [state, count] of Object.entries({ rehashed, left })) {
        const name = `${origin} ${state}`
        totals.set(name, { labels: { origin, state }, value: (totals.get(name)?.value ?? 0) + count })
      }
    }
  }
  return [...totals.values()]
}
