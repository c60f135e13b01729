import { isBarred } from '../../core/access.ts'
import { findChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Source, userEvent } from '../../core/events.ts'
import { changesOfFirstProof, isFirstProof, wipeBeforeFirstProof } from '../../core/first-proof.ts'
import type { Project } from '../../core/projects.ts'
import { joinByDomain, tenantsByDomain } from '../../core/self-provisioning.ts'
import { passwordSettingsFor } from '../../core/tenant-settings.ts'
import { isTypedCodeRight, wantsTypedCode } from '../../core/typed-codes.ts'
import { prepareChange, storeChange } from './change.ts'
import { passwordErrors } from './errors.ts'

export interface ResetWithToken {
  readonly project: Project
  readonly token: string
  /** Typed beside the link, where its mail asks for it; `''` for none. */
  readonly code: string
  readonly newPassword: string
  readonly source: Source
  readonly signal: AbortSignal
}

/**
 * Sets a new password with the token of a reset link or of an invitation, for our own page. A password that the policy refuses does not spend the token. Token, password and
 * revocations commit together (RL-01, RC-03); no session is made. Throws `InvalidLinkToken`, `PolicyViolation`, `PasswordReused`.
 */
export async function resetWithToken(deps: Deps, input: ResetWithToken): Promise<void> {
  const { project, source, signal } = input
  const projectId = project.id
  if (!project.settings.password.enabled) throw passwordErrors.MethodDisabled()
  const challenge = await findChallenge(deps, { projectId, token: input.token, purposes: ['passwordReset', 'invite'] })
  if (challenge && !(await isTypedCodeRight(deps, challenge, input.code))) throw passwordErrors.WrongTypedCode()
  const account = challenge && (await deps.storage.users.byId(projectId, challenge.userId))
  if (!account || isBarred(account) || account.user.email !== challenge.address) throw coreErrors.InvalidLinkToken()
  if (!passwordSettingsFor(project, account).enabled) throw passwordErrors.MethodDisabled()
  const change = await prepareChange(deps, { project, account, newPassword: input.newPassword, caller: { signal, source } })
  const userId = account.user.id
  const isHolder = challenge.purpose === 'invite'
  const isFirst = isFirstProof(account, { method: 'email', isHolder })
  const proof = { isEmailVerified: true, ...(isFirst ? changesOfFirstProof('email') : {}) }
  const found = await tenantsByDomain(deps.storage, project, account)
  const data = { purpose: challenge.purpose }
  const event = userEvent({ projectId, type: 'password.reset', outcome: 'success', userId, source, data })
  await deps.storage.transaction(async (tx) => {
    await tx.users.lock(projectId, userId)
    if (!(await tx.challenges.spend(projectId, challenge.id, deps.clock.nowSeconds()))) throw coreErrors.InvalidLinkToken()
    if (isFirst) await wipeBeforeFirstProof(deps, tx, { projectId, userId, method: 'email', source })
    await tx.users.update(projectId, userId, proof)
    await joinByDomain(deps, tx, { projectId, userId, source, found })
    await storeChange(deps, tx, isFirst ? { ...change, before: undefined } : change, { project, event })
  })
  deps.outbox.wake()
}

/** What the page of a link asks for. */
export interface LinkFacts {
  /** The mail has a code to type. */
  readonly hasCode: boolean
  /** It chooses a first password, and no new one. */
  readonly isInvitation: boolean
}

/** Looks at a link without spending it. One that is of no use looks like that of a reset. */
export async function factsOfLink(deps: Deps, project: Project, token: string): Promise<LinkFacts> {
  const challenge = await findChallenge(deps, { projectId: project.id, token, purposes: ['passwordReset', 'invite'] })
  return { hasCode: challenge !== undefined && wantsTypedCode(challenge), isInvitation: challenge?.purpose === 'invite' }
}
