import { createHash, hash } from 'node:crypto'
import type { Connection } from './connection.ts'
import { addToSum, emptySum, type Row, readRows, type TableSum, type WholeTable, wholeTables } from './whole-tables.ts'

/**
 * A backup as lines of JSON: a header with a digest of its own, then for each table a line that names its columns and an array for each row, and at the end a line with the sums of all tables and the
 * digest of everything before it. It says nothing that depends on the database it is from.
 */
export interface ArchiveHeader {
  readonly postern: 'backup'
  readonly format: number
  /** Version of the program that wrote it. */
  readonly program: string
  /** Version of the schema that the rows are of. */
  readonly schema: number
  /** Seconds since the epoch. */
  readonly createdAt: number
  /** What the database keeps to tell its master key from others; `''` if there is none yet. */
  readonly masterKeyCheck: string
}

export type TableSums = Readonly<Record<string, TableSum>>

/** Some rows of a table, in the order of the file. */
export interface ArchiveRows {
  readonly table: WholeTable
  readonly rows: readonly Row[]
}

/** The file is not a backup, or not a whole one. */
export class ArchiveDamaged extends Error {
  override readonly name = 'ArchiveDamaged'
}

export const archiveFormat = 1
const batchRows = 1000
/** Longer ones are not ours: the longest row is a project's templates. */
const maxLineCharacters = 64 * 1_048_576

interface TableLine {
  readonly table: string
  readonly columns: readonly string[]
  readonly key: readonly string[]
}

interface EndLine {
  readonly sums: TableSums
  /** SHA-256 of all lines before, in hexadecimal digits. */
  readonly sha256: string
}

/** Writes everything that a connection sees; give it a view of one state. Answers what was written. */
export async function* archiveLines(connection: Connection, header: ArchiveHeader): AsyncGenerator<string, TableSums> {
  const digest = createHash('sha256')
  const counted = (text: string) => {
    digest.update(text)
    return text
  }
  yield counted(line({ ...header, sha256: digestOf(header) }))
  const sums: Record<string, TableSum> = {}
  for (const table of await wholeTables(connection)) {
    yield counted(line({ table: table.name, columns: table.columns, key: table.key } satisfies TableLine))
    let sum = emptySum
    for await (const rows of readRows(connection, table, { batchRows })) {
      sum = addToSum(sum, table, rows)
      yield counted(rows.map((row) => line(table.columns.map((column) => row[column]))).join(''))
    }
    sums[table.name] = sum
  }
  yield line({ sums, sha256: digest.digest('hex') } satisfies EndLine)
  return sums
}

/** By this the header can be believed before the rest was read. */
function digestOf({ postern, format, program, schema, createdAt, masterKeyCheck }: ArchiveHeader): string {
  return hash('sha256', JSON.stringify([postern, format, program, schema, createdAt, masterKeyCheck]), 'hex')
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`

/** Reads the header alone. Throws `ArchiveDamaged`. */
export async function readHeader(content: AsyncIterable<Uint8Array>): Promise<ArchiveHeader> {
  for await (const text of linesOf(content)) return headerOf(text)
  throw new ArchiveDamaged('The file is empty')
}

/**
 * Reads rows, some at a time, and answers the sums of the file at its end, once they are those of the rows that were read. Throws `ArchiveDamaged` for anything that is missing or changed:
 * who writes rows while they are read must be able to take them back.
 */
export async function* archiveRows(content: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveRows, TableSums> {
  const digest = createHash('sha256')
  const sums: Record<string, TableSum> = {}
  let table: WholeTable | undefined
  let rows: Row[] = []
  let isFirst = true
  let end: EndLine | undefined
  for await (const text of linesOf(content)) {
    if (end) throw new ArchiveDamaged('There is something behind the end of the backup')
    if (isFirst) headerOf(text)
    const value = isFirst ? undefined : parsed(text)
    isFirst = false
    end = endOf(value)
    if (end) continue
    digest.update(`${text}\n`)
    if (value === undefined) continue
    if (table && Array.isArray(value)) {
      rows.push(rowOf(table, value))
      if (rows.length < batchRows) continue
    }
    if (table && rows.length > 0) {
      sums[table.name] = addToSum(sums[table.name] ?? emptySum, table, rows)
      yield { table, rows }
      rows = []
    }
    if (Array.isArray(value)) continue
    table = tableOf(value)
    sums[table.name] = emptySum
  }
  if (!end) throw new ArchiveDamaged('The backup is not whole: its end is missing')
  if (table && rows.length > 0) {
    sums[table.name] = addToSum(sums[table.name] ?? emptySum, table, rows)
    yield { table, rows }
  }
  const isSame = digest.digest('hex') === end.sha256 && JSON.stringify(sums) === JSON.stringify(end.sums)
  if (!isSame) throw new ArchiveDamaged('The backup is damaged: its content is not what was written')
  return sums
}

/** Lines without their ends. Only a line feed ends one: texts may hold everything else. */
async function* linesOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const chunk of content) {
    const parts = (rest + decoded(decoder, chunk)).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > maxLineCharacters) throw new ArchiveDamaged('The file is no backup of Postern: it has a line without an end')
    yield* parts
  }
  if (rest !== '') throw new ArchiveDamaged('The backup is not whole: its last line is cut')
}

function decoded(decoder: InstanceType<typeof TextDecoder>, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true })
  } catch {
    throw new ArchiveDamaged('The file is no backup of Postern, or is damaged: it is not UTF-8')
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What the parser says quotes the text, in which secrets may be.
    throw new ArchiveDamaged('The backup is damaged: a line is no JSON')
  }
}

function headerOf(text: string): ArchiveHeader {
  const value = Object(parsed(text))
  if (value.postern !== 'backup') throw new ArchiveDamaged('The file is no backup of Postern')
  if (value.format !== archiveFormat) {
    throw new ArchiveDamaged(
      `The backup has format ${String(value.format)}, but this version of Postern reads ${archiveFormat}. Use a newer version`,
    )
  }
  if (value.sha256 !== digestOf(value)) throw new ArchiveDamaged('The header of the backup is damaged')
  return value
}

function endOf(value: unknown): EndLine | undefined {
  const found = Object(value)
  return typeof found.sha256 === 'string' && typeof found.sums === 'object' ? found : undefined
}

function tableOf(value: unknown): WholeTable {
  const { table, columns, key } = Object(value)
  const areNames = (names: unknown) => Array.isArray(names) && names.every((name) => typeof name === 'string' && /^\w{1,63}$/.test(name))
  if (!areNames([table]) || !areNames(columns) || !areNames(key))
    throw new ArchiveDamaged('The backup is damaged: a table is not described')
  return { name: table, columns, key }
}

function rowOf({ name, columns }: WholeTable, values: readonly unknown[]): Row {
  const isGood = (value: unknown) => value === null || typeof value === 'string' || Number.isSafeInteger(value)
  if (values.length !== columns.length || !values.every(isGood)) throw new ArchiveDamaged(`The backup is damaged: a row of ${name}`)
  return Object.fromEntries(columns.map((column, index) => [column, values[index]])) as Row
}
