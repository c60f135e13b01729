import type { ExpressionBuilder } from 'kysely'
import type { AccessKeyRecord, Grants, Storage } from '../../core/storage.ts'
import type { ResultRow } from '../columns.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { accessKeyColumns, type Tables } from '../tables.ts'
import { grantsSelection, readGrants } from './accounts.ts'
import { hasAttribute } from './tenants.ts'

/** Selects what `read` reads. */
function selection(eb: ExpressionBuilder<Tables, 'access_keys'>) {
  return [...accessKeyColumns.all, ...grantsSelection(eb as unknown as ExpressionBuilder<Tables, never>, 'access_keys')] as const
}

const read = (row: ResultRow): AccessKeyRecord & Grants => ({ ...accessKeyColumns.read(row), ...readGrants(row) })

const byId = prepared((db, key: { projectId: string; id: string }) =>
  db.selectFrom('access_keys').select(selection).where('project_id', '=', key.projectId).where('id', '=', key.id),
)

export function accessKeys(connection: Connection): Storage['accessKeys'] {
  const { db, dialect } = connection
  const all = (projectId: string) => db.selectFrom('access_keys').select(selection).where('access_keys.project_id', '=', projectId)
  return {
    async insert(key) {
      await db.insertInto('access_keys').values(accessKeyColumns.toRow(key)).execute()
    },
    async byId(projectId, id) {
      const { rows } = await byId(connection, { projectId, id })
      return rows[0] && read(rows[0])
    },
    async byIds(projectId, ids) {
      if (ids.length === 0) return []
      return (await all(projectId).where('access_keys.id', 'in', ids).execute()).map(read)
    },
    async search(projectId, { tenantIds, userId, createdBy, customAttributes = {}, limit, offset }) {
      let query = all(projectId)
      if (userId !== undefined) query = query.where('access_keys.user_id', '=', userId)
      if (createdBy !== undefined) query = query.where('access_keys.created_by', '=', createdBy)
      for (const [name, value] of Object.entries(customAttributes))
        query = query.where(hasAttribute(dialect, 'access_keys.custom_attributes', name, value))
      if (tenantIds) {
        query = query.where('access_keys.id', 'in', (eb) =>
          eb
            .selectFrom('memberships as member')
            .select('member.subject_id')
            .where('member.project_id', '=', projectId)
            .where('member.tenant_id', 'in', tenantIds.length > 0 ? tenantIds : ['']),
        )
      }
      const page = query.orderBy('access_keys.created_at', 'desc').orderBy('access_keys.id', 'desc').limit(limit).offset(offset)
      return (await page.execute()).map(read)
    },
    async update(projectId, id, given) {
      const update = db.updateTable('access_keys').set(accessKeyColumns.toPartialRow(given))
      return changes(await db.executeQuery(update.where('project_id', '=', projectId).where('id', '=', id))) === 1
    },
    async delete(projectId, ids) {
      if (ids.length === 0) return 0
      for (const table of ['role_assignments', 'memberships'] as const) {
        await db.deleteFrom(table).where('project_id', '=', projectId).where('subject_id', 'in', ids).execute()
      }
      const deletion = db.deleteFrom('access_keys').where('project_id', '=', projectId).where('id', 'in', ids)
      return changes(await db.executeQuery(deletion))
    },
  }
}
