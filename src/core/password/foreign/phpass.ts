import { hash as digestOf, timingSafeEqual } from 'node:crypto'
import { defineScheme } from './scheme.ts'

interface PhpassHash {
  readonly digest: 'md5' | 'sha512'
  /** Rounds are two to the power of this. */
  readonly exponent: number
  readonly salt: string
  /** Encoded, perhaps cut off. */
  readonly encoded: string
  /** Whether the password goes through MD5 first: Drupal's wrapping of what it had before version 7. */
  readonly isLayered: boolean
}

/** Characters in the order of their values; not the order of base64. */
export const phpassAlphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Highest exponent that is checked (PW-11). WordPress and phpBB use 11 to 13, Drupal 15 or 16. The rounds run on the main thread. */
const maxExponent = 17
/** Rounds until others get a turn: about two milliseconds. */
const sliceRounds = 1000

const pattern = /^(U?)\$([PHS])\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22}|[./0-9A-Za-z]{43})$/

/** The portable hashes of phpass: `$P$` (WordPress before 6.8, and many others), `$H$` (phpBB) and Drupal 7's `$S$`. */
export const phpass = defineScheme<PhpassHash>({
  idOf: ({ digest }) => (digest === 'md5' ? 'phpass' : 'drupal'),
  parse(text) {
    const match = pattern.exec(text)
    if (!match) return undefined
    const [, layer, letter, cost = '', salt = '', encoded = ''] = match
    const digest = letter === 'S' ? 'sha512' : 'md5'
    const exponent = phpassAlphabet.indexOf(cost)
    const isWhole = encoded.length === (digest === 'md5' ? 22 : 43)
    return isWhole && exponent >= 7 && exponent <= 30 ? { digest, exponent, salt, encoded, isLayered: layer === 'U' } : undefined
  },
  boundsOf: ({ exponent }) => [{ name: 'the exponent of the rounds', value: exponent, max: maxExponent }],
  async verify({ digest, exponent, salt, encoded, isLayered }, given) {
    const password = isLayered ? Buffer.from(digestOf('md5', given, 'hex')) : given
    let value = digestOf(digest, Buffer.concat([Buffer.from(salt), password]), 'buffer')
    const input = Buffer.concat([value, password])
    for (let round = 1; round <= 2 ** exponent; round++) {
      value.copy(input)
      value = digestOf(digest, input, 'buffer')
      if (round % sliceRounds === 0) await nextTurn()
    }
    return timingSafeEqual(Buffer.from(encode(value).slice(0, encoded.length)), Buffer.from(encoded))
  },
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Six bits at a time, lowest first. */
function encode(bytes: Uint8Array): string {
  let [text, bits, count] = ['', 0, 0]
  for (const byte of bytes) {
    bits |= byte << count
    for (count += 8; count >= 6; count -= 6, bits >>= 6) text += phpassAlphabet.charAt(bits & 63)
  }
  return count > 0 ? text + phpassAlphabet.charAt(bits & 63) : text
}
