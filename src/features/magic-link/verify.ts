import { findChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import type { Project } from '../../core/projects.ts'
import { type IssuedSession, prepareSession, storeSession } from '../../core/sessions.ts'

export interface VerifyLink {
  readonly project: Project
  readonly token: string
  readonly source: Source
}

/**
 * Redeems the token of a link, once, and signs the user in (`protocol/core.md` 6.1, 6.3). It proves the mailbox that the link went to. A session from a reset link
 * is there to set a password: it ends, with all others of the user, when none is set within ten minutes. Every failure is `InvalidLinkToken`.
 */
export async function verifyLink(deps: Deps, input: VerifyLink): Promise<IssuedSession> {
  const { project, source } = input
  const projectId = project.id
  const challenge = await findChallenge(deps, { projectId, token: input.token, purposes: ['passwordReset', 'verifyEmail'] })
  const account = challenge && (await deps.storage.users.byId(projectId, challenge.userId))
  if (!account || account.user.status === 'disabled' || account.user.email !== challenge.address) throw coreErrors.InvalidLinkToken()
  const verified = { ...account, user: { ...account.user, isEmailVerified: true } }
  const isReset = challenge.purpose === 'passwordReset'
  const session = await prepareSession(deps, { project, account: verified, source, amr: ['email'], isReset })
  const userId = account.user.id
  const event = userEvent({ projectId, type: 'magicLink.verify', outcome: 'success', userId, source, data: { purpose: challenge.purpose } })
  await deps.storage.transaction(async (tx) => {
    await tx.users.lock(projectId, userId)
    if (!(await tx.challenges.spend(projectId, challenge.id, deps.clock.nowSeconds()))) throw coreErrors.InvalidLinkToken()
    await tx.users.update(projectId, userId, { isEmailVerified: true })
    await recordEvent(deps, tx, event)
    await storeSession(deps, tx, session)
  })
  return session.issued
}

/** Confirms the address of a verification link without signing in: for our own page. Throws `InvalidLinkToken`. */
export async function confirmEmail(deps: Deps, input: VerifyLink): Promise<void> {
  const { project, source } = input
  const projectId = project.id
  const challenge = await findChallenge(deps, { projectId, token: input.token, purposes: ['verifyEmail'] })
  const account = challenge && (await deps.storage.users.byId(projectId, challenge.userId))
  if (!account || account.user.email !== challenge.address) throw coreErrors.InvalidLinkToken()
  const userId = account.user.id
  const event = userEvent({ projectId, type: 'magicLink.verify', outcome: 'success', userId, source, data: { purpose: 'verifyEmail' } })
  await deps.storage.transaction(async (tx) => {
    await tx.users.lock(projectId, userId)
    if (!(await tx.challenges.spend(projectId, challenge.id, deps.clock.nowSeconds()))) throw coreErrors.InvalidLinkToken()
    await tx.users.update(projectId, userId, { isEmailVerified: true })
    await recordEvent(deps, tx, event)
  })
}
