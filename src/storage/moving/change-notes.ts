import { sql } from 'kysely'
import type { Connection } from '../connection.ts'
import type { WholeTable } from '../whole-tables.ts'
import { type PlainDatabase, withTables } from './plain-database.ts'
import { MoveRefused } from './refused.ts'

/**
 * Notes of which rows changed while they were copied. Triggers write them in the transaction of the change, so that a snapshot that was taken after the triggers
 * were made misses only rows that are noted. They only ever are added: a note that is there already may be of a change that the snapshot has.
 */

/** More of them are not written, so that those of a move that was killed do not fill the disk. */
const mostNotes = 5_000_000

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
const triggerOf = (table: WholeTable) => `postern_move_${table.name}`
const events = ['insert', 'update', 'delete'] as const

const notesTable = ({ dialect }: Pick<Connection, 'dialect'>) =>
  dialect === 'postgres' ? sql`postern_move.notes` : sql`postern_move_notes`

/** Whether there are notes, of this move or of one that was killed. */
export async function hasNotes({ db, dialect }: Connection): Promise<boolean> {
  const { rows } =
    dialect === 'postgres'
      ? await sql`select 1 from pg_namespace where nspname = 'postern_move'`.execute(db)
      : await sql`select 1 from sqlite_schema where name = 'postern_move_notes'`.execute(db)
  return rows.length > 0
}

/** From the answer on every change is noted. */
export async function startNotes(source: PlainDatabase, tables: readonly WholeTable[]): Promise<void> {
  if (source.dialect === 'sqlite') {
    await withTables(source, async ({ db }) => {
      await sql`create table postern_move_notes (id integer primary key, name text not null, key text not null)`.execute(db)
      for (const text of tables.flatMap(sqliteTriggers)) await sql.raw(text).execute(db)
    })
    return
  }
  await withTables(source, async ({ db }) => {
    await sql`create schema postern_move`.execute(db)
    await sql`create table postern_move.notes (id bigint not null, name text not null, key text not null)`.execute(db)
    await sql`create sequence postern_move.note_ids`.execute(db)
  })
  // A table at a time: each trigger waits for those that write there, and keeps others waiting.
  for (const table of tables) {
    await withTables(source, async ({ db }) => {
      for (const text of postgresTrigger(table)) await sql.raw(text).execute(db)
    })
  }
}

function sqliteTriggers(table: WholeTable): readonly string[] {
  const key = (row: string) => `json_array(${table.key.map((column) => `${row}.${quoted(column)}`).join(', ')})`
  const note = (row: string) => `insert into postern_move_notes (name, key) values (${literal(table.name)}, ${key(row)});`
  const bodies = { insert: note('new'), update: `${note('new')} ${note('old')}`, delete: note('old') }
  const isRoom = `(select coalesce(max(id), 0) from postern_move_notes) < ${mostNotes}`
  return events.map(
    (event) =>
      `create trigger ${quoted(`${triggerOf(table)}_${event}`)} after ${event} on ${quoted(table.name)} when ${isRoom} begin ${bodies[event]} end`,
  )
}

/** The function is run with the rights of whoever moves, since the server may have none on the notes. */
function postgresTrigger(table: WholeTable): readonly string[] {
  const key = (row: string) => `json_build_array(${table.key.map((column) => `${row}.${quoted(column)}`).join(', ')})::text`
  const note = (row: string) => `insert into postern_move.notes (id, name, key) values (noted, ${literal(table.name)}, ${key(row)});`
  const name = `postern_move.${quoted(triggerOf(table))}`
  return [
    `create function ${name}() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $note$
    declare noted bigint := nextval('postern_move.note_ids');
    begin
      if noted > ${mostNotes} then return null; end if;
      if tg_op <> 'DELETE' then ${note('new')} end if;
      if tg_op <> 'INSERT' then ${note('old')} end if;
      return null;
    end $note$`,
    `create trigger ${quoted(triggerOf(table))} after insert or update or delete on ${quoted(table.name)} for each row execute function ${name}()`,
  ]
}

