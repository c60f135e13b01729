import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import type { ClientOptions } from '../src/options.ts'

export const projectId = 'P2abcdefghijklmnopqrstuvwxyz'
export const baseUrl = 'https://auth.example.com'

/** A request that arrived. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  /** Parsed body; `undefined` without one. */
  readonly body: unknown
  readonly init: RequestInit
}

export type Answer = (request: Arrived) => Response | Promise<Response>

const pair = await generateKeyPair('RS256', { extractable: true })
const publicJwk = await exportJWK(pair.publicKey)

/** The public key that `signToken` signs for, as a key set lists it. */
export function publicKey(kid: string): Readonly<Record<string, unknown>> {
  return { ...publicJwk, kid, alg: 'RS256', use: 'sig' }
}

/** Signs claims; what is `undefined` in `claims` is left out. Defaults: a session token that lives 10 minutes from now. */
export function signToken(claims: Readonly<Record<string, unknown>> = {}, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: projectId, sub: 'U1', iat: now, exp: now + 600, drn: 'DS', ...claims }
  return new SignJWT(all).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'SK1', ...header }).sign(pair.privateKey)
}

/** The pair itself, for tokens that are forged with it. */
export const signingPair = pair

export function jsonReply(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}

/** A `fetch` that answers by path and keeps what arrived. Paths without an answer are 404. Serves the key set unless told otherwise. */
export function fakeServer(answers: Readonly<Record<string, Answer>> = {}) {
  const arrived: Arrived[] = []
  const all: Readonly<Record<string, Answer>> = { [`/v2/keys/${projectId}`]: () => jsonReply({ keys: [publicKey('SK1')] }), ...answers }
  const fetch: NonNullable<ClientOptions['fetch']> = async (url, init = {}) => {
    const { pathname } = new URL(url)
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined
    const request = { method: init.method ?? 'GET', path: pathname, headers: new Headers(init.headers), body, init }
    arrived.push(request)
    const answer = all[pathname]
    return answer ? answer(request) : jsonReply({ errorCode: 'E011005', errorDescription: 'No such endpoint' }, 404)
  }
  return { arrived, options: { projectId, baseUrl, fetch } satisfies ClientOptions }
}
