import type { Deps } from '../../core/deps.ts'
import { EnchantedData, findEnchantedLink } from '../../core/enchanted-links.ts'
import { coreErrors } from '../../core/errors.ts'
import { type NewEvent, recordEvent, type Source, userEvent } from '../../core/events.ts'
import type { Project } from '../../core/projects.ts'
import { findRedeemer } from '../../core/redeemers.ts'
import { prepareRedemption, redeem } from '../../core/redemptions.ts'
import type { IssuedSession } from '../../core/sessions.ts'
import { termsOf } from '../../core/sign-in-challenges.ts'
import type { ChallengeRecord } from '../../core/storage.ts'
import { enchantedLinkErrors } from './errors.ts'

interface Caller {
  readonly project: Project
  readonly source: Source
}

/**
 * Confirms a sign-in by a click on its link, once. No session comes of it here: whoever waits gets it. A click on a link with another number ends the attempt (RC-12). Every
 * failure is `InvalidLinkToken`.
 */
export async function confirmSignIn(deps: Deps, input: Caller & { readonly token: string }): Promise<void> {
  const { project, token } = input
  const found = await findEnchantedLink(deps, { projectId: project.id, text: token })
  if (!isOffered(project, found?.challenge)) throw coreErrors.InvalidLinkToken()
  if (found?.shown === 'wrong') await endAttempt(deps, input, found.challenge)
  if (found?.shown !== 'right') throw coreErrors.InvalidLinkToken()
  const { challenge } = found
  if (!(await findRedeemer(deps, project, challenge))) throw coreErrors.InvalidLinkToken()
  await deps.storage.transaction(async (tx) => {
    await tx.users.lock(project.id, challenge.userId)
    const now = await tx.challenges.byId(project.id, challenge.id)
    const data = now && EnchantedData.parse(now.data)
    if (!data || data.isConfirmed) throw coreErrors.InvalidLinkToken()
    const isStored = await tx.challenges.setData(project.id, challenge.id, { ...data, isConfirmed: true }, deps.clock.nowSeconds())
    if (!isStored) throw coreErrors.InvalidLinkToken()
    await recordEvent(deps, tx, eventOf(input, challenge, 'success', {}))
  })
}

/** A reset is there whatever ways to sign in the project offers. */
function isOffered({ settings }: Project, challenge: ChallengeRecord | undefined): boolean {
  return settings.enchantedLink.enabled || (challenge !== undefined && termsOf(challenge).isReset)
}

/** Nobody signs in by these links any more. */
async function endAttempt(deps: Deps, caller: Caller, challenge: ChallengeRecord): Promise<void> {
  await deps.storage.transaction(async (tx) => {
    await tx.users.lock(caller.project.id, challenge.userId)
    if (!(await tx.challenges.spend(caller.project.id, challenge.id, deps.clock.nowSeconds()))) return
    await recordEvent(deps, tx, eventOf(caller, challenge, 'failure', { reason: 'wrongNumber' }))
  })
}

/**
 * Hands the session of a confirmed sign-in to whoever waits for it, once. `PendingSession` until then, and as well for a reference that is unknown, spent or expired: nothing tells
 * these apart (EN-03). Throws `InvalidSession` when the session that it adds to has ended.
 */
export async function takePendingSession(deps: Deps, input: Caller & { readonly pendingRef: string }): Promise<IssuedSession> {
  const { project, source, pendingRef } = input
  const found = await findEnchantedLink(deps, { projectId: project.id, text: pendingRef })
  if (!isOffered(project, found?.challenge)) throw enchantedLinkErrors.PendingSession()
  if (found?.shown !== 'pending' || !EnchantedData.parse(found.challenge.data).isConfirmed) throw enchantedLinkErrors.PendingSession()
  const { challenge } = found
  const redeemer = await findRedeemer(deps, project, challenge)
  if (!redeemer) throw enchantedLinkErrors.PendingSession()
  const redemption = await prepareRedemption(deps, { project, source, redeemer, terms: termsOf(challenge) })
  const refusal = enchantedLinkErrors.PendingSession
  await deps.storage.transaction((tx) => redeem(deps, tx, { redeemer, redemption, challenge, refusal }))
  deps.outbox.wake()
  return redemption.session.issued
}

function eventOf({ project, source }: Caller, { userId }: ChallengeRecord, outcome: NewEvent['outcome'], data: NewEvent['data']): NewEvent {
  return userEvent({ projectId: project.id, type: 'enchantedLink.verify', outcome, userId, source, data })
}
