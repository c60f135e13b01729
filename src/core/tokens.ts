import {
  type CryptoKey,
  decodeJwt,
  exportJWK,
  importJWK,
  type JWK,
  type JWTPayload,
  generateKeyPair as joseKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import { coreErrors } from './errors.ts'
import type { Clock } from './ports.ts'
import type { SigningKey, SigningKeys } from './signing-keys.ts'

/** Which kind of token: the `drn` claim, which Go sorts tokens by and which the server checks everywhere (JW-04). */
export type TokenKind = 'DS' | 'DSR'

/** Signing algorithm of the default key set: the only one that every client accepts (`protocol/core.md` 3.1). */
export const defaultAlgorithm = 'RS256'

/** A key pair for `defaultAlgorithm`, both halves as JWKs. */
export interface KeyPair {
  readonly publicJwk: JWK
  readonly privateJwk: JWK
}

/** Makes a key pair; RSA keys have 2048 bits (section 4 of the security bar). */
export async function generateKeyPair(): Promise<KeyPair> {
  const pair = await joseKeyPair(defaultAlgorithm, { modulusLength: 2048, extractable: true })
  return { publicJwk: await exportJWK(pair.publicKey), privateJwk: await exportJWK(pair.privateKey) }
}

/** Imports a JWK as a key object that cannot be exported again. Throws on anything but an asymmetric key. */
export async function importKey(jwk: JWK, algorithm: string): Promise<CryptoKey> {
  const key = await importJWK({ ...jwk, ext: false }, algorithm)
  if (key instanceof Uint8Array) throw new Error('A signing key must be asymmetric')
  return key
}

/** Signs claims as a compact JWT. The signature is computed on a thread of the runtime's pool, not on the event loop. */
export function signToken(key: SigningKey & { readonly privateKey: CryptoKey }, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: key.algorithm, kid: key.id, typ: 'JWT' }).sign(key.privateKey)
}

/** Claims of a token of ours after every check; what identifies its session is certain to be there. */
export interface TokenClaims extends JWTPayload {
  readonly sub: string
  readonly exp: number
  readonly iat: number
  /** Session (family) ID. */
  readonly sid: string
  /** Generation within the family. */
  readonly gen: number
}

const maxTokenLength = 8192

/**
 * Verifies a token of a project: signature by the exact `kid` among the project's own keys and by that key's one algorithm, then issuer, times,
 * kind and the claims we rely on (RFC 8725; JW-01 to JW-04). Every failure is `InvalidSession`; nothing tells them apart.
 */
export async function verifyToken(
  deps: { readonly clock: Clock; readonly signingKeys: SigningKeys },
  input: { readonly projectId: string; readonly token: string; readonly kind: TokenKind },
): Promise<TokenClaims> {
  if (input.token.length > maxTokenLength) throw coreErrors.InvalidSession()
  try {
    const { payload } = await jwtVerify(
      input.token,
      async (header) => {
        const key =
          typeof header.kid === 'string' && header.kid.length <= 64 ? await deps.signingKeys.byId(input.projectId, header.kid) : undefined
        // RFC 7797 has `b64` take effect with `crit` only; a token that holds it at all is none of ours.
        if (key && header.alg === key.algorithm && header.b64 === undefined && header.crit === undefined) return key.publicKey
        throw new Error('No such key')
      },
      {
        algorithms: [defaultAlgorithm],
        issuer: input.projectId,
        requiredClaims: ['sub', 'exp', 'iat', 'jti', 'drn', 'sid', 'gen'],
        currentDate: new Date(deps.clock.nowMilliseconds()),
      },
    )
    if (!isTokenClaims(payload, input, deps.clock)) throw new Error('Claims are not ours')
    return payload
  } catch (cause) {
    throw coreErrors.InvalidSession({ log: cause instanceof Error ? cause.name : 'unknown' })
  }
}

const idForm = /^[A-Za-z0-9]{8,40}$/

/**
 * How far ahead of ours the clock may have been that a token was issued by: a step back by an hour, and processes that are five seconds off either way (RL-07). The signature
 * says that it was one of ours, and what ends a token is `exp`.
 */
const longestSkewSeconds = 3_610

/** A time or a count: whole, and not before the epoch. */
function isWhole(value: unknown, min = 0): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min
}

function isTokenClaims(payload: JWTPayload, input: { projectId: string; kind: TokenKind }, clock: Clock): payload is TokenClaims {
  const { sub, exp, iat, nbf, jti, aud, drn, sid, gen } = payload
  return (
    drn === input.kind &&
    typeof sub === 'string' &&
    idForm.test(sub) &&
    typeof sid === 'string' &&
    idForm.test(sid) &&
    typeof jti === 'string' &&
    isWhole(gen, 1) &&
    isWhole(exp) &&
    isWhole(iat) &&
    iat <= clock.nowSeconds() + longestSkewSeconds &&
    (nbf === undefined || isWhole(nbf)) &&
    (aud === undefined || aud === input.projectId)
  )
}

/** What kind of token a text says it is, before anything of it is verified. Throws `InvalidSession` for what is no token of ours. */
export function tokenKind(token: string): TokenKind {
  try {
    const { drn } = decodeJwt(token)
    if (drn === 'DS' || drn === 'DSR') return drn
  } catch {
    // Not a JWT at all.
  }
  throw coreErrors.InvalidSession()
}
