import { errors, type JWTPayload, jwtVerify } from 'jose'
import { TokenError, type TokenErrorReason } from './errors.ts'
import type { Keys } from './keys.ts'

/** Claims of a verified token. `iss` is the bare project ID whatever form the server uses. */
export interface Token extends JWTPayload {
  readonly sub: string
  readonly exp: number
  readonly iss: string
  /** `DS` in a session token, `DSR` in a refresh token. */
  readonly drn: string
}

/** A verified token: raw and parsed. */
export interface AuthenticationInfo {
  readonly jwt: string
  readonly token: Token
  /** Only after a refresh: values for `Set-Cookie`. */
  readonly cookies?: readonly string[]
}

/** What a refresh gives: the new session token, and the new refresh token if there is one. */
export interface RefreshAuthenticationInfo extends AuthenticationInfo {
  readonly refreshJwt?: string
}

/** Options of a check. Without `audience`, a token that has an audience must name the project in it. */
export interface VerifyOptions {
  readonly audience?: string | string[]
}

/** The claim `drn`, which tells session tokens from refresh tokens. */
export type TokenKind = 'DS' | 'DSR'

export interface VerifyDeps {
  readonly keys: Keys
  readonly projectId: string
  readonly clockSkewSeconds: number
  readonly now: () => number
  readonly signal: AbortSignal | undefined
}

const maxTokenCharacters = 16_384
const maxKeyIdCharacters = 256

/**
 * Checks a token: RS256 only, signed by a key of the project, not expired, issued by the project, and of the kind that is asked for
 * (a refresh token is never a session: RFC 8725 section 3.12). Throws `TokenError`, `UnavailableError` when the keys cannot be had,
 * or the reason of the signal.
 */
export async function verifyToken(
  deps: VerifyDeps,
  input: { readonly jwt: string | undefined; readonly kind: TokenKind; readonly audience?: string | string[] | undefined },
): Promise<AuthenticationInfo> {
  const { jwt, kind, audience } = input
  if (typeof jwt !== 'string' || jwt === '') throw new TokenError('missing', `${nameOf(kind)} token is required`)
  if (jwt.length > maxTokenCharacters) throw new TokenError('malformed', 'Token is too long')
  const payload = await verifySignature(deps, jwt, audience)
  const { sub, exp, iss, drn } = payload
  if (typeof sub !== 'string' || sub === '') throw new TokenError('claims', 'Token has no subject')
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw new TokenError('claims', 'Token has no expiry')
  if (typeof iss !== 'string' || !isIssuer(iss, deps.projectId)) throw new TokenError('issuer', 'Token was not issued by this project')
  if (audience === undefined && payload.aud !== undefined && ![payload.aud].flat().includes(deps.projectId)) {
    throw new TokenError('audience', 'Token is for another audience')
  }
  if (drn !== kind) throw new TokenError('kind', `Token is not a ${nameOf(kind).toLowerCase()} token`)
  return { jwt, token: { ...payload, sub, exp, drn: kind, iss: deps.projectId } }
}

function nameOf(kind: TokenKind): string {
  return kind === 'DS' ? 'Session' : 'Refresh'
}

async function verifySignature(deps: VerifyDeps, jwt: string, audience: string | string[] | undefined): Promise<JWTPayload> {
  const keyOf = ({ kid }: { readonly kid?: string }) => {
    const isKeyId = typeof kid === 'string' && kid !== '' && kid.length <= maxKeyIdCharacters
    if (!isKeyId) throw new TokenError('unknownKey', 'Token has no key ID')
    return deps.keys.byId(kid, deps.signal)
  }
  try {
    const { payload } = await jwtVerify(jwt, keyOf, {
      algorithms: ['RS256'],
      clockTolerance: deps.clockSkewSeconds,
      currentDate: new Date(deps.now()),
      requiredClaims: ['iss', 'sub', 'exp', 'drn'],
      ...(audience !== undefined && { audience }),
    })
    return payload
  } catch (error) {
    throw error instanceof errors.JOSEError ? new TokenError(reasonOf(error), error.message) : error
  }
}

const reasons: Readonly<Record<string, TokenErrorReason>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
  ERR_JWT_EXPIRED: 'expired',
  aud: 'audience',
  nbf: 'notYetValid',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'claims',
}

function reasonOf(error: errors.JOSEError): TokenErrorReason {
  const byClaim = error instanceof errors.JWTClaimValidationFailed ? reasons[error.claim] : undefined
  return byClaim ?? reasons[error.code] ?? 'malformed'
}

/** The issuer is the project ID, or a URL whose last path segment is. */
function isIssuer(issuer: string, projectId: string): boolean {
  if (issuer === projectId) return true
  return URL.canParse(issuer) && new URL(issuer).pathname.split('/').at(-1) === projectId
}
