import { coreErrors } from './errors.ts'

/** Claims that this server makes. Nobody sets them by another way (SE-09). */
const reservedClaims: ReadonlySet<string> = new Set(
  'iss sub aud exp iat nbf jti drn dsub sid gen amr auth_time rexp su act cnf nsec dct roles permissions tenants'.split(' '),
)

/** Most custom claims that a caller or a session has, longest name, and largest size of all as JSON (`protocol/core.md` 3.2, SE-09). */
export const claimLimits = Object.freeze({ maxNames: 100, maxNameLength: 60, maxBytes: 2048 })

type Claims = Readonly<Record<string, unknown>>

/**
 * Custom claims of a privileged caller, which go to the top level of tokens. Throws `InvalidArguments` when one has a name that is the server's own: replacing it would
 * be dangerous, and dropping it silently a surprise.
 */
export function assertCustomClaims(claims: Claims | undefined): Claims {
  const reserved = Object.keys(claims ?? {}).filter((name) => reservedClaims.has(name))
  if (reserved.length > 0) throw coreErrors.InvalidArguments({ message: `These claims are reserved: ${reserved.join(', ')}` })
  return claims ?? {}
}

/**
 * The claims of a session after a privileged caller set some; those that are not named stay. Throws `InvalidArguments` for reserved names, and when the custom ones together
 * are more than one call may set.
 */
export function withCustomClaims(before: Claims, added: Claims | undefined): Claims {
  const claims = { ...before, ...assertCustomClaims(added) }
  const custom = Object.fromEntries(Object.entries(claims).filter(([name]) => !reservedClaims.has(name)))
  const isTooMany = Object.keys(custom).length > claimLimits.maxNames || Buffer.byteLength(JSON.stringify(custom)) > claimLimits.maxBytes
  if (isTooMany) throw coreErrors.InvalidArguments({ message: 'The session would have too many custom claims' })
  return claims
}
