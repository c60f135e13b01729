import { type Kysely, sql } from 'kysely'
import type { Connection, Dialect } from '../connection.ts'
import type { Tables } from '../tables.ts'
import type { WholeTable } from '../whole-tables.ts'

/** A database that was moved takes no writes, so that nobody goes on with it by mistake: triggers refuse each of them, and servers answer 503. */

/** What the refusal of a write says. PostgreSQL gives it the class of errors that an operator causes. */
export const movedMessage = 'postern: the database was moved'
const markKey = 'movedTo'
const refusal = 'postern_moved'
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** The database was moved elsewhere, and what is written here would be lost. */
export class DatabaseMoved extends Error {
  override readonly name = 'DatabaseMoved'
  constructor(to: string, at: string) {
    super(
      `The database was moved to ${to} on ${at} and takes no more writes. Set --database to the new place (with the same master key file). If that has not been used: postern migrate --reopen`,
    )
  }
}

interface Mark {
  readonly to: string
  /** ISO 8601. */
  readonly at: string
}

async function readMark(db: Kysely<Tables>): Promise<Mark | undefined> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', markKey).executeTakeFirst()
  return row && (JSON.parse(row.value) as Mark)
}

/** Throws `DatabaseMoved` for a database that is closed. */
export async function assertNotMoved({ db, dialect }: Connection): Promise<void> {
  if (!(await hasMeta(db, dialect))) return
  const mark = await readMark(db)
  if (mark) throw new DatabaseMoved(mark.to, mark.at)
}

async function hasMeta(db: Kysely<Tables>, dialect: Dialect): Promise<boolean> {
  const { rows } =
    dialect === 'postgres'
      ? await sql`select 1 from pg_tables where schemaname = current_schema() and tablename = 'meta'`.execute(db)
      : await sql`select 1 from sqlite_schema where type = 'table' and name = 'meta'`.execute(db)
  return rows.length > 0
}

/** Refuses every write from the end of the transaction on. */
export async function closeForWriting({ db, dialect }: Connection, tables: readonly WholeTable[], mark: Mark): Promise<void> {
  await db
    .insertInto('meta')
    .values({ key: markKey, value: JSON.stringify(mark) })
    .execute()
  if (dialect === 'postgres') {
    await sql
      .raw(
        `create function ${refusal}() returns trigger language plpgsql as $moved$ begin raise exception '${movedMessage}' using errcode = '57000'; end $moved$`,
      )
      .execute(db)
  }
  for (const { name } of tables) {
    const texts =
      dialect === 'postgres'
        ? [`create trigger ${refusal} before insert or update or delete or truncate on ${quoted(name)} execute function ${refusal}()`]
        : ['insert', 'update', 'delete'].map(
            (event) =>
              `create trigger ${quoted(`${refusal}_${name}_${event}`)} before ${event} on ${quoted(name)} begin select raise(abort, '${movedMessage}'); end`,
          )
    for (const text of texts) await sql.raw(text).execute(db)
  }
}

/** Takes writes again. Answers where the database had been moved to; `undefined` if it is open. */
export async function reopen({ db, dialect }: Connection): Promise<string | undefined> {
  const mark = await readMark(db)
  if (!mark) return undefined
  if (dialect === 'postgres') await sql.raw(`drop function if exists ${refusal}() cascade`).execute(db)
  else {
    const { rows } = await sql<{
      name: string
    }>`select name from sqlite_schema where type = 'trigger' and name like ${`${refusal}_%`}`.execute(db)
    for (const { name } of rows) await sql`drop trigger ${sql.id(name)}`.execute(db)
  }
  await db.deleteFrom('meta').where('key', '=', markKey).execute()
  return mark.to
}
