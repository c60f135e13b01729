import { type RawBuilder, sql } from 'kysely'
import type { Span, TenantRoles, TextPrefix, UserFilter } from '../../core/storage.ts'
import type { Dialect } from '../connection.ts'

type Sql = RawBuilder<unknown>

/** A filter in two forms: a condition on a row of `users`, and, where an index answers it, a query for the `id` of those that match, some perhaps twice. */
export interface Filter {
  readonly condition: Sql
  readonly ids?: Sql
  /** True when `ids` finds some that do not match too. */
  readonly isRough?: boolean
  /** True when it may leave few users, and only looking at each of them tells. */
  readonly isRare?: boolean
  /** What SQLite is to look through then. */
  readonly index?: string
}

const listOf = (values: readonly unknown[]): Sql => (values.length > 0 ? sql`(${sql.join(values)})` : sql`(null)`)
const anyOf = (conditions: readonly Sql[]): Sql => (conditions.length > 0 ? sql`(${sql.join(conditions, sql` or `)})` : sql`1 = 0`)

/** Users that are named one by one. */
export function addressFilters(projectId: string, { userIds, loginIds, emails, phones }: UserFilter): readonly Filter[] {
  const filters: Filter[] = []
  const add = (condition: Sql) =>
    filters.push({ condition, ids: sql`select users.id from users where users.project_id = ${projectId} and ${condition}` })
  if (userIds) add(sql`users.id in ${listOf(userIds)}`)
  if (loginIds) {
    const isOne = sql`canonical in ${listOf(loginIds)}`
    filters.push({
      condition: sql`exists (select 1 from login_ids where project_id = users.project_id and user_id = users.id and ${isOne})`,
      ids: sql`select user_id as id from login_ids where project_id = ${projectId} and ${isOne}`,
    })
  }
  // The indexes leave empty texts out, and serve only who says so too.
  if (emails) add(sql`users.email <> '' and lower(users.email) in ${listOf(emails)}`)
  if (phones) add(sql`users.phone <> '' and users.phone in ${listOf(phones)}`)
  return filters
}

/** Greater than every character of a text: what begins with a prefix sorts before the prefix and this. */
const lastCharacter = '\u{10ffff}'

/** Texts of a user that `text` looks at. The indexes leave empty ones out, and have all but numbers in lower case. */
const textColumns = (text: TextPrefix) => [
  { column: sql`users.email`, indexed: sql`lower(users.email)`, prefix: text.lower },
  { column: sql`users.phone`, indexed: sql`users.phone`, prefix: text.phone },
  { column: sql`users.name`, indexed: sql`lower(users.name)`, prefix: text.lower },
  { column: sql`users.given_name`, indexed: sql`lower(users.given_name)`, prefix: text.lower },
  { column: sql`users.family_name`, indexed: sql`lower(users.family_name)`, prefix: text.lower },
]

/** Users whose ID is the text, or who have a text that begins so. The condition leads SQLite to none of the indexes: of these it would read far too much. */
export function textFilter(dialect: Dialect, projectId: string, text: TextPrefix): Filter & { readonly ids: Sql } {
  const columns = textColumns(text)
  const within = (column: Sql, prefix: string) => sql`${column} >= ${prefix} and ${column} < ${prefix + lastCharacter}`
  // Both fold ASCII letters and no others, PostgreSQL because of the collation.
  const like = dialect === 'postgres' ? sql`ilike` : sql`like`
  const begins = (column: Sql, prefix: string) => sql`${column} ${like} ${`${prefix.replace(/[!%_]/g, '!$&')}%`} escape '!'`
  const ids = columns.map(
    ({ column, indexed, prefix }) =>
      sql`select users.id from users where users.project_id = ${projectId} and ${column} <> '' and ${within(indexed, prefix)}`,
  )
  const byId = sql`select users.id from users where users.project_id = ${projectId} and users.id = ${text.userId}`
  const byLoginId = sql`select user_id as id from login_ids where project_id = ${projectId} and ${within(sql`canonical`, text.loginId)}`
  return {
    condition: anyOf([
      ...columns.map(({ column, prefix }) => begins(column, prefix)),
      sql`users.id = ${text.userId}`,
      sql`users.id in (${byLoginId})`,
    ]),
    ids: sql.join([...ids, byId, byLoginId], sql` union all `),
  }
}

