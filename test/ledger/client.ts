/** A plain HTTP client of the server under test. */

export interface Answer {
  readonly status: number
  readonly errorCode: string
  readonly refreshJwt: string
}

export interface Client {
  /** `undefined` when no whole answer came: whether it happened is unknown. */
  call(path: string, body: Readonly<Record<string, string>>, token?: string): Promise<Answer | undefined>
}

const answerMilliseconds = 10_000

export function createClient(url: string, projectId: string): Client {
  return {
    async call(path, body, token) {
      try {
        const response = await fetch(`${url}/v1/auth/${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${projectId}${token === undefined ? '' : `:${token}`}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(answerMilliseconds),
        })
        const answer: unknown = JSON.parse(await response.text())
        const text = (name: string) => String(Reflect.get(Object(answer), name) ?? '')
        return { status: response.status, errorCode: text('errorCode'), refreshJwt: text('refreshJwt') }
      } catch {
        // The connection was cut, or the answer was: that is what the test is about.
        return undefined
      }
    },
  }
}
