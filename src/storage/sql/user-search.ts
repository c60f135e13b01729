import { type RawBuilder, sql } from 'kysely'
import type { Found, UserQuery, UserSort, UserSortField, UserWithLoginIds } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { accountSelection, readAccount } from './accounts.ts'
import { addressFilters, type Filter, fieldFilters, grantFilters, textFilter } from './user-filters.ts'

type Sql = RawBuilder<unknown>

/** Finds one page of users and how many there are. Two statements for the page, so that the details are read of its users only; a third for the total unless the page tells it. */
export async function searchUsers(connection: Connection, projectId: string, query: UserQuery): Promise<Found<UserWithLoginIds>> {
  const { limit, offset } = query
  const matching = await matchingUsers(connection, projectId, query)
  const order = orderOf(query.sort)
  const page = sql<{ id: string }>`select users.id from ${matching} order by ${order} limit ${limit} offset ${offset}`
  const { rows } = await page.execute(connection.db)
  const items = await accounts(
    connection,
    projectId,
    rows.map(({ id }) => id),
  )
  const isLastPage = rows.length < limit && (rows.length > 0 || offset === 0)
  return { items, total: isLastPage ? offset + rows.length : await countOf(connection, matching) }
}

async function countOf({ db }: Connection, matching: Sql): Promise<number> {
  const { rows } = await sql<{ total: number }>`select count(*) as total from ${matching}`.execute(db)
  return rows[0]?.total ?? 0
}

/** In the order of the IDs. Who was deleted in between is missing. */
async function accounts({ db }: Connection, projectId: string, ids: readonly string[]): Promise<readonly UserWithLoginIds[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('users')
    .select(accountSelection)
    .where('users.project_id', '=', projectId)
    .where('users.id', 'in', ids)
    .execute()
  const byId = new Map(rows.map(readAccount).map((account) => [account.user.id, account]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** From clause and conditions. Where a filter leaves few users, these are found first, on SQLite by order: it has no figures to choose by. */
async function matchingUsers(connection: Connection, projectId: string, { filter }: UserQuery): Promise<Sql> {
  const named = addressFilters(projectId, filter)
  const text = filter.text ? [await narrowed(connection, textFilter(connection.dialect, projectId, filter.text), named.length > 0)] : []
  const filters: readonly Filter[] = [...named, ...text, ...grantFilters(projectId, filter), ...fieldFilters(connection.dialect, filter)]
  const first = filters.find(({ ids }) => ids)
  const from = first?.ids ? sql`(select distinct id from (${first.ids}) as found) as candidate cross join users` : sql`users`
  const conditions = [
    ...(first ? [sql`users.id = candidate.id`] : []),
    sql`users.project_id = ${projectId}`,
    sql`users.is_anonymous = 0`,
    ...filters.filter((one) => one !== first || one.isRough).map(({ condition }) => condition),
  ]
  return sql`${from} where ${sql.join(conditions, sql` and `)}`
}

/** Beyond so many, looking at every user is faster than looking up those that were found. */
const fewUsers = 5_000

/** Takes the IDs from a filter that finds too many, or that is not needed to find few. */
async function narrowed({ db }: Connection, { condition, ids }: ReturnType<typeof textFilter>, isFewAlready: boolean): Promise<Filter> {
  if (isFewAlready) return { condition }
  const probe = sql<{ found: number }>`select count(*) as found from (select id from (${ids}) as every limit ${fewUsers + 1}) as first`
  const { rows } = await probe.execute(db)
  return (rows[0]?.found ?? 0) > fewUsers ? { condition } : { condition, ids }
}

const sortColumns: Readonly<Record<UserSortField, Sql>> = {
  createdAt: sql`users.created_at`,
  modifiedAt: sql`users.modified_at`,
  id: sql`users.id`,
  status: sql`users.status`,
  name: sql`lower(users.name)`,
  givenName: sql`lower(users.given_name)`,
  middleName: sql`lower(users.middle_name)`,
  familyName: sql`lower(users.family_name)`,
  email: sql`lower(users.email)`,
  phone: sql`users.phone`,
}

/** User IDs decide between equals, in the direction of what is before them, so that an index can be read backwards. */
function orderOf(sort: readonly UserSort[]): Sql {
  const given: readonly UserSort[] = sort.length > 0 ? sort : [{ field: 'createdAt', isDescending: false }]
  const last = { field: 'id', isDescending: given.at(-1)?.isDescending ?? false } as const
  return sql.join([...given, last].map(({ field, isDescending }) => (isDescending ? sql`${sortColumns[field]} desc` : sortColumns[field])))
}
