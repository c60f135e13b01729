import { jsonDocument } from './json-document.ts'
import { jsonLines } from './json-lines.ts'
import { maxRecordBytes, newline, openBrace, openBracket, type SourceBytes, type SourceRecords } from './source-record.ts'

/**
 * Records of a JSON file in whichever form it has: lines, an array, or an object with an array under one of the names. An object is taken for the first of many lines
 * when it ends where its line does and holds none of the arrays.
 */
export async function* jsonRecords(source: SourceBytes, listNames: readonly string[]): SourceRecords {
  const { start, rest } = await firstLine(source)
  yield* isOfLines(start, listNames) ? jsonLines(rest) : jsonDocument(rest, listNames)
}

const highestBlank = 0x20

/** Reads until the first line that is not blank is whole, or longer than a record may be. `rest` has everything, from the beginning. */
async function firstLine(source: SourceBytes): Promise<{ readonly start: Uint8Array; readonly rest: SourceBytes }> {
  const iterator = source[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let start: Uint8Array = new Uint8Array()
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) break
    parts.push(value)
    start = Buffer.concat(parts)
    const first = start.findIndex((byte) => byte > highestBlank)
    const end = first < 0 ? -1 : start.indexOf(newline, first)
    if (end >= 0) {
      start = start.subarray(0, end)
      break
    }
    if (start.length > maxRecordBytes) break
  }
  const whole = Buffer.concat(parts)
  const skipped = hasMark(whole) ? byteOrderMark.length : 0
  async function* rest() {
    yield whole.subarray(skipped)
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { start: start.subarray(skipped), rest: rest() }
}

const byteOrderMark = Buffer.from('\ufeff')

function hasMark(bytes: Uint8Array): boolean {
  return byteOrderMark.equals(bytes.subarray(0, byteOrderMark.length))
}

function isOfLines(start: Uint8Array, listNames: readonly string[]): boolean {
  const first = start.find((byte) => byte > highestBlank)
  if (first === openBracket) return false
  // Nothing else can begin a document with users; what is wrong with it is told line by line.
  if (first !== openBrace) return true
  try {
    const value: unknown = JSON.parse(Buffer.from(start).toString())
    return typeof value === 'object' && value !== null && !listNames.some((name) => Array.isArray((value as Record<string, unknown>)[name]))
  } catch {
    return false
  }
}
