/** Turns what a route returned or threw into an HTTP answer. */
import type { AuthError } from '../core/errors.ts'
import type { Random } from '../core/ports.ts'
import { writeCookie } from './cookies.ts'
import { type PublicUrlFacts, securityHeaders } from './headers.ts'
import { notice, page } from './page.ts'
import { type AnyRoute, isReply, type Reply } from './route.ts'

/** An answer before it becomes a `Response`. Names of headers are lower case; the record is the answer's own, and more may be added to it. */
export interface Answer {
  readonly status: number
  readonly body: string | null
  readonly headers: Record<string, string>
  readonly cookies?: readonly string[]
}

const jsonType = 'application/json; charset=utf-8'

export interface ReplyFacts {
  readonly publicUrl: PublicUrlFacts
  readonly nowSeconds: number
  readonly ifNoneMatch: string | null
}

/** Shapes what `run` returned by the route's reply schema, so that undeclared members never leave. Throws when it does not fit: a bug. */
export function successAnswer(route: AnyRoute, result: unknown, facts: ReplyFacts): Answer {
  const value: Reply<unknown> = isReply(result) ? result : { body: result }
  const shaped: unknown = route.reply.parse(value.body)
  const kind = route.kind ?? 'json'
  const headers: Record<string, string> = {
    ...securityHeaders(kind, facts.publicUrl),
    'content-type': kind === 'json' ? jsonType : 'text/plain; charset=utf-8',
    ...value.headers,
  }
  const cookies = facts.publicUrl.takesCookies ? (value.cookies ?? []).map((cookie) => writeCookie(cookie, facts.nowSeconds)) : []
  if (route.method === 'GET' && isFresh(headers.etag, facts.ifNoneMatch)) return { status: 304, body: null, headers }
  return { status: 200, body: kind === 'json' ? JSON.stringify(shaped) : String(shaped), headers, cookies }
}

/** RFC 9110, 13.1.2: weak comparison against a list or `*`. */
function isFresh(etag: string | undefined, ifNoneMatch: string | null): boolean {
  if (etag === undefined || ifNoneMatch === null) return false
  const bare = (tag: string) => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag))
}

/** The body of an error, as `protocol/core.md` 5.1 has it. Never `null`, never with anything internal. */
export function errorBody(error: AuthError, extra: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  const { spec, details } = error
  return { ...details.fields, ...extra, errorCode: spec.wire, errorDescription: spec.text, errorMessage: error.message }
}

/** The answer to an error: JSON, or a small page where a person is looking. */
export async function errorAnswer(
  deps: { readonly random: Random },
  error: AuthError,
  input: { readonly kind: 'json' | 'page'; readonly publicUrl: PublicUrlFacts; readonly extra?: Readonly<Record<string, string>> },
): Promise<Answer> {
  const headers: Record<string, string> = { ...securityHeaders(input.kind, input.publicUrl), 'content-type': jsonType }
  if (error.details.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.details.retryAfterSeconds)))
  // What is left of a body that was too large is not worth reading.
  if (error.spec.status === 413) headers.connection = 'close'
  if (input.kind === 'json') return { status: error.spec.status, body: JSON.stringify(errorBody(error, input.extra)), headers }
  const shown = await page(deps, { title: error.spec.text, body: notice('bad', error.message) })
  return { status: error.spec.status, body: shown.body, headers: { ...headers, ...shown.headers } }
}

/** Makes the `Response`; `isHead` leaves the body out. */
export function toResponse(answer: Answer, isHead: boolean): Response {
  const body = isHead ? null : answer.body
  if (!answer.cookies?.length) return new Response(body, { status: answer.status, headers: answer.headers })
  const headers = new Headers(answer.headers)
  for (const cookie of answer.cookies) headers.append('set-cookie', cookie)
  return new Response(body, { status: answer.status, headers })
}
