import { z } from 'zod'
import { takeTypedCodeTry } from './attempts.ts'
import type { Deps } from './deps.ts'
import { sixDigits } from './one-time-codes.ts'
import { equalDigests } from './secrets.ts'
import type { ChallengeRecord } from './storage.ts'

/**
 * Codes that are typed beside a link: the mail has both, so that a program that opens the links in mails, and even presses the buttons behind them, cannot use it. The link alone holds
 * the strength; five tries keep the code from being guessed by such a program.
 */

const WithTypedCode = z.object({ typedCodeDigest: z.string() })

/** What to store with the challenge of the link, and the digits for the mail. */
export function newTypedCode(
  deps: Pick<Deps, 'random' | 'sealer'>,
  challenge: ChallengeRecord,
): { readonly challenge: ChallengeRecord; readonly code: string } {
  const code = sixDigits(deps.random)
  const data = { ...(challenge.data as object), typedCodeDigest: digestOf(deps, challenge, code) }
  return { challenge: { ...challenge, data }, code }
}

export function wantsTypedCode(challenge: ChallengeRecord): boolean {
  return WithTypedCode.safeParse(challenge.data).success
}

/** Whether the link may be used: it wants no code, or this one. A try is counted before it is evaluated; after five the link is dead. */
export async function isTypedCodeRight(deps: Deps, challenge: ChallengeRecord, code: string): Promise<boolean> {
  const wanted = WithTypedCode.safeParse(challenge.data).data
  if (!wanted) return true
  if (code === '' || !(await takeTypedCodeTry(deps, challenge))) return false
  return equalDigests(digestOf(deps, challenge, code), wanted.typedCodeDigest)
}

/** The two in the one text that SDKs send, `<token>.<code>`; a token alone has no code. */
export function splitTypedCode(text: string): { readonly token: string; readonly code: string } {
  const match = /^([^.]+\.[^.]+)\.(\d{6})$/.exec(text)
  return match?.[1] && match[2] ? { token: match[1], code: match[2] } : { token: text, code: '' }
}

function digestOf({ sealer }: Pick<Deps, 'sealer'>, { projectId, id }: ChallengeRecord, code: string): string {
  return sealer.keyedDigest(`typedCode/${projectId}/${id}`, code)
}
