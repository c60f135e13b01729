import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { eventColumns, type Tables } from '../tables.ts'
import { searchEvents } from './event-search.ts'

const maxEvents = 200

const insert = prepared((db, row: Tables['events']) => db.insertInto('events').values(eventColumns.copy(row)))

const insertUnlessOfTestUser = prepared((db, row: Tables['events'], dialect) => {
  const values = eventColumns.copy(row)
  const names = Object.keys(values) as (keyof typeof values)[]
  // Of a value in a select list PostgreSQL does not know the type.
  const typed = (name: keyof typeof values) => {
    const type = name === 'occurred_at_milliseconds' ? sql`bigint` : sql`text`
    return (dialect === 'postgres' ? sql<string>`cast(${values[name]} as ${type})` : sql<string>`${values[name]}`).as(name)
  }
  const testUser = db
    .selectFrom('users')
    .select('users.id')
    .where('users.project_id', '=', row.project_id)
    .where('users.id', '=', row.user_id)
    .where('users.is_test', '=', sql.lit(1))
  const selection = db.selectNoFrom(names.map(typed)).where(({ not, exists }) => not(exists(testUser)))
  return db.insertInto('events').columns(names).expression(selection)
})

export function events(connection: Connection): Storage['events'] {
  return {
    async insert(event) {
      await insert(connection, eventColumns.toRow(event))
    },
    async insertUnlessOfTestUser(event) {
      await insertUnlessOfTestUser(connection, eventColumns.toRow(event))
    },
    async forUser(projectId, userId, { types, outcome, limit }) {
      if (types?.length === 0) return []
      let query = connection.db
        .selectFrom('events')
        .select(eventColumns.all)
        .where('project_id', '=', projectId)
        .where('user_id', '=', userId)
      if (types) query = query.where('type', 'in', types)
      if (outcome) query = query.where('outcome', '=', outcome)
      const newest = query.orderBy('occurred_at_milliseconds', 'desc').orderBy('id', 'desc')
      const rows = await newest.limit(Math.min(limit, maxEvents)).execute()
      return rows.map(eventColumns.read)
    },
    search: (projectId, query) => searchEvents(connection, projectId, query),
    async purge(projectId, { milliseconds, limit }) {
      const oldest = connection.db
        .selectFrom('events')
        .select('id')
        .where('project_id', '=', projectId)
        .where('occurred_at_milliseconds', '<', milliseconds)
        .orderBy('occurred_at_milliseconds')
        .orderBy('id')
        .limit(limit)
      const deletion = connection.db.deleteFrom('events').where('project_id', '=', projectId).where('id', 'in', oldest)
      return changes(await connection.db.executeQuery(deletion))
    },
  }
}
