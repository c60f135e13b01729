import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

/** What a database says about its schema, in lines that sort and compare: `table.column type …`, `table index …`, `table constraint …`. */
export interface Catalogue {
  /** By table and name. */
  readonly columns: Readonly<Record<string, Column>>
  /** Definitions of indexes by name, those of constraints apart. */
  readonly indexes: Readonly<Record<string, string>>
  /** Keys, references and unique constraints. */
  readonly constraints: readonly string[]
}

export interface Column {
  readonly type: string
  readonly isNullable: boolean
  /** `''` if there is none. */
  readonly initial: string
}

export async function readCatalogue(url: string): Promise<Catalogue> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1]
  return file ? readSqlite(file) : readPostgres(url)
}

type Row = Readonly<Record<string, unknown>>

function readSqlite(file: string): Catalogue {
  const database = new DatabaseSync(file, { readOnly: true })
  const all = (text: string, ...values: string[]): readonly Row[] => database.prepare(text).all(...values)
  try {
    const columns: Record<string, Column> = {}
    const indexes: Record<string, string> = {}
    const constraints: string[] = []
    for (const { name } of all("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")) {
      const table = String(name)
      for (const column of all('select * from pragma_table_xinfo(?)', table)) {
        columns[`${table}.${column.name}`] = {
          type: String(column.type),
          isNullable: column.notnull === 0,
          initial: String(column.dflt_value ?? ''),
        }
      }
      for (const { id, seq, table: target, from, to, on_delete } of all('select * from pragma_foreign_key_list(?)', table)) {
        constraints.push(`${table} references ${id}.${seq} ${from} → ${target}.${to} on delete ${on_delete}`)
      }
      for (const { name: index, unique, origin } of all('select * from pragma_index_list(?)', table)) {
        const definition = all('select sql from sqlite_schema where name = ?', String(index))[0]?.sql
        if (typeof definition === 'string') indexes[String(index)] = definition
        else {
          const parts = all('select name from pragma_index_info(?) order by seqno', String(index)).map((part) => part.name)
          constraints.push(`${table} ${origin === 'pk' ? 'primary key' : unique ? 'unique' : 'index'} (${parts.join(', ')})`)
        }
      }
    }
    return { columns, indexes, constraints: constraints.toSorted((a, b) => (a < b ? -1 : 1)) }
  } finally {
    database.close()
  }
}

async function readPostgres(url: string): Promise<Catalogue> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const found = await client.query(
      `select table_name, column_name, data_type, collation_name, is_nullable, column_default from information_schema.columns
       where table_schema = 'public' order by table_name, ordinal_position`,
    )
    const columns = found.rows.map(
      ({ table_name, column_name, data_type, collation_name, is_nullable, column_default }): [string, Column] => [
        `${table_name}.${column_name}`,
        { type: [data_type, collation_name].filter(Boolean).join(' '), isNullable: is_nullable === 'YES', initial: column_default ?? '' },
      ],
    )
    const constraints = await client.query(
      `select conrelid::regclass::text as name, conname, pg_get_constraintdef(oid) as definition from pg_constraint
       where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c', 'x')`,
    )
    const indexes = await client.query(
      `select indexname, indexdef from pg_indexes where schemaname = 'public'
       and indexname not in (select conname from pg_constraint where connamespace = 'public'::regnamespace) order by indexname`,
    )
    return {
      columns: Object.fromEntries(columns),
      indexes: Object.fromEntries(indexes.rows.map(({ indexname, indexdef }) => [indexname, indexdef])),
      constraints: constraints.rows.map(({ name, conname, definition }): string => `${name} ${conname} ${definition}`).toSorted(),
    }
  } finally {
    await client.end()
  }
}

/** What a version that knows only `before` would stumble over in `after`, a sentence each: a step may add, and what it adds must be optional. */
export function breakages(before: Catalogue, after: Catalogue): readonly string[] {
  const tables = new Set(Object.keys(before.columns).map(tableOf))
  const isUnique = (definition: string) => /^create unique/i.test(definition)
  const tableOfIndex = (definition: string) => / on (?:only )?(?:public\.)?"?(\w+)"?/i.exec(definition)?.[1] ?? ''
  const found: string[] = []
  for (const [name, column] of Object.entries(before.columns)) {
    const now = after.columns[name]
    if (!now) found.push(`${name} is gone`)
    else if (JSON.stringify(now) !== JSON.stringify(column))
      found.push(`${name} was ${JSON.stringify(column)} and is ${JSON.stringify(now)}`)
  }
  for (const [name, { isNullable, initial }] of Object.entries(after.columns)) {
    const isNew = tables.has(tableOf(name)) && !before.columns[name]
    if (isNew && !isNullable && initial === '') found.push(`${name} must be given by statements that do not know it`)
  }
  for (const [name, definition] of Object.entries(before.indexes)) {
    if (isUnique(definition) && after.indexes[name] !== definition) found.push(`the unique index ${name} is gone or another`)
  }
  for (const [name, definition] of Object.entries(after.indexes)) {
    const isNew = isUnique(definition) && before.indexes[name] !== definition
    if (isNew && tables.has(tableOfIndex(definition))) found.push(`the unique index ${name} refuses rows that were allowed`)
  }
  const lost = before.constraints.filter((one) => !after.constraints.includes(one))
  const gained = after.constraints.filter((one) => !before.constraints.includes(one) && tables.has(one.split(' ')[0] ?? ''))
  return [...found, ...lost.map((one) => `constraint is gone: ${one}`), ...gained.map((one) => `constraint is new: ${one}`)]
}

const tableOf = (column: string) => column.split('.')[0] ?? ''
