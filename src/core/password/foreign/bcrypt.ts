import { createHmac, hash } from 'node:crypto'
import { verify } from '@node-rs/bcrypt'
import { defineScheme } from './scheme.ts'

/** Highest cost that is checked (PW-11): a second or two. */
const maxCost = 15
/** Bcrypt does not look at what comes behind (PW-05). */
const maxBytes = 72

interface BcryptHash {
  /** `$2b$…` in canonical form. */
  readonly text: string
  readonly cost: number
  readonly variant: Variant
}

/** How a password goes into bcrypt: as it is, or through a digest, so that its length does not matter. */
interface Variant {
  readonly id: string
  /** What stands in front of the `$2b$`. */
  readonly prefix: string
  /** Empty when nothing is left of the password. */
  readonly prepare: (password: Uint8Array) => Uint8Array
}

const variants: readonly Variant[] = [
  { id: 'bcrypt', prefix: '', prepare: (password) => password },
  // Django's BCryptSHA256PasswordHasher: the digest in lower-case hexadecimal.
  { id: 'bcrypt-sha256', prefix: 'bcrypt_sha256$', prepare: (password) => Buffer.from(hash('sha256', password, 'hex')) },
  // WordPress 6.8, wp_hash_password: trimmed as PHP's trim does, which wp_authenticate does too at sign-in.
  {
    id: 'wordpress-bcrypt',
    prefix: '$wp',
    prepare(password) {
      const rest = trimmed(password)
      return rest.length === 0 ? rest : Buffer.from(createHmac('sha384', 'wp-sha384').update(rest).digest('base64'))
    },
  },
]

const pattern = /^(|bcrypt_sha256\$|\$wp)(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})$/

/** Bcrypt of the versions 2a, 2b and 2y; 2x was a faulty one of PHP, and 2 predates all of them. */
export const bcrypt = defineScheme<BcryptHash>({
  idOf: ({ variant }) => variant.id,
  parse(text) {
    const match = pattern.exec(text)
    if (!match) return undefined
    const [, prefix, bare = '', digits] = match
    const cost = Number(digits)
    const variant = variants.find((one) => one.prefix === prefix)
    return variant && cost >= 4 && cost <= 31 ? { text: canonical(bare), cost, variant } : undefined
  },
  boundsOf: ({ cost }) => [{ name: 'the cost', value: cost, max: maxCost }],
  // A key is repeated with a NUL behind it, so that a NUL within cannot be told from its end.
  canTell(password, { variant }) {
    const { length } = variant.prepare(password)
    return !password.includes(0) && length > 0 && length <= maxBytes
  },
  verify: ({ text, variant }, password) => verify(variant.prepare(password), text),
})

const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Some old libraries leave garbage in the bits that salt and hash do not use; others, like ours, insist on zeros there. */
function canonical(text: string): string {
  const clear = (at: number, mask: number) => alphabet.charAt(alphabet.indexOf(text.charAt(at)) & mask)
  const endOfSalt = 28
  return `${text.slice(0, endOfSalt)}${clear(endOfSalt, 0b110000)}${text.slice(endOfSalt + 1, -1)}${clear(text.length - 1, 0b111100)}`
}

/** Space, tab, line feed, carriage return, NUL and vertical tab. */
const trimmedBytes = new Set([0x20, 0x09, 0x0a, 0x0d, 0x00, 0x0b])

/** PHP's `trim`. */
function trimmed(password: Uint8Array): Uint8Array {
  let [start, end] = [0, password.length]
  while (start < end && trimmedBytes.has(password[start] ?? 0)) start++
  while (end > start && trimmedBytes.has(password[end - 1] ?? 0)) end--
  return password.subarray(start, end)
}
