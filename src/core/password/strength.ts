import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { parseBlocklist } from './blocklist.ts'
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
 * Makes the rules from the bytes of the blocklist. Throws when those are damaged. The dictionaries of the meter (60 MiB, about 0.3 s once) are loaded
 * when a project first asks for a score.
 */
export function createPasswordRules(blocklistBytes: Uint8Array): PasswordRules {
  const blocklist = parseBlocklist(blocklistBytes)
  let meter: Promise<ZxcvbnFactory> | undefined
  return {
    isCommon: (password) => blocklist.has(password),
    async strength(password, context) {
      meter ??= loadMeter()
      const words = context.slice(0, maxWords).map(scoredPart)
      return (await meter).check(scoredPart(password), words).score
    },
  }
}

function scoredPart(text: string): string {
  return [...text.slice(0, scoredCodePoints * 2)].slice(0, scoredCodePoints).join('')
}

async function loadMeter(): Promise<ZxcvbnFactory> {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  return new core.ZxcvbnFactory({
    graphs: common.adjacencyGraphs,
    dictionary: { ...common.dictionary, ...english.dictionary },
    l33tMaxSubstitutions: spellings,
  })
}
