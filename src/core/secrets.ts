import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Clock, Random } from './ports.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ksuidEpochSeconds = 1_400_000_000

/** Prefixes of identifiers, in the field's usual forms (`protocol/core.md` 2). */
export type IdPrefix = 'P' | 'U' | 'T' | 'R' | 'PERM' | 'SK' | 'K' | 'AK' | 'S' | 'C' | 'E' | 'M' | 'MT' | 'H'

/**
 * Makes an identifier: a prefix and 27 base-62 characters, of which the first ones are the time, so that IDs sort by age.
 * An identifier is not a secret.
 */
export function newId(deps: { clock: Clock; random: Random }, prefix: IdPrefix): string {
  const bytes = Buffer.alloc(20)
  bytes.writeUInt32BE((deps.clock.nowSeconds() - ksuidEpochSeconds) >>> 0, 0)
  bytes.set(deps.random.bytes(16), 4)
  return prefix + inBase62(bytes)
}

/** Digits that are split off at once: what a division leaves stays exact in a double. */
const digitsTogether = 5
const digitsBase = 62 ** digitsTogether
const idDigits = 27

/** 20 bytes as a number of 27 digits. By hand, because whole imports wait for it and arithmetic of large numbers is many times slower. */
function inBase62(bytes: Buffer): string {
  const words = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2))
  let text = ''
  while (text.length < idDigits) {
    let rest = 0
    for (let index = 0; index < words.length; index++) {
      const value = rest * 65_536 + (words[index] ?? 0)
      words[index] = Math.floor(value / digitsBase)
      rest = value % digitsBase
    }
    for (let digit = 0; digit < digitsTogether; digit++) {
      text = alphabet[rest % 62] + text
      rest = Math.floor(rest / 62)
    }
  }
  return text.slice(-idDigits)
}

/** A bearer secret of 256 bits in base64url, 43 characters (RC-01). */
export function newSecret(deps: { random: Random }): string {
  return Buffer.from(deps.random.bytes(32)).toString('base64url')
}

/** What is stored of a bearer secret of at least 128 bits (RC-02). */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/** Compares two digests in constant time. */
export function equalDigests(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Splits `id.secret`; `undefined` when the text is not of that form. */
export function splitToken(token: string): { readonly id: string; readonly secret: string } | undefined {
  const match = /^([A-Za-z0-9]{8,40})\.([A-Za-z0-9_-]{43})$/.exec(token)
  return match?.[1] && match[2] ? { id: match[1], secret: match[2] } : undefined
}

/** Seals small secrets for storage: AES-256-GCM under a key that lives outside the database, bound to where the value belongs (CR-01). */
export interface Sealer {
  /** `context` names the row and field; the same one is needed to open. */
  seal(context: string, plain: string): string
  /** Throws when the key or the context is another, or the text was changed. */
  open(context: string, sealed: string): string
  /** A keyed digest, for values of low entropy that only need comparing. */
  keyedDigest(context: string, value: string): string
  readonly keyId: string
}

/** Makes a sealer of a 32-byte master key. */
export function createSealer(masterKey: Uint8Array, random: Random): Sealer {
  if (masterKey.length !== 32) throw new Error('The master key must be 32 bytes')
  const derive = (info: string) => Buffer.from(hkdfSync('sha256', masterKey, '', info, 32))
  const sealKey = derive('postern seal v1')
  const digestKey = derive('postern digest v1')
  const keyId = createHash('sha256').update(derive('postern key id v1')).digest('base64url').slice(0, 8)
  return {
    keyId,
    seal(context, plain) {
      const iv = Buffer.from(random.bytes(12))
      const cipher = createCipheriv('aes-256-gcm', sealKey, iv).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return `v1.${keyId}.${Buffer.concat([iv, body, cipher.getAuthTag()]).toString('base64url')}`
    },
    open(context, sealed) {
      const [version, id, text] = sealed.split('.')
      if (version !== 'v1' || id !== keyId || !text) throw new Error('Sealed with another key')
      const bytes = Buffer.from(text, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', sealKey, bytes.subarray(0, 12)).setAAD(Buffer.from(context))
      decipher.setAuthTag(bytes.subarray(-16))
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
    },
    keyedDigest(context, value) {
      return createHmac('sha256', digestKey).update(context).update('\0').update(value).digest('base64url')
    },
  }
}
