/** One record of a source file, as it was parsed, or why it could not be. */
export type SourceRecord =
  | { readonly line: number; readonly value: unknown }
  /** `problem` is a sentence without anything of the record in it. */
  | { readonly line: number; readonly problem: string }

/** Records come in groups, because a turn of the event loop for each of a million is dear. */
export type SourceRecords = AsyncIterable<readonly SourceRecord[]>

/** A file or a body, in pieces of any length. */
export type SourceBytes = AsyncIterable<Uint8Array>

/** Longest record in bytes: far above any user, far below what would hurt. */
export const maxRecordBytes = 262_144
/** Deepest nesting of a JSON record. Walks over what was parsed can rely on it (WB-06). */
export const maxRecordDepth = 32

export const recordProblems = {
  tooLong: `is longer than ${maxRecordBytes / 1024} KiB`,
  tooDeep: `is nested deeper than ${maxRecordDepth}`,
  notUtf8: 'is not UTF-8',
  notJson: 'is not JSON',
} as const

/** Parses the bytes of one JSON record. */
export function parseRecord(bytes: Uint8Array, line: number): SourceRecord {
  if (bytes.length > maxRecordBytes) return { line, problem: recordProblems.tooLong }
  if (isTooDeep(bytes)) return { line, problem: recordProblems.tooDeep }
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { line, problem: recordProblems.notUtf8 }
  }
  try {
    return { line, value: JSON.parse(text) }
  } catch {
    // What the parser says quotes the record.
    return { line, problem: recordProblems.notJson }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes that JSON is divided by. */
export const [quote = 0, backslash = 0, comma = 0, newline = 0, openBrace = 0, closeBrace = 0, openBracket = 0, closeBracket = 0] =
  Buffer.from('"\\,\n{}[]')

function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0
  let isInText = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) isInText = !isInText
    else if (isInText && byte === backslash) i++
    else if (!isInText && (byte === openBrace || byte === openBracket)) depth++
    else if (!isInText && (byte === closeBrace || byte === closeBracket)) depth--
    if (depth > maxRecordDepth) return true
  }
  return false
}
