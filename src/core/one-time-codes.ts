import { z } from 'zod'
import { clearCodeTries } from './attempts.ts'
import { type ChallengeTarget, newChallenge, storeChallenge } from './challenges.ts'
import type { DeliveryMethod } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import type { Random } from './ports.ts'
import { equalDigests } from './secrets.ts'
import { termsOf } from './sign-in-challenges.ts'
import type { ChallengeRecord, Storage, UserRecord } from './storage.ts'
import { together } from './together.ts'

/** One-time codes of six digits: few enough to type, so few tries, a short life and a keyed digest have to make up for the rest (BF-07, RC-02). */

/** A code that is ready to store, and its digits, which are nowhere else. */
export interface NewOneTimeCode {
  readonly record: ChallengeRecord
  readonly code: string
}

const CodeData = z.object({ loginId: z.string() })

/** Makes a code for a user or for somebody who is none yet. Only under `namedLoginId`, in canonical form, and by the method of the terms in `data` can it be redeemed. */
export function newOneTimeCode(
  deps: Pick<Deps, 'clock' | 'random' | 'sealer'>,
  input: Omit<ChallengeTarget, 'purpose'> & { readonly namedLoginId: string },
): NewOneTimeCode {
  const { namedLoginId, data, ...target } = input
  const { record } = newChallenge(deps, { ...target, purpose: 'otp', data: { ...data, loginId: namedLoginId } })
  const code = sixDigits(deps.random)
  return { code, record: { ...record, secretDigest: codeDigest(deps, record, code) } }
}

/** Stores a code: older ones of its owner are void, and it can be tried five times, whatever was tried before. */
export async function storeOneTimeCode(tx: Storage, record: ChallengeRecord): Promise<void> {
  await together(storeChallenge(tx, record), clearCodeTries(tx, record.projectId, CodeData.parse(record.data).loginId))
}

/**
 * The live code that somebody who names this login ID and method can mean: the newest, whether it was made for the user or for whoever would be one. The look-ups are the same whoever
 * is named (EN-03).
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
  const ofUser = await challenges.newestForUser(projectId, user?.id ?? '', 'otp')
  const ofNewcomer = await challenges.newestForLoginId(projectId, canonicalLoginId, 'otp')
  const found = newest(ofUser, ofNewcomer)
  if (!found || found.expiresAt <= deps.clock.nowSeconds() || CodeData.parse(found.data).loginId !== canonicalLoginId) return undefined
  const made = termsOf(found).method
  return made === method || made === 'embedded' ? found : undefined
}

/** Of two that are of one age the first. */
function newest(one: ChallengeRecord | undefined, other: ChallengeRecord | undefined): ChallengeRecord | undefined {
  return one && (!other || one.createdAt >= other.createdAt) ? one : other
}

/** Compared with where there is no code, so that it costs the same; the digest of nothing. */
const decoy = { projectId: '', id: '', secretDigest: 'A'.repeat(43) }

export function isRightCode(deps: Pick<Deps, 'sealer'>, record: ChallengeRecord | undefined, code: string): boolean {
  const compared = record ?? decoy
  return equalDigests(codeDigest(deps, compared, code), compared.secretDigest) && record !== undefined
}

function codeDigest({ sealer }: Pick<Deps, 'sealer'>, { projectId, id }: Pick<ChallengeRecord, 'projectId' | 'id'>, code: string): string {
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
