import { isBarred } from '../../core/access.ts'
import { type ChallengePurpose, newChallenge, storeChallenge } from '../../core/challenges.ts'
import { assertCustomClaims } from '../../core/claims.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { lockInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import { newVouchedUser, type VouchedUser } from '../../core/new-users.ts'
import type { Project } from '../../core/projects.ts'
import { signInTerms } from '../../core/sign-in-challenges.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'

/** Longest life of a token that signs in (RC-04). */
export const maxEmbeddedSeconds = 600

interface EmbeddedLink {
  readonly project: Project
  /** The management key that asks. */
  readonly actor: Actor
  readonly rights?: Rights | undefined
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  /** How long the token lives, at most ten minutes; 0 or absent is what the settings say. */
  readonly timeoutSeconds?: number | undefined
}

/**
 * Makes a token that signs a user in, once, at `magiclink/verify`. It is handed to the caller and proves no address; a newer one voids it (RC-05). Throws `UserDisabled`,
 * `InvalidArguments`, `SignInMethodDisabled`.
 */
export function createSignInToken(deps: Deps, input: EmbeddedLink & { readonly account: UserWithLoginIds }): Promise<string> {
  if (isBarred(input.account)) throw coreErrors.UserDisabled()
  return create(deps, input, { userId: input.account.user.id, purpose: 'embeddedSignIn', data: {} })
}

/**
 * Makes a token that makes its user and signs them in, once. Until it is redeemed there is no such user. Throws `UserAlreadyExists`, `InvalidRequest`, `InvalidArguments`,
 * `SignInMethodDisabled`.
 */
export async function createSignUpToken(deps: Deps, input: EmbeddedLink & { readonly user: VouchedUser }): Promise<string> {
  const { project, user } = input
  const [loginId] = newVouchedUser(deps, project, user).loginIds
  const isTaken = loginId && (await deps.storage.users.byLoginId(project.id, loginId.canonical))
  if (isTaken) throw coreErrors.UserAlreadyExists()
  return create(deps, input, { userId: '', purpose: 'embeddedSignUp', data: { user } })
}

async function create(
  deps: Deps,
  { project, actor, rights, customClaims, timeoutSeconds }: EmbeddedLink,
  target: { readonly userId: string; readonly purpose: ChallengePurpose; readonly data: Readonly<Record<string, unknown>> },
): Promise<string> {
  const { enabled, expirationTime } = project.settings.embeddedLink
  if (!enabled) throw coreErrors.SignInMethodDisabled()
  const { id: projectId } = project
  const { userId, purpose } = target
  const ttlSeconds = timeoutSeconds || expirationTime * 60
  if (ttlSeconds > maxEmbeddedSeconds)
    throw coreErrors.InvalidArguments({ message: `The timeout is at most ${maxEmbeddedSeconds} seconds` })
  const terms = signInTerms({ method: 'embedded', isSent: false, claims: { ...assertCustomClaims(customClaims) } })
  const data = { ...target.data, ...terms }
  const challenge = newChallenge(deps, { projectId, userId, purpose, address: '', ttlSeconds, data })
  const event = adminEvent({ projectId, actor, userId, type: 'embeddedLink.create', data: { purpose, ttlSeconds } })
  await deps.storage.transaction(async (tx) => {
    if (userId !== '' && isBarred(await lockInReach(tx, { rights, project, userId }))) throw coreErrors.UserDisabled()
    await storeChallenge(tx, challenge.record)
    await recordEvent(deps, tx, event)
  })
  return challenge.token
}
