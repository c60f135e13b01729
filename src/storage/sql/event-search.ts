import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import type { EventQuery, EventRecord, Found } from '../../core/storage.ts'
import type { ResultRow } from '../columns.ts'
import { type Connection, forSearch } from '../connection.ts'
import { eventColumns } from '../tables.ts'
import { eventConditions } from './event-filters.ts'

type Sql = RawBuilder<unknown>

/** Events that one statement looks at, and parts of one search. */
const partSize = 20_000
const maxParts = 50

/** Goes through the time part by part: the page fills up on the way, and the total is known at the end. */
export async function searchEvents(given: Connection, projectId: string, query: EventQuery): Promise<Found<EventRecord> | undefined> {
  const connection = forSearch(given)
  const conditions = eventConditions(connection.dialect, query.filter)
  const items: EventRecord[] = []
  let total = 0
  for await (const part of countedParts(connection, conditions, partsOf(connection, projectId, query))) {
    if (!part) return undefined
    const { matching, found } = part
    const skipped = Math.max(0, query.offset - total)
    const wanted = query.limit - items.length
    if (wanted > 0 && found > skipped) items.push(...(await page(connection, matching, query, { limit: wanted, offset: skipped })))
    total += found
  }
  return { items, total }
}

interface CountedPart {
  readonly matching: Sql
  readonly found: number
}

/** Counts the next part while the one before is still counted: PostgreSQL has two processes at work then. */
async function* countedParts(
  connection: Connection,
  conditions: readonly Sql[],
  parts: AsyncIterable<Part | undefined>,
): AsyncGenerator<CountedPart | undefined> {
  let before: Promise<CountedPart> | undefined
  for await (const part of parts) {
    const counting = part && counted(connection, conditions, part)
    // Whoever waits for it gets to know; nobody waits when the one before has failed.
    counting?.catch(() => undefined)
    if (before) yield await before
    if (!counting) return yield undefined
    before = counting
  }
  if (before) yield await before
}

async function counted(connection: Connection, conditions: readonly Sql[], { within, size }: Part): Promise<CountedPart> {
  const matching = sql.join([within, ...conditions], sql` and `)
  // Without a filter the part is known already.
  const found = conditions.length === 0 && size !== undefined ? size : await countOf(connection, matching)
  return { matching, found }
}

async function countOf({ db }: Connection, matching: Sql): Promise<number> {
  const { rows } = await sql<{ total: number }>`select count(*) as total from events where ${matching}`.execute(db)
  return rows[0]?.total ?? 0
}

async function page(
  { db }: Connection,
  matching: Sql,
  { isOldestFirst }: EventQuery,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<readonly EventRecord[]> {
  const columns = sql.join([...eventColumns.all])
  const { rows } = await sql<ResultRow>`select ${columns} from events where ${matching} order by ${orderOf(isOldestFirst)}
    limit ${limit} offset ${offset}`.execute(db)
  return rows.map(eventColumns.read)
}

const orderOf = (isOldestFirst: boolean): Sql =>
  isOldestFirst ? sql`events.occurred_at_milliseconds, events.id` : sql`events.occurred_at_milliseconds desc, events.id desc`

interface Part {
  readonly within: Sql
  /** How many events are in it, filtered or not; `undefined` where nobody counted. */
  readonly size?: number
}

/** The last event of a part; the next one begins after it. */
interface Edge {
  readonly at: number
  readonly id: string
}

/** The parts of the time in the order of the search, each with so many events or fewer; `undefined` instead of the first that is too much. */
async function* partsOf(connection: Connection, projectId: string, query: EventQuery): AsyncGenerator<Part | undefined> {
  const { from, to, isOldestFirst, filter } = query
  const [ahead, back] = isOldestFirst ? (['>', '<'] as const) : (['<', '>'] as const)
  const at = sql`events.occurred_at_milliseconds`
  const ofProject = sql`events.project_id = ${projectId}`
  let begin = isOldestFirst ? sql`${at} >= ${from}` : sql`${at} <= ${to}`
  const end = isOldestFirst ? sql`${at} <= ${to}` : sql`${at} >= ${from}`
  // An index leads to the events of users, which are few.
  if (filter.userIds) return yield { within: sql`${ofProject} and ${begin} and ${end}` }
  for (let count = 0; count < maxParts; count++) {
    const rest = sql`${ofProject} and ${begin} and ${end}`
    const edge = await edgeOf(connection, rest, isOldestFirst)
    if (!edge) return yield { within: rest }
    yield { within: sql`${ofProject} and ${begin} and ${beyond(back, edge, sql`=`)}`, size: partSize }
    begin = beyond(ahead, edge, sql``)
    // SQLite in memory works on this thread: requests that came in the meantime go first.
    await nextTurn()
  }
  yield undefined
}

/** Before or after an event, or at it with an equals sign. The time alone bounds what an index has to read. */
function beyond(direction: '<' | '>', { at, id }: Edge, equals: Sql): Sql {
  const [time, sign] = [sql`events.occurred_at_milliseconds`, sql.raw(direction)]
  return sql`(${time} ${sign}= ${at} and (${time} ${sign} ${at} or events.id ${sign}${equals} ${id}))`
}

async function edgeOf({ db }: Connection, within: Sql, isOldestFirst: boolean): Promise<Edge | undefined> {
  const { rows } = await sql<Edge>`select events.occurred_at_milliseconds as at, events.id from events where ${within}
    order by ${orderOf(isOldestFirst)} limit 1 offset ${sql.lit(partSize - 1)}`.execute(db)
  return rows[0]
}
