import { type LimitedPlace, takeLimited } from './attempts.ts'
import type { CountedLimit, Deps } from './deps.ts'

/**
 * Whether one more mail of a kind may go to a recipient (BF-09), counted by the address that it goes to, however it is spelt, and by who asks where `sourceIp` is given. Of limits of
 * which one refuses none is used up, so that asking often shuts nobody out for long (BF-03). What is refused is dropped without a word: the
 * caller's answer never shows it.
 */
export async function takeMail(
  deps: Deps,
  input: { readonly projectId: string; readonly kind: string; readonly recipient: string; readonly sourceIp?: string | undefined },
): Promise<{ readonly isTaken: boolean; readonly isSourceRefused: boolean }> {
  const { projectId, kind, sourceIp } = input
  const { limits } = deps
  const recipient = [kind, input.recipient.toLowerCase()]
  const steps: readonly (readonly [string, readonly string[], CountedLimit])[] = [
    ...(sourceIp === undefined ? [] : [['message.source', [sourceIp], limits.sourceMessages] as const]),
    ['message.recipient', recipient, limits.recipientMessages],
    ['message.recipientDaily', recipient, limits.recipientMessagesDaily],
  ]
  const taken: LimitedPlace[] = []
  for (const [name, parts, limit] of steps) {
    const place = await takeLimited(deps, { projectId, name, parts, limit })
    if (!place.isTaken) {
      for (const one of taken) await one.giveBack()
      return { isTaken: false, isSourceRefused: name === 'message.source' }
    }
    taken.push(place)
  }
  return { isTaken: true, isSourceRefused: false }
}
