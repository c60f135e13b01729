import { sql } from 'kysely'
import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes } from '../prepared.ts'
import { tenantColumns } from '../tables.ts'
import { assertSeparable } from './accounts.ts'
import { unlessTaken } from './unique.ts'

type Query = Parameters<Storage['tenants']['search']>[1]

export function tenants(connection: Connection): Storage['tenants'] {
  const { db, dialect } = connection
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
    async lock(projectId, id) {
      const query = named(projectId, id).select(tenantColumns.all)
      const row = await (dialect === 'postgres' ? query.forNoKeyUpdate() : query).executeTakeFirst()
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
      const query = named(projectId, id).select('parent_id')
      const tenant = await (dialect === 'postgres' ? query.forUpdate() : query).executeTakeFirst()
      if (!tenant) return false
      const below = db.updateTable('tenants').set({ parent_id: tenant.parent_id }).where('project_id', '=', projectId)
      await below.where('parent_id', '=', id).execute()
      await db.deleteFrom('role_assignments').where('project_id', '=', projectId).where('tenant_id', '=', id).execute()
      const deletion = db.deleteFrom('tenants').where('project_id', '=', projectId).where('id', '=', id)
      return changes(await db.executeQuery(deletion)) === 1
    },
    async soleMembers(projectId, id, limit) {
      const [userIds, accessKeyIds] = [
        await soleMembers(connection, { table: 'users', projectId, id, limit }),
        await soleMembers(connection, { table: 'access_keys', projectId, id, limit }),
      ]
      return { userIds, accessKeyIds }
    },
  }
}

async function soleMembers(
  { db }: Connection,
  { table, projectId, id, limit }: { readonly table: 'users' | 'access_keys'; projectId: string; id: string; limit: number },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('memberships as member')
    .select('member.subject_id as id')
    .where('member.project_id', '=', projectId)
    .where('member.tenant_id', '=', id)
    .where((eb) => {
      const subject = eb.selectFrom(table).select(sql.lit(1).as('one')).where(`${table}.project_id`, '=', projectId)
      const other = eb.selectFrom('memberships as other').select(sql.lit(1).as('one')).where('other.project_id', '=', projectId)
      return eb.and([
        eb.exists(subject.whereRef(`${table}.id`, '=', 'member.subject_id')),
        eb.not(eb.exists(other.whereRef('other.subject_id', '=', 'member.subject_id').where('other.tenant_id', '<>', id))),
      ])
    })
    .orderBy('member.subject_id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

async function search({ db, dialect }: Connection, projectId: string, query: Query) {
  const { ids, names, selfProvisioningDomains: domains, customAttributes = {}, parentId } = query
  let rows = db.selectFrom('tenants').select(tenantColumns.all).where('project_id', '=', projectId)
  if (ids) rows = rows.where('id', 'in', ids.length > 0 ? ids : [''])
  if (names) rows = rows.where('name', 'in', names.length > 0 ? names : [''])
  if (parentId !== undefined) rows = rows.where('parent_id', '=', parentId)
  if (domains) {
    const entries =
      dialect === 'postgres'
        ? sql`json_array_elements_text(self_provisioning_domains::json) as entry(value)`
        : sql`json_each(self_provisioning_domains) as entry`
    const wanted = sql.join(domains.length > 0 ? domains : [''])
    rows = rows.where(sql<boolean>`exists (select 1 from ${entries} where entry.value in (${wanted}))`)
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
