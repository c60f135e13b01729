import { z } from 'zod'
import { coreErrors } from '../errors.ts'
import { type Digest, digestBytes } from './foreign/digest.ts'
import { fromBase64, fromHex, toPhcBase64 } from './foreign/encodings.ts'
import { phpassAlphabet } from './foreign/phpass.ts'
import { readHash, storedForm } from './foreign/schemes.ts'

/** Text of a hash, a salt or a key. The longest, a Keycloak credential, has some 400 characters. */
const HashText = z.string().max(4096)

/** A hash that tells by itself what it is. */
const Whole = (description: string) => z.object({ hash: HashText }).meta({ description }).optional()

const digests = ['sha1', 'sha256', 'sha384', 'sha512'] as const

/**
 * A password hash of another system, as `hashedPassword` has it (`protocol/core.md` 7.7): exactly one member is set. The second half of them is ours. `storedHashOf`
 * says what is wrong with one.
 */
export const HashedPassword = z
  .object({
    bcrypt: Whole('`$2a$`, `$2b$` or `$2y$` text.'),
    argon2: z
      .object({
        hash: HashText,
        salt: HashText,
        iterations: z.int(),
        memory: z.int(),
        threads: z.int(),
        type: z.enum(['id', 'i', 'd']).optional(),
      })
      .meta({ description: 'Version 1.3. Hash and salt in base64, memory in KiB; `type` is ours, `id` if absent.' })
      .optional(),
    pbkdf2: z
      .object({ hash: HashText, salt: HashText, iterations: z.int(), type: z.enum(['sha1', 'sha256', 'sha512']) })
      .meta({ description: 'Hash and salt in base64.' })
      .optional(),
    firebase: z
      .object({ hash: HashText, salt: HashText, saltSeparator: HashText, signerKey: HashText, memory: z.int(), rounds: z.int() })
      .meta({ description: 'Texts in base64, as the console of Firebase shows them; `memory` is its `mem_cost`.' })
      .optional(),
    django: Whole('The text of a PBKDF2, Argon2, bcrypt, scrypt, SHA-1 or MD5 hasher of Django.'),
    phpass: z
      .object({ hash: HashText, salt: HashText, iterations: z.int(), type: z.enum(['md5', 'sha512']) })
      .meta({ description: 'Hash and salt in the base64 of phpass, iterations a power of two; `sha512` is that of Drupal.' })
      .optional(),
    md5: Whole('Hexadecimal.'),
    sha: z
      .object({ hash: HashText, type: z.enum(digests), salt: HashText.optional() })
      .meta({ description: 'Hexadecimal; with a salt it is the digest of password and salt.' })
      .optional(),
    scrypt: Whole('`$scrypt$ln=16,r=8,p=1$…`'),
    ldap: Whole('`{SSHA}…`, `{SHA256}…`, `{PBKDF2-SHA256}…` and their like.'),
    werkzeug: Whole('`pbkdf2:…` or `scrypt:…` text.'),
    aspnet: Whole('ASP.NET Identity v2 or v3, base64.'),
    keycloak: Whole('A password credential of a Keycloak export, as JSON text.'),
    wordpress: Whole('`$wp$2y$…` of WordPress 6.8, or what those before had: `$P$…`, hexadecimal MD5.'),
    phc: Whole('Any form that begins with a dollar sign, and `U$S$…` of Drupal.'),
  })
  .meta({
    id: 'HashedPassword',
    description: 'A password hash of another system; exactly one member is set. Bounds are in docs/password-hashes.md.',
  })
export type HashedPassword = z.output<typeof HashedPassword>

/**
 * The text that is stored of an imported hash. Throws `InvalidRequest` when it is malformed, or beyond the bounds within which hashes are checked (PW-11); the message says
 * what is wrong and never holds the hash.
 */
