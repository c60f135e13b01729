import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import pg from 'pg'
import type { PasswordRules } from '../src/core/password/policy.ts'
import { openStorage } from '../src/storage/open.ts'
import { databases, type TestDatabase } from './databases.ts'
import { createKit, type Kit } from './kit.ts'
import type { Row, World } from './security/route-rows/row.ts'
import { deliver, makeUser, makeWorld, table } from './security/route-world.ts'

/** How the databases find what requests ask for, once there is a lot: every route is called, and the plan of every statement is looked at. */

/** Tables that grow with users and with what they do. */
const large = [
  'users',
  'login_ids',
  'credentials',
  'sessions',
  'challenges',
  'attempts',
  'events',
  'outbox',
  'memberships',
  'role_assignments',
]

/** Statements that may go through a table or through a project's part of it, with the reason. */
const exceptions: readonly { readonly reason: string; readonly pattern: RegExp }[] = [
  {
    reason: 'figures of /metrics: how many sessions are live',
    pattern: /^select count\(\*\) as "count" from "sessions" where \("sessions"\."ended_at" = 0/,
  },
  {
    reason: 'figures of /metrics, from an index that holds only the messages that wait or have failed',
    pattern: /^select "channel", count\(\*\) as "count", min\("created_at"\) as "oldest" from "outbox" where "state" = '(pending|failed)'/,
  },
  {
    reason: 'counts what an administrator asks to be counted: the messages of a project',
    pattern: /^select "channel", "state", count\(\*\) as "count" from "outbox" where "project_id"/,
  },
  { reason: 'empties the outbox of a developer', pattern: /^delete from "outbox" where "state" = (\?|\$1)$/ },
]

/** A statement as it left. */
interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Keeps the statements of this process by their texts. */
function record(): { readonly statements: Map<string, Statement>; restore(): void } {
  const statements = new Map<string, Statement>()
  const keep = (text: unknown, values: readonly unknown[] = []) => {
    if (typeof text === 'string' && /^\s*(select|insert|update|delete|with)\b/i.test(text)) statements.set(text, { text, values })
  }
  const { query } = pg.Client.prototype
  const { prepare } = DatabaseSync.prototype
  pg.Client.prototype.query = function (this: unknown, ...given: unknown[]): unknown {
    const [one] = given as [string | (Statement & { readonly statements?: readonly Statement[] })]
    if (typeof one === 'string') keep(one)
    else for (const { text, values } of one.statements ?? [one]) keep(text, values)
    return Reflect.apply(query, this, given)
  } as typeof query
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, text: string) {
    keep(text)
    return Reflect.apply(prepare, this, [text])
  }
  const restore = () => {
    pg.Client.prototype.query = query
    DatabaseSync.prototype.prepare = prepare
  }
  return { statements, restore }
}

/** Reads the columns of a table and runs statements, on either database. */
interface Console {
  columns(name: string): Promise<readonly string[]>
  run(text: string): Promise<void>
  /** What goes through one of the large tables, or through much of it. */
  problems(statement: Statement): Promise<readonly string[]>
  close(): Promise<void>
}

const rows = 5_000

/** For each table what its copies have of their own; `n` is their number. */
const copies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  users: { id: "'U-' || n", email: "'copy' || n || '@example.com'", created_at: 'created_at - n', modified_at: 'modified_at - n' },
  login_ids: { canonical: "'copy' || n || '@example.com'", shown: "'copy' || n || '@example.com'", user_id: "'U-' || n" },
  credentials: { user_id: "'U-' || n" },
  sessions: { id: "'S-' || n", user_id: "'U-' || n", expires_at: 'expires_at + n' },
  challenges: { id: "'C-' || n", user_id: "'U-' || n", expires_at: 'expires_at + n' },
  attempts: { key: "'copy-' || n", window_ends_at: 'window_ends_at + n' },
  events: { id: "'E-' || n", user_id: "'U-' || n", occurred_at_milliseconds: 'occurred_at_milliseconds - n' },
  outbox: { id: "'M-' || n", user_id: "'U-' || n", created_at: 'created_at - n', recipient_digest: "'copy-' || n", state: "'sent'" },
  memberships: { subject_id: "'U-' || n", tenant_id: "'T-' || (n % 100)" },
  role_assignments: { subject_id: "'U-' || n", tenant_id: "'T-' || (n % 100)" },
}

/** Fills the tables with copies of what is there. */
async function fill(kit: Kit, world: World, sql: Console): Promise<void> {
  const { projectId } = kit
  await kit.manage('/v1/mgmt/role/create', { body: { name: 'Copied' } })
  for (let index = 0; index < 100; index++) await kit.auth.deps.storage.tenants.insert(tenantOf(projectId, index, kit.clock.nowSeconds()))
  const body = {
    loginId: world.user.loginId,
    email: world.user.loginId,
    verifiedEmail: true,
    userTenants: [{ tenantId: 'T-1', roleNames: ['Copied'] }],
  }
  const updated = await kit.manage('/v1/mgmt/user/update', { body })
  assert.equal(updated.status, 200, updated.text)
  await kit.call('/v1/auth/password/reset', { body: { loginId: world.user.loginId }, ip: '203.0.113.1' })
  for (const [name, own] of Object.entries(copies)) {
    const columns = await sql.columns(name)
    const values = columns.map((column) => own[column] ?? `template.${column}`)
    await sql.run(`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${rows})
      insert into ${name} (${columns.join()}) select ${values.join()}
      from numbers, (select * from ${name} where project_id = '${projectId}' limit 1) as template`)
  }
  await sql.run('analyze')
}

