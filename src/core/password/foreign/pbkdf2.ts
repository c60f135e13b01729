import { pbkdf2 as derive, timingSafeEqual } from 'node:crypto'
import { fromBase64, fromHex } from './encodings.ts'
import { defineScheme, isTellableByHmac, sizeBounds } from './scheme.ts'

interface Pbkdf2Hash {
  readonly digest: Digest
  readonly iterations: number
  readonly salt: Uint8Array
  readonly key: Uint8Array
}

/** Bytes that each digest makes, which are those of one block of PBKDF2. */
const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const
type Digest = keyof typeof digestBytes

/** Most iterations that are checked (PW-11): about a second. */
const maxIterations = 2_000_000

/** Every way in which a PBKDF2 hash is written down. */
const readers: readonly ((text: string) => Pbkdf2Hash | undefined)[] = [readPhc, readDjango, readWerkzeug, readAspNet]

/** PBKDF2 with HMAC (RFC 8018, 5.2): PHC and passlib, LDAP, Django, Werkzeug, ASP.NET Identity. */
export const pbkdf2 = defineScheme<Pbkdf2Hash>({
  idOf: ({ digest }) => `pbkdf2-${digest}`,
  parse(text) {
    for (const read of readers) {
      const found = read(text)
      if (found) return found
    }
    return undefined
  },
  boundsOf: (found) => [{ name: 'the number of iterations', value: found.iterations, min: 1, max: maxIterations }, ...sizeBounds(found)],
  canTell: isTellableByHmac,
  verify: async ({ digest, iterations, salt, key }, password) => {
    // Blocks do not depend on one another. The first one says all, and a longer key costs no more (PW-11).
    const first = key.subarray(0, digestBytes[digest])
    return timingSafeEqual(await derived(password, salt, iterations, first.length, digest), first)
  },
})

function derived(password: Uint8Array, salt: Uint8Array, iterations: number, bytes: number, digest: Digest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    derive(password, salt, iterations, bytes, digest, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function made(digest: string, iterations: string | number | undefined, salt: Buffer | undefined, key: Buffer | undefined) {
  if (!salt || !key || key.length === 0) return undefined
  return { digest: digest as Digest, iterations: Number(iterations), salt, key }
}

const phcPattern =
  /^(?:\$pbkdf2(?:-(sha1|sha256|sha512))?\$|\{PBKDF2(?:-(SHA1|SHA256|SHA512))?\})(?:i=)?(\d{1,10})(?:,l=(\d{1,3}))?\$([A-Za-z0-9+/.]{1,256}={0,2})\$([A-Za-z0-9+/.]{1,256}={0,2})$/

/** `$pbkdf2-sha256$i=1000,l=32$salt$hash`, passlib's `$pbkdf2-sha256$1000$salt$hash`, and its LDAP twin `{PBKDF2-SHA256}1000$salt$hash`. SHA-1 without a name. */
function readPhc(text: string): Pbkdf2Hash | undefined {
  const match = phcPattern.exec(text)
  if (!match) return undefined
  const [, modular, ldap, iterations, length, salt = '', hash = ''] = match
  const key = fromBase64(hash)
  if (length !== undefined && Number(length) !== key?.length) return undefined
  return made(modular ?? ldap?.toLowerCase() ?? 'sha1', iterations, fromBase64(salt), key)
}

/** `pbkdf2_sha256$1000$salt$hash`: the salt is text, the hash base64. */
function readDjango(text: string): Pbkdf2Hash | undefined {
  const match = /^pbkdf2_(sha1|sha256)\$(\d{1,10})\$([\x21-\x23\x25-\x7e]{1,128})\$([A-Za-z0-9+/]{1,256}={0,2})$/.exec(text)
  if (!match) return undefined
  const [, digest = '', iterations, salt = '', hash = ''] = match
  return made(digest, iterations, Buffer.from(salt), fromBase64(hash))
}

/** `pbkdf2:sha256:1000$salt$hash`: the salt is text, the hash hexadecimal. */
function readWerkzeug(text: string): Pbkdf2Hash | undefined {
  const match = /^pbkdf2:(sha1|sha256|sha512):(\d{1,10})\$([A-Za-z0-9]{1,128})\$([0-9a-f]{1,256})$/.exec(text)
  if (!match) return undefined
  const [, digest = '', iterations, salt = '', hash = ''] = match
  return made(digest, iterations, Buffer.from(salt), fromHex(hash))
}

/** Pseudo-random functions of ASP.NET Identity v3, by number. */
const aspNetDigests = ['sha1', 'sha256', 'sha512'] as const
const aspNetV2Bytes = 49
const aspNetV3Header = 13

/**
 * ASP.NET Identity in base64. v2: a zero byte, 16 of salt, 32 of key, 1 000 rounds of SHA-1. v3: a one, then digest, iterations and length of the salt as big-endian
 * 32-bit numbers, salt, key; both at least 16 bytes.
 */
function readAspNet(text: string): Pbkdf2Hash | undefined {
  if (!/^A[A-Za-z0-9+/]{30,400}={0,2}$/.test(text) || text.length % 4 !== 0) return undefined
  const bytes = fromBase64(text)
  if (!bytes) return undefined
  if (bytes[0] === 0 && bytes.length === aspNetV2Bytes) return made('sha1', 1000, bytes.subarray(1, 17), bytes.subarray(17))
  if (bytes[0] !== 1 || bytes.length < aspNetV3Header) return undefined
  const digest = aspNetDigests[bytes.readUInt32BE(1)]
  const saltEnd = aspNetV3Header + bytes.readUInt32BE(9)
  const [salt, key] = [bytes.subarray(aspNetV3Header, saltEnd), bytes.subarray(saltEnd)]
  return digest && salt.length >= 16 && key.length >= 16 ? made(digest, bytes.readUInt32BE(5), salt, key) : undefined
}
