import { type RawBuilder, sql } from 'kysely'
import type { Found, UserQuery, UserSort, UserSortField, UserWithLoginIds } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { accountSelection, readAccount } from './accounts.ts'
import { addressFilters, type Filter, fieldFilters, grantFilters, textFilter } from './user-filters.ts'

type Sql = RawBuilder<unknown>

/** Finds one page of users and how many there are. Details are read of the users of the page only. */
export async function searchUsers(connection: Connection, projectId: string, query: UserQuery): Promise<Found<UserWithLoginIds>> {
  const { limit, offset } = query
  const matching = await matchingUsers(connection, projectId, query)
  const order = orderOf(query.sort)
  const page = sql<{ id: string }>`select users.id from ${matching.from} order by ${order} limit ${limit} offset ${offset}`
  const ids = matching.total === 0 ? [] : (await page.execute(connection.db)).rows.map(({ id }) => id)
  const items = await accounts(connection, projectId, ids)
  if (matching.total !== undefined) return { items, total: matching.total }
  const isLastPage = ids.length < limit && (ids.length > 0 || offset === 0)
  return { items, total: isLastPage ? offset + ids.length : await countOf(connection, matching.from) }
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

/** From clause and conditions, and how many they leave where that is known. */
interface Matching {
  readonly from: Sql
  readonly total?: number
}

/** Where a filter leaves few users, these are found first; on SQLite by force, since it has no figures to choose by. */
async function matchingUsers(connection: Connection, projectId: string, { filter }: UserQuery): Promise<Matching> {
  const named = addressFilters(projectId, filter)
  const text = filter.text && (await narrowed(connection, textFilter(connection.dialect, projectId, filter.text), named.length > 0))
  const fields = fieldFilters(connection.dialect, filter)
  const filters: readonly Filter[] = [...named, ...(text ? [text] : []), ...grantFilters(projectId, filter), ...fields]
  const ofProject = [sql`users.project_id = ${projectId}`, sql`users.is_anonymous = 0`]
  const first = filters.find(({ ids }) => ids)
  const rest = filters.filter((one) => one !== first || one.isRough).map(({ condition }) => condition)
  const conditions = sql.join([...ofProject, ...rest], sql` and `)
  if (!first?.ids) {
    const everybody = sql`users where ${conditions}`
    return filters.some(({ isRare }) => isRare) ? lookedFor(connection, projectId, everybody) : { from: everybody }
  }
  // Materialized, or SQLite goes through all login IDs in the order of users, to find distinct ones without sorting.
  const candidate = sql`(with found as materialized (${first.ids}) select distinct id from found) as candidate`
  return { from: sql`${candidate} cross join users where users.id = candidate.id and ${conditions}` }
}

/** Looks at everybody once for those that a filter leaves, which may be few: a page in some order would look at everybody again, from an index and slowly. */
async function lookedFor({ db }: Connection, projectId: string, everybody: Sql): Promise<Matching> {
  const { rows } = await sql<{ id: string }>`select users.id from ${everybody} limit ${fewUsers + 1}`.execute(db)
  if (rows.length > fewUsers) return { from: everybody }
  const ids = rows.map(({ id }) => id)
  const those = ids.length > 0 ? sql`users.id in (${sql.join(ids)})` : sql`1 = 0`
  return { from: sql`users where users.project_id = ${projectId} and ${those}`, total: ids.length }
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
