import { sql } from 'kysely'
import type { LoginIdRecord, Page, Storage, UserRecord, UserWithLoginIds } from '../../core/storage.ts'
import { together } from '../../core/together.ts'
import type { Connection } from '../connection.ts'
import { changes, type Prepared, prepared } from '../prepared.ts'
import { credentialColumns, type Tables, userColumns } from '../tables.ts'
import { accountSelection, assertSeparable, readAccount } from './accounts.ts'
import { challenges } from './challenges.ts'
import { searchUsers } from './user-search.ts'

const byId = prepared((db, user: { projectId: string; id: string }) =>
  db.selectFrom('users').select(accountSelection).where('users.project_id', '=', user.projectId).where('users.id', '=', user.id),
)

const byLoginId = prepared((db, login: { projectId: string; canonical: string }) =>
  db
    .selectFrom('login_ids as login')
    .innerJoin('users', (join) => join.onRef('users.project_id', '=', 'login.project_id').onRef('users.id', '=', 'login.user_id'))
    .select(accountSelection)
    .where('login.project_id', '=', login.projectId)
    .where('login.canonical', '=', login.canonical),
)

const forSignIn = prepared((db, login: { projectId: string; canonical: string; kind: string; lookup: string }) =>
  db
    .selectFrom('login_ids as login')
    .innerJoin('users', (join) => join.onRef('users.project_id', '=', 'login.project_id').onRef('users.id', '=', 'login.user_id'))
    .leftJoin('credentials', (join) =>
      join
        .onRef('credentials.project_id', '=', 'users.project_id')
        .onRef('credentials.user_id', '=', 'users.id')
        .on('credentials.kind', '=', login.kind)
        .on('credentials.lookup', '=', login.lookup),
    )
    .select(accountSelection)
    .select(credentialColumns.all)
    .where('login.project_id', '=', login.projectId)
    .where('login.canonical', '=', login.canonical),
)

/** SQLite has one writer, who has waited for the others already. */
const lock = prepared((db, user: { projectId: string; id: string }, dialect) => {
  const query = db
    .selectFrom('users')
    .select(userColumns.all)
    .where('users.project_id', '=', user.projectId)
    .where('users.id', '=', user.id)
  return dialect === 'postgres' ? query.forNoKeyUpdate() : query
})

/** An update that leaves the keys alone locks as `for no key update` does. */
const noteSignIn = prepared((db, user: { projectId: string; id: string; at: number }) =>
  db
    .updateTable('users')
    .set({
      last_sign_in_at: user.at,
      status: sql<UserRecord['status']>`case when status = 'invited' then 'enabled' else status end`,
    })
    .where('project_id', '=', user.projectId)
    .where('id', '=', user.id)
    .where('status', '<>', sql.lit('disabled')),
)

const insertUser = prepared((db, row: Tables['users']) =>
  db
    .insertInto('users')
    .values(userColumns.copy(row))
    .onConflict((conflict) => conflict.doNothing()),
)

const insertLoginId = prepared((db, row: Tables['login_ids']) =>
  db
    .insertInto('login_ids')
    .values({ project_id: row.project_id, canonical: row.canonical, shown: row.shown, user_id: row.user_id, position: row.position })
    .onConflict((conflict) => conflict.doNothing()),
)

/** After the user's others, if there is such a user. */
const addLoginId = prepared((db, row: { projectId: string; id: string; canonical: string; shown: string }) =>
  db
    .insertInto('login_ids')
    .columns(['project_id', 'canonical', 'shown', 'user_id', 'position'])
    .expression((eb) =>
      eb
        .selectFrom('users')
        .leftJoin('login_ids as own', (join) => join.onRef('own.project_id', '=', 'users.project_id').onRef('own.user_id', '=', 'users.id'))
        .select([
          'users.project_id',
          sql<string>`${row.canonical}`.as('canonical'),
          sql<string>`${row.shown}`.as('shown'),
          'users.id',
          sql<number>`coalesce(max(own.position), -1) + 1`.as('position'),
        ])
        .where('users.project_id', '=', row.projectId)
        .where('users.id', '=', row.id)
        .groupBy(['users.project_id', 'users.id']),
    )
    .onConflict((conflict) => conflict.doNothing()),
)

const removeLoginId = prepared((db, row: { projectId: string; id: string; canonical: string }) =>
  db.deleteFrom('login_ids').where('project_id', '=', row.projectId).where('user_id', '=', row.id).where('canonical', '=', row.canonical),
)

const deleteUser = prepared((db, user: { projectId: string; id: string }) =>
  db.deleteFrom('users').where('project_id', '=', user.projectId).where('id', '=', user.id),
)

type Update = Prepared<Partial<Tables['users']> & { project_id: string; id: string }, unknown>

/** Prepared updates by the names of what they set: callers set few different combinations. */
const updates = new Map<string, Update>()

function updateOf(names: readonly string[]): Update {
  const key = names.join()
  const known = updates.get(key)
  if (known) return known
  const update: Update = prepared((db, row) => {
    const values = Object.fromEntries(names.map((name) => [name, row[name as keyof typeof row]]))
    return db.updateTable('users').set(values).where('project_id', '=', row.project_id).where('id', '=', row.id)
  })
  updates.set(key, update)
  return update
}

