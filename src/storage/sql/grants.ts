import { sql } from 'kysely'
import type { Grants, Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { changes, prepared } from '../prepared.ts'
import { isOpenTo } from './accounts.ts'

/** Whoever deletes what is being given waits, or has won: neither sees half of the other. SQLite has one writer. */
const join = prepared((db, member: { projectId: string; subjectId: string; tenantId: string }, dialect) =>
  db
    .insertInto('memberships')
    .columns(['project_id', 'subject_id', 'tenant_id'])
    .expression((eb) =>
      eb
        .selectFrom('tenants')
        .select(['tenants.project_id', sql<string>`${member.subjectId}`.as('subject_id'), 'tenants.id'])
        .where('tenants.project_id', '=', member.projectId)
        .where('tenants.id', '=', member.tenantId)
        .$if(dialect === 'postgres', (query) => query.forKeyShare()),
    )
    .onConflict((conflict) => conflict.doNothing()),
)

const give = prepared((db, one: { projectId: string; subjectId: string; tenantId: string; roleId: string }, dialect) =>
  db
    .insertInto('role_assignments')
    .columns(['project_id', 'subject_id', 'tenant_id', 'role_id'])
    .expression((eb) =>
      eb
        .selectFrom('roles')
        .select([
          'roles.project_id',
          sql<string>`${one.subjectId}`.as('subject_id'),
          sql<string>`${one.tenantId}`.as('tenant_id'),
          'roles.id',
        ])
        .where('roles.project_id', '=', one.projectId)
        .where('roles.id', '=', one.roleId)
        .$if(dialect === 'postgres', (query) => query.forKeyShare()),
    )
    .onConflict((conflict) => conflict.doNothing()),
)

/** Keeps a tenant from being deleted until the end of the transaction: roles in it go with it, and none must come after. */
const hold = prepared((db, tenant: { projectId: string; id: string }, dialect) =>
  db
    .selectFrom('tenants')
    .select('id')
    .where('project_id', '=', tenant.projectId)
    .where('id', '=', tenant.id)
    .$if(dialect === 'postgres', (query) => query.forKeyShare()),
)

const take = prepared((db, one: { projectId: string; subjectId: string; tenantId: string; roleId: string }) =>
  db
    .deleteFrom('role_assignments')
    .where('project_id', '=', one.projectId)
    .where('subject_id', '=', one.subjectId)
    .where('tenant_id', '=', one.tenantId)
    .where('role_id', '=', one.roleId),
)

const takeAll = prepared((db, held: { projectId: string; subjectId: string; tenantId: string }) =>
  db
    .deleteFrom('role_assignments')
    .where('project_id', '=', held.projectId)
    .where('subject_id', '=', held.subjectId)
    .where('tenant_id', '=', held.tenantId),
)

export function grants(connection: Connection): Storage['grants'] {
  const { db } = connection
  return {
    of: (projectId, subjectId) => grantsOf(connection, projectId, subjectId),
    async join(projectId, subjectId, tenantId) {
      if (changes(await join(connection, { projectId, subjectId, tenantId })) === 1) return true
      const tenant = db.selectFrom('tenants').select('id').where('project_id', '=', projectId).where('id', '=', tenantId)
      return (await tenant.executeTakeFirst()) !== undefined
    },
    async leave(projectId, subjectId, tenantId) {
      await takeAll(connection, { projectId, subjectId, tenantId })
      const member = db.deleteFrom('memberships').where('project_id', '=', projectId).where('subject_id', '=', subjectId)
      return changes(await db.executeQuery(member.where('tenant_id', '=', tenantId))) === 1
    },
    async give(projectId, subjectId, assignments) {
      const missing = new Set<string>()
      for (const id of new Set(assignments.map(({ tenantId }) => tenantId))) {
        if (id !== '' && (await hold(connection, { projectId, id })).rows.length === 0) missing.add(id)
      }
      for (const one of assignments) if (!missing.has(one.tenantId)) await give(connection, { projectId, subjectId, ...one })
    },
    async take(projectId, subjectId, assignments) {
      for (const one of assignments) await take(connection, { projectId, subjectId, ...one })
    },
    async takeAll(projectId, subjectId, tenantId) {
      await takeAll(connection, { projectId, subjectId, tenantId })
    },
    async forget(projectId, subjectIds) {
      if (subjectIds.length === 0) return
      for (const table of ['role_assignments', 'memberships'] as const) {
        await db.deleteFrom(table).where('project_id', '=', projectId).where('subject_id', 'in', subjectIds).execute()
      }
    },
  }
}

async function grantsOf({ db }: Connection, projectId: string, subjectId: string): Promise<Grants> {
  const roles = await db
    .selectFrom('role_assignments as held')
    .innerJoin('roles', (join) => join.onRef('roles.project_id', '=', 'held.project_id').onRef('roles.id', '=', 'held.role_id'))
    .select(['held.tenant_id', 'roles.name', 'roles.permission_names'])
    .where('held.project_id', '=', projectId)
    .where('held.subject_id', '=', subjectId)
    .orderBy('held.tenant_id')
    .orderBy('roles.name')
    .execute()
  const tenants = await db
    .selectFrom('memberships as member')
    .innerJoin('tenants', (join) => join.onRef('tenants.project_id', '=', 'member.project_id').onRef('tenants.id', '=', 'member.tenant_id'))
    .select(['tenants.id', 'tenants.name', 'tenants.session_settings', 'tenants.password_settings'])
    .select(isOpenTo(sql.ref('member.subject_id')).as('is_open'))
    .where('member.project_id', '=', projectId)
    .where('member.subject_id', '=', subjectId)
    .orderBy('tenants.id')
    .execute()
  return {
    roles: roles.map((row) => ({ tenantId: row.tenant_id, name: row.name, permissionNames: JSON.parse(row.permission_names) })),
    tenants: tenants.map((row) => ({
      tenantId: row.id,
      tenantName: row.name,
      isOpen: row.is_open === '1',
      sessionSettings: JSON.parse(row.session_settings),
      passwordSettings: JSON.parse(row.password_settings),
    })),
  }
}
