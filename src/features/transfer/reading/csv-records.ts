import { CsvError, parse } from 'csv-parse'
import { transferErrors } from '../errors.ts'
import { maxRecordBytes, recordProblems, type SourceBytes, type SourceRecord, type SourceRecords } from './source-record.ts'

const maxColumns = 500
const recordsPerGroup = 200

/**
 * Records of a CSV file (RFC 4180, UTF-8). With `columns: 'header'` the first record names the columns, and each value is a map by those names; otherwise it is a
 * list of texts. `isLoose` lets quotes stand within fields that do not begin with one. Throws `BrokenTransferFile` for a quote where none may be, for one that is
 * never closed, and for a record beyond the limit, because nobody knows where the next record would begin.
 */
export async function* csvRecords(
  source: SourceBytes,
  options: {
    readonly columns: 'header' | 'position'
    readonly isLoose?: boolean
    /** What is wrong with the names of the columns. */
    readonly headerProblem?: (names: readonly string[]) => string | undefined
  },
): SourceRecords {
  const parser = parse({
    ...{ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] },
    ...{ max_record_size: maxRecordBytes, relax_quotes: options.isLoose ?? false },
  })
  const feeding = feed(source, parser)
  let group: SourceRecord[] = []
  let header: readonly string[] | undefined
  let lastLine = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: readonly string[]; info: { lines: number } }>) {
      const line = firstLineOf(record, info.lines, lastLine)
      lastLine = info.lines
      if (record.some((field) => field.includes(replacement))) group.push({ line, problem: recordProblems.notUtf8 })
      else if (options.columns === 'position') group.push({ line, value: record })
      else if (!header) header = readHeader(record, line, options.headerProblem)
      else group.push(withHeader(header, record, line))
      if (group.length < recordsPerGroup) continue
      yield group
      group = []
    }
  } catch (error) {
    throw error instanceof CsvError ? broken(error) : error
  } finally {
    parser.destroy()
    await feeding
  }
  if (group.length > 0) yield group
}

/** What bytes that are not UTF-8 are read as. */
const replacement = '\ufffd'

const reasons: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is never closed',
  CSV_MAX_RECORD_SIZE: `a record is longer than ${maxRecordBytes / 1024} KiB`,
  CSV_INVALID_CLOSING_QUOTE: 'a quote stands where none may',
  INVALID_OPENING_QUOTE: 'a quote stands where none may',
}

function broken(error: CsvError): Error {
  const line = typeof error.lines === 'number' ? `Line ${error.lines}: ` : ''
  return transferErrors.BrokenTransferFile({ message: `${line}${reasons[error.code] ?? 'the file is not CSV'}` })
}

/** Gives the parser what it can take, until the end or until nobody wants more. Failures of the source go to whoever reads the records. */
async function feed(source: SourceBytes, parser: ReturnType<typeof parse>): Promise<void> {
  let isClosed = false
  let wake = () => {}
  parser.once('close', () => {
    isClosed = true
    wake()
  })
  try {
    for await (const chunk of source) {
      if (isClosed) return
      if (parser.write(chunk)) continue
      await new Promise<void>((resolve) => {
        wake = resolve
        parser.once('drain', resolve)
      })
    }
    parser.end()
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error('The file could not be read'))
  }
}

/** The parser tells the line on which a record ends; fields may hold line breaks. */
function firstLineOf(record: readonly string[], endLine: number, lastLine: number): number {
  if (endLine === lastLine + 1) return endLine
  return endLine - record.reduce((sum, field) => sum + field.split('\n').length - 1, 0)
}

function readHeader(
  record: readonly string[],
  line: number,
  problemOf?: (names: readonly string[]) => string | undefined,
): readonly string[] {
  const names = record.map((name) => name.trim())
  const problem =
    names.length > maxColumns
      ? `there are more than ${maxColumns} columns`
      : new Set(names).size < names.length
        ? 'two columns have the same name'
        : names.length === 1 && names[0]?.includes(';')
          ? 'the columns are divided by semicolons; commas are needed'
          : problemOf?.(names)
  if (problem) throw transferErrors.BrokenTransferFile({ message: `Line ${line}: ${problem}` })
  return names
}

function withHeader(header: readonly string[], record: readonly string[], line: number): SourceRecord {
  if (record.length !== header.length) return { line, problem: `has ${record.length} fields, and the header has ${header.length}` }
  const value: Record<string, string> = Object.create(null)
  for (const [index, name] of header.entries()) value[name] = record[index] ?? ''
  return { line, value }
}
