/** Checks input against a route's schema and says what is wrong without repeating what was sent. */
import type { z } from 'zod'
import { coreErrors } from '../core/errors.ts'

const maxProblems = 5

/** Longer lists of choices are in the API's description. */
const maxChoices = 12

/** Parses a part of a request; without a schema the result is `undefined`. Throws `InvalidRequest` that names the fields at fault. */
export function parsed(schema: z.ZodType | undefined, input: unknown): unknown {
  if (!schema) return undefined
  // The input of an issue is what the schema saw, under the name that it knows, whichever synonym was sent.
  const result = schema.safeParse(input, { reportInput: true })
  if (result.success) return result.data
  const root = schema._zod.def.type === 'array' ? 'an array' : 'an object'
  const problems = new Set(result.error.issues.map((issue) => problemOf(issue, input, root)))
  throw coreErrors.InvalidRequest({ message: [...problems].slice(0, maxProblems).join('; ') })
}

/** In the words that clients know: "The name field is required" (`protocol/core.md` 5.2). */
function problemOf(issue: z.core.$ZodIssue, input: unknown, root: string): string {
  if (issue.path.length === 0)
    return Array.isArray(input) && root === 'an array' ? 'The request has too many entries' : `The request must be ${root}`
  const isSaidMissing = issue.code === 'custom' && issue.params?.isMissing === true
  const isMissing = issue.input === undefined || issue.input === '' || isSaidMissing
  return `The ${shownPath(issue.path)} field ${isMissing ? 'is required' : faultOf(issue)}`
}

/** What is wrong with a value that is there: says what the schema asks for, never what was sent. */
function faultOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_big' && issue.origin === 'string') return `is longer than ${issue.maximum}`
  if (issue.code === 'too_big' && isToldBound(issue.origin, issue.maximum))
    return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`
  if (issue.code === 'too_small' && issue.origin === 'string') return `is shorter than ${issue.minimum}`
  if (issue.code === 'too_small' && isToldBound(issue.origin, issue.minimum))
    return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`
  if (issue.code === 'invalid_value' && issue.values.length <= maxChoices)
    return `must be one of ${issue.values.map(String).filter(Boolean).join(', ')}`
  return 'is invalid'
}

/** The ends of a number's type, of times among them, say nothing about the field. */
const maxTold = 2_147_483_646

const isToldBound = (origin: string, bound: number | bigint) =>
  (origin === 'number' || origin === 'int') && bound <= maxTold && bound >= -maxTold

/** Names that the caller made up are not shown. */
function shownPath(path: readonly PropertyKey[]): string {
  const shown: string[] = []
  for (const part of path.slice(0, 3)) {
    if (typeof part === 'symbol' || !/^[A-Za-z0-9_]{1,40}$/.test(String(part))) break
    shown.push(String(part))
  }
  return shown.join('.') || 'request'
}
