import { type AliasedRawBuilder, sql } from 'kysely'

/**
 * How the fields of a record lie in a table: `isTest` in column `is_test`, and so on. Texts, integers and flags have a column of their own;
 * everything else is JSON text. Both databases store the same bytes, so that they compare and sort alike (IN-01).
 */
type Kind = 'text' | 'optionalText' | 'integer' | 'flag' | 'json'

type KindOf<V> = V extends boolean ? 'flag' : V extends number ? 'integer' : V extends string ? 'text' | 'optionalText' : 'json'

type SnakeCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${SnakeCase<Tail>}`
    : `_${Lowercase<Head>}${SnakeCase<Tail>}`
  : ''

type Stored<V> = V extends boolean ? number : V extends number ? number : V extends string ? V : string

/** The row type of a record's table. An `optionalText` is null in the table where it is `''` in the record, so that it can be a foreign key. */
export type RowOf<R> = { [K in keyof R & string as SnakeCase<K>]: Stored<R[K]> }

/** A row as a query gives it; what is in it is known by the columns that were selected. */
export type ResultRow = Readonly<Record<string, unknown>>

/** The mapping between records and rows of one table. */
export interface Columns<R> {
  /** Every column, qualified, under a name that no other table's columns have. */
  readonly all: readonly AliasedRawBuilder<unknown, string>[]
  toRow(record: R): RowOf<R>
  /** What each column holds, for statements that must tell the database. */
  readonly shape: { readonly [C in keyof RowOf<R>]: 'text' | 'bigint' }
  /** As `toRow`, with the fields only that are given. */
  toPartialRow(changes: Partial<R>): Partial<RowOf<R>>
  /** A row of the placeholders of a prepared insert, column by column. */
  copy(row: RowOf<R>): RowOf<R>
  /** Reads what `all` selected. */
  read(row: ResultRow): R
}

/** Describes the columns of `table`, field by field. */
export function columns<R extends object>(table: string, kinds: { readonly [K in keyof R & string]: KindOf<R[K]> }): Columns<R> {
  const fields = Object.entries<Kind>(kinds).map(([key, kind]) => ({ key, kind, column: snakeCase(key), name: `${table}.${key}` }))
  const toRow = (record: object, chosen: typeof fields) => {
    const row: Record<string, unknown> = {}
    for (const { key, kind, column } of chosen) row[column] = encode(kind, (record as ResultRow)[key])
    return row
  }
  return {
    all: fields.map(({ column, name }) => sql`${sql.ref(`${table}.${column}`)}`.as(name)),
    toRow: (record) => toRow(record, fields) as RowOf<R>,
    shape: Object.fromEntries(
      fields.map(({ column, kind }) => [column, kind === 'integer' || kind === 'flag' ? 'bigint' : 'text']),
    ) as Columns<R>['shape'],
    toPartialRow: (changes) => {
      const values: ResultRow = { ...changes }
      const chosen = fields.filter(({ key }) => values[key] !== undefined)
      return toRow(values, chosen) as Partial<RowOf<R>>
    },
    copy: (row) => Object.fromEntries(fields.map(({ column }) => [column, (row as ResultRow)[column]])) as RowOf<R>,
    read: (row) => {
      const record: Record<string, unknown> = {}
      for (const { key, kind, name } of fields) record[key] = decode(kind, row[name])
      return record as R
    },
  }
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function encode(kind: Kind, value: unknown): unknown {
  if (kind === 'flag') return value ? 1 : 0
  if (kind === 'json') return JSON.stringify(value ?? null)
  return kind === 'optionalText' && value === '' ? null : value
}

function decode(kind: Kind, stored: unknown): unknown {
  if (kind === 'flag') return stored === 1
  if (kind === 'json') return JSON.parse(String(stored))
  return kind === 'optionalText' && stored === null ? '' : stored
}
