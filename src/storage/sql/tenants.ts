import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes } from '../prepared.ts'
import { tenantColumns } from '../tables.ts'
import { assertSeparable } from './accounts.ts'
import { unlessTaken } from './unique.ts'

type Query = Parameters<Storage['tenants']['search']>[1]

export function tenants(connection: Connection): Storage['tenants'] {
  const { db } = connection
  const named = (projectId: string, id: string) => db.selectFrom('tenants').where('project_id', '=', projectId).where('id', '=', id)
  return {
    async insert(tenant) {
      assertSeparable([tenant.id, tenant.name])
      const insert = db.insertInto('tenants').values(tenantColumns.toRow(tenant))
      return changes(await db.executeQuery(insert.onConflict((conflict) => conflict.doNothing()))) === 1
    },
    async byId(projectId, id) {
      const row = await named(projectId, id).select(tenantColumns.all).executeTakeFirst()
      return row && tenantColumns.read(row)
    },
    async byIds(projectId, ids) {
      if (ids.length === 0) return []
      const query = db.selectFrom('tenants').select(tenantColumns.all).where('project_id', '=', projectId).where('id', 'in', ids)
      return (await query.execute()).map(tenantColumns.read)
    },
    list: (projectId, { limit, offset }) => search(connection, projectId, { limit, offset }),
    search: (projectId, query) => search(connection, projectId, query),
    async update(projectId, id, given) {
      assertSeparable([given.name ?? ''])
      const row = tenantColumns.toPartialRow(given)
      if (Object.keys(row).length === 0) return (await named(projectId, id).select('id').executeTakeFirst()) ? 'done' : 'missing'
      let written = 0
      const isFree = await unlessTaken(connection, async () => {
        const update = db.updateTable('tenants').set(row).where('project_id', '=', projectId).where('id', '=', id)
        written = changes(await db.executeQuery(update))
      })
      return isFree ? (written === 1 ? 'done' : 'missing') : 'taken'
    },
    async delete(projectId, id) {
      await db.deleteFrom('role_assignments').where('project_id', '=', projectId).where('tenant_id', '=', id).execute()
      const deletion = db.deleteFrom('tenants').where('project_id', '=', projectId).where('id', '=', id)
      return changes(await db.executeQuery(deletion)) === 1
    },
  }
}

async function search({ db, dialect }: Connection, projectId: string, query: Query) {
  const { ids, names, selfProvisioningDomains: domains, customAttributes = {}, parentId } = query
  let rows = db.selectFrom('tenants').select(tenantColumns.all).where('project_id', '=', projectId)
  if (ids) rows = rows.where('id', 'in', ids.length > 0 ? ids : [''])
  if (names) rows = rows.where('name', 'in', names.length > 0 ? names : [''])
  if (parentId !== undefined) rows = rows.where('parent_id', '=', parentId)
  if (domains) {
    const entries =
      dialect === 'postgres' ? sql`json_array_elements_text(self_provisioning_domains::json)` : sql`json_each(self_provisioning_domains)`
    const wanted = sql.join(domains.length > 0 ? domains : [''])
    rows = rows.where(sql<boolean>`exists (select 1 from ${entries} as entry(value) where value in (${wanted}))`)
  }
  for (const [name, value] of Object.entries(customAttributes)) rows = rows.where(hasAttribute(dialect, 'custom_attributes', name, value))
  const page = rows.orderBy('name').orderBy('id').limit(query.limit).offset(query.offset)
  return (await page.execute()).map(tenantColumns.read)
}

/** Whether a JSON column has a member of this value; of a list that it has one of the values. */
export function hasAttribute(dialect: Connection['dialect'], column: string, name: string, value: unknown) {
  const wanted = (Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one))
  const texts = sql.join(wanted.length > 0 ? wanted : ['[]'])
  if (dialect === 'postgres')
    return sql<boolean>`(${sql.ref(column)}::jsonb -> ${name}) in (select text::jsonb from unnest(array[${texts}]::text[]) as wanted(text))`
  return sql<boolean>`(${sql.ref(column)} -> ${`$.${JSON.stringify(name)}`}) in (${texts})`
}
