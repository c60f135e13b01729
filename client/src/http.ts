import { UnavailableError } from './errors.ts'
import type { ParsedOptions } from './options.ts'
import type { BrokenRule, ReplyError, Result } from './replies.ts'

/** Statuses after which a request is sent again; 503 means that nothing was done. The same list as in the official SDKs. */
const retriedStatuses: ReadonlySet<number> = new Set([503, 520, 521, 522, 524, 530])
const maxReplyBytes = 1_048_576

export interface HttpDeps
  extends Pick<ParsedOptions, 'baseUrl' | 'fetch' | 'timeoutMilliseconds' | 'retryDelaysMilliseconds' | 'credentials'> {
  /** Resolves after the time; rejects with the reason of the signal as soon as that aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** Path below the base URL, with a slash in front. */
  readonly path: string
  /** What follows `Bearer `; no header without it. */
  readonly bearer?: string
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/** An answer whose body was read: parsed JSON, or `undefined` when it was not JSON. */
export interface HttpReply {
  readonly status: number
  readonly headers: Headers
  readonly json: unknown
}

/**
 * Sends a request, again after the statuses that mean "nothing was done", and reads the answer.
 * Throws `UnavailableError`, or the reason of the caller's signal when that aborts.
 */
export async function send(deps: HttpDeps, request: HttpRequest): Promise<HttpReply> {
  for (let attempt = 0; ; attempt++) {
    const reply = await sendOnce(deps, request)
    const delay = deps.retryDelaysMilliseconds[attempt]
    if (!retriedStatuses.has(reply.status) || delay === undefined) return reply
    await deps.sleep(delay, request.signal)
  }
}

async function sendOnce(deps: HttpDeps, { method, path, bearer, body, signal }: HttpRequest): Promise<HttpReply> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    controller.abort()
  }, deps.timeoutMilliseconds)
  const abort = () => controller.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const response = await deps.fetch(deps.baseUrl + path, {
      method,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(deps.credentials && { credentials: deps.credentials }),
      // The protocol has no redirects, and a bearer must not follow one.
      redirect: 'manual',
      signal: controller.signal,
    })
    return { status: response.status, headers: response.headers, json: parseJson(await readText(response)) }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (isLate) throw new UnavailableError('timeout', `No answer within ${deps.timeoutMilliseconds} ms`, { cause: error })
    if (error instanceof UnavailableError) throw error
    throw new UnavailableError('network', 'The authentication server cannot be reached', { cause: error })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

async function readText(response: Response): Promise<string> {
  if (!response.body) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let sizeBytes = 0
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    sizeBytes += chunk.value.byteLength
    if (sizeBytes > maxReplyBytes) {
      await reader.cancel()
      throw new UnavailableError('reply', `The answer is longer than ${maxReplyBytes} bytes`)
    }
    text += decoder.decode(chunk.value, { stream: true })
  }
  return text + decoder.decode()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Makes a result of an answer. `read` shapes the data of a success. A success that is not JSON throws `UnavailableError`:
 * that is a proxy or a portal that speaks, not the server.
 */
export function toResult<T>(reply: HttpReply, read: (json: unknown) => T): Result<T> {
  if (reply.status >= 200 && reply.status < 300) {
    if (reply.json === undefined) throw new UnavailableError('reply', 'The answer is not JSON')
    return { ok: true, code: reply.status, data: read(reply.json) }
  }
  return { ok: false, code: reply.status, error: readError(reply) }
}

function readError({ status, headers, json }: HttpReply): ReplyError {
  const fields: Readonly<Record<string, unknown>> = isObject(json) ? json : {}
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '')
  const rules = fields.brokenRules
  return {
    errorCode: text('errorCode') || `HTTP${status}`,
    errorDescription: text('errorDescription') || 'Server error',
    errorMessage: text('errorMessage'),
    ...(status === 429 && { retryAfter: Number.parseInt(headers.get('retry-after') ?? '', 10) || 0 }),
    ...(Array.isArray(rules) && { brokenRules: rules.filter(isBrokenRule) }),
  }
}

function isBrokenRule(value: unknown): value is BrokenRule {
  return isObject(value) && typeof value.text === 'string'
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `sleep` of real time. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return abortable(signal, (resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    return () => clearTimeout(timer)
  })
}

/** Waits for what `start` begins, or rejects with the reason of the signal as soon as that aborts; then what `start` returned is called. */
export function abortable(
  signal: AbortSignal | undefined,
  start: (resolve: () => void, reject: (reason: unknown) => void) => (() => void) | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    let stop: (() => void) | undefined
    const abort = () => {
      stop?.()
      reject(signal?.reason)
    }
    const settle = <A extends readonly unknown[]>(then: (...values: A) => void) => {
      return (...values: A) => {
        signal?.removeEventListener('abort', abort)
        then(...values)
      }
    }
    signal?.addEventListener('abort', abort, { once: true })
    stop = start(settle(resolve), settle(reject))
  })
}
