/**
 * Reads request bodies. The rules, all in one place:
 * - JSON in UTF-8 only, as `application/json` without or with `charset=utf-8`; page routes take URL-encoded forms instead;
 * - an empty or missing body, and a literal `null`, are `{}` (Go and Java send none, Node and Python send `{}`);
 * - members that are `null` are absent, at every depth (Python and Go send `null` for unset options);
 * - of members with the same name the last wins, as in ECMAScript; a byte order mark is malformed;
 * - `__proto__`, `constructor` and `prototype` are refused as names (IN-04), and so are numbers too large for a double;
 * - size, depth, number of names and of entries of lists, and length of texts are bounded, and checked without recursion (WB-06).
 */
import { AuthError, coreErrors } from '../core/errors.ts'

export interface BodyLimits {
  readonly maxBytes: number
  /** Members of all objects together; 200 if absent. */
  readonly maxNames?: number
  /** Entries of all lists together; 10 000 if absent. Every entry is checked by a schema, which costs far more than the few bytes that it takes. */
  readonly maxEntries?: number
  /** Length of the longest text, in UTF-16 units; 4096 if absent. */
  readonly maxTextLength?: number
}

/** Bodies of management calls: a user in a hundred tenants has more members than any other call (the schemas bound the lists). */
export const managementLimits = Object.freeze({ maxNames: 2000 })

/** Bodies of batches: 5 MiB, with as many members as fit in there (WB-06). */
export const batchLimits: BodyLimits = Object.freeze({ maxBytes: 5_242_880, maxNames: 200_000, maxEntries: 100_000 })

/** A file in base64 as one text. */
export const fileLimits: BodyLimits = Object.freeze({ maxBytes: 5_242_880, maxTextLength: 5_242_880 })

const maxDepth = 16
const defaultMaxNames = 200
const defaultMaxEntries = 10_000
const defaultMaxTextLength = 4096
const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const jsonType = /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-?8"?[ \t]*)?;?[ \t]*$/i
const formType = /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-?8"?[ \t]*)?;?[ \t]*$/i

/** True when the request says that its body is JSON. */
export function saysJson(headers: Headers): boolean {
  return jsonType.test(headers.get('content-type') ?? '')
}

/** Thrown when the client went away in the middle of its body. */
export class ClientGone extends Error {
  constructor() {
    super('The client went away while it sent its request')
    this.name = 'ClientGone'
  }
}

/**
 * Reads, parses and checks the body of a request. Throws `BodyTooLarge`, `UnsupportedMediaType`, `MalformedRequest` or `InvalidRequest`;
 * none of them repeats anything of the body.
 */
export async function readBody(request: Request, kind: 'json' | 'form', limits: BodyLimits): Promise<unknown> {
  const announced = announcedLength(request.headers)
  if (announced !== undefined && announced > limits.maxBytes) throw coreErrors.BodyTooLarge()
  const isExpectedType = isBodyType(request.headers, kind)
  if (!isExpectedType && announced !== undefined && announced > 0) throw coreErrors.UnsupportedMediaType()
  const bytes = await readBytes(request, announced, limits.maxBytes)
  if (bytes.byteLength === 0) return {}
  if (!isExpectedType) throw coreErrors.UnsupportedMediaType()
  const text = decode(bytes)
  return withoutNulls(kind === 'json' ? parseJson(text) : parseForm(text), limits)
}

function isBodyType(headers: Headers, kind: 'json' | 'form'): boolean {
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.trim().toLowerCase() !== 'identity') return false
  return (kind === 'json' ? jsonType : formType).test(headers.get('content-type') ?? '')
}

function announcedLength(headers: Headers): number | undefined {
  const header = headers.get('content-length')
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}

/** With an announced length the runtime reads no more than that; without one (chunked) the stream is cut at the limit. */
async function readBytes(request: Request, announced: number | undefined, maxBytes: number): Promise<Uint8Array> {
  try {
    if (announced === undefined) return await readStream(request.body, maxBytes)
    const bytes = new Uint8Array(await request.arrayBuffer())
    if (bytes.byteLength > maxBytes) throw coreErrors.BodyTooLarge()
    return bytes
  } catch (error) {
    if (error instanceof AuthError) throw error
    throw new ClientGone()
  }
}

async function readStream(stream: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  if (!stream) return new Uint8Array()
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks)
    sizeBytes += value.byteLength
    if (sizeBytes > maxBytes) {
      // The rest is not wanted; whether cancelling works makes no difference to the answer.
      reader.cancel().catch(() => undefined)
      throw coreErrors.BodyTooLarge()
    }
    chunks.push(value)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw coreErrors.MalformedRequest()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the body, so it goes nowhere (IN-07).
    throw coreErrors.MalformedRequest()
  }
}

function parseForm(text: string): unknown {
  const form: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) form[name] = value
  return form
}

/** Checks every value and drops `null` members, in place. */
function withoutNulls(root: unknown, limits: BodyLimits): unknown {
  const { maxNames = defaultMaxNames, maxEntries = defaultMaxEntries, maxTextLength = defaultMaxTextLength } = limits
  if (root === null) return {}
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 1 }]
  let names = 0
  let entries = 0
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next
    if (typeof value !== 'object' || value === null) {
      checkScalar(value, maxTextLength)
      continue
    }
    if (depth > maxDepth) throw coreErrors.InvalidRequest({ message: `The request is nested deeper than ${maxDepth} levels` })
    if (Array.isArray(value)) {
      entries += value.length
      if (entries > maxEntries) throw coreErrors.InvalidRequest({ message: `The request has lists of more than ${maxEntries} entries` })
      for (const item of value) open.push({ value: item, depth: depth + 1 })
      continue
    }
    const members = value as Record<string, unknown>
    for (const name of Object.keys(members)) {
      if (++names > maxNames) throw coreErrors.InvalidRequest({ message: `The request has more than ${maxNames} members` })
      checkName(name)
      if (members[name] === null) delete members[name]
      else open.push({ value: members[name], depth: depth + 1 })
    }
  }
  return root
}

function checkName(name: string): void {
  if (forbiddenNames.has(name)) throw coreErrors.InvalidRequest({ message: 'The request has a member with a forbidden name' })
  if (name.length > defaultMaxTextLength) throw tooLong(defaultMaxTextLength)
}

function checkScalar(value: unknown, maxTextLength: number): void {
  if (typeof value === 'string' && value.length > maxTextLength) throw tooLong(maxTextLength)
  if (typeof value === 'number' && !Number.isFinite(value)) throw coreErrors.MalformedRequest()
}

function tooLong(maxTextLength: number): AuthError {
  return coreErrors.InvalidRequest({ message: `The request has a text of more than ${maxTextLength} characters` })
}
