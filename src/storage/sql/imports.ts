import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { importColumns } from '../tables.ts'

export function imports({ db }: Connection): Storage['imports'] {
  return {
    async get(projectId, fingerprint) {
      const query = db.selectFrom('imports').select(importColumns.all).where('project_id', '=', projectId)
      const row = await query.where('fingerprint', '=', fingerprint).executeTakeFirst()
      return row && importColumns.read(row)
    },
    async put(record) {
      const row = importColumns.toRow(record)
      await db
        .insertInto('imports')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['project_id', 'fingerprint']).doUpdateSet({ progress: row.progress, modified_at: row.modified_at }),
        )
        .execute()
    },
    async delete(projectId, fingerprint) {
      await db.deleteFrom('imports').where('project_id', '=', projectId).where('fingerprint', '=', fingerprint).execute()
    },
  }
}
