import { createCipheriv, scrypt as derive, timingSafeEqual } from 'node:crypto'
import { fromBase64, fromHex } from './encodings.ts'
import { defineScheme, isTellableByHmac, sizeBounds } from './scheme.ts'

/** Cost of scrypt (RFC 7914): N is a power of two, here its exponent. */
interface ScryptCost {
  readonly exponent: number
  readonly blockSize: number
  readonly parallelism: number
}

interface ScryptHash extends ScryptCost {
  readonly salt: Uint8Array
  readonly key: Uint8Array
}

/** Largest exponent that is checked (PW-11): with blocks of 8 it needs 128 MiB. */
const maxExponent = 17

const readers: readonly ((text: string) => ScryptHash | undefined)[] = [readPhc, readDjango, readWerkzeug]

/** scrypt: PHC and passlib, Django, Werkzeug. */
export const scrypt = defineScheme<ScryptHash>({
  idOf: () => 'scrypt',
  parse(text) {
    for (const read of readers) {
      const found = read(text)
      if (found) return found
    }
    return undefined
  },
  boundsOf: (found) => [...costBounds(found, 8), ...sizeBounds(found)],
  canTell: isTellableByHmac,
  verify: async (found, password) => timingSafeEqual(await derived(password, found, found.salt, found.key.length), found.key),
})

function costBounds({ exponent, blockSize, parallelism }: ScryptCost, maxBlockSize: number) {
  return [
    { name: 'the exponent of the cost', value: exponent, min: 1, max: maxExponent },
    { name: 'the block size', value: blockSize, min: 1, max: maxBlockSize },
    { name: 'the parallelism', value: parallelism, min: 1, max: 10 },
  ]
}

function derived(password: Uint8Array, cost: ScryptCost, salt: Uint8Array, bytes: number): Promise<Buffer> {
  const { exponent, blockSize: r, parallelism: p } = cost
  const N = 2 ** exponent
  const options = { N, r, p, maxmem: 128 * r * (N + p + 2) + 2 ** 20 }
  return new Promise((resolve, reject) => {
    derive(password, salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function made(cost: ScryptCost, salt: Buffer | undefined, key: Buffer | undefined): ScryptHash | undefined {
  return salt && key && key.length > 0 && Number.isInteger(cost.exponent) ? { ...cost, salt, key } : undefined
}

/** `$scrypt$ln=16,r=8,p=1$salt$hash`. */
function readPhc(text: string): ScryptHash | undefined {
  const match = /^\$scrypt\$ln=(\d{1,10}),r=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/.]{1,256}={0,2})\$([A-Za-z0-9+/.]{1,256}={0,2})$/.exec(
    text,
  )
  if (!match) return undefined
  const [, ln, r, p, salt = '', hash = ''] = match
  return made({ exponent: Number(ln), blockSize: Number(r), parallelism: Number(p) }, fromBase64(salt), fromBase64(hash))
}

/** `scrypt$16384$salt$8$1$hash`: N itself, the salt as text, the hash in base64. */
function readDjango(text: string): ScryptHash | undefined {
  const match = /^scrypt\$(\d{1,10})\$([\x21-\x23\x25-\x7e]{1,128})\$(\d{1,10})\$(\d{1,10})\$([A-Za-z0-9+/]{1,256}={0,2})$/.exec(text)
  if (!match) return undefined
  const [, N, salt = '', r, p, hash = ''] = match
  const cost = { exponent: Math.log2(Number(N)), blockSize: Number(r), parallelism: Number(p) }
  return made(cost, Buffer.from(salt), fromBase64(hash))
}

/** `scrypt:32768:8:1$salt$hash`: N itself, the salt as text, the hash in hexadecimal. */
function readWerkzeug(text: string): ScryptHash | undefined {
  const match = /^scrypt:(\d{1,10}):(\d{1,10}):(\d{1,10})\$([A-Za-z0-9]{1,128})\$([0-9a-f]{1,256})$/.exec(text)
  if (!match) return undefined
  const [, N, r, p, salt = '', hash = ''] = match
  const cost = { exponent: Math.log2(Number(N)), blockSize: Number(r), parallelism: Number(p) }
  return made(cost, Buffer.from(salt), fromHex(hash))
}

interface FirebaseHash extends ScryptHash {
  /** One for all users of a project, behind each salt. */
  readonly separator: Uint8Array
  /** The key of the project, which the derived key encrypts. */
  readonly signerKey: Uint8Array
}

const firebasePattern =
  /^\$firescrypt\$ln=(\d{1,3}),r=(\d{1,3}),p=1\$([A-Za-z0-9+/]{1,256}={0,2})\$([A-Za-z0-9+/]{1,256}={0,2})\$([A-Za-z0-9+/]{0,256}={0,2})\$([A-Za-z0-9+/]{1,256}={0,2})$/

/**
 * Firebase's own scrypt (github.com/firebase/scrypt): the derived key encrypts the signer key of the project with AES-256 in counter mode, from a counter of zero, and
 * that is the hash. `$firescrypt$ln=14,r=8,p=1$salt$hash$separator$signerKey`, as others write it down too.
 */
export const firebaseScrypt = defineScheme<FirebaseHash>({
  idOf: () => 'firebase-scrypt',
  parse(text) {
    const [, ln, r, ...parts] = firebasePattern.exec(text) ?? []
    const [salt, key, separator, signerKey] = parts.map(fromBase64)
    const found = made({ exponent: Number(ln), blockSize: Number(r), parallelism: 1 }, salt, key)
    return found && separator && signerKey && signerKey.length === found.key.length ? { ...found, separator, signerKey } : undefined
  },
  boundsOf: (found) => [
    ...costBounds(found, 10),
    ...sizeBounds(found),
    { name: 'the length of the salt separator in bytes', value: found.separator.length, max: 32 },
  ],
  canTell: isTellableByHmac,
  verify: async (found, password) => {
    const key = await derived(password, found, Buffer.concat([found.salt, found.separator]), 32)
    const encrypted = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(found.signerKey)
    return timingSafeEqual(encrypted, found.key)
  },
})