/** Members of tenants, holders of roles. */
export function grantFilters(projectId: string, filter: UserFilter): readonly Filter[] {
  const { tenantIds, withSubTenants = false, reach, roleNames, roleIds, tenantRoleNames, tenantRoleIds } = filter
  const filters: Filter[] = []
  const wanted = tenantIds && (withSubTenants ? withThoseBelow(projectId, tenantIds) : listOf(tenantIds))
  // One membership must be in both: who may not see a tenant must not learn who is in it.
  const lists = [wanted, reach && listOf(reach)].filter((tenants) => tenants !== undefined)
  if (lists.length > 0) {
    const isWanted = sql.join(
      lists.map((tenants) => sql`held.tenant_id in ${tenants}`),
      sql` and `,
    )
    filters.push(heldBy(projectId, sql`memberships as held`, isWanted))
  }
  const holders = (condition: Sql) => filters.push(heldBy(projectId, sql`role_assignments as held`, condition))
  if (roleNames) holders(sql`held.tenant_id = '' and held.role_id in ${rolesNamed(projectId, '', roleNames)}`)
  if (roleIds) holders(sql`held.tenant_id = '' and held.role_id in ${listOf(roleIds)}`)
  const named = (tenantId: string, names: readonly string[]) => rolesNamed(projectId, tenantId, names)
  if (tenantRoleNames) filters.push(inTenants(projectId, tenantRoleNames, named))
  if (tenantRoleIds) filters.push(inTenants(projectId, tenantRoleIds, (_tenantId, ids) => listOf(ids)))
  return filters
}

function heldBy(projectId: string, table: Sql, condition: Sql): { readonly condition: Sql; readonly ids: Sql } {
  return {
    condition: sql`exists (select 1 from ${table} where held.project_id = users.project_id and held.subject_id = users.id and ${condition})`,
    ids: sql`select held.subject_id as id from ${table} where held.project_id = ${projectId} and ${condition}`,
  }
}

/** Roles of these names that can be held there: the project's, and those of the tenant. */
function rolesNamed(projectId: string, tenantId: string, names: readonly string[]): Sql {
  return sql`(select id from roles where project_id = ${projectId} and coalesce(tenant_id, '') in ('', ${tenantId}) and name in ${listOf(names)})`
}

/** Tenants with all that are below them. A ring of tenants ends where it began. */
function withThoseBelow(projectId: string, ids: readonly string[]): Sql {
  return sql`(with recursive below(id) as (
    select id from tenants where project_id = ${projectId} and id in ${listOf(ids)}
    union select child.id from tenants as child join below on child.parent_id = below.id where child.project_id = ${projectId}
  ) select id from below)`
}

function inTenants(projectId: string, wanted: readonly TenantRoles[], idsOf: (tenantId: string, roles: readonly string[]) => Sql): Filter {
  const holds = (tenantId: string, roles: readonly string[]) =>
    heldBy(projectId, sql`role_assignments as held`, sql`held.tenant_id = ${tenantId} and held.role_id in ${idsOf(tenantId, roles)}`)
  const conditions = wanted.map(({ tenantId, roles, isEvery }) =>
    isEvery && roles.length > 0
      ? sql`(${sql.join(
          roles.map((role) => holds(tenantId, [role]).condition),
          sql` and `,
        )})`
      : holds(tenantId, roles).condition,
  )
  const ids = wanted.map(({ tenantId, roles }) => holds(tenantId, roles).ids)
  if (ids.length === 0) return { condition: anyOf([]) }
  return { condition: anyOf(conditions), ids: sql.join(ids, sql` union all `), isRough: wanted.some(({ isEvery }) => isEvery) }
}

