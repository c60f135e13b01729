import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { parseBlocklist } from './blocklist.ts'
import type { PasswordRules } from './policy.ts'

/** Characters that are scored: guessing gets no easier by what follows, and the time of a score grows faster than its input. */
const scoredLength = 64

/** Makes the rules from the bytes of the blocklist. The dictionaries of the strength meter are loaded when a project first asks for a score. */
export function createPasswordRules(blocklistBytes: Uint8Array): PasswordRules {
  const blocklist = parseBlocklist(blocklistBytes)
  let meter: Promise<ZxcvbnFactory> | undefined
  return {
    isCommon: (password) => blocklist.has(password),
    async strength(password, context) {
      meter ??= loadMeter()
      const words = context.map((word) => word.slice(0, scoredLength))
      return (await meter).check(password.slice(0, scoredLength), words).score
    },
  }
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
  })
}
