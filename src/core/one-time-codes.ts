import { z } from 'zod'
import { clearCodeTries } from './attempts.ts'
import { type ChallengeTarget, newChallenge, storeChallenge } from './challenges.ts'
import type { DeliveryMethod } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import type { Random } from './ports.ts'
import { equalDigests } from './secrets.ts'
import { addressFor, type SignInTerms, termsOf } from './sign-in-challenges.ts'
import type { ChallengeRecord, Storage, UserRecord } from './storage.ts'

/** One-time codes of six digits: few enough to type, so few tries, a short life and a keyed digest have to make up for the rest (BF-07, RC-02). */

/** A code that is ready to store, and its digits, which are nowhere else. */
export interface NewOneTimeCode {
  readonly record: ChallengeRecord
  readonly code: string
}

const CodeData = z.object({ loginId: z.string() })

/** Makes a code for a user. Only under this login ID, in canonical form, and by this method can it be redeemed. */
export function newOneTimeCode(
  deps: Pick<Deps, 'clock' | 'random' | 'sealer'>,
  input: Pick<ChallengeTarget, 'projectId' | 'ttlSeconds'> & {
    readonly user: UserRecord
    readonly canonicalLoginId: string
    readonly terms: { readonly signIn: SignInTerms }
  },
): NewOneTimeCode {
  const { projectId, user, ttlSeconds, terms } = input
  const address = addressFor(user, terms.signIn.method)
  const data = { ...terms, loginId: input.canonicalLoginId }
  const { record } = newChallenge(deps, { projectId, userId: user.id, purpose: 'otp', address, ttlSeconds, data })
  const code = sixDigits(deps.random)
  return { code, record: { ...record, secretDigest: codeDigest(deps, record, code) } }
}

/** Stores a code: older ones of the user are void, and it can be tried five times, whatever was tried before. */
export async function storeOneTimeCode(tx: Storage, record: ChallengeRecord): Promise<void> {
  await storeChallenge(tx, record)
  await clearCodeTries(tx, record.projectId, CodeData.parse(record.data).loginId)
}

/**
 * The live code that somebody who names this login ID and method can mean. The look-ups are the same for one whom nobody knows (EN-03).
 */
export async function findOneTimeCode(
  deps: Pick<Deps, 'clock' | 'storage'>,
  input: {
    readonly projectId: string
    readonly user: UserRecord | undefined
    readonly canonicalLoginId: string
    readonly method: DeliveryMethod
  },
): Promise<ChallengeRecord | undefined> {
  const { projectId, user, canonicalLoginId, method } = input
  const { challenges } = deps.storage
  const address = user ? addressFor(user, method) : ''
  const sent = await challenges.newestForUser(projectId, user?.id ?? '', 'otp', address)
  const found = sent ?? (await challenges.newestForUser(projectId, user?.id ?? '', 'otp', ''))
  if (!found || found.expiresAt <= deps.clock.nowSeconds() || CodeData.parse(found.data).loginId !== canonicalLoginId) return undefined
  const made = termsOf(found).method
  return made === method || made === 'embedded' ? found : undefined
}

export function isRightCode(deps: Pick<Deps, 'sealer'>, record: ChallengeRecord | undefined, code: string): boolean {
  return record !== undefined && equalDigests(codeDigest(deps, record, code), record.secretDigest)
}

function codeDigest({ sealer }: Pick<Deps, 'sealer'>, { projectId, id }: ChallengeRecord, code: string): string {
  return sealer.keyedDigest(`otp/${projectId}/${id}`, code)
}

const codes = 1_000_000
const largestFair = Math.floor(2 ** 32 / codes) * codes

/** Every code is as likely as any other: draws that would make the low ones more likely are thrown away. */
export function sixDigits(random: Random): string {
  for (;;) {
    const draw = Buffer.from(random.bytes(4)).readUInt32BE()
    if (draw < largestFair) return String(draw % codes).padStart(6, '0')
  }
}
