import { type ExpressionBuilder, sql } from 'kysely'
import type { RoleRecord, Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { roleColumns, type Tables, tenantColumns } from '../tables.ts'
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

async function byId({ db }: Connection, projectId: string, id: string): Promise<RoleRecord | undefined> {
  const query = db.selectFrom('roles').select(roleColumns.all).where('project_id', '=', projectId).where('id', '=', id)
  const row = await query.executeTakeFirst()
  return row && roleColumns.read(row)
}

/** Changes the default roles of every tenant that gives this role: of its own tenant, or of all that have none of their own of this name. */
async function rewriteDefaults(
  { db }: Connection,
  { projectId, tenantId, name }: RoleRecord,
  change: (names: readonly string[]) => readonly string[],
): Promise<void> {
  const tenants = db.selectFrom('tenants').select(tenantColumns.all).where('project_id', '=', projectId)
  const giving = tenants.where('default_role_names', '<>', '[]')
  const isOwn = (eb: ExpressionBuilder<Tables, 'tenants'>) =>
    eb.exists(
      eb
        .selectFrom('roles as own')
        .select(sql.lit(1).as('one'))
        .where('own.project_id', '=', projectId)
        .where('own.name', '=', name)
        .whereRef('own.tenant_id', '=', 'tenants.id'),
    )
  const rows = await (tenantId ? giving.where('id', '=', tenantId) : giving.where((eb) => eb.not(isOwn(eb)))).execute()
  for (const { id, defaultRoleNames } of rows.map(tenantColumns.read)) {
    if (!defaultRoleNames.includes(name)) continue
    const row = tenantColumns.toPartialRow({ defaultRoleNames: change(defaultRoleNames) })
    await db.updateTable('tenants').set(row).where('project_id', '=', projectId).where('id', '=', id).execute()
  }
}

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
    async named(projectId, tenantIds, names) {
      if (names.length === 0) return []
      const query = db.selectFrom('roles').select(roleColumns.all).where('project_id', '=', projectId).where('name', 'in', names)
      const rows = await query.where(sql`coalesce(tenant_id, '')`, 'in', [...new Set(['', ...tenantIds])]).execute()
      return rows.map(roleColumns.read)
    },
    async listDefault(projectId) {
      const { rows } = await listDefault(connection, { id: projectId })
      return rows.map(roleColumns.read)
    },
    async listDefaultOfTenants(projectId, tenantIds) {
      if (tenantIds.length === 0) return []
      const query = db.selectFrom('roles').select(roleColumns.all).where('project_id', '=', projectId).where('tenant_id', 'in', tenantIds)
      return (await query.where('is_default', '=', 1).orderBy('tenant_id').orderBy('name').execute()).map(roleColumns.read)
    },
    async update(projectId, id, given) {
      assertSeparable([given.name ?? '', ...(given.permissionNames ?? [])])
      const before = await byId(connection, projectId, id)
      if (!before) return 'missing'
      const row = roleColumns.toPartialRow(given)
      if (Object.keys(row).length === 0) return 'done'
      const isFree = await unlessTaken(connection, async () => {
        await db.updateTable('roles').set(row).where('project_id', '=', projectId).where('id', '=', id).execute()
      })
      if (!isFree) return 'taken'
      const { name = before.name } = given
      if (name !== before.name) await rewriteDefaults(connection, before, (names) => names.map((one) => (one === before.name ? name : one)))
      return 'done'
    },
    async delete(projectId, id) {
      const before = await byId(connection, projectId, id)
      if (!before) return false
      await rewriteDefaults(connection, before, (names) => names.filter((one) => one !== before.name))
      const deletion = db.deleteFrom('roles').where('project_id', '=', projectId).where('id', '=', id)
      return changes(await db.executeQuery(deletion)) === 1
    },
  }
}
