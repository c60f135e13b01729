import { type RawBuilder, sql } from 'kysely'
import type { Found, UserQuery, UserSort, UserSortField, UserWithLoginIds } from '../../core/storage.ts'
import { type Connection, forSearch } from '../connection.ts'
import { accountSelection, readAccount } from './accounts.ts'
import { addressFilters, type Filter, fieldFilters, grantFilters, textFilter } from './user-filters.ts'

type Sql = RawBuilder<unknown>

/** Finds one page of users and how many there are. Details are read of the users of the page only. */
export async function searchUsers(given: Connection, projectId: string, query: UserQuery): Promise<Found<UserWithLoginIds>> {
  const connection = forSearch(given)
  const matching = await matchingUsers(connection, projectId, query)
  const { ids, total } = await (matching.isGathered ? gathered : walked)(connection, matching.from, query)
  return { items: await accounts(connection, projectId, ids), total }
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

interface FoundIds {
  readonly ids: readonly string[]
  readonly total: number
}

/** Collects all that match, once, and takes page and total from these. The databases would else look for them twice, and choose their way as if few rows were read. */
async function gathered(connection: Connection, from: Sql, { sort, limit, offset }: UserQuery): Promise<FoundIds> {
  const order = orderOf(sort)
  const keys = order.map(({ column }, index) => sql`${column} as ${sql.ref(`key_${index}`)}`)
  const ordered = directed(order, (index) => sql.ref(`key_${index}`))
  const { rows } = await sql<{ id: string; total: number }>`with matching as materialized (select users.id, ${sql.join(keys)} from ${from})
    select id, (select count(*) from matching) as total from matching order by ${ordered} limit ${limit} offset ${offset}`.execute(
    connection.db,
  )
  const total = rows[0]?.total ?? (offset === 0 ? 0 : await countOf(connection, from))
  return { ids: rows.map(({ id }) => id), total }
}

/** Reads an index in the order of the search as far as the page, and counts apart from that. For filters that leave many. */
async function walked(connection: Connection, from: Sql, query: UserQuery): Promise<FoundIds> {
  const { limit, offset } = query
  if (offset > farOffset) return walkedFromNearerEnd(connection, from, query)
  if (connection.dialect === 'postgres') {
    const [ids, total] = await Promise.all([pageOf(connection, from, query), countOf(connection, from)])
    return { ids, total }
  }
  const ids = await pageOf(connection, from, query)
  const isLastPage = ids.length < limit && (ids.length > 0 || offset === 0)
  return { ids, total: isLastPage ? offset + ids.length : await countOf(connection, from) }
}

/** Beyond so many, it pays to know the total first. */
const farOffset = 10_000

async function walkedFromNearerEnd(connection: Connection, from: Sql, query: UserQuery): Promise<FoundIds> {
  const { sort, limit, offset } = query
  const total = await countOf(connection, from)
  const left = total - offset
  if (left <= 0) return { ids: [], total }
  if (offset < left) return { ids: await pageOf(connection, from, query), total }
  const taken = Math.min(limit, left)
  const backwards = withDefault(sort).map(({ field, isDescending }) => ({ field, isDescending: !isDescending }))
  const ids = await pageOf(connection, from, { sort: backwards, limit: taken, offset: left - taken })
  return { ids: ids.toReversed(), total }
}

async function pageOf({ db }: Connection, from: Sql, { sort, limit, offset }: Omit<UserQuery, 'filter'>): Promise<readonly string[]> {
  const order = orderOf(sort)
  const ordered = directed(order, (index) => order[index]?.column ?? sql`users.id`)
  const { rows } = await sql<{ id: string }>`select users.id from ${from} order by ${ordered} limit ${limit} offset ${offset}`.execute(db)
  return rows.map(({ id }) => id)
}

async function countOf({ db }: Connection, from: Sql): Promise<number> {
  const { rows } = await sql<{ total: number }>`select count(*) as total from ${from}`.execute(db)
  return rows[0]?.total ?? 0
}

interface Matching {
  /** From clause and conditions. */
  readonly from: Sql
  /** Whether a filter may leave few, so that an index in the order of the search is not the way to a page. */
  readonly isGathered: boolean
}

/** Where a filter leaves few users, these are found first; on SQLite by force, since it has no figures to choose by. */
async function matchingUsers(connection: Connection, projectId: string, { filter }: UserQuery): Promise<Matching> {
  const { dialect } = connection
  const named = addressFilters(projectId, filter)
  const isNamed = named.length > 0
  const text = filter.text && (await narrowed(connection, textFilter(dialect, projectId, filter.text), isNamed))
  const filters: readonly Filter[] = [
    ...named,
    ...(text ? [text] : []),
    ...grantFilters(projectId, filter),
    ...fieldFilters(dialect, filter),
  ]
  // PostgreSQL finds those that are named by the conditions alone, without looking each up once more.
  const first = dialect === 'postgres' && isNamed ? undefined : filters.find(({ ids }) => ids)
  const rest = filters.filter((one) => one !== first || one.isRough).map(({ condition }) => condition)
  const conditions = sql.join([sql`users.project_id = ${projectId}`, sql`users.is_anonymous = 0`, ...rest], sql` and `)
  if (!first?.ids) {
    const rare = filters.find(({ isRare }) => isRare)
    const hint = dialect === 'sqlite' && rare?.index ? sql` indexed by ${sql.ref(rare.index)}` : sql``
    return { from: sql`users${hint} where ${conditions}`, isGathered: isNamed || rare !== undefined }
  }
  if (dialect === 'postgres') return { from: sql`users where users.id in (${first.ids}) and ${conditions}`, isGathered: true }
  // Materialized, or SQLite goes through all login IDs in the order of users, to find distinct ones without sorting.
  const candidate = sql`(with found as materialized (${first.ids}) select distinct id from found) as candidate`
  return { from: sql`${candidate} cross join users where users.id = candidate.id and ${conditions}`, isGathered: true }
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

interface SortKey {
  readonly column: Sql
  readonly isDescending: boolean
}

const withDefault = (sort: readonly UserSort[]): readonly UserSort[] =>
  sort.length > 0 ? sort : [{ field: 'createdAt', isDescending: false }]

/** User IDs decide between equals, in the direction of what is before them, so that an index can be read backwards. */
function orderOf(sort: readonly UserSort[]): readonly SortKey[] {
  const given = withDefault(sort)
  const last = { field: 'id', isDescending: given.at(-1)?.isDescending ?? false } as const
  return [...given, last].map(({ field, isDescending }) => ({ column: sortColumns[field], isDescending }))
}

function directed(order: readonly SortKey[], columnOf: (index: number) => Sql): Sql {
  return sql.join(order.map(({ isDescending }, index) => (isDescending ? sql`${columnOf(index)} desc` : columnOf(index))))
}
