/** What the tests of the examples need of an authentication server: the real one, and a stand-in that is made of nothing but the contract. */
import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listen } from '../src/http/node.ts'
import { openSqliteFile } from '../test/databases.ts'
import { createKit, goodPassword } from '../test/kit.ts'

export interface Backend {
  readonly projectId: string
  readonly baseUrl: string
  /** A user who can sign in. */
  readonly user: { readonly loginId: string; readonly password: string }
  /** Milliseconds since the epoch, as the server counts them. */
  readonly now: () => number
  /** Moves the server's time. */
  readonly advance: (seconds: number) => void
  readonly close: () => Promise<void>
}

/** Serves a real Postern on loopback, with an embedded database, one user, and a clock to move. */
export async function startPostern(): Promise<Backend> {
  const database = await openSqliteFile()
  const { auth, clock, log, projectId, signUp } = await createKit(database.storage)
  const server = await listen({ handler: auth.handler, log, address: '127.0.0.1', port: 0 })
  auth.setPublicUrl(server.url)
  const user = { loginId: 'ada@example.com', password: goodPassword }
  await signUp(user.loginId, user.password)
  return {
    projectId,
    baseUrl: server.url,
    user,
    now: clock.nowMilliseconds,
    advance: clock.advance,
    close: async () => {
      await server.close(0)
      await database.close()
    },
  }
}

/** The servers that every example is checked with. */
export const backends: readonly (readonly [name: string, start: () => Promise<Backend>])[] = [
  ['the stand-in', startStandIn],
  ['Postern', startPostern],
]

const projectId = 'P2standinstandinstandinstandi'

/** Serves the key set, sign-in, refresh and logout of one user on loopback, with real signatures: enough for the examples, not a server. */
export async function startStandIn(): Promise<Backend> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keySet = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'SK1', alg: 'RS256', use: 'sig' }] }
  const user = { loginId: 'ada@example.com', password: 'correct horse battery' }
  let offsetSeconds = 0
  const ended = new Set<string>()
  const now = () => Date.now() + offsetSeconds * 1000
  const sign = (drn: 'DS' | 'DSR', lifetimeSeconds: number) => {
    const iat = Math.floor(now() / 1000)
    const claims = { iss: projectId, sub: 'U1', iat, exp: iat + lifetimeSeconds, drn }
    const text = [{ alg: 'RS256', kid: 'SK1', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${text}.${signBytes('sha256', Buffer.from(text), privateKey).toString('base64url')}`
  }
  const refused = (errorCode: string) => ({ status: 401, body: { errorCode, errorDescription: 'Refused' } })
  const routes: Readonly<Record<string, (token: string, body: unknown) => Promise<{ status: number; body: unknown }>>> = {
    [`/v2/keys/${projectId}`]: async () => ({ status: 200, body: keySet }),
    '/v1/auth/password/signin': async (_token, body) => {
      const { loginId, password } = body as Partial<typeof user>
      if (loginId !== user.loginId || password !== user.password) return refused('E062903')
      return { status: 200, body: { sessionJwt: sign('DS', 600), refreshJwt: sign('DSR', 2_419_200), cookiePath: '/' } }
    },
    '/v1/auth/refresh': async (token) =>
      ended.has(token) ? refused('E064001') : { status: 200, body: { sessionJwt: sign('DS', 600), refreshJwt: token } },
    '/v1/auth/logout': async (token) => {
      ended.add(token)
      return { status: 200, body: {} }
    },
  }
  const server = createServer(async (request, response) => {
    const token = request.headers.authorization?.split(':')[1] ?? ''
    const text = await readBody(request)
    const answer = await routes[request.url ?? '']?.(token, text ? JSON.parse(text) : {})
    response.writeHead(answer?.status ?? 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer?.body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    projectId,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    user,
    now,
    advance: (seconds) => {
      offsetSeconds += seconds
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
