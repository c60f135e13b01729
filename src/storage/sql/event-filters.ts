import { type RawBuilder, sql } from 'kysely'
import { deviceMarks } from '../../core/devices.ts'
import type { EventFilter, EventPattern } from '../../core/storage.ts'
import type { Dialect } from '../connection.ts'

type Sql = RawBuilder<unknown>

const listOf = (values: readonly unknown[]): Sql => (values.length > 0 ? sql`(${sql.join(values)})` : sql`(null)`)
const anyOf = (conditions: readonly Sql[]): Sql => (conditions.length > 0 ? sql`(${sql.join(conditions, sql` or `)})` : sql`1 = 0`)

/** Conditions on a row of `events`, one for each filter. */
export function eventConditions(dialect: Dialect, filter: EventFilter): readonly Sql[] {
  const within = (column: string, values: readonly string[] | undefined) =>
    values ? [sql`events.${sql.ref(column)} in ${listOf(values)}`] : []
  const { excludedUserIds = [], outcome, devices, anyOf: lists = [], noneOf = [], tenantIds, text } = filter
  const matches = (pattern: EventPattern) => patternCondition(dialect, pattern)
  return [
    ...within('user_id', filter.userIds),
    ...within('actor_id', filter.actorIds),
    ...within('ip', filter.ips),
    ...(outcome ? [sql`events.outcome = ${outcome}`] : []),
    ...(excludedUserIds.length > 0 ? [sql`events.user_id not in ${listOf(excludedUserIds)}`] : []),
    ...(devices ? [sql`${deviceColumn(dialect)} in ${listOf(devices)}`] : []),
    ...lists.map((patterns) => anyOf(patterns.map(matches))),
    ...noneOf.map((pattern) => sql`not ${matches(pattern)}`),
    ...(tenantIds ? [tenantCondition(dialect, tenantIds, filter.withoutTenant ?? false)] : []),
    ...(text ? [textCondition(dialect, text)] : []),
  ]
}

/** A column of texts as both databases compare it: only ASCII letters have a lower case. */
function lowered(dialect: Dialect, column: Sql): Sql {
  return dialect === 'postgres' ? sql`lower(${column} collate "C")` : sql`lower(${column})`
}

function holds(dialect: Dialect, column: Sql, text: string): Sql {
  return dialect === 'postgres' ? sql`strpos(${column}, ${text}) > 0` : sql`instr(${column}, ${text}) > 0`
}

function deviceColumn(dialect: Dialect): Sql {
  const agent = lowered(dialect, sql`events.user_agent`)
  const cases = deviceMarks.map(([device, marks]) => sql`when ${anyOf(marks.map((mark) => holds(dialect, agent, mark)))} then ${device}`)
  return sql`(case ${sql.join(cases, sql` `)} else 'Unknown' end)`
}

function patternCondition(dialect: Dialect, { type, isPrefix = false, outcome, dataHolds }: EventPattern): Sql {
  const conditions = [
    isPrefix ? sql`substr(events.type, 1, ${sql.lit(type.length)}) = ${type}` : sql`events.type = ${type}`,
    ...(outcome ? [sql`events.outcome = ${outcome}`] : []),
    ...(dataHolds ? [anyOf(dataHolds.map((text) => holds(dialect, sql`events.data`, text)))] : []),
  ]
  return sql`(${sql.join(conditions, sql` and `)})`
}

/** The text of a member in what `JSON.stringify` makes, as events are stored. */
const tenantMember = '"tenantId":'

function tenantCondition(dialect: Dialect, tenantIds: readonly string[], withoutTenant: boolean): Sql {
  const named = tenantIds.map((id) => holds(dialect, sql`events.data`, `${tenantMember}${JSON.stringify(id)}`))
  const member = sql`select 1 from memberships where project_id = events.project_id and subject_id = events.user_id`
  const namesNone = sql`(not ${holds(dialect, sql`events.data`, `${tenantMember}"`)} or ${holds(dialect, sql`events.data`, `${tenantMember}""`)})`
  const ofNone = sql`(${namesNone} and not exists (${member}))`
  return anyOf([...named, sql`exists (${member} and tenant_id in ${listOf(tenantIds)})`, ...(withoutTenant ? [ofNone] : [])])
}

function textCondition(dialect: Dialect, { lower, patterns, userIds }: NonNullable<EventFilter['text']>): Sql {
  const columns = ['type', 'actor_id', 'user_id', 'ip', 'user_agent', 'data'].map((name) => sql`events.${sql.ref(name)}`)
  // SQLite's LIKE knows ASCII letters only, and takes half the time of a copy in lower case.
  const pattern = `%${lower.replace(/[!%_]/g, '!$&')}%`
  const inColumn = (column: Sql) =>
    dialect === 'postgres' ? holds(dialect, lowered(dialect, column), lower) : sql`${column} like ${pattern} escape '!'`
  return anyOf([
    ...columns.map(inColumn),
    ...patterns.map((pattern) => patternCondition(dialect, pattern)),
    ...(userIds.length > 0 ? [sql`events.user_id in ${listOf(userIds)}`] : []),
  ])
}
