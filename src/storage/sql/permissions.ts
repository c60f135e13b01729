import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes } from '../prepared.ts'
import { permissionColumns, roleColumns } from '../tables.ts'
import { assertSeparable } from './accounts.ts'
import { unlessTaken } from './unique.ts'

export function permissions(connection: Connection): Storage['permissions'] {
  const { db } = connection
  return {
    async insert(permission) {
      assertSeparable([permission.name])
      const insert = db.insertInto('permissions').values(permissionColumns.toRow(permission))
      return changes(await db.executeQuery(insert.onConflict((conflict) => conflict.doNothing()))) === 1
    },
    async list(projectId) {
      const query = db.selectFrom('permissions').select(permissionColumns.all).where('project_id', '=', projectId).orderBy('name')
      return (await query.execute()).map(permissionColumns.read)
    },
    async update(projectId, name, given) {
      assertSeparable([given.name])
      let written = 0
      const isFree = await unlessTaken(connection, async () => {
        const update = db.updateTable('permissions').set(given).where('project_id', '=', projectId).where('name', '=', name)
        written = changes(await db.executeQuery(update))
      })
      if (!isFree) return 'taken'
      if (written === 0) return 'missing'
      if (given.name !== name)
        await rewriteRoles(connection, projectId, name, (names) => names.map((one) => (one === name ? given.name : one)))
      return 'done'
    },
    async delete(projectId, name) {
      const deletion = db.deleteFrom('permissions').where('project_id', '=', projectId).where('name', '=', name)
      if (changes(await db.executeQuery(deletion)) === 0) return false
      await rewriteRoles(connection, projectId, name, (names) => names.filter((one) => one !== name))
      return true
    },
  }
}

/** Changes the permissions of every role that holds this one. */
async function rewriteRoles(
  { db }: Connection,
  projectId: string,
  name: string,
  change: (names: readonly string[]) => readonly string[],
): Promise<void> {
  const rows = await db.selectFrom('roles').select(roleColumns.all).where('project_id', '=', projectId).execute()
  const roles = rows.map(roleColumns.read).filter((role) => role.permissionNames.includes(name))
  for (const { id, permissionNames } of roles) {
    const row = roleColumns.toPartialRow({ permissionNames: change(permissionNames) })
    await db.updateTable('roles').set(row).where('project_id', '=', projectId).where('id', '=', id).execute()
  }
}
