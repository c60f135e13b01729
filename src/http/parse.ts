/** Checks input against a route's schema and says what is wrong without repeating what was sent. */
import type { z } from 'zod'
import { coreErrors } from '../core/errors.ts'

const maxProblems = 5

/** Parses a part of a request; without a schema the result is `undefined`. Throws `InvalidRequest` that names the fields at fault. */
export function parsed(schema: z.ZodType | undefined, input: unknown): unknown {
  if (!schema) return undefined
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const root = schema._zod.def.type === 'array' ? 'an array' : 'an object'
  const problems = new Set(result.error.issues.map((issue) => problemOf(issue.path, input, root)))
  throw coreErrors.InvalidRequest({ message: [...problems].slice(0, maxProblems).join('; ') })
}

/** In the words that clients know: "The name field is required" (`protocol/core.md` 5.2). */
function problemOf(path: readonly PropertyKey[], input: unknown, root: string): string {
  if (path.length === 0)
    return Array.isArray(input) && root === 'an array' ? 'The request has too many entries' : `The request must be ${root}`
  const value = valueAt(input, path)
  const isMissing = value === undefined || value === ''
  return `The ${shownPath(path)} field is ${isMissing ? 'required' : 'invalid'}`
}

/** Names that the caller made up are not shown. */
function shownPath(path: readonly PropertyKey[]): string {
  const shown: string[] = []
  for (const part of path.slice(0, 3)) {
    if (typeof part === 'symbol' || !/^[A-Za-z0-9_]{1,40}$/.test(String(part))) break
    shown.push(String(part))
  }
  return shown.join('.') || 'request'
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[part]
  }
  return value
}
