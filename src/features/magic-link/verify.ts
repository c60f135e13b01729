import { isUpdate } from '../../core/address-updates.ts'
import { type ChallengePurpose, findChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import type { Project } from '../../core/projects.ts'
import { findRedeemer } from '../../core/redeemers.ts'
import { prepareRedemption, redeem } from '../../core/redemptions.ts'
import { joinByDomain, tenantsByDomain } from '../../core/self-provisioning.ts'
import { type IssuedSession, liveSession } from '../../core/sessions.ts'
import type { Settings } from '../../core/settings.ts'
import { termsOf } from '../../core/sign-in-challenges.ts'
import { isTypedCodeRight, splitTypedCode } from '../../core/typed-codes.ts'

export interface VerifyLink {
  readonly project: Project
  readonly token: string
  readonly source: Source
  /** Of the session that the caller has, if any. */
  readonly refreshToken?: string | undefined
}

/** What redeeming a link of a purpose does beside signing in. What the call that made the link asked for is in the challenge (`core/sign-in-challenges.ts`). */
interface Redemption {
  /** Whether the project offers it. */
  isOffered(settings: Settings): boolean
  /** The session is only there to set a password. */
  readonly isReset?: boolean
  /** Who redeems it is who set up the account, or whom an administrator vouches for (RC-11). */
  readonly isHolder?: boolean
}

const always = () => true

/** Purposes that this endpoint serves; a token of any other is unknown to it (RC-05). */
const redemptions: { readonly [Purpose in ChallengePurpose]?: Redemption } = {
  passwordReset: { isOffered: always, isReset: true },
  verifyEmail: { isOffered: always, isHolder: true },
  signUp: { isOffered: always },
  magicLink: { isOffered: (settings) => settings.magicLink.enabled },
  invite: { isOffered: always, isHolder: true },
  embeddedSignIn: { isOffered: (settings) => settings.embeddedLink.enabled },
  embeddedSignUp: { isOffered: (settings) => settings.embeddedLink.enabled },
}

/**
 * Redeems the token of a link, once, and signs the user in (`protocol/core.md` 6.1, 6.3). It proves the mailbox that the link went to. A session from a reset link
 * is there to set a password: it ends, with all others of the user, when none is set within ten minutes. Every failure is `InvalidLinkToken`.
 */
export async function verifyLink(deps: Deps, input: VerifyLink): Promise<IssuedSession> {
  const { project, source } = input
  const projectId = project.id
  const { token, code } = splitTypedCode(input.token)
  const challenge = await findChallenge(deps, { projectId, token, purposes: offeredPurposes(project) })
  if (!challenge || !(await isTypedCodeRight(deps, challenge, code))) throw coreErrors.InvalidLinkToken()
  const { isReset = false, isHolder = false } = redemptions[challenge.purpose as ChallengePurpose] ?? {}
  const redeemer = await findRedeemer(deps, project, challenge, await sessionIdOf(deps, input))
  if (!redeemer) throw coreErrors.InvalidLinkToken()
  const terms = termsOf(challenge)
  const redemption = await prepareRedemption(deps, { project, source, redeemer, terms, isReset, isHolder })
  const userId = redeemer.account.user.id
  const event = userEvent({ projectId, type: 'magicLink.verify', outcome: 'success', userId, source, data: { purpose: challenge.purpose } })
  const refusal = coreErrors.InvalidLinkToken
  await deps.storage.transaction((tx) => redeem(deps, tx, { redeemer, redemption, challenge, event, refusal }))
  deps.outbox.wake()
  return redemption.session.issued
}

async function sessionIdOf(deps: Deps, { project, refreshToken: token }: VerifyLink): Promise<string | undefined> {
  if (token === undefined) return undefined
  try {
    return (await liveSession(deps, { project, token, kind: 'DSR' })).session.id
  } catch (error) {
    if (error instanceof AuthError) return undefined
    throw error
  }
}

/** Whether a link changes an address; looked at without spending it. */
export async function isLinkOfUpdate(deps: Deps, project: Project, token: string): Promise<boolean> {
  const challenge = await findChallenge(deps, { projectId: project.id, token, purposes: ['magicLink'] })
  return challenge !== undefined && isUpdate(challenge)
}

function offeredPurposes({ settings }: Project): readonly ChallengePurpose[] {
  const all = Object.entries(redemptions) as [ChallengePurpose, Redemption][]
  return all.filter(([, redemption]) => redemption.isOffered(settings)).map(([purpose]) => purpose)
}

/** Confirms the address of a verification link without signing in: for our own page. Throws `InvalidLinkToken`. */
export async function confirmEmail(deps: Deps, input: VerifyLink): Promise<void> {
  const { project, source } = input
  const projectId = project.id
  const challenge = await findChallenge(deps, { projectId, token: input.token, purposes: ['verifyEmail'] })
  const account = challenge && (await deps.storage.users.byId(projectId, challenge.userId))
  if (!account || account.user.email !== challenge.address) throw coreErrors.InvalidLinkToken()
  const userId = account.user.id
  const found = await tenantsByDomain(deps.storage, project, account)
  const event = userEvent({ projectId, type: 'magicLink.verify', outcome: 'success', userId, source, data: { purpose: 'verifyEmail' } })
  await deps.storage.transaction(async (tx) => {
    await tx.users.lock(projectId, userId)
    if (!(await tx.challenges.spend(projectId, challenge.id, deps.clock.nowSeconds()))) throw coreErrors.InvalidLinkToken()
    await tx.users.update(projectId, userId, { isEmailVerified: true })
    await joinByDomain(deps, tx, { projectId, userId, source, found })
    await recordEvent(deps, tx, event)
  })
}
