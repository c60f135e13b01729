import { createHash } from 'node:crypto'

/**
 * The bundled list of common passwords (PW-07) is one buffer: a magic line, the number of entries (4 bytes, big-endian), the SHA-256 of the rest, and then the
 * SHA-256 digests of the entries, cut to six bytes and sorted. So 400 000 entries take two and a half megabytes and no objects, and a password that is not
 * listed is taken for one that is with odds of one in six hundred million. `scripts/build-blocklist.ts` builds it; `NOTICE` names its sources.
 */
const digestBytes = 6
const magic = 'POSTERN-BLOCKLIST-1\n'
const headerBytes = magic.length + 4 + 32

/** Where the list is. Reading it is left to whoever starts the server: core reads no files. */
export const blocklistFile = new URL('./blocklist.bin', import.meta.url)

/** The list, ready to be asked. */
export interface Blocklist {
  /** Whether the whole password is listed, whatever its case and normal form. */
  has(password: string): boolean
  /** How many entries it has. */
  readonly size: number
}

/** The form in which passwords are listed and looked up. */
export function listedForm(password: string): string {
  return password.normalize('NFC').toLowerCase().normalize('NFC')
}

function entryOf(password: string): Buffer {
  return createHash('sha256').update(listedForm(password)).digest().subarray(0, digestBytes)
}

/** Builds the file from a list of passwords. The same list gives the same bytes. */
export function buildBlocklist(passwords: Iterable<string>): Uint8Array {
  const keys = new Set<number>()
  for (const password of passwords) keys.add(entryOf(password).readUIntBE(0, digestBytes))
  const sorted = Float64Array.from(keys).sort()
  const body = Buffer.alloc(sorted.length * digestBytes)
  for (const [index, key] of sorted.entries()) body.writeUIntBE(key, index * digestBytes, digestBytes)
  const count = Buffer.alloc(4)
  count.writeUInt32BE(sorted.length)
  return Buffer.concat([Buffer.from(magic), count, createHash('sha256').update(body).digest(), body])
}

/** Reads the file without copying it. Throws when it is not whole, so that the server never starts without it. */
export function parseBlocklist(bytes: Uint8Array): Blocklist {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < headerBytes || file.toString('latin1', 0, magic.length) !== magic) throw new Error('The password blocklist is not one')
  const size = file.readUInt32BE(magic.length)
  const checksum = file.subarray(magic.length + 4, headerBytes)
  const body = file.subarray(headerBytes)
  if (body.length !== size * digestBytes || !createHash('sha256').update(body).digest().equals(checksum)) {
    throw new Error('The password blocklist is damaged')
  }
  return {
    size,
    has(password) {
      const key = entryOf(password).readUIntBE(0, digestBytes)
      let low = 0
      let high = size - 1
      while (low <= high) {
        const middle = (low + high) >>> 1
        const found = body.readUIntBE(middle * digestBytes, digestBytes)
        if (found === key) return true
        if (found < key) low = middle + 1
        else high = middle - 1
      }
      return false
    },
  }
}
