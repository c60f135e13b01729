import { coreErrors } from './errors.ts'

/** Claims that this server makes. Nobody sets them by another way (SE-09). */
const reservedClaims: ReadonlySet<string> = new Set(
  'iss sub aud exp iat nbf jti drn dsub sid gen amr auth_time rexp su act cnf nsec dct roles permissions tenants'.split(' '),
)

/**
 * Custom claims of a privileged caller, which go to the top level of tokens. Throws `InvalidArguments` when one has a name that is the server's own: replacing it would
 * be dangerous, and dropping it silently a surprise.
 */
export function assertCustomClaims(claims: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, unknown>> {
  const reserved = Object.keys(claims ?? {}).filter((name) => reservedClaims.has(name))
  if (reserved.length > 0) throw coreErrors.InvalidArguments({ message: `These claims are reserved: ${reserved.join(', ')}` })
  return claims ?? {}
}
