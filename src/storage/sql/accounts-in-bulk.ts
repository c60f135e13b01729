import { sql } from 'kysely'
import type { NewAccount, Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'
import { copyRows, insertRows } from '../insert-rows.ts'
import { credentialColumns, type Tables, userColumns } from '../tables.ts'
import { accountSelection, assertSeparable, readAccount } from './accounts.ts'
import { unlessTaken } from './unique.ts'

/** The `accounts` of the port. */
export function accounts(connection: Connection): Storage['accounts'] {
  const { db } = connection
  return {
    insertMany: (list) => insertMany(connection, list),
    async taken(projectId, { canonicals, userIds }) {
      const logins = await among(connection, 'login_ids', 'canonical', projectId, canonicals)
      return { canonicals: logins, userIds: await among(connection, 'users', 'id', projectId, userIds) }
    },
    async page(projectId, { after, limit, credentialKind }) {
      let query = db
        .selectFrom('users')
        .leftJoin('credentials', (join) =>
          join
            .onRef('credentials.project_id', '=', 'users.project_id')
            .onRef('credentials.user_id', '=', 'users.id')
            .on('credentials.kind', '=', credentialKind)
            .on('credentials.lookup', '=', ''),
        )
        .select(accountSelection)
        .select(credentialColumns.all)
        .where('users.project_id', '=', projectId)
        .where('users.is_anonymous', '=', 0)
      if (after !== undefined) query = query.where('users.id', '>', after)
      const rows = await query.orderBy('users.id').limit(limit).execute()
      return rows.map((row) => ({
        ...readAccount(row),
        credential: row['credentials.kind'] === null ? undefined : credentialColumns.read(row),
      }))
    },
    async count(projectId) {
      const query = db.selectFrom('users').select((eb) => eb.fn.countAll<number>().as('count'))
      const row = await query.where('project_id', '=', projectId).where('is_anonymous', '=', 0).executeTakeFirstOrThrow()
      return row.count
    },
  }
}

/** Which of the values are in a column of the project. One parameter, however many. */
async function among(
  { db, dialect }: Connection,
  table: 'login_ids' | 'users',
  column: 'canonical' | 'id',
  projectId: string,
  values: readonly string[],
): Promise<ReadonlySet<string>> {
  if (values.length === 0) return new Set()
  const listed = dialect === 'postgres' ? sql`= any(${values}::text[])` : sql`in (select value from json_each(${JSON.stringify(values)}))`
  const found = sql<{ value: string }>`
    select ${sql.ref(column)} as value from ${sql.table(table)} where project_id = ${projectId} and ${sql.ref(column)} ${listed}`
  return new Set((await found.execute(db)).rows.map((row) => row.value))
}

/** PostgreSQL copies accounts in, which is all or none; where that is none, and on SQLite, they are inserted. */
async function insertMany(connection: Connection, list: readonly NewAccount[]): Promise<readonly boolean[]> {
  assertSeparable(list.flatMap(({ loginIds }) => loginIds.flatMap((id) => [id.canonical, id.shown])))
  const isCopied = connection.dialect === 'postgres' && (await unlessTaken(connection, (inner) => copyMany(inner, list)))
  return isCopied ? list.map(() => true) : insertThoseWhoFit(connection, list)
}

async function copyMany(connection: Connection, list: readonly NewAccount[]): Promise<void> {
  await copyRows(connection, into.users, () => list.map(userRow))
  await copyRows(connection, into.loginIds, () => loginIdRows(list))
  await copyRows(connection, into.credentials, () => list.flatMap(credentialRows))
  await copyRows(connection, into.memberships, () => list.flatMap(membershipRows))
  await copyRows(connection, into.assignments, () => list.flatMap(assignmentRows))
}

/** Users first; login IDs only of users that are new, so that none comes to an old user with the same ID; then whoever lacks a login ID is taken back. */
async function insertThoseWhoFit(connection: Connection, list: readonly NewAccount[]): Promise<readonly boolean[]> {
  const inserted = new Set(await insertRows(connection, into.users, () => list.map(userRow)))
  // Of two accounts with one ID the first was inserted, and is the one that is meant from here on.
  const isFirst = new Set<string>()
  const isCandidate = list.map(({ user }) => inserted.has(user.id) && isFirst.size < isFirst.add(user.id).size)
  const candidates = list.filter((_, index) => isCandidate[index])
  const incomplete = await insertLoginIds(connection, candidates)
  if (incomplete.size > 0) await takeBack(connection, candidates, incomplete)
  const whole = candidates.filter(({ user }) => !incomplete.has(user.id))
  await insertRows(connection, into.credentials, () => whole.flatMap(credentialRows))
  await insertRows(connection, into.memberships, () => whole.flatMap(membershipRows))
  await insertRows(connection, into.assignments, () => whole.flatMap(assignmentRows))
  return list.map(({ user }, index) => Boolean(isCandidate[index]) && !incomplete.has(user.id))
}

/** IDs of the users of whom a login ID was taken. */
async function insertLoginIds(connection: Connection, list: readonly NewAccount[]): Promise<ReadonlySet<string>> {
  const left = new Map(list.map(({ user, loginIds }) => [user.id, loginIds.length]))
  for (const userId of await insertRows(connection, into.loginIds, () => loginIdRows(list))) {
    left.set(userId, (left.get(userId) ?? 0) - 1)
  }
  return new Set([...left].filter(([, count]) => count > 0).map(([userId]) => userId))
}

/** Their login IDs go with them. */
async function takeBack({ db }: Connection, list: readonly NewAccount[], userIds: ReadonlySet<string>): Promise<void> {
  for (const { user } of list.filter(({ user: { id } }) => userIds.has(id))) {
    await db.deleteFrom('users').where('project_id', '=', user.projectId).where('id', '=', user.id).execute()
  }
}

function userRow({ user }: NewAccount): Tables['users'] {
  return userColumns.toRow(user)
}

/** Racers write these too, so everybody writes them in one order: nobody waits for ever. */
function loginIdRows(list: readonly NewAccount[]): readonly Tables['login_ids'][] {
  const rows = list.flatMap(({ user, loginIds }) =>
    loginIds.map(({ canonical, shown }, position) => ({ project_id: user.projectId, canonical, shown, user_id: user.id, position })),
  )
  return rows.sort((a, b) => (a.canonical < b.canonical ? -1 : 1))
}

function credentialRows({ credentials }: NewAccount): readonly Tables['credentials'][] {
  return credentials.map((credential) => ({ ...credentialColumns.toRow(credential), version: 1 }))
}

function membershipRows({ user, tenantIds }: NewAccount): readonly Tables['memberships'][] {
  return tenantIds.map((tenantId) => ({ project_id: user.projectId, subject_id: user.id, tenant_id: tenantId }))
}

function assignmentRows({ user, assignments }: NewAccount): readonly Tables['role_assignments'][] {
  return assignments.map(({ tenantId, roleId }) => ({
    project_id: user.projectId,
    subject_id: user.id,
    tenant_id: tenantId,
    role_id: roleId,
  }))
}

const membershipShape = { project_id: 'text', subject_id: 'text', tenant_id: 'text' } as const

/** Where the rows of an account go. */
const into = {
  users: { table: 'users', shape: userColumns.shape, returning: 'id' },
  loginIds: {
    table: 'login_ids',
    shape: { project_id: 'text', canonical: 'text', shown: 'text', user_id: 'text', position: 'bigint' },
    returning: 'user_id',
  },
  credentials: { table: 'credentials', shape: credentialColumns.shape, returning: 'user_id' },
  memberships: { table: 'memberships', shape: membershipShape, returning: 'subject_id' },
  assignments: { table: 'role_assignments', shape: { ...membershipShape, role_id: 'text' }, returning: 'subject_id' },
} as const
