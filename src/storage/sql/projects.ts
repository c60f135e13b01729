import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { projectColumns } from '../tables.ts'

const byId = prepared((db, project: { id: string }) => db.selectFrom('projects').select(projectColumns.all).where('id', '=', project.id))

/** SQLite has one writer, who has waited for the others already. */
const lock = prepared((db, project: { id: string }, dialect) => {
  const query = db.selectFrom('projects').select('id').where('id', '=', project.id)
  return dialect === 'postgres' ? query.forNoKeyUpdate() : query
})

export function projects(connection: Connection): Storage['projects'] {
  const { db } = connection
  return {
    async insert(project) {
      await db.insertInto('projects').values(projectColumns.toRow(project)).execute()
    },
    async byId(id) {
      const { rows } = await byId(connection, { id })
      return rows[0] && projectColumns.read(rows[0])
    },
    async lock(id) {
      const { rows } = await lock(connection, { id })
      return rows.length === 1
    },
    async list() {
      const rows = await db.selectFrom('projects').select(projectColumns.all).orderBy('created_at').orderBy('id').execute()
      return rows.map(projectColumns.read)
    },
    async saveSettings(id, settings, expectedVersion) {
      const query = db
        .updateTable('projects')
        .set((eb) => ({ ...projectColumns.toPartialRow({ settings }), settings_version: eb('settings_version', '+', 1) }))
        .where('id', '=', id)
        .where('settings_version', '=', expectedVersion)
      return changes(await db.executeQuery(query)) === 1
    },
    async update(id, given) {
      const query = db.updateTable('projects').set(projectColumns.toPartialRow(given)).where('id', '=', id)
      return changes(await db.executeQuery(query)) === 1
    },
    async delete(id) {
      return changes(await db.executeQuery(db.deleteFrom('projects').where('id', '=', id))) === 1
    },
  }
}