/** What is in the user's own row, and in its credentials: no index leads from there to users. */
export function fieldFilters(dialect: Dialect, filter: UserFilter): readonly Filter[] {
  const { statuses, testUsers, isEmailVerified, isPhoneVerified, attributes = [], credentials = [], createdAt, modifiedAt } = filter
  const flag = (column: string, value: boolean | undefined) =>
    value === undefined ? [] : [sql`users.${sql.ref(column)} = ${value ? 1 : 0}`]
  const common = [
    ...(testUsers === 'none' ? [sql`users.is_test = 0`] : []),
    ...(statuses ? [sql`users.status in ${listOf(statuses)}`] : []),
    ...flag('is_email_verified', isEmailVerified),
    ...flag('is_phone_verified', isPhoneVerified),
    ...within('created_at', createdAt),
    ...within('modified_at', modifiedAt),
  ].map((condition) => ({ condition }))
  // A literal, since the index holds no others.
  const testers = testUsers === 'only' ? [{ condition: sql`users.is_test = 1`, isRare: true, index: 'users_test' }] : []
  const ofAttributes = attributes.map(({ name, values }) => ({
    condition: sql`users.custom_attributes <> '{}' and ${attributeCondition(dialect, name, values)}`,
    isRare: true,
    index: 'users_attributes',
  }))
  const ofCredentials = credentials.map(({ kind, isThere }) => {
    const own = sql`exists (select 1 from credentials where project_id = users.project_id and user_id = users.id and kind = ${kind})`
    return { condition: isThere ? own : sql`not ${own}`, isRare: true, index: 'users_listing' }
  })
  return [...common, ...testers, ...ofAttributes, ...ofCredentials]
}

function within(column: string, { from, to }: Span = {}): readonly Sql[] {
  const ref = sql`users.${sql.ref(column)}`
  return [...(from === undefined ? [] : [sql`${ref} >= ${from}`]), ...(to === undefined ? [] : [sql`${ref} <= ${to}`])]
}

/** Whether an attribute has one of the values, or is a list with one in it. */
function attributeCondition(dialect: Dialect, name: string, values: readonly (string | number | boolean)[]): Sql {
  if (dialect === 'postgres') return attributeInPostgres(name, values)
  const holds = (text: string) => sql`instr(users.custom_attributes, ${text}) > 0`
  const mayBe = sql`${anyOf(values.map((value) => holds(JSON.stringify(value))))} and ${holds(`${JSON.stringify(name)}:`)}`
  // Most rows are told by their text, without reading it as JSON, or the rest of the user: SQLite looks at conditions with a query in them last.
  return sql`${mayBe} and ${attributeInSqlite(name, values)}`
}

function attributeInPostgres(name: string, values: readonly unknown[]): Sql {
  const parts = values.flatMap((value) => [{ [name]: value }, { [name]: [value] }])
  if (parts.length === 0) return anyOf([])
  return sql`users.custom_attributes::jsonb @> any(array[${sql.join(parts.map((part) => JSON.stringify(part)))}]::jsonb[])`
}

function attributeInSqlite(name: string, values: readonly (string | number | boolean)[]): Sql {
  const isOne = (of: string) =>
    anyOf(
      values.map((value) => {
        const [type, stored] = [sql.ref(`${of}.type`), sql.ref(`${of}.value`)]
        if (typeof value === 'boolean') return sql`${type} = ${String(value)}`
        const types = typeof value === 'string' ? sql`('text')` : sql`('integer', 'real')`
        return sql`(${type} in ${types} and ${stored} = ${value})`
      }),
    )
  return sql`exists (select 1 from json_each(users.custom_attributes) as member where member.key = ${name} and (${isOne('member')}
    or member.type = 'array' and exists (select 1 from json_each(member.value) as item where ${isOne('item')})))`
}
