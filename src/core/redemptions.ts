import { type PreparedUpdate, storeUpdate } from './address-updates.ts'
import { codeKeys } from './attempts.ts'
import type { DeliveryMethod } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import { type NewEvent, recordEvent, type Source, userEvent } from './events.ts'
import { mergedMethods } from './factors.ts'
import { changesOfFirstProof, isFirstProof, loginIdsAfterFirstProof, wipeBeforeFirstProof } from './first-proof.ts'
import type { FoundGrants } from './grants.ts'
import type { Project } from './projects.ts'
import { enterRedeemer, type Redeemer } from './redeemers.ts'
import { joinByDomain, tenantsByDomain, withTenants } from './self-provisioning.ts'
import { assertUsable, type PreparedSession, prepareSession, storeSession } from './sessions.ts'
import type { SignInTerms } from './sign-in-challenges.ts'
import type { ChallengeRecord, Storage, UserChanges } from './storage.ts'
import { together } from './together.ts'

/** What every sign-in by a one-time secret does once the secret was proven and who redeems it was found. */

/** A sign-in that a secret allows, with its tokens signed, not stored yet. */
export interface PreparedRedemption {
  readonly session: PreparedSession
  /** What redeeming proves of the user's addresses. */
  readonly changes: UserChanges
  /** Tenants into which a proven address leads. */
  readonly joined: FoundGrants | undefined
  readonly source: Source
  readonly revokesOthers: boolean
  /** The method by which an address was proven for the first time, which ends what was set before (RC-11). */
  readonly firstProof: DeliveryMethod | undefined
  readonly update: PreparedUpdate | undefined
  /** The method by which a user is made. */
  readonly signUp: DeliveryMethod | undefined
  readonly project: Project
}

/** Prepares the session of a secret that was proven and may be redeemed. Throws `InvalidSession` when the session that it adds to has ended. */
export async function prepareRedemption(
  deps: Deps,
  input: {
    readonly project: Project
    readonly source: Source
    readonly redeemer: Redeemer
    readonly terms: SignInTerms
    readonly isReset?: boolean
    /** Who redeems is known to be who set up what the account has: somebody with a session of it, or whom an administrator invited. */
    readonly isHolder?: boolean
  },
): Promise<PreparedRedemption> {
  const { project, source, redeemer } = input
  const { isNew, update } = redeemer
  const { method, isSent, earlier, claims, customClaims, isStepUp, revokesOthers, tenantId } = input.terms
  const isReset = input.isReset || input.terms.isReset
  if (earlier) await assertStillLive(deps, project, { sessionId: earlier.sessionId, userId: (update?.asker ?? redeemer.account).user.id })
  const isHolder = input.isHolder || isNew || update !== undefined || earlier !== undefined || !isSent
  const firstProof = isFirstProof(redeemer.account, { method, isHolder }) ? method : undefined
  const left = firstProof && { credentialKinds: [], loginIds: loginIdsAfterFirstProof(redeemer.account, firstProof) }
  const account = { ...redeemer.account, ...left }
  const proof = isSent ? { ...proofBy(method), ...(firstProof ? changesOfFirstProof(firstProof) : {}) } : {}
  const changes = { ...proof, ...update?.changes }
  const proven = { ...account, user: { ...account.user, ...changes } }
  const joined = changes.isEmailVerified ? await tenantsByDomain(deps.storage, project, proven) : undefined
  const session = await prepareSession(deps, {
    ...{ project, source, claims, customClaims, isStepUp, isReset, tenantId },
    account: joined ? withTenants(proven, joined) : proven,
    amr: mergedMethods(update?.endsAskers ? [] : (earlier?.amr ?? []), method === 'embedded' ? [] : [method]),
  })
  return { project, session, changes, joined, source, revokesOthers, firstProof, update, signUp: isNew ? method : undefined }
}

function proofBy(method: DeliveryMethod): UserChanges {
  if (method === 'embedded') return {}
  return method === 'email' ? { isEmailVerified: true } : { isPhoneVerified: true }
}

async function assertStillLive(
  deps: Deps,
  project: Project,
  earlier: { readonly sessionId: string; readonly userId: string },
): Promise<void> {
  const found = await deps.storage.sessions.withUser(project.id, earlier.sessionId)
  if (found?.session.userId !== earlier.userId) throw coreErrors.InvalidSession({ log: 'unknown session' })
  await assertUsable(deps, project, found)
}

/**
 * Redeems a proven secret: enters the redeemer, spends the secret where it is stored, and stores the sign-in. Part of the caller's transaction, which is undone when it throws: what `refusal`
 * makes when the user is gone, somebody else has the new login ID by now, or the secret was spent.
 */
export async function redeem(
  deps: Deps,
  tx: Storage,
  input: {
    readonly redeemer: Redeemer
    readonly redemption: PreparedRedemption
    readonly challenge: ChallengeRecord | undefined
    readonly event?: NewEvent
    readonly refusal: () => Error
  },
): Promise<void> {
  const { redeemer, redemption, challenge, event, refusal } = input
  const unlessRefused = async (isDone: Promise<boolean>) => {
    if (!(await isDone)) throw refusal()
  }
  const entering = unlessRefused(enterRedeemer(tx, redemption.project, redeemer))
  // Several users are locked before anything else is, so that nobody who waits for one of them is waited for.
  if (redeemer.update) await entering
  await together(
    entering,
    ...(challenge ? [unlessRefused(tx.challenges.spend(challenge.projectId, challenge.id, deps.clock.nowSeconds()))] : []),
    ...(event ? [recordEvent(deps, tx, event)] : []),
    unlessRefused(storeRedemption(deps, tx, redemption)),
  )
}

/** Stores a prepared redemption. False when somebody else has the new login ID by now. */
async function storeRedemption(deps: Deps, tx: Storage, redemption: PreparedRedemption): Promise<boolean> {
  const { project, session, changes, joined, source, revokesOthers, firstProof, update, signUp } = redemption
  const { projectId, userId, id } = session.record
  const event = { projectId, type: 'user.signUp', outcome: 'success', userId, source, data: { method: signUp } } as const
  if (update && !(await storeUpdate(deps, tx, project, update, source))) return false
  if (firstProof) await wipeBeforeFirstProof(deps, tx, { projectId, userId, method: firstProof, source })
  await together(
    ...(signUp ? [recordEvent(deps, tx, userEvent(event))] : []),
    ...(Object.keys(changes).length > 0 ? [tx.users.update(projectId, userId, changes)] : []),
    ...(joined ? [joinByDomain(deps, tx, { projectId, userId, source, found: joined })] : []),
    // Whoever has the mailbox need not guess at codes that go there (BF-01).
    ...(changes.isEmailVerified ? [tx.attempts.clear(projectId, codeKeys(userId, ['code.email']))] : []),
    storeSession(deps, tx, session),
    ...(revokesOthers ? [tx.sessions.endAllForUser(projectId, userId, 'signIn', deps.clock.nowSeconds(), id)] : []),
  )
  return true
}
