import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { parseBlocklist } from './blocklist.ts'
import { checkDictionaries, unpackDictionaries } from './dictionaries.ts'
import type { PasswordRules } from './policy.ts'

/**
 * Bounds on a score, because the time of the meter grows with the square of the length and with the number of ways to undo "l33t" spelling. The library's own bounds
 * allow 0.5 s for 64 characters and 4 s for 256; these hold the worst of the hostile inputs in `strength.test.ts` under 15 ms on a 2-core machine. Both err
 * to the strict side: what follows the first 32 code points earns nothing, and the best score needs far fewer.
 */
const scoredCodePoints = 32
const spellings = 3
const maxWords = 32

/**
 * Makes the rules from the bytes of the blocklist and a way to read those of the dictionaries. Throws when either is damaged or missing. The dictionaries are
 * checked and forgotten; they are read again, and the meter is loaded, when a project first asks for a score. If that fails, asking throws (RL-11), and the
 * next to ask tries again. Loading takes 0.2 s once, most of it the meter ranking its words, and 23 MiB of heap (48 MiB resident). From the packages that
 * the dictionaries come from it took 0.25 s and 27 MiB (59).
 */
export async function createPasswordRules(blocklistBytes: Uint8Array, readDictionaries: () => Promise<Uint8Array>): Promise<PasswordRules> {
  const blocklist = parseBlocklist(blocklistBytes)
  checkDictionaries(await readDictionaries())
  let meter: Promise<ZxcvbnFactory> | undefined
  const loadedMeter = () => {
    meter ??= loadMeter(readDictionaries).catch((error) => {
      meter = undefined
      throw error
    })
    return meter
  }
  return {
    isCommon: (password) => blocklist.has(password),
    async strength(password, context) {
      const words = context.slice(0, maxWords).map(scoredPart)
      return (await loadedMeter()).check(scoredPart(password), words).score
    },
  }
}

function scoredPart(text: string): string {
  return [...text.slice(0, scoredCodePoints * 2)].slice(0, scoredCodePoints).join('')
}

async function loadMeter(readDictionaries: () => Promise<Uint8Array>): Promise<ZxcvbnFactory> {
  const [core, bytes] = await Promise.all([import('@zxcvbn-ts/core'), readDictionaries()])
  return new core.ZxcvbnFactory({ ...unpackDictionaries(bytes), l33tMaxSubstitutions: spellings })
}
