import { openBrace, openBracket, type SourceBytes, type SourceRecords } from './source-record.ts'

const highestBlank = 0x20
/** The first byte of the mark that some programs put in front of UTF-8. */
const markStart = 0xef
const markLength = 3

/** Reads a file as JSON when it begins with a brace or a bracket, as no CSV file with users does, and as CSV otherwise. */
export async function* byContent(
  source: SourceBytes,
  readers: { readonly json: (rest: SourceBytes) => SourceRecords; readonly csv: (rest: SourceBytes) => SourceRecords },
): SourceRecords {
  const iterator = source[Symbol.asyncIterator]()
  const passed: Uint8Array[] = []
  let first: number | undefined
  while (first === undefined) {
    const { done, value } = await iterator.next()
    if (done) break
    passed.push(value)
    const start = Buffer.concat(passed.slice(-2))
    first = start.subarray(start[0] === markStart ? markLength : 0).find((byte) => byte > highestBlank)
  }
  async function* rest() {
    yield* passed
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  yield* first === openBrace || first === openBracket ? readers.json(rest()) : readers.csv(rest())
}