function tenantOf(projectId: string, index: number, now: number) {
  const lists = { selfProvisioningDomains: [], ssoExclusions: [], defaultRoleNames: [] }
  const flags = { isDisabled: false, isSsoEnforced: false }
  const rest = {
    parentId: '',
    customAttributes: {},
    roleInheritance: '' as const,
    sessionSettings: {},
    passwordSettings: {},
    createdAt: now,
    modifiedAt: now,
  }
  return { projectId, id: `T-${index}`, name: `Tenant ${index}`, ...lists, ...flags, ...rest }
}

function bearerOf({ access }: Row, { kit, user, accessKeys, keys }: World): string | undefined {
  const project = kit.projectId
  if (access === 'refresh' || access === 'refreshToken') return `${project}:${user.refreshJwt}`
  if (access === 'session') return `${project}:${user.sessionJwt}`
  if (access === 'accessKey') return `${project}:${accessKeys.usable}`
  if (access === 'management') return `${project}:${keys.everyRight}`
  return access === 'project' ? project : undefined
}

/** Calls every route once, so that it succeeds, and sign-ins that fail. */
async function driveAll(kit: Kit, world: World): Promise<readonly string[]> {
  const failed: string[] = []
  let address = 0
  for (const [name, row] of Object.entries(table)) {
    if (row.isDestructive) continue
    if (/refresh|session/.test(row.access)) world.user = await makeUser(kit)
    const request = (await row.request?.(world)) ?? {}
    const isLocal = row.access === 'local' || row.access === 'loopback'
    const ip = isLocal ? '127.0.0.1' : `198.51.100.${++address % 250}`
    const { status, text } = await deliver(world, name, request, { bearer: bearerOf(row, world), ip })
    if (status !== 200) failed.push(`${name}: ${status} ${text.slice(0, 200)}`)
  }
  for (const loginId of [world.user.loginId, 'nobody@example.com']) {
    await kit.call('/v1/auth/password/signin', { ip: '198.51.100.251', body: { loginId, password: 'wrong' } })
  }
  return failed
}

async function onSqlite(database: TestDatabase): Promise<Console> {
  const file = new DatabaseSync(database.url.replace('sqlite:', ''))
  return {
    columns: async (name) =>
      file
        .prepare(`pragma table_info(${name})`)
        .all()
        .map((row) => String(row.name)),
    run: async (text) => file.exec(text === 'analyze' ? 'select 1' : text),
    async problems({ text }) {
      // The names that the plan uses, by what the statement calls its tables.
      const aliases = new Map([...text.matchAll(/"?(\w+)"? as "?(\w+)"?/g)].map(([, name = '', alias = '']) => [alias, name]))
      const plan = file
        .prepare(`explain query plan ${text}`)
        .all()
        .map((row) => String(row.detail))
      return plan.filter((line) => {
        const [, name = ''] = /^SCAN (\S+)/.exec(line) ?? []
        return large.includes(aliases.get(name) ?? name) || /AUTOMATIC/.test(line)
      })
    },
    close: async () => file.close(),
  }
}

interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Plan Rows': number
  readonly Plans?: readonly Node[]
}

async function onPostgres(database: TestDatabase): Promise<Console> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const query = client.query.bind(client)
  return {
    columns: async (name) =>
      (await query('select column_name from information_schema.columns where table_name = $1 order by ordinal_position', [name])).rows.map(
        (row) => row.column_name,
      ),
    run: async (text) => void (await query(text)),
    async problems({ text, values }) {
      const { rows: found } = await query({ text: `explain (format json) ${text}`, values: [...values] })
      return problemsIn(found[0]['QUERY PLAN'][0].Plan, false)
    },
    close: () => client.end(),
  }
}

function problemsIn(node: Node, isCutShort: boolean): readonly string[] {
  const { 'Node Type': type, 'Relation Name': name = '', 'Plan Rows': most, Plans: parts = [] } = node
  const isMuch = type.includes('Scan') && most > rows / 10 && !isCutShort
  const own = large.includes(name) && (type === 'Seq Scan' || isMuch) ? [`${type} on ${name}, ${most} rows`] : []
  return [...own, ...parts.flatMap((part) => problemsIn(part, isCutShort || type === 'Limit'))]
}

/** What passwords are like is nothing that the database is asked. */
const lenient: PasswordRules = { isCommon: () => false, strength: async () => 4 }

for (const kind of databases) {
  test(`requests find what they ask for by an index, on all large tables [${kind.name}]`, async () => {
    const database = await kind.open()
    const sql = await (kind.name === 'sqlite' ? onSqlite : onPostgres)(database)
    const { statements, restore } = record()
    const storage = await openStorage({ database: database.url })
    try {
      const kit = await createKit(storage, {}, { passwordRules: lenient, hashMilliseconds: 20 })
      const world = await makeWorld(kit)
      await fill(kit, world, sql)
      assert.deepEqual(await driveAll(kit, world), [])
      restore()
      for (const text of ["select * from events where ip = 'x'", 'delete from sessions where "expires_at" + 1 < 5']) {
        assert.equal((await sql.problems({ text, values: [] })).length, 1, 'what has no index is found')
      }
      const found: string[] = []
      for (const statement of statements.values()) {
        const problems = await sql.problems(statement)
        if (problems.length > 0 && !exceptions.some(({ pattern }) => pattern.test(statement.text)))
          found.push(`${problems.join('; ')}: ${statement.text}`)
      }
      assert.deepEqual(found, [])
      assert.ok(statements.size > 100, 'and there were statements to look at')
    } finally {
      restore()
      await sql.close()
      await storage.close()
      await database.close()
    }
  })
}
