import type { Clock, Random } from './ports.ts'
import { digest, equalDigests, newId, newSecret, splitToken } from './secrets.ts'
import type { ChallengeRecord, Storage } from './storage.ts'
import { together } from './together.ts'

/** What a one-time secret may be used for; one made for a purpose never serves another (RC-05). */
export const challengePurposes = [
  'passwordReset',
  'verifyEmail',
  'signUp',
  'magicLink',
  'enchantedLink',
  'otp',
  'embeddedSignIn',
  'embeddedSignUp',
  'invite',
] as const
export type ChallengePurpose = (typeof challengePurposes)[number]

type ChallengeDeps = { readonly clock: Clock; readonly random: Random; readonly storage: Storage }

/** A challenge that is ready to insert, and the token that goes into the link. The token is nowhere else (RC-01, RC-02). */
export interface NewChallenge {
  readonly record: ChallengeRecord
  readonly token: string
}

/** What a one-time secret is made for. */
export interface ChallengeTarget {
  readonly projectId: string
  /** `''` for nobody who is there yet. */
  readonly userId: string
  readonly purpose: ChallengePurpose
  /** Canonical login ID of somebody who is no user yet. */
  readonly loginId?: string
  /** Where the secret goes; `''` when it goes to no address. */
  readonly address: string
  readonly ttlSeconds: number
  /** What redeeming needs to know; parsed by whoever redeems. */
  readonly data?: Readonly<Record<string, unknown>>
}

/** Makes a one-time secret. Insert it with `storeChallenge` in the transaction that queues the message. */
export function newChallenge(deps: Omit<ChallengeDeps, 'storage'>, target: ChallengeTarget): NewChallenge {
  const id = newId(deps, 'C')
  const secret = newSecret(deps)
  const { ttlSeconds, data = {}, ...rest } = target
  const createdAt = deps.clock.nowSeconds()
  const record = { loginId: '', ...rest, id, secretDigest: digest(secret), data, createdAt, expiresAt: createdAt + ttlSeconds }
  return { token: `${id}.${secret}`, record }
}

/** Stores a challenge; older ones of the user, or of who is to be one, and of the purpose are void from then on (RC-05). */
export async function storeChallenge(tx: Storage, challenge: ChallengeRecord): Promise<void> {
  const { projectId, userId, loginId, purpose } = challenge
  await together(
    loginId === ''
      ? tx.challenges.deleteForUser(projectId, userId, [purpose])
      : tx.challenges.deleteForLoginId(projectId, loginId, [purpose]),
    tx.challenges.insert(challenge),
  )
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
