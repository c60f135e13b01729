import { z } from 'zod'
import { type ChallengeTarget, newChallenge } from './challenges.ts'
import type { Deps } from './deps.ts'
import type { NumberedUrl } from './messages.ts'
import { withToken } from './redirect.ts'
import { digest, equalDigests, newSecret, splitToken } from './secrets.ts'
import type { ChallengeRecord } from './storage.ts'

/**
 * Enchanted links (`protocol/core.md` 6.5): a mail with three numbered links, of which the number that is shown where the sign-in began is the right one. Whoever clicks it gets no
 * session; the one who waits with the pending reference does, once (RC-12).
 */

/** What a challenge keeps beside the terms of the sign-in. */
export const EnchantedData = z.looseObject({
  pendingDigest: z.string(),
  wrongDigests: z.array(z.string()).length(2),
  isConfirmed: z.boolean(),
})

/** One link of the mail. */
export interface NumberedLink {
  /** Two digits. */
  readonly linkId: string
  readonly token: string
}

/** An enchanted link that is ready to store; what is secret of it is nowhere else. */
export interface NewEnchantedLink {
  readonly record: ChallengeRecord
  /** What the waiting client polls with. */
  readonly pendingRef: string
  /** The right link, whose number is shown to the waiting user. */
  readonly link: NumberedLink
  /** All three, in the order of their numbers. */
  readonly links: readonly NumberedLink[]
}

export function newEnchantedLink(deps: Pick<Deps, 'clock' | 'random'>, target: Omit<ChallengeTarget, 'purpose'>): NewEnchantedLink {
  const { data: given, ...rest } = target
  const [pending, ...wrong] = [newSecret(deps), newSecret(deps), newSecret(deps)] as const
  const data = { ...given, pendingDigest: digest(pending), wrongDigests: wrong.map(digest), isConfirmed: false }
  const { record, token } = newChallenge(deps, { ...rest, purpose: 'enchantedLink', data })
  const [linkId = '', ...others] = threeNumbers(deps)
  const link = { linkId, token }
  const decoys = wrong.map((secret, index) => ({ linkId: others[index] ?? '', token: `${record.id}.${secret}` }))
  const links = [link, ...decoys].toSorted((a, b) => (a.linkId < b.linkId ? -1 : 1))
  return { record, pendingRef: `${record.id}.${pending}`, link, links }
}

/** The links as a message shows them. */
export function numberedUrls({ links }: NewEnchantedLink, page: URL): readonly NumberedUrl[] {
  return links.map(({ linkId: number, token }) => ({ number, url: withToken(page, token) }))
}

/** Three different numbers of two digits. No secret: they only tell the links apart. */
function threeNumbers({ random }: Pick<Deps, 'random'>): readonly string[] {
  const left = Array.from({ length: 90 }, (_, index) => String(index + 10))
  return Array.from({ length: 3 }, () => left.splice(Buffer.from(random.bytes(4)).readUInt32BE() % left.length, 1).join())
}

/** What somebody showed of an enchanted link. */
export interface FoundEnchantedLink {
  readonly challenge: ChallengeRecord
  readonly shown: 'right' | 'wrong' | 'pending'
}

/**
 * Finds an enchanted link by the token of one of its links, or by its pending reference. `undefined` for a text that is malformed, unknown, spent, expired, or of another
 * project; nothing tells these apart.
 */
export async function findEnchantedLink(
  deps: Pick<Deps, 'clock' | 'storage'>,
  input: { readonly projectId: string; readonly text: string },
): Promise<FoundEnchantedLink | undefined> {
  const parts = splitToken(input.text)
  if (!parts) return undefined
  const challenge = await deps.storage.challenges.byId(input.projectId, parts.id)
  if (challenge?.purpose !== 'enchantedLink' || challenge.expiresAt <= deps.clock.nowSeconds()) return undefined
  const { pendingDigest, wrongDigests } = EnchantedData.parse(challenge.data)
  const isOf = (expected: string) => equalDigests(digest(parts.secret), expected)
  if (isOf(challenge.secretDigest)) return { challenge, shown: 'right' }
  if (isOf(pendingDigest)) return { challenge, shown: 'pending' }
  return wrongDigests.some(isOf) ? { challenge, shown: 'wrong' } : undefined
}
