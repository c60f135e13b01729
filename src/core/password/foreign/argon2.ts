import { verify } from '@node-rs/argon2'
import { fromBase64 } from './encodings.ts'
import { defineScheme, sizeBounds } from './scheme.ts'

/** Bounds on hashes that are verified, whoever wrote the row (PW-11). */
export const argon2Ceilings = Object.freeze({ memoryKib: 262_144, iterations: 10, parallelism: 16 })

/** What the PHC string of an Argon2 hash says. */
export interface Argon2Hash {
  readonly text: string
  readonly kind: string
  readonly memoryKib: number
  readonly iterations: number
  readonly parallelism: number
  readonly salt: Uint8Array
  readonly key: Uint8Array
  /** Whether everything but memory and iterations is as in the hashes that this server makes. */
  readonly isOwnKind: boolean
}

const phcPattern =
  /^\$(argon2(?:id|i|d))\$(v=(?:16|19)\$)?m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,256})\$([A-Za-z0-9+/]{1,256})$/

/** Reads a PHC string; without a version it is 1.0, as in the reference implementation. */
export function parseArgon2(text: string): Argon2Hash | undefined {
  const match = phcPattern.exec(text)
  if (!match) return undefined
  const [, kind = '', version, memory, rounds, lanes, saltText = '', keyText = ''] = match
  const [memoryKib = 0, iterations = 0, parallelism = 0] = [memory, rounds, lanes].map(Number)
  const [salt, key] = [fromBase64(saltText), fromBase64(keyText)]
  if (!salt || !key || iterations < 1 || parallelism < 1 || memoryKib < 8 * parallelism) return undefined
  const isOwnKind = kind === 'argon2id' && version === 'v=19$' && parallelism === 1 && salt.length >= 16 && key.length === 32
  return { text, kind, memoryKib, iterations, parallelism, salt, key, isOwnKind }
}

/** Argon2 in PHC form: our own, and imported ones of any kind and cost within the bounds (RFC 9106). */
export const argon2 = defineScheme<Argon2Hash>({
  idOf: ({ kind }) => kind,
  parse: parseArgon2,
  boundsOf: (hash) => [
    { name: 'the memory in KiB', value: hash.memoryKib, max: argon2Ceilings.memoryKib },
    { name: 'the number of iterations', value: hash.iterations, max: argon2Ceilings.iterations },
    { name: 'the parallelism', value: hash.parallelism, max: argon2Ceilings.parallelism },
    ...sizeBounds(hash),
  ],
  isOwnKind: ({ isOwnKind }) => isOwnKind,
  workOf: ({ memoryKib, iterations }) => memoryKib * iterations,
  async verify({ text }, password) {
    try {
      return await verify(text, password)
    } catch {
      return undefined
    }
  },
})
