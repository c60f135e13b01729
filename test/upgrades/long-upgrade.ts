import { sql } from 'kysely'
import type { Migration } from '../../src/storage/migrate.ts'
import { migrations } from '../../src/storage/migrations/index.ts'

/** An artificial upgrade of many steps, each of which changes rows that are there, makes a table and fills it. */

/** Where a step is: before its first statement, between two, and after its last, before all of it is committed. */
export const points = ['begin', 'middle', 'end'] as const
export type Point = (typeof points)[number]

export function longUpgrade(count: number, reached: (step: number, point: Point) => Promise<void>): readonly Migration[] {
  const steps = Array.from({ length: count }, (_, index) => stepAfter(index + 1, reached))
  return [...migrations, ...steps]
}

function stepAfter(step: number, reached: (step: number, point: Point) => Promise<void>): Migration {
  const run = (statements: readonly string[]) => statements.map((text) => sql.raw(text))
  const first = run([`alter table users add column step_${step} integer not null default 0`, `update users set step_${step} = ${step}`])
  const second = run([`create table done_${step} (id text, step integer)`, `insert into done_${step} select id, step_${step} from users`])
  return {
    number: migrations.length + step,
    name: `long-${step}`,
    async up({ db }) {
      await reached(step, 'begin')
      for (const statement of first) await statement.execute(db)
      await reached(step, 'middle')
      for (const statement of second) await statement.execute(db)
      await reached(step, 'end')
    },
  }
}