export function storedHashOf(hashedPassword: HashedPassword): string {
  const set = Object.entries(hashedPassword).filter(([, value]) => value !== undefined)
  const [kind = ''] = set[0] ?? []
  if (set.length !== 1) throw coreErrors.InvalidRequest({ message: 'The hashedPassword field must hold exactly one kind of hash' })
  const stored = textOf(hashedPassword)
  const found = stored === undefined ? undefined : readHash(stored)
  if (stored === undefined || !found) throw coreErrors.InvalidRequest({ message: `The hashedPassword.${kind} field is malformed` })
  if (found.excess !== undefined) {
    throw coreErrors.InvalidRequest({ message: `The hashedPassword.${kind} field is beyond what is accepted: ${found.excess}` })
  }
  return stored
}

/** How the texts of each kind begin, so that none is taken for another. */
const beginnings = {
  bcrypt: /^\$2/,
  django: /^(?:pbkdf2_sha(?:1|256)|argon2|bcrypt|bcrypt_sha256|scrypt|sha1|md5)\$/,
  scrypt: /^\$scrypt\$/,
  ldap: /^\{\w/,
  werkzeug: /^(?:pbkdf2|scrypt):/,
  aspnet: /^A/,
  keycloak: /^\{\s*"/,
  wordpress: /^\$(?:wp|P|2y)\$/,
  phc: /^U?\$/,
} as const

/** The text that would be stored, unchecked; `undefined` where not even that can be made. */
function textOf(given: HashedPassword): string | undefined {
  for (const [kind, beginning] of Object.entries(beginnings)) {
    const text = given[kind as keyof typeof beginnings]?.hash
    if (text === undefined) continue
    if (kind === 'wordpress' && /^[0-9a-f]{32}$/.test(text)) return ldapText('md5', text, '')
    return beginning.test(text) ? storedForm(text) : undefined
  }
  if (given.md5) return ldapText('md5', given.md5.hash, '')
  if (given.sha) return ldapText(given.sha.type, given.sha.hash, given.sha.salt ?? '')
  if (given.phpass) return phpassText(given.phpass)
  if (given.argon2) {
    const { iterations, memory, threads, type = 'id' } = given.argon2
    return joined(`$argon2${type}$v=19$m=${memory},t=${iterations},p=${threads}`, given.argon2.salt, given.argon2.hash)
  }
  if (given.pbkdf2) return joined(`$pbkdf2-${given.pbkdf2.type}$i=${given.pbkdf2.iterations}`, given.pbkdf2.salt, given.pbkdf2.hash)
  if (!given.firebase) return undefined
  const { salt, hash, saltSeparator, signerKey, memory, rounds } = given.firebase
  return joined(`$firescrypt$ln=${memory},r=${rounds},p=1`, salt, hash, saltSeparator, signerKey)
}

/** Parts in base64 behind what names the scheme and its cost. */
function joined(head: string, ...parts: readonly string[]): string | undefined {
  const texts = parts.map((part) => {
    const bytes = fromBase64(part)
    return bytes && toPhcBase64(bytes)
  })
  return texts.includes(undefined) ? undefined : [head, ...texts].join('$')
}

/** `{SHA256}…`, or `{SSHA256}…` with the salt behind the digest, which is the order in which both are hashed. */
function ldapText(digest: Digest, hash: string, salt: string): string | undefined {
  const [key, behind] = [fromHex(hash), fromHex(salt)]
  if (key?.length !== digestBytes[digest] || !behind) return undefined
  return `{${behind.length > 0 ? 'S' : ''}${digest === 'sha1' ? 'SHA' : digest.toUpperCase()}}${Buffer.concat([key, behind]).toString('base64')}`
}

/** Drupal stores the first 43 characters of what SHA-512 gives. */
const sha512Characters = 43

function phpassText({ hash, salt, iterations, type }: NonNullable<HashedPassword['phpass']>): string | undefined {
  const exponent = Math.log2(iterations)
  const letter = phpassAlphabet[exponent]
  if (salt.length !== 8 || letter === undefined) return undefined
  return type === 'md5' ? `$P$${letter}${salt}${hash}` : `$S$${letter}${salt}${hash.slice(0, sha512Characters)}`
}
