import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

type Checks = readonly (readonly [problem: string, rows: string])[]

/** Rows that a kill in the middle of a transaction would leave behind, by what is wrong with them. Every user of the load, by whose names they go, has all of these. */
const halfStates: Checks = [
  ['users without a login ID', 'select 1 from users u where not exists (select 1 from login_ids l where l.user_id = u.id)'],
  [
    'users without a password',
    "select 1 from users u where not exists (select 1 from credentials c where c.user_id = u.id and c.kind = 'password')",
  ],
  ['users without a session', 'select 1 from users u where not exists (select 1 from sessions s where s.user_id = u.id)'],
  [
    'users without a verification mail',
    "select 1 from users u where not exists (select 1 from outbox o where o.user_id = u.id and o.kind = 'email.verify') and u.email like 'user-%'",
  ],
  [
    'users without a sign-up event',
    "select 1 from users u where not exists (select 1 from events e where e.user_id = u.id and e.type = 'password.signUp') and u.email like 'user-%'",
  ],
  ['passwords without a user', 'select 1 from credentials c where not exists (select 1 from users u where u.id = c.user_id)'],
  ['sessions without a user', 'select 1 from sessions s where not exists (select 1 from users u where u.id = s.user_id)'],
  ['login IDs without a user', 'select 1 from login_ids l where not exists (select 1 from users u where u.id = l.user_id)'],
]

const usersOfTheLoad = "select 1 from users where email like 'user-%'"

export interface Where {
  readonly folder: string
  readonly databaseUrl: string | undefined
  /** Sign-ups of the load that were acknowledged, or had no answer and have happened. Any more were refused and happened all the same. Not looked at if absent. */
  readonly users?: number
}

/** Looks into the database itself, with the server stopped. Empty when it is sound. */
export async function inspect({ folder, databaseUrl, users }: Where): Promise<readonly string[]> {
  const others = databaseUrl ? `${usersOfTheLoad} offset ${users}` : `${usersOfTheLoad} limit -1 offset ${users}`
  const checks: Checks = users === undefined ? halfStates : [...halfStates, ['more users than were not refused', others]]
  return databaseUrl ? inspectPostgres(databaseUrl, checks) : inspectSqlite(join(folder, 'postern.db'), checks)
}

function inspectSqlite(file: string, checks: Checks): readonly string[] {
  const database = new DatabaseSync(file)
  try {
    const integrity = database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => String(row.integrity_check))
    const broken = integrity.filter((line) => line !== 'ok').map((line) => `integrity_check: ${line}`)
    const count = (rows: string) => Number(database.prepare(`select count(*) as found from (${rows})`).get()?.found)
    return [...broken, ...checks.flatMap(([problem, rows]) => describe(problem, count(rows)))]
  } finally {
    database.close()
  }
}

/** Messages of an embedded database, while the server runs. */
export interface Queue {
  /** How many wait, of all kinds or of one. */
  waiting(kind?: string): number
  /** How many ended how, with the reason of the last attempt that failed. */
  ends(): string
  close(): void
}

export function openQueue(folder: string): Queue {
  const database = new DatabaseSync(join(folder, 'postern.db'), { readOnly: true })
  const waiting = database.prepare("select count(*) as found from outbox where state = 'pending' and kind like ?")
  const ends = database.prepare('select state, reason, count(*) as found from outbox group by state, reason order by found desc')
  return {
    waiting: (kind = '%') => Number(waiting.get(kind)?.found),
    ends() {
      return ends
        .all()
        .map(({ state, reason, found }) => `${found} ${state}${reason ? ` (${reason})` : ''}`)
        .join(', ')
    },
    close: () => database.close(),
  }
}

async function inspectPostgres(url: string, checks: Checks): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const problems: string[] = []
    for (const [problem, rows] of checks) {
      const answer = await client.query<{ found: string }>(`select count(*) as found from (${rows}) as rows`)
      problems.push(...describe(problem, Number(answer.rows[0]?.found)))
    }
    // The server has other databases too, whose locks are seen from here.
    const here = '(select oid from pg_database where datname = current_database())'
    const locks = await client.query<{ found: string }>(
      `select count(*) as found from pg_locks where locktype = 'advisory' and database = ${here}`,
    )
    return [...problems, ...describe('advisory locks that are still held', Number(locks.rows[0]?.found)), ...(await damage(client))]
  } finally {
    await client.end()
  }
}

/** What `pg_amcheck --heapallindexed` looks for, in the tables of the program. */
const damages = {
  pages: `select c.relname, d.msg from pg_class c, lateral verify_heapam(c.oid) d where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  indexes: `select bt_index_check(c.oid, true) from pg_class c join pg_am a on a.oid = c.relam
    where c.relkind = 'i' and a.amname = 'btree' and c.relnamespace = 'public'::regnamespace`,
}

/** One sentence for each thing that is damaged. */
async function damage(client: pg.Client): Promise<readonly string[]> {
  await client.query('create extension if not exists amcheck')
  const pages = await client.query<{ relname: string; msg: string }>(damages.pages)
  const found = pages.rows.map(({ relname, msg }) => `damaged page of ${relname}: ${msg}`)
  try {
    await client.query(damages.indexes)
  } catch (error) {
    found.push(`damaged index: ${error instanceof Error ? error.message : error}`)
  }
  return found
}

function describe(problem: string, found: number): readonly string[] {
  return found === 0 ? [] : [`${found} ${problem}`]
}
