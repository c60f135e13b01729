import { transferErrors } from '../errors.ts'
import {
  backslash,
  closeBrace,
  closeBracket,
  comma,
  maxRecordBytes,
  newline,
  openBrace,
  openBracket,
  parseRecord,
  quote,
  recordProblems,
  type SourceBytes,
  type SourceRecord,
  type SourceRecords,
} from './source-record.ts'

/**
 * The elements of a JSON document that is too large to parse: those of an array, or those of the array in a member of an object, `{"users": [...]}`, of which there
 * may be several. Finds where elements begin and end and leaves the rest to `JSON.parse`; what else is in the document is passed over. Throws `BrokenTransferFile`
 * when the brackets do not match, when there is no such array, and when the document ends too early.
 */
export async function* jsonDocument(source: SourceBytes, listNames: readonly string[]): SourceRecords {
  const splitter = createSplitter(listNames)
  for await (const chunk of source) {
    const found = splitter.push(chunk)
    if (found.length > 0) yield found
  }
  splitter.end()
}

/** Deepest nesting of what is passed over, and of the document as a whole. */
const maxDepth = 256
/** Longest name of a member that is looked at. */
const maxNameBytes = 64
const highestBlank = 0x20

function broken(line: number, what: string): Error {
  return transferErrors.BrokenTransferFile({ message: `Line ${line}: ${what}` })
}

/** An element whose bytes may lie in several chunks. Counts on beyond the limit, and keeps nothing then. */
interface OpenElement {
  readonly line: number
  parts: Uint8Array[]
  length: number
}

function add(element: OpenElement, part: Uint8Array): void {
  element.length += part.length
  if (element.length > maxRecordBytes) element.parts = []
  else element.parts.push(part)
}

function finish({ line, parts, length }: OpenElement): SourceRecord {
  if (length > maxRecordBytes) return { line, problem: recordProblems.tooLong }
  const [only] = parts
  return parseRecord(parts.length === 1 && only ? only : Buffer.concat(parts), line)
}

function createSplitter(listNames: readonly string[]) {
  let element: OpenElement | undefined
  /** What closes each open container, outermost first. */
  const closers: number[] = []
  const lists = new Set(listNames)
  let line = 1
  let isInText = false
  let isEscaped = false
  /** Depth of the array whose elements are wanted; 0 outside of one. */
  let listDepth = 0
  let hasList = false
  let isOver = false
  /** The last text directly in the outermost object: the name of the member that comes, or a value, which no bracket can follow. */
  let name: number[] = []
  let isNaming = false

  function open(closer: number): void {
    if (closers.length >= maxDepth) throw broken(line, `nested deeper than ${maxDepth}`)
    const isOutermost = closers.length === 0
    closers.push(closer)
    const isNamed = closers.length === 2 && closers[0] === closeBrace && lists.has(Buffer.from(name).toString())
    if (listDepth === 0 && closer === closeBracket && (isOutermost || isNamed)) {
      listDepth = closers.length
      hasList = true
    }
    name = []
  }

  function close(closer: number): void {
    if (closers.pop() !== closer) throw broken(line, 'the brackets do not match')
    if (closers.length < listDepth) listDepth = 0
    isOver = closers.length === 0
  }

  /** Inside a text: everything but its end is content. */
  function readText(byte: number): void {
    if (isEscaped) isEscaped = false
    else if (byte === backslash) isEscaped = true
    else if (byte === quote) isInText = false
    if (isInText && isNaming && name.length <= maxNameBytes) name.push(byte)
  }

  function readStructure(byte: number): void {
    if (byte === quote) {
      isInText = true
      isNaming = closers.length === 1
      if (isNaming) name = []
    } else if (byte === openBrace) open(closeBrace)
    else if (byte === openBracket) open(closeBracket)
    else if (byte === closeBrace || byte === closeBracket) close(byte)
  }

  function push(chunk: Uint8Array): SourceRecord[] {
    const found: SourceRecord[] = []
    let from = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0
      if (byte === newline) line++
      if (isInText) {
        readText(byte)
        continue
      }
      if (byte <= highestBlank) continue
      if (isOver) throw broken(line, 'something follows the end of the document')
      if (listDepth > 0 && closers.length === listDepth) {
        const isEnd = byte === comma || byte === closeBracket
        if (isEnd && element) {
          add(element, chunk.subarray(from, i))
          found.push(finish(element))
          element = undefined
        } else if (!isEnd && !element) {
          element = { line, parts: [], length: 0 }
          from = i
        }
      }
      readStructure(byte)
      if (closers.length === 0 && !isOver) throw broken(line, 'neither an array nor an object')
    }
    if (element) add(element, chunk.subarray(from))
    return found
  }

  function end(): void {
    if (!isOver) throw broken(line, 'the file ends in the middle of the document')
    if (!hasList) throw broken(line, `there is no array of users (${listNames.join(', ') || 'the outermost value is an object'})`)
  }

  return { push, end }
}
