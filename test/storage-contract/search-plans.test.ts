import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type CompiledQuery, Kysely, type LogEvent, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { NewAccount, UserFilter } from '../../src/core/storage.ts'
import { connectionOf } from '../../src/storage/sqlite-connection.ts'
import { sqliteDialect } from '../../src/storage/sqlite-dialect.ts'
import { storageOver } from '../../src/storage/storage.ts'
import type { Tables } from '../../src/storage/tables.ts'
import { contractAlone, credential, loginId, role, tenant, user } from './records.ts'

const size = 6_000

const accountOf = (projectId: string, index: number): NewAccount => {
  const id = `U${String(index).padStart(5, '0')}`
  const [email, phone] = [`ada${index}@example.com`, `+1555${String(index).padStart(7, '0')}`]
  const tenantId = index % 1_000 === 0 ? 'T-small' : 'T-large'
  return {
    user: user(projectId, id, { email, phone, name: `Ada ${index}`, customAttributes: { number: index }, isTest: index % 1_000 === 1 }),
    loginIds: [loginId(`login-${index}`)],
    credentials: [credential(projectId, id, { kind: 'password' })],
    tenantIds: [tenantId],
    assignments: [{ tenantId, roleId: 'R1' }],
  }
}

/** Opens the database once more, and keeps what is asked of it. All of it is in memory, and PostgreSQL is told so: else it goes through so few users gladly. */
function watched(url: string): { readonly db: Kysely<Tables>; readonly queries: CompiledQuery[] } {
  const queries: CompiledQuery[] = []
  const log = ({ query }: LogEvent) => void queries.push(query)
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  if (file) {
    const dialect = sqliteDialect({ database: connectionOf(new DatabaseSync(file)), waitMilliseconds: 1_000 })
    return { db: new Kysely<Tables>({ dialect, log }), queries }
  }
  const pool = new pg.Pool({ connectionString: url, options: '-c random_page_cost=1' })
  // At the end the database is dropped, perhaps before the last connection has closed.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return { db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log }), queries }
}

async function planOf(db: Kysely<Tables>, dialect: 'sqlite' | 'postgres', query: CompiledQuery): Promise<readonly string[]> {
  const explain = dialect === 'sqlite' ? 'explain query plan' : 'explain'
  const { rows } = await db.executeQuery<Record<string, unknown>>({ ...query, sql: `${explain} ${query.sql}` })
  return rows.map((row) => String(row.detail ?? row['QUERY PLAN']))
}

const text = (prefix: string) => ({ userId: prefix, loginId: prefix, phone: prefix, lower: prefix })

/** Searches for few, and no step of theirs may go through all users. */
const forFew: Readonly<Record<string, Partial<UserFilter>>> = {
  userIds: { userIds: ['U00007', 'U00008'] },
  loginIds: { loginIds: ['login-7', 'login-8'] },
  emails: { emails: ['ada7@example.com'] },
  phones: { phones: ['+15550000007'] },
  tenant: { tenantIds: ['T-small'] },
  'role in a tenant': { tenantRoleNames: [{ tenantId: 'T-small', roles: ['admin'], isEvery: true }] },
  text: { text: text('ada12') },
}

contractAlone('MG-07: searches read the indexes that are there for them', async ({ storage, here, url }, { name: dialect }) => {
  await storage.transaction(async (tx) => {
    for (const id of ['T-small', 'T-large']) await tx.tenants.insert(tenant(here, id))
    await tx.roles.insert(role(here, 'R1', { name: 'admin' }))
  })
  for (let first = 0; first < size; first += 1_000) {
    const accounts = Array.from({ length: 1_000 }, (_, index) => accountOf(here, first + index))
    await storage.transaction((tx) => tx.accounts.insertMany(accounts))
  }
  const { db, queries } = watched(url)
  const plan = async (filter: Partial<UserFilter>) => {
    queries.length = 0
    const query = { filter: { testUsers: 'none', ...filter }, sort: [], limit: 100, offset: 0 } as const
    const { items } = await storageOver(db, dialect).users.search(here, query)
    assert.ok(items.length > 0, JSON.stringify(filter))
    const plans: string[] = []
    for (const asked of [...queries]) plans.push(...(await planOf(db, dialect, asked)))
    return plans.join('\n')
  }
  try {
    if (dialect === 'postgres') await sql`vacuum analyze`.execute(db)
    // SQLite would otherwise read a range of an index that is all of the project.
    const ofEverybody =
      dialect === 'postgres' ? /Seq Scan on users/ : /SCAN users|SEARCH users USING (COVERING )?INDEX \w+ \(project_id=\?\)/
    for (const [name, filter] of Object.entries(forFew)) assert.doesNotMatch(await plan(filter), ofEverybody, name)
    const byAttribute = await plan({ attributes: [{ name: 'number', values: [7] }] })
    assert.match(byAttribute, dialect === 'postgres' ? /Index Scan on users_attributes/ : /SEARCH users USING INDEX users_attributes/)
    assert.match(
      await plan({ testUsers: 'only' }),
      dialect === 'postgres' ? /Scan (using|on) users_(test|kinds)/ : /USING INDEX users_test/,
    )
    const ofAll = await plan({})
    assert.match(ofAll, dialect === 'postgres' ? /Index Only Scan using users_kinds/ : /USING COVERING INDEX users_listing/)
    assert.doesNotMatch(ofAll, /Seq Scan on users|SEARCH users USING INDEX users_listing/)
  } finally {
    await db.destroy()
  }
})
