import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

/** Rows that a kill in the middle of a transaction would leave behind, by what is wrong with them. Every user of the load, by whose names they go, has all of these. */
const halfStates: readonly (readonly [problem: string, rows: string])[] = [
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

/** Looks into the database itself, with the server stopped. Empty when it is sound. */
export async function inspect(where: { readonly folder: string; readonly databaseUrl: string | undefined }): Promise<readonly string[]> {
  return where.databaseUrl ? inspectPostgres(where.databaseUrl) : inspectSqlite(join(where.folder, 'postern.db'))
}

function inspectSqlite(file: string): readonly string[] {
  const database = new DatabaseSync(file)
  try {
    const integrity = database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => String(row.integrity_check))
    const broken = integrity.filter((line) => line !== 'ok').map((line) => `integrity_check: ${line}`)
    const count = (rows: string) => Number(database.prepare(`select count(*) as found from (${rows})`).get()?.found)
    return [...broken, ...halfStates.flatMap(([problem, rows]) => describe(problem, count(rows)))]
  } finally {
    database.close()
  }
}

async function inspectPostgres(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const problems: string[] = []
    for (const [problem, rows] of halfStates) {
      const answer = await client.query<{ found: string }>(`select count(*) as found from (${rows}) as rows`)
      problems.push(...describe(problem, Number(answer.rows[0]?.found)))
    }
    const locks = await client.query<{ found: string }>("select count(*) as found from pg_locks where locktype = 'advisory'")
    return [...problems, ...describe('advisory locks that are still held', Number(locks.rows[0]?.found))]
  } finally {
    await client.end()
  }
}

function describe(problem: string, found: number): readonly string[] {
  return found === 0 ? [] : [`${found} ${problem}`]
}
