import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { prepared } from '../prepared.ts'
import { eventColumns, type Tables } from '../tables.ts'

const maxEvents = 200

const insert = prepared((db, row: Tables['events']) => db.insertInto('events').values(eventColumns.copy(row)))

export function events(connection: Connection): Storage['events'] {
  return {
    async insert(event) {
      await insert(connection, eventColumns.toRow(event))
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
  }
}
