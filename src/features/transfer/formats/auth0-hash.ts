import { z } from 'zod'
import type { ImportedPassword } from '../imported-user.ts'
import { standard } from './hash-config.ts'

const Encoded = z.object({ value: z.string(), encoding: z.enum(['hex', 'base64', 'utf8']).optional() })

const CustomHash = z.object({
  algorithm: z.string(),
  hash: Encoded,
  salt: z.object({ ...Encoded.shape, position: z.enum(['prefix', 'suffix']).optional() }).optional(),
  cost: z.int().optional(),
  blockSize: z.int().optional(),
  parallelization: z.int().optional(),
})
type CustomHash = z.output<typeof CustomHash>

/**
 * The password of a user in the form that Auth0's import takes: `password_hash` is bcrypt, `custom_password_hash` one of many
 * (https://auth0.com/docs/manage-users/user-migration/bulk-user-import-schema). Empty when there is none.
 */
export function auth0Password(user: { readonly password_hash: string; readonly custom_password_hash?: unknown }): ImportedPassword {
  if (user.password_hash !== '') return { hash: user.password_hash }
  if (user.custom_password_hash === undefined || user.custom_password_hash === null) return {}
  const read = CustomHash.safeParse(user.custom_password_hash)
  if (!read.success) return { unreadable: 'custom_password_hash: is not of the form that Auth0 describes' }
  const reader = readers[read.data.algorithm]
  return reader ? reader(read.data) : { unreadable: 'custom_password_hash: the algorithm is not known here' }
}

const asStored = ({ hash }: CustomHash): ImportedPassword => ({ hash: hash.value })

const readers: Readonly<Record<string, (custom: CustomHash) => ImportedPassword>> = {
  bcrypt: asStored,
  argon2: asStored,
  ldap: asStored,
  pbkdf2: readPbkdf2,
  scrypt: readScrypt,
  md5: (custom) => readDigest(custom, 'md5'),
  sha1: (custom) => readDigest(custom, 'sha1'),
  sha256: (custom) => readDigest(custom, 'sha256'),
  sha512: (custom) => readDigest(custom, 'sha512'),
}

/** Auth0 takes hexadecimal digits for granted where a digest names no encoding, and UTF-8 for salts. */
function bytesOf({ value, encoding }: z.output<typeof Encoded>, usual: 'hex' | 'utf8'): Buffer {
  return Buffer.from(value, encoding ?? usual)
}

function readDigest({ hash, salt }: CustomHash, type: 'md5' | 'sha1' | 'sha256' | 'sha512'): ImportedPassword {
  const digest = bytesOf(hash, 'hex').toString('hex')
  if (!salt) return { hashedPassword: type === 'md5' ? { md5: { hash: digest } } : { sha: { hash: digest, type } } }
  const saltBytes = bytesOf(salt, 'utf8')
  if ((salt.position ?? 'prefix') === 'suffix') {
    return type === 'md5'
      ? { hash: `{SMD5}${Buffer.concat([Buffer.from(digest, 'hex'), saltBytes]).toString('base64')}` }
      : { hashedPassword: { sha: { hash: digest, type, salt: saltBytes.toString('hex') } } }
  }
  // The form of old Django, which has the salt in front, knows these two and salts of printable characters.
  if (type === 'md5' || type === 'sha1') return { hash: `${type}$${saltBytes.toString()}$${digest}` }
  return { unreadable: 'custom_password_hash: a salt in front of the password is not known here' }
}

/** `$pbkdf2-sha256$i=100000,l=32$salt$hash`, both in base64 without padding. */
function readPbkdf2({ hash }: CustomHash): ImportedPassword {
  const [, digest = '', iterations, salt = '', key = ''] =
    /^\$pbkdf2-(sha1|sha256|sha512)\$i=(\d{1,9})(?:,l=\d+)?\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash.value) ?? []
  if (digest === '') return { unreadable: 'custom_password_hash: PBKDF2 of a form that is not known here' }
  return { hashedPassword: { pbkdf2: { hash: standard(key), salt: standard(salt), iterations: Number(iterations), type: digest } } }
}

function readScrypt({ hash, salt, cost = 16_384, blockSize = 8, parallelization = 1 }: CustomHash): ImportedPassword {
  const logarithm = Math.log2(cost)
  if (!salt || !Number.isInteger(logarithm))
    return { unreadable: 'custom_password_hash: scrypt without a salt, or with a cost that is no power of two' }
  const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const parameters = `ln=${logarithm},r=${blockSize},p=${parallelization}`
  return { hash: `$scrypt$${parameters}$${unpadded(bytesOf(salt, 'utf8'))}$${unpadded(bytesOf(hash, 'hex'))}` }
}
