import type { Clock, Random } from './ports.ts'
import { digest, equalDigests, newId, newSecret, splitToken } from './secrets.ts'
import type { ChallengeRecord, Storage } from './storage.ts'

/** What a one-time secret may be used for; one made for a purpose never serves another (RC-05). */
export type ChallengePurpose = 'passwordReset' | 'verifyEmail'

type ChallengeDeps = { readonly clock: Clock; readonly random: Random; readonly storage: Storage }

/** A challenge that is ready to insert, and the token that goes into the link. The token is nowhere else (RC-01, RC-02). */
export interface NewChallenge {
  readonly record: ChallengeRecord
  readonly token: string
}

/** Makes a one-time secret. Insert it with `storeChallenge` in the transaction that queues the message. */
export function newChallenge(
  deps: Omit<ChallengeDeps, 'storage'>,
  input: {
    readonly projectId: string
    readonly userId: string
    readonly purpose: ChallengePurpose
    readonly address: string
    readonly ttlSeconds: number
  },
): NewChallenge {
  const id = newId(deps, 'C')
  const secret = newSecret(deps)
  const now = deps.clock.nowSeconds()
  return {
    token: `${id}.${secret}`,
    record: {
      projectId: input.projectId,
      id,
      purpose: input.purpose,
      userId: input.userId,
      address: input.address,
      secretDigest: digest(secret),
      data: {},
      createdAt: now,
      expiresAt: now + input.ttlSeconds,
    },
  }
}

/** Stores a challenge; older ones of the user and purpose are void from then on (RC-05). */
export async function storeChallenge(tx: Storage, challenge: ChallengeRecord): Promise<void> {
  await tx.challenges.deleteForUser(challenge.projectId, challenge.userId, [challenge.purpose])
  await tx.challenges.insert(challenge)
}

/**
 * Finds the challenge of a token without spending it: opening a link never does (RC-10). `undefined` for a token that is malformed, unknown,
 * spent, expired, or made for another purpose or project; nothing tells these apart.
 */
export async function findChallenge(
  deps: ChallengeDeps,
  input: { readonly projectId: string; readonly token: string; readonly purposes: readonly ChallengePurpose[] },
): Promise<ChallengeRecord | undefined> {
  const parts = splitToken(input.token)
  if (!parts) return undefined
  const record = await deps.storage.challenges.byId(input.projectId, parts.id)
  const matches = equalDigests(digest(parts.secret), record?.secretDigest ?? digest(''))
  if (!record || !matches || record.expiresAt <= deps.clock.nowSeconds()) return undefined
  return input.purposes.some((purpose) => purpose === record.purpose) ? record : undefined
}
