import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { projectColumns } from '../tables.ts'

/** Projects that are deleted wait for the purge and are there for nobody else. */
const live = sql.lit(0)

const byId = prepared((db, project: { id: string }) =>
  db.selectFrom('projects').select(projectColumns.all).where('id', '=', project.id).where('deleted_at', '=', live),
)

/** SQLite has one writer, who has waited for the others already. */
const lock = prepared((db, project: { id: string }, dialect) => {
  const query = db.selectFrom('projects').select('id').where('id', '=', project.id).where('deleted_at', '=', live)
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
      const rows = await db
        .selectFrom('projects')
        .select(projectColumns.all)
        .where('deleted_at', '=', live)
        .orderBy('created_at')
        .orderBy('id')
        .execute()
      return rows.map(projectColumns.read)
    },
    async saveSettings(id, settings, expectedVersion) {
      const query = db
        .updateTable('projects')
        .set((eb) => ({ ...projectColumns.toPartialRow({ settings }), settings_version: eb('settings_version', '+', 1) }))
        .where('id', '=', id)
        .where('deleted_at', '=', live)
        .where('settings_version', '=', expectedVersion)
      return changes(await db.executeQuery(query)) === 1
    },
    async update(id, given) {
      const query = db.updateTable('projects').set(projectColumns.toPartialRow(given)).where('id', '=', id).where('deleted_at', '=', live)
      return changes(await db.executeQuery(query)) === 1
    },
    async delete(id, now) {
      const mark = db.updateTable('projects').set({ deleted_at: now }).where('id', '=', id).where('deleted_at', '=', live)
      if (changes(await db.executeQuery(mark)) === 0) return false
      for (const table of ['signing_keys', 'management_keys', 'access_keys'] as const)
        await db.deleteFrom(table).where('project_id', '=', id).execute()
      await db.deleteFrom('outbox').where('project_id', '=', id).where('state', '=', 'pending').execute()
      return true
    },
  }
}
