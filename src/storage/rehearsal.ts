import type { Dialect } from './connection.ts'
import { type Migration, SchemaTooNew } from './migrate.ts'

/** What an upgrade of the schema did to a copy of the database. */
export interface Rehearsal {
  readonly database: Dialect
  readonly from: number
  readonly to: number
  /** What was copied, and in how long. An upgrade of the embedded database begins with such a copy, and nobody else writes meanwhile. */
  readonly copy: { readonly bytes: number; readonly milliseconds: number }
  readonly steps: readonly RehearsedStep[]
  /** Places of rehearsals that were killed, to be dropped by hand. */
  readonly leftovers: readonly string[]
}

export interface RehearsedStep {
  readonly number: number
  readonly name: string
  /** From the first lock to the commit. The embedded database takes no other writes for as long. */
  readonly milliseconds: number
  readonly addedBytes: number
  /** Of tables that were there before the step; PostgreSQL keeps them until it ends. */
  readonly locks: readonly RehearsedLock[]
}

export interface RehearsedLock {
  readonly table: string
  /** Strongest mode that PostgreSQL took. */
  readonly mode: string
  readonly keepsOut: 'nobody' | 'writers' | 'everybody'
}

/** Steps that a database lacks. Throws `SchemaTooNew`. */
export function pendingSteps(migrations: readonly Migration[], version: number): readonly Migration[] {
  if (version > migrations.length) throw new SchemaTooNew(version, migrations.length)
  return migrations.slice(version)
}

/** Milliseconds that some work takes. */
export async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
