import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes } from '../prepared.ts'
import { attributeColumns } from '../tables.ts'

export function attributes({ db }: Connection): Storage['attributes'] {
  return {
    async put(attribute) {
      const row = attributeColumns.toRow(attribute)
      const insert = db.insertInto('attributes').values(row)
      await insert
        .onConflict((conflict) => conflict.columns(['project_id', 'subject', 'name']).doUpdateSet({ definition: row.definition }))
        .execute()
    },
    async list(projectId, subject) {
      const query = db.selectFrom('attributes').select(attributeColumns.all).where('project_id', '=', projectId)
      return (await query.where('subject', '=', subject).orderBy('name').execute()).map(attributeColumns.read)
    },
    async delete(projectId, subject, names) {
      if (names.length === 0) return 0
      const deletion = db.deleteFrom('attributes').where('project_id', '=', projectId).where('subject', '=', subject)
      return changes(await db.executeQuery(deletion.where('name', 'in', names)))
    },
  }
}