export function users(connection: Connection): Storage['users'] {
  const { db } = connection
  return {
    insert: (user, loginIds) => (db.isTransaction ? insert(connection, user, loginIds) : insertAlone(connection, user, loginIds)),
    async byId(projectId, id) {
      const { rows } = await byId(connection, { projectId, id })
      return rows[0] && readAccount(rows[0])
    },
    async byIds(projectId, ids) {
      if (ids.length === 0) return []
      const query = db.selectFrom('users').select(accountSelection).where('users.project_id', '=', projectId)
      return (await query.where('users.id', 'in', ids).execute()).map(readAccount)
    },
    async byLoginId(projectId, canonical) {
      const { rows } = await byLoginId(connection, { projectId, canonical })
      return rows[0] && readAccount(rows[0])
    },
    async forSignIn(projectId, canonical, kind) {
      const { rows } = await forSignIn(connection, { projectId, canonical, kind, lookup: '' })
      const [row] = rows
      if (!row) return undefined
      const isThere = row['credentials.kind'] !== null
      return { ...readAccount(row), credential: isThere ? credentialColumns.read(row) : undefined }
    },
    async lock(projectId, id) {
      const { rows } = await lock(connection, { projectId, id })
      return rows[0] && userColumns.read(rows[0])
    },
    async noteSignIn(projectId, id, at) {
      return changes(await noteSignIn(connection, { projectId, id, at })) === 1
    },
    async update(projectId, id, input) {
      const row = userColumns.toPartialRow(input)
      const names = Object.keys(row)
      if (names.length === 0) return (await byId(connection, { projectId, id })).rows.length === 1
      return changes(await updateOf(names)(connection, { ...row, project_id: projectId, id })) === 1
    },
    async addLoginId(projectId, id, loginId) {
      assertSeparable([loginId.canonical, loginId.shown])
      return changes(await addLoginId(connection, { projectId, id, ...loginId })) === 1
    },
    async removeLoginId(projectId, id, canonical) {
      return changes(await removeLoginId(connection, { projectId, id, canonical })) === 1
    },
    async delete(projectId, id) {
      await challenges(connection).deleteForUser(projectId, id)
      for (const table of ['role_assignments', 'memberships'] as const) {
        await db.deleteFrom(table).where('project_id', '=', projectId).where('subject_id', '=', id).execute()
      }
      return changes(await deleteUser(connection, { projectId, id })) === 1
    },
    async listTestIds(projectId, limit) {
      const query = db.selectFrom('users').select('id').where('project_id', '=', projectId).where('is_test', '=', sql.lit(1))
      return (await query.orderBy('id').limit(limit).execute()).map((row) => row.id)
    },
    list: (projectId, query) => list(connection, projectId, query),
    search: (projectId, query) => searchUsers(connection, projectId, query),
  }
}

async function insert(connection: Connection, user: UserRecord, loginIds: readonly LoginIdRecord[]): Promise<boolean> {
  assertSeparable(loginIds.flatMap((id) => [id.canonical, id.shown]))
  // In one order for everybody, so that two sign-ups with the same login IDs wait for each other and never for ever.
  const ordered = loginIds.map((id, position) => ({ ...id, position })).toSorted((a, b) => (a.canonical < b.canonical ? -1 : 1))
  const results = await together(
    insertUser(connection, userColumns.toRow(user)),
    ...ordered.map((id) => insertLoginId(connection, { ...id, project_id: user.projectId, user_id: user.id })),
  )
  return results.every((result) => changes(result) === 1)
}

/** Outside a transaction the insert is one of its own, so that a refused user leaves nothing behind. */
async function insertAlone({ db, dialect }: Connection, user: UserRecord, loginIds: readonly LoginIdRecord[]): Promise<boolean> {
  const refused = new Error('A login ID is taken')
  try {
    await db.transaction().execute(async (tx) => {
      if (!(await insert({ db: tx, dialect }, user, loginIds))) throw refused
    })
    return true
  } catch (error) {
    if (error === refused) return false
    throw error
  }
}

/** Greater than every character that a login ID can hold: what begins with a prefix sorts before the prefix and this. */
const lastCharacter = '\u{10ffff}'

async function list(
  { db }: Connection,
  projectId: string,
  query: Parameters<Storage['users']['list']>[1],
): Promise<Page<UserWithLoginIds>> {
  const { loginIdPrefix: prefix, after, limit } = query
  let users = db.selectFrom('users').select(accountSelection).where('users.project_id', '=', projectId).where('users.is_anonymous', '=', 0)
  if (after !== undefined) users = users.where('users.id', '>', after)
  if (prefix) {
    users = users.where('users.id', 'in', (eb) =>
      eb
        .selectFrom('login_ids as match')
        .select('match.user_id')
        .where('match.project_id', '=', projectId)
        .where('match.canonical', '>=', prefix)
        .where('match.canonical', '<', `${prefix}${lastCharacter}`),
    )
  }
  const rows = await users
    .orderBy('users.id')
    .limit(limit + 1)
    .execute()
  const items = rows.slice(0, limit).map(readAccount)
  const last = items.at(-1)
  return rows.length > limit && last ? { items, next: last.user.id } : { items }
}
