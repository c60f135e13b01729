import type { AddedCounts } from './project-directory.ts'

/** A record that did not become a user. */
export interface Reject {
  /** Line of the file on which the record begins. */
  readonly line: number
  readonly reasons: readonly string[]
  /** What the file calls the user, for whoever sent it; `''` where that could not be read. */
  readonly who: string
}

/** What was left out of users, counted. */
export interface CountedNote {
  readonly text: string
  readonly count: number
  readonly firstLine: number
}

export interface ImportReport {
  readonly isDryRun: boolean
  /** Users in the file, whatever became of them: imported, existing and rejected together. */
  readonly users: number
  readonly imported: number
  /** Users of whom a login ID was here already; they were left alone. */
  readonly existing: number
  readonly rejected: number
  /** Users that were not rejected, by the kind of their password hash; `none` has none. */
  readonly hashes: Readonly<Record<string, number>>
  readonly notes: readonly CountedNote[]
  /** What users refer to and was not there. */
  readonly added: AddedCounts
  /** The first rejects, at most 100. */
  readonly rejects: readonly Reject[]
  /** Records that an earlier run had taken care of; 0 for a run from the beginning. */
  readonly resumedAfter: number
}

const maxRejects = 100
const maxNotes = 200

/** Counts while an import runs. */
export interface ReportCounter {
  user(): void
  reject(reject: Reject): void
  note(text: string, line: number): void
  hash(scheme: string): void
  imported(count: number): void
  existing(count: number): void
  /** Rejects since the last time, for who wants them all. */
  takeRejects(): readonly Reject[]
  counts(): { readonly users: number; readonly imported: number; readonly existing: number; readonly rejected: number }
  report(rest: Pick<ImportReport, 'isDryRun' | 'added' | 'resumedAfter'>): ImportReport
}

export function createReportCounter(before: { readonly imported: number; readonly existing: number }): ReportCounter {
  const counts = { users: 0, imported: before.imported, existing: before.existing, rejected: 0 }
  const hashes = new Map<string, number>()
  const notes = new Map<string, { count: number; firstLine: number }>()
  const rejects: Reject[] = []
  let fresh: Reject[] = []
  return {
    user: () => void counts.users++,
    reject(reject) {
      counts.rejected++
      fresh.push(reject)
      if (rejects.length < maxRejects) rejects.push(reject)
    },
    note(text, line) {
      const known = notes.get(text)
      if (known) known.count++
      else if (notes.size < maxNotes) notes.set(text, { count: 1, firstLine: line })
    },
    hash: (scheme) => void hashes.set(scheme, (hashes.get(scheme) ?? 0) + 1),
    imported(count) {
      counts.imported += count
    },
    existing(count) {
      counts.existing += count
    },
    takeRejects() {
      const taken = fresh
      fresh = []
      return taken
    },
    counts: () => ({ ...counts }),
    report: (rest) => ({
      ...rest,
      ...counts,
      hashes: Object.fromEntries([...hashes].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      notes: [...notes].map(([text, { count, firstLine }]) => ({ text, count, firstLine })),
      rejects,
    }),
  }
}
