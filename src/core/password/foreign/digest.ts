import { hash as digestOf, timingSafeEqual } from 'node:crypto'
import { fromBase64, fromHex } from './encodings.ts'
import { defineScheme } from './scheme.ts'

interface DigestHash {
  readonly digest: Digest
  /** Before the password, or after it, which is what LDAP does and the contract says. */
  readonly before: Uint8Array
  readonly after: Uint8Array
  readonly key: Uint8Array
}

/** Bytes that each digest makes. */
export const digestBytes = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const
export type Digest = keyof typeof digestBytes

const none = Buffer.alloc(0)

/** One digest over password and salt, which a graphics card guesses billions of times a second: rehashing these is the point of importing them. */
export const digest = defineScheme<DigestHash>({
  idOf: ({ digest, before, after }) => (before.length + after.length > 0 ? `${digest}-salted` : digest),
  parse: (text) => readLdap(text) ?? readDjango(text),
  boundsOf: ({ before, after }) => [{ name: 'the length of the salt in bytes', value: before.length + after.length, max: 128 }],
  verify: async ({ digest, before, after, key }, password) =>
    timingSafeEqual(digestOf(digest, Buffer.concat([before, password, after]), 'buffer'), key),
})

const ldapPattern = /^\{(S?)(MD5|SHA(?:1|256|384|512)?)\}([A-Za-z0-9+/]{1,344}={0,2})$/i

/** `{SSHA}` and its like (RFC 2307): base64 of the digest, with the salt behind it in those with an `S` in front. */
function readLdap(text: string): DigestHash | undefined {
  const match = ldapPattern.exec(text)
  if (!match) return undefined
  const [, salted, name = '', encoded = ''] = match
  const lower = name.toLowerCase()
  const digest = (lower === 'sha' ? 'sha1' : lower) as Digest
  const bytes = fromBase64(encoded)
  const size = digestBytes[digest]
  if (!bytes || (salted ? bytes.length <= size : bytes.length !== size)) return undefined
  return { digest, before: none, after: bytes.subarray(size), key: bytes.subarray(0, size) }
}

/** `sha1$salt$hash` and `md5$salt$hash` of old Django: the salt is text and comes first, the hash is hexadecimal. */
function readDjango(text: string): DigestHash | undefined {
  const match = /^(md5|sha1)\$([\x21-\x23\x25-\x7e]{0,128})\$([0-9a-f]{32}|[0-9a-f]{40})$/.exec(text)
  if (!match) return undefined
  const [, name, salt = '', hash = ''] = match
  const digest = name as Digest
  const key = fromHex(hash)
  return key?.length === digestBytes[digest] ? { digest, before: Buffer.from(salt), after: none, key } : undefined
}
