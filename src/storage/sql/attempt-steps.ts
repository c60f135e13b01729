import { type RawBuilder, sql } from 'kysely'
import type { AttemptRequest, AttemptStep } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { prepared } from '../prepared.ts'

/** A place that was taken; with the key `''`, a step that is passed over. */
interface Row {
  readonly step: number
  readonly key: string
  readonly count: number
  readonly window_ends_at: number
}

type Values = Readonly<Record<string, string | number>>

/** Whether the window of a counter goes on; one without an end always does. */
const isOpen = (now: RawBuilder<unknown>) => sql`(attempts.window_ends_at = 0 or attempts.window_ends_at > ${now})`

/**
 * All steps in one statement of PostgreSQL: each step is an insert of its own, which looks at what those before it returned. `insert … on conflict` locks a counter and sees its
 * newest value, whatever the snapshot, so that of any number of racers no more are taken than may be; steps and keys follow in one order everywhere, so that two of them never wait for each other.
 */
export async function takeStepsAtOnce(
  connection: Connection,
  projectId: string,
  steps: readonly AttemptStep[],
  windowEnd: (request: AttemptRequest) => number,
  now: number,
): Promise<readonly Row[]> {
  const values: Record<string, string | number> = { projectId, now }
  for (const [index, step] of steps.entries()) {
    for (const [at, one] of inKeyOrder(step.requests).entries()) {
      values[`key${index}_${at}`] = one.key
      values[`max${index}_${at}`] = one.max
      values[`end${index}_${at}`] = windowEnd(one)
    }
    if (step.onlyAfterFirst !== undefined) values[`first${index}`] = step.onlyAfterFirst
    if (step.unless !== undefined) values[`unless${index}`] = step.unless
  }
  const { rows } = await statementFor(steps)(connection, values)
  return rows
}

/** In one order everywhere, so that two statements never wait for each other's rows. */
export function inKeyOrder(requests: readonly AttemptRequest[]): readonly AttemptRequest[] {
  return requests.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** One text for each form of steps, of which there are few. */
const statements = new Map<string, ReturnType<typeof statementOf>>()

function statementFor(steps: readonly AttemptStep[]): ReturnType<typeof statementOf> {
  const form = steps
    .map((one) => `${one.requests.length}${one.onlyAfterFirst === undefined ? '' : 'f'}${one.unless === undefined ? '' : 'u'}`)
    .join()
  const known = statements.get(form) ?? statementOf(steps)
  statements.set(form, known)
  return known
}

function statementOf(steps: readonly AttemptStep[]) {
  const sizes = steps.map(({ requests, onlyAfterFirst, unless }) => ({
    size: requests.length,
    isAfterFirst: onlyAfterFirst !== undefined,
    isConditional: unless !== undefined,
  }))
  return prepared<Values, Row>((db, value) => {
    const text = (name: string) => sql`cast(${value[name]} as text)`
    const number = (name: string) => sql`cast(${value[name]} as bigint)`
    const parts: RawBuilder<unknown>[] = []
    const answers: RawBuilder<unknown>[] = []
    let isReached = sql`true`
    for (const [step, { size, isAfterFirst, isConditional }] of sizes.entries()) {
      const [gate, taken] = [sql.ref(`gate${step}`), sql.ref(`taken${step}`)]
      const isNotFirst = sql`not exists (select from ${sql.ref(`taken${step - 1}`)} as before where before.key = ${text(`first${step}`)} and before.count = 1)`
      const isBarred = sql`exists (select from attempts where attempts.project_id = ${text('projectId')} and attempts.key = ${text(`unless${step}`)}
        and attempts.count > 0 and ${isOpen(number('now'))})`
      const passed = [...(isAfterFirst ? [isNotFirst] : []), ...(isConditional ? [isBarred] : [])]
      const isPassedOver = passed.length === 0 ? sql`false` : sql.join(passed, sql` or `)
      parts.push(sql`${gate} as (select ${isReached} as is_reached, ${isPassedOver} as is_passed_over)`)
      parts.push(sql`${taken} as (${takeOf(step, size, { gate, text, number })} returning key, count, window_ends_at)`)
      answers.push(
        sql`select ${sql.lit(step)} as step, '' as key, 0 as count, 0 as window_ends_at from ${gate} where is_reached and is_passed_over`,
      )
      answers.push(sql`select ${sql.lit(step)}, key, count, window_ends_at from ${taken}`)
      isReached = sql`(select is_reached and (is_passed_over or (select count(*) from ${taken}) = ${sql.lit(size)}) from ${gate})`
    }
    const statement = sql<Row>`with ${sql.join(parts)} ${sql.join(answers, sql` union all `)}`
    return { compile: () => statement.compile(db) }
  })
}

interface Parts {
  readonly gate: RawBuilder<unknown>
  text(name: string): RawBuilder<unknown>
  number(name: string): RawBuilder<unknown>
}

/** Takes the places of one step, if its gate is open. */
function takeOf(step: number, size: number, { gate, text, number }: Parts): RawBuilder<unknown> {
  const places = Array.from({ length: size }, (_, at) => `${step}_${at}`)
  const rows = places.map((at) => sql`(${text(`key${at}`)}, ${number(`end${at}`)})`)
  const most = sql`case attempts.key ${sql.join(
    places.map((at) => sql`when ${text(`key${at}`)} then ${number(`max${at}`)}`),
    sql` `,
  )} end`
  const open = isOpen(number('now'))
  return sql`insert into attempts (project_id, key, count, window_ends_at)
    select ${text('projectId')}, place.key, 1, place.window_ends_at from ${gate}, (values ${sql.join(rows)}) as place (key, window_ends_at)
    where ${gate}.is_reached and not ${gate}.is_passed_over
    on conflict (project_id, key) do update set
      count = case when ${open} then attempts.count + 1 else 1 end,
      window_ends_at = case when ${open} then attempts.window_ends_at else excluded.window_ends_at end
    where attempts.count < ${most} or not ${open}`
}
