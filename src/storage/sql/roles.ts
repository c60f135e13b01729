import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { roleColumns } from '../tables.ts'
import { assertSeparable } from './accounts.ts'
import { unlessTaken } from './unique.ts'

const listDefault = prepared((db, project: { id: string }) =>
  db
    .selectFrom('roles')
    .select(roleColumns.all)
    .where('project_id', '=', project.id)
    .where('tenant_id', 'is', null)
    .where('is_default', '=', sql.lit(1))
    .orderBy('name'),
)

export function roles(connection: Connection): Storage['roles'] {
  const { db } = connection
  return {
    async insert(role) {
      assertSeparable([role.name, ...role.permissionNames])
      const insert = db.insertInto('roles').values(roleColumns.toRow(role))
      return changes(await db.executeQuery(insert.onConflict((conflict) => conflict.doNothing()))) === 1
    },
    async byName(projectId, tenantId, name) {
      const query = db.selectFrom('roles').select(roleColumns.all).where('project_id', '=', projectId).where('name', '=', name)
      const row = await query.where(sql<boolean>`coalesce(tenant_id, '') = ${tenantId}`).executeTakeFirst()
      return row && roleColumns.read(row)
    },
    async list(projectId) {
      const query = db.selectFrom('roles').select(roleColumns.all).where('project_id', '=', projectId)
      const rows = await query.orderBy(sql`coalesce(tenant_id, '')`).orderBy('name').execute()
      return rows.map(roleColumns.read)
    },
    async listDefault(projectId) {
      const { rows } = await listDefault(connection, { id: projectId })
      return rows.map(roleColumns.read)
    },
    async update(projectId, id, given) {
      assertSeparable([given.name ?? '', ...(given.permissionNames ?? [])])
      let written = 0
      const isFree = await unlessTaken(connection, async () => {
        const update = db.updateTable('roles').set(roleColumns.toPartialRow(given))
        written = changes(await db.executeQuery(update.where('project_id', '=', projectId).where('id', '=', id)))
      })
      return isFree ? (written === 1 ? 'done' : 'missing') : 'taken'
    },
    async delete(projectId, id) {
      const deletion = db.deleteFrom('roles').where('project_id', '=', projectId).where('id', '=', id)
      return changes(await db.executeQuery(deletion)) === 1
    },
  }
}
