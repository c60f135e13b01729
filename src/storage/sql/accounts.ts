import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import type { GrantedRole, Grants, LoginIdRecord, Membership, UserWithLoginIds } from '../../core/storage.ts'
import type { ResultRow } from '../columns.ts'
import { type Tables, userColumns } from '../tables.ts'

/**
 * A user or an access key together with what belongs to it, as one row of one query. The lists are texts with separators that nothing in them can hold:
 * control characters are refused where names and login IDs are read, and again in `assertSeparable`; JSON escapes them.
 */
const unitSeparator = '\u001f'
const recordSeparator = '\u001e'

const joined = (...parts: readonly RawBuilder<unknown>[]) => sql.join(parts, sql` || ${sql.lit(unitSeparator)} || `)

/** Selects what `readGrants` reads; `subject` names the column with the ID of the user or the key, in a row that has `project_id` beside it. */
export function grantsSelection(eb: ExpressionBuilder<Tables, never>, table: 'users' | 'access_keys') {
  const owner = sql.ref(`${table}.id`)
  const project = sql.ref(`${table}.project_id`)
  const role = joined(sql.ref('held.tenant_id'), sql.ref('roles.name'), sql.ref('roles.permission_names'))
  const [session, password] = [sql.ref('tenants.session_settings'), sql.ref('tenants.password_settings')]
  const tenant = joined(sql.ref('tenants.id'), sql.ref('tenants.name'), isOpenTo(owner), session, password)
  return [
    eb
      .selectFrom('role_assignments as held')
      .innerJoin('roles', (join) => join.onRef('roles.project_id', '=', 'held.project_id').onRef('roles.id', '=', 'held.role_id'))
      .where(sql<boolean>`held.project_id = ${project} and held.subject_id = ${owner}`)
      .select(sql<string | null>`string_agg(${role}, ${sql.lit(recordSeparator)} order by held.tenant_id, roles.name)`.as('roles'))
      .as('account.roles'),
    eb
      .selectFrom('memberships as member')
      .innerJoin('tenants', (join) =>
        join.onRef('tenants.project_id', '=', 'member.project_id').onRef('tenants.id', '=', 'member.tenant_id'),
      )
      .where(sql<boolean>`member.project_id = ${project} and member.subject_id = ${owner}`)
      .select(sql<string | null>`string_agg(${tenant}, ${sql.lit(recordSeparator)} order by tenants.id)`.as('tenants'))
      .as('account.tenants'),
  ] as const
}

/** `'1'` where the tenant of the row is open to a subject. The exclusions are JSON texts, so that an ID in quotes is that ID and no part of another. */
export function isOpenTo(subjectId: RawBuilder<unknown>) {
  const exclusions = sql.ref('tenants.sso_exclusions')
  const isExcluded = sql`replace(${exclusions}, '"' || ${subjectId} || '"', '') <> ${exclusions}`
  const isOpen = sql`tenants.is_disabled = 0 and (tenants.is_sso_enforced = 0 or ${isExcluded})`
  return sql<string>`case when ${isOpen} then '1' else '0' end`
}

/** Selects what `readAccount` reads; for queries with `users` in their from clause. */
export function accountSelection(eb: ExpressionBuilder<Tables, 'users'>) {
  const pair = joined(sql.ref('login_ids.canonical'), sql.ref('login_ids.shown'))
  return [
    ...userColumns.all,
    eb
      .selectFrom('login_ids')
      .whereRef('login_ids.project_id', '=', 'users.project_id')
      .whereRef('login_ids.user_id', '=', 'users.id')
      .select(sql<string | null>`string_agg(${pair}, ${sql.lit(recordSeparator)} order by login_ids.position)`.as('pairs'))
      .as('account.loginIds'),
    eb
      .selectFrom('credentials as own')
      .whereRef('own.project_id', '=', 'users.project_id')
      .whereRef('own.user_id', '=', 'users.id')
      .select(sql<string | null>`string_agg(own.kind, ${sql.lit(recordSeparator)} order by own.kind)`.as('kinds'))
      .as('account.credentialKinds'),
    ...grantsSelection(eb as unknown as ExpressionBuilder<Tables, never>, 'users'),
  ] as const
}

export function readAccount(row: ResultRow): UserWithLoginIds {
  return {
    user: userColumns.read(row),
    loginIds: split(row['account.loginIds'], recordSeparator).map(readPair),
    credentialKinds: [...new Set(split(row['account.credentialKinds'], recordSeparator))],
    ...readGrants(row),
  }
}

export function readGrants(row: ResultRow): Grants {
  return {
    roles: split(row['account.roles'], recordSeparator).map(readRole),
    tenants: split(row['account.tenants'], recordSeparator).map(readMembership),
  }
}

function split(text: unknown, separator: string): string[] {
  return typeof text === 'string' ? text.split(separator) : []
}

function readPair(pair: string): LoginIdRecord {
  const [canonical = '', shown = ''] = pair.split(unitSeparator)
  return { canonical, shown }
}

function readRole(text: string): GrantedRole {
  const [tenantId = '', name = '', permissionNames = '[]'] = text.split(unitSeparator)
  return { tenantId, name, permissionNames: JSON.parse(permissionNames) }
}

function readMembership(text: string): Membership {
  const [tenantId = '', tenantName = '', isOpen = '0', session = '{}', password = '{}'] = text.split(unitSeparator)
  return { tenantId, tenantName, isOpen: isOpen === '1', sessionSettings: JSON.parse(session), passwordSettings: JSON.parse(password) }
}

/** Throws on texts that could not be told from two. A bug of the caller. */
export function assertSeparable(texts: readonly string[]): void {
  for (const text of texts) {
    if (text.includes(unitSeparator) || text.includes(recordSeparator)) throw new Error('A name holds a control character')
  }
}
