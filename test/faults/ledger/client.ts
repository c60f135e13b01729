/** A plain HTTP client of the servers under test. */

export interface Answer {
  readonly status: number
  readonly errorCode: string
  readonly refreshJwt: string
}

export interface Client {
  /** `undefined` when no whole answer came: whether it happened is unknown. */
  call(path: string, body: Readonly<Record<string, string>>, token?: string): Promise<Answer | undefined>
}

/** How a request ended. */
export interface Ending {
  readonly path: string
  readonly url: string
  /** 0 when no whole answer came. */
  readonly status: number
  readonly errorCode: string
  readonly milliseconds: number
}

const answerMilliseconds = 10_000

export interface ClientOptions {
  /** Servers that may be asked now; each request goes to one of them at random. */
  readonly urls: () => readonly string[]
  readonly projectId: string
  readonly onEnding?: (ending: Ending) => void
}

export function createClient({ urls, projectId, onEnding = () => undefined }: ClientOptions): Client {
  return {
    async call(path, body, token) {
      const choice = urls()
      const url = choice[Math.floor(Math.random() * choice.length)] ?? ''
      const started = performance.now()
      const end = (status: number, errorCode: string) =>
        onEnding({ path, url, status, errorCode, milliseconds: performance.now() - started })
      try {
        const response = await fetch(`${url}/v1/auth/${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${projectId}${token === undefined ? '' : `:${token}`}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(answerMilliseconds),
        })
        const answer: unknown = JSON.parse(await response.text())
        const text = (name: string) => String(Reflect.get(Object(answer), name) ?? '')
        end(response.status, text('errorCode'))
        return { status: response.status, errorCode: text('errorCode'), refreshJwt: text('refreshJwt') }
      } catch {
        // The connection was cut, or the answer was: that is what the tests are about.
        end(0, '')
        return undefined
      }
    },
  }
}
