import { sql } from 'kysely'
import type { Migration } from '../../src/storage/migrate.ts'
import { migrations } from '../../src/storage/migrations/index.ts'

/** The number of the first step that this version does not have yet. */
export const later = migrations.length + 1

/** A step after the last one, that writes what it did. */
export function nextStep(number: number, statements: readonly string[], runs: string[] = []): Migration {
  return {
    number,
    name: `step-${number}`,
    async up({ db }) {
      runs.push(`step-${number}`)
      for (const statement of statements) await sql.raw(statement).execute(db)
    },
  }
}
