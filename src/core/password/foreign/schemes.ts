import { argon2 } from './argon2.ts'
import { bcrypt } from './bcrypt.ts'
import { digest } from './digest.ts'
import { phcOfKeycloak } from './keycloak.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { phpass } from './phpass.ts'
import type { ReadHash, Scheme } from './scheme.ts'
import { firebaseScrypt, scrypt } from './scrypt.ts'

/** Every scheme in which a stored password may be, one line each. No text is of two of them. What each reads is in `docs/password-hashes.md`. */
const schemes: readonly Scheme[] = [argon2, bcrypt, pbkdf2, scrypt, firebaseScrypt, phpass, digest]

/** Longest stored text, in characters. */
export const maxStoredCharacters = 1000

/** What a stored text is; `undefined` when it is of no scheme. Never throws. Takes time linear in the length, and none for a text that is too long. */
export function readHash(stored: string): ReadHash | undefined {
  if (stored.length > maxStoredCharacters) return undefined
  for (const scheme of schemes) {
    const found = scheme(stored)
    if (found) return found
  }
  return undefined
}

/** The name of the scheme of a stored text, whatever its bounds, for example `bcrypt`. */
export function schemeOf(stored: string): string | undefined {
  return readHash(stored)?.scheme
}

/** Labels that some systems put before a hash that stands for itself: Django and LDAP. */
const labels = /^(?:argon2\$(?=argon2)|bcrypt\$|\{(?:CRYPT|BCRYPT|ARGON2)\})/

/**
 * The stored form of a hash in any of the forms that tell what they are, for importers that have one column for all: `undefined` when it is of none, malformed or
 * beyond the bounds (PW-11). A bare hexadecimal digest does not tell what it is.
 */
export function recogniseHash(text: string): string | undefined {
  const stored = storedForm(text)
  const found = stored === undefined ? undefined : readHash(stored)
  return found && found.excess === undefined ? stored : undefined
}

/** Takes off what is only a label, and turns a Keycloak credential into a PHC string. Checks nothing. */
export function storedForm(text: string): string | undefined {
  if (/^\{\s*"/.test(text)) return phcOfKeycloak(text)
  const label = labels.exec(text)?.[0]
  if (label === undefined) return text
  const rest = text.slice(label.length)
  return rest.startsWith('argon2') ? `$${rest}` : rest
}