/** Removes notes and triggers; nothing happens where there are none. */
export async function stopNotes(source: PlainDatabase, tables: readonly WholeTable[]): Promise<void> {
  if (!(await hasNotes(source))) return
  if (source.dialect === 'sqlite') {
    await withTables(source, async ({ db }) => {
      for (const table of tables)
        for (const event of events) await sql`drop trigger if exists ${sql.id(`${triggerOf(table)}_${event}`)}`.execute(db)
      await sql`drop table postern_move_notes`.execute(db)
    })
    return
  }
  for (const table of tables) {
    await withTables(source, async ({ db }) => {
      await sql`drop trigger if exists ${sql.id(triggerOf(table))} on ${sql.table(table.name)}`.execute(db)
    })
  }
  await withTables(source, async ({ db }) => void (await sql`drop schema postern_move cascade`.execute(db)))
}

/** Throws when a change may not have been noted: a trigger is gone, or there were too many changes. */
export async function assertNoted({ db, dialect }: Connection, tables: readonly WholeTable[]): Promise<void> {
  const { rows } =
    dialect === 'postgres'
      ? await sql<{ name: string }>`
          select t.tgname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
          where starts_with(t.tgname, 'postern_move_') and t.tgenabled in ('O', 'A') and c.relnamespace = current_schema()::regnamespace`.execute(
          db,
        )
      : await sql<{
          name: string
        }>`select name from sqlite_schema where type = 'trigger' and name like 'postern\\_move\\_%' escape '\\'`.execute(db)
  const found = new Set(rows.map(({ name }) => name))
  const wanted = tables.flatMap((table) =>
    dialect === 'postgres' ? [triggerOf(table)] : events.map((event) => `${triggerOf(table)}_${event}`),
  )
  if (!wanted.every((name) => found.has(name))) throw new MoveRefused('Somebody has removed a trigger that notes changes. Start again')
  const highest =
    dialect === 'postgres'
      ? sql<{ highest: number }>`select last_value as highest from postern_move.note_ids`
      : sql<{ highest: number }>`select coalesce(max(id), 0) as highest from postern_move_notes`
  const last = (await highest.execute(db)).rows[0]?.highest ?? 0
  if (last >= mostNotes - 1) throw new MoveRefused('Too many rows changed while they were copied. Start again in a quieter hour')
}

/** How many notes there are by table, and the number of the last. */
export async function countNotes(connection: Connection): Promise<{ readonly tables: ReadonlyMap<string, number>; readonly last: number }> {
  const { rows } = await sql<{ name: string; count: number; last: number }>`
    select name, count(*) as count, max(id) as last from ${notesTable(connection)} group by name`.execute(connection.db)
  return { tables: new Map(rows.map(({ name, count }) => [name, count])), last: Math.max(0, ...rows.map(({ last }) => last)) }
}

export type Key = readonly (string | number)[]

/** Keys of a table's rows that are noted, each once, in batches. */
export async function* notedKeys(connection: Connection, table: WholeTable, batchRows: number): AsyncGenerator<readonly Key[]> {
  let after = ''
  for (;;) {
    const { rows } = await sql<{ key: string }>`
      select distinct key from ${notesTable(connection)} where name = ${table.name} and key > ${after} order by key limit ${batchRows}`.execute(
      connection.db,
    )
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(({ key }) => JSON.parse(key) as Key)
    after = last.key
  }
}

const batchNotes = 20_000

/** Drops notes that a view has seen, and no other. */
export async function forgetNotes(source: PlainDatabase, view: Connection, last: number): Promise<void> {
  // What the view's transaction deletes is what it sees; on SQLite it cannot write, but there the numbers are in the order of the commits.
  if (view.dialect === 'postgres') return void (await sql`delete from postern_move.notes`.execute(view.db))
  // The last one stays, and is looked at once more: numbers would begin anew.
  for (;;) {
    const { rows } = await sql<{ first: number | null }>`select min(id) as first from postern_move_notes`.execute(source.db)
    const first = rows[0]?.first ?? last
    if (first >= last) return
    await sql`delete from postern_move_notes where id < ${Math.min(last, first + batchNotes)}`.execute(source.db)
  }
}
