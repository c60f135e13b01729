import {
  maxRecordBytes,
  newline,
  parseRecord,
  recordProblems,
  type SourceBytes,
  type SourceRecord,
  type SourceRecords,
} from './source-record.ts'

/** JSON lines: a value on each line; empty lines are nothing. A line that cannot be read is a problem of that line and of no other. */
export async function* jsonLines(source: SourceBytes): SourceRecords {
  let line = 1
  let parts: Uint8Array[] = []
  let length = 0
  /** Ends the line whose beginning is in `parts` and whose end is `last`. */
  const finish = (last: Uint8Array): SourceRecord | undefined => {
    const size = length + last.length
    const bytes = parts.length === 0 ? last : Buffer.concat([...parts, last])
    parts = []
    length = 0
    const number = line++
    if (size > maxRecordBytes) return { line: number, problem: recordProblems.tooLong }
    return isBlank(bytes) ? undefined : parseRecord(bytes, number)
  }
  for await (const chunk of source) {
    const found: SourceRecord[] = []
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const record = finish(chunk.subarray(from, end))
      if (record) found.push(record)
      from = end + 1
    }
    const rest = chunk.subarray(from)
    // What is beyond the limit is counted and not kept.
    if (length + rest.length <= maxRecordBytes && rest.length > 0) parts.push(rest)
    length += rest.length
    if (found.length > 0) yield found
  }
  const last = finish(new Uint8Array())
  if (last) yield [last]
}

const highestBlank = 0x20

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte <= highestBlank)
}
