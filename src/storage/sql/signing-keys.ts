import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes } from '../prepared.ts'
import { signingKeyColumns } from '../tables.ts'

export function signingKeys({ db }: Connection): Storage['signingKeys'] {
  return {
    async insert(key) {
      await db.insertInto('signing_keys').values(signingKeyColumns.toRow(key)).execute()
    },
    async list(projectId) {
      const rows = await db
        .selectFrom('signing_keys')
        .select(signingKeyColumns.all)
        .where('project_id', '=', projectId)
        .where('revoked_at', '=', 0)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute()
      return rows.map(signingKeyColumns.read)
    },
    async revoke(projectId, id, now) {
      const key = db.updateTable('signing_keys').where('project_id', '=', projectId).where('id', '=', id)
      return changes(await db.executeQuery(key.where('revoked_at', '=', 0).set({ revoked_at: now }))) === 1
    },
  }
}
