import { createHash } from 'node:crypto'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import type { OptionsType } from '@zxcvbn-ts/core'

/**
 * What the strength meter knows is one file: a magic line, the SHA-256 of the rest, and the rest: JSON, compressed with Brotli. So 236 000 words take 0.8 MB
 * where the packages that they come from take 7.4 MB. `scripts/build-dictionaries.ts` builds it; `NOTICE` names its sources.
 */
const magic = 'POSTERN-DICTIONARIES-1\n'
const headerBytes = magic.length + 32

/** Four times what there is; damage cannot ask for more. */
const maxTextBytes = 10_000_000

/** Where the file is. Reading it is left to whoever starts the server: core reads no files. */
export const dictionariesFile = new URL('./dictionaries.bin', import.meta.url)

/** Words by list, the commonest first, and the neighbours of each key by keyboard. */
export type Dictionaries = Required<Pick<OptionsType, 'dictionary' | 'graphs'>>

/** Builds the file. The same words give the same text in it; the bytes may differ between releases of Brotli. */
export function packDictionaries({ dictionary, graphs }: Dictionaries): Uint8Array {
  const packed = brotliCompressSync(JSON.stringify({ dictionary, graphs }))
  return Buffer.concat([Buffer.from(magic), createHash('sha256').update(packed).digest(), packed])
}

/** The compressed part of a file that is whole, not copied. Throws when it is not whole. Takes a millisecond, for a check at the start. */
export function checkDictionaries(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < headerBytes || file.toString('latin1', 0, magic.length) !== magic) {
    throw new Error('The dictionaries of the password meter are missing')
  }
  const packed = file.subarray(headerBytes)
  if (!createHash('sha256').update(packed).digest().equals(file.subarray(magic.length, headerBytes))) {
    throw new Error('The dictionaries of the password meter are damaged')
  }
  return packed
}

/** Reads the file. Throws when it is not whole; what is whole is what the script wrote, and the meter checks its types. */
export function unpackDictionaries(bytes: Uint8Array): Dictionaries {
  return JSON.parse(brotliDecompressSync(checkDictionaries(bytes), { maxOutputLength: maxTextBytes }).toString('utf8'))
}
