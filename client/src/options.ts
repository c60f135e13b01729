/** A `fetch`, as far as the client uses it. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** What `createClient` takes. */
export interface ClientOptions {
  /** ID of the project: `P` and 27 letters or digits. */
  readonly projectId: string
  /** Where the server is, `https://auth.example.com`. A path is allowed; the slash at the end does not matter. */
  readonly baseUrl: string
  /** Sends the requests; the runtime's own by default. */
  readonly fetch?: Fetch
  /** Longest time for one attempt, body included. 1 to 600 000, default 10 000. */
  readonly timeoutMilliseconds?: number
  /** How far the clocks of server and application may be apart, in seconds. 0 to 60, default 5. */
  readonly clockSkewSeconds?: number
  /**
   * Waits before a request is sent again after status 503, 520, 521, 522, 524 or 530, one retry each: at most 5 of at most 60 000 ms.
   * Default 100, 5000, 5000 as in the official SDKs. An empty list switches retries off.
   */
  readonly retry?: { readonly delaysMilliseconds: readonly number[] }
  /** For browsers when the server keeps tokens in cookies: `include`. Left out of requests by default, because some edge runtimes refuse it. */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  /** Ends every call of this client; see also `withSignal`. */
  readonly signal?: AbortSignal
  /** Wall-clock time in milliseconds since the epoch, for checking expiry. Default `Date.now`; for tests that move time. */
  readonly now?: () => number
}

/** Options checked, with defaults, frozen. */
export interface ParsedOptions {
  readonly projectId: string
  readonly baseUrl: string
  readonly fetch: Fetch
  readonly timeoutMilliseconds: number
  readonly clockSkewSeconds: number
  readonly retryDelaysMilliseconds: readonly number[]
  readonly credentials: 'omit' | 'same-origin' | 'include' | undefined
  readonly signal: AbortSignal | undefined
  readonly now: () => number
}

const names = [
  'projectId',
  'baseUrl',
  'fetch',
  'timeoutMilliseconds',
  'clockSkewSeconds',
  'retry',
  'credentials',
  'signal',
  'now',
] as const satisfies readonly (keyof ClientOptions)[]

/** Checks the options. Throws one `TypeError` that names every problem, unknown options included. */
export function parseOptions(options: ClientOptions): ParsedOptions {
  const problems: string[] = []
  const check = (isFine: boolean, problem: string) => {
    if (!isFine) problems.push(problem)
  }
  const { timeoutMilliseconds = 10_000, clockSkewSeconds = 5, retry = { delaysMilliseconds: [100, 5000, 5000] } } = options
  const delays = retry.delaysMilliseconds
  for (const name of Object.keys(options)) check((names as readonly string[]).includes(name), `${name}: unknown option`)
  check(/^P[A-Za-z0-9]{27,63}$/.test(options.projectId), 'projectId: must be P and at least 27 letters or digits')
  const baseUrl = parseBaseUrl(options.baseUrl)
  check(baseUrl !== undefined, 'baseUrl: must be an http or https URL without query, fragment, user name or password')
  check(isBetween(timeoutMilliseconds, 1, 600_000), 'timeoutMilliseconds: must be 1 to 600000')
  check(isBetween(clockSkewSeconds, 0, 60), 'clockSkewSeconds: must be 0 to 60')
  check(
    Array.isArray(delays) && delays.length <= 5 && delays.every((delay) => isBetween(delay, 0, 60_000)),
    'retry.delaysMilliseconds: must be at most 5 numbers of 0 to 60000',
  )
  if (problems.length > 0 || baseUrl === undefined) throw new TypeError(`createClient: ${problems.join('; ')}`)
  return Object.freeze({
    projectId: options.projectId,
    baseUrl,
    // Looked up at each call, so that a `fetch` that is replaced later counts; and called without a receiver, which browsers demand.
    fetch: options.fetch ?? ((url: string, init?: RequestInit) => fetch(url, init)),
    timeoutMilliseconds,
    clockSkewSeconds,
    retryDelaysMilliseconds: [...delays],
    credentials: options.credentials,
    signal: options.signal,
    now: options.now ?? Date.now,
  })
}

function isBetween(value: number, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max
}

function parseBaseUrl(text: string): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const isPlain = url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (!isPlain || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  return url.origin + url.pathname.replace(/\/+$/, '')
}
