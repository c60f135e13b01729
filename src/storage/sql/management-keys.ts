import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { managementKeyColumns } from '../tables.ts'

const byId = prepared((db, key: { projectId: string; id: string }) =>
  db.selectFrom('management_keys').select(managementKeyColumns.all).where('project_id', '=', key.projectId).where('id', '=', key.id),
)

export function managementKeys(connection: Connection): Storage['managementKeys'] {
  const { db, dialect } = connection
  const usable = (projectId: string) =>
    db
      .selectFrom('management_keys')
      .select(managementKeyColumns.all)
      .where('project_id', '=', projectId)
      .where('revoked_at', '=', 0)
      .orderBy('created_at')
      .orderBy('id')
  return {
    async insert(key) {
      await db.insertInto('management_keys').values(managementKeyColumns.toRow(key)).execute()
    },
    async byId(projectId, id) {
      const { rows } = await byId(connection, { projectId, id })
      return rows[0] && managementKeyColumns.read(rows[0])
    },
    async list(projectId) {
      return (await usable(projectId).execute()).map(managementKeyColumns.read)
    },
    async lock(projectId) {
      const query = usable(projectId).$if(dialect === 'postgres', (rows) => rows.forUpdate())
      return (await query.execute()).map(managementKeyColumns.read)
    },
    async update(projectId, id, given) {
      const key = db.updateTable('management_keys').where('project_id', '=', projectId).where('id', '=', id)
      return changes(await db.executeQuery(key.where('revoked_at', '=', 0).set(managementKeyColumns.toPartialRow(given)))) === 1
    },
    async revoke(projectId, id, now) {
      const key = db.updateTable('management_keys').where('project_id', '=', projectId).where('id', '=', id)
      return changes(await db.executeQuery(key.where('revoked_at', '=', 0).set({ revoked_at: now }))) === 1
    },
  }
}
