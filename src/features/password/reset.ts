import { isBarred } from '../../core/access.ts'
import { findChallenge, newChallenge, storeChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { recordEvent, type Source, userEvent } from '../../core/events.ts'
import { takeMail } from '../../core/message-limits.ts'
import type { MessageWishes } from '../../core/messages.ts'
import type { Project } from '../../core/projects.ts'
import { approvedRedirect, withToken } from '../../core/redirect.ts'
import { joinByDomain, tenantsByDomain } from '../../core/self-provisioning.ts'
import type { UserRecord, UserWithLoginIds } from '../../core/storage.ts'
import { passwordSettingsFor } from '../../core/tenant-settings.ts'
import { canonicalLoginId, maskEmail } from '../../core/users.ts'
import { prepareChange, storeChange } from './change.ts'
import { passwordErrors } from './errors.ts'
import { queueResetMail } from './messages.ts'

export interface SendReset {
  readonly project: Project
  readonly loginId: string
  readonly redirectUrl?: string | undefined
  readonly source: Source
  readonly wishes?: MessageWishes | undefined
}

/**
 * Sends a reset link to the address that is stored for the account, if there is one and it is verified (RC-09). The answer is the same whatever
 * the account is, and the work is alike, down to the durable commit (EN-03). Throws `RedirectRefused` before anything is looked up.
 */
export async function sendReset(deps: Deps, input: SendReset): Promise<{ resetMethod: 'magiclink'; maskedEmail: string }> {
  const { project, source } = input
  if (!project.settings.password.enabled) throw passwordErrors.MethodDisabled()
  const page = landingPage(deps, project, input.redirectUrl)
  const canonical = canonicalLoginId(input.loginId)
  const found = await deps.storage.users.byLoginId(project.id, canonical)
  const address = found?.user.email || canonical
  const sourceIp = source.isTrusted ? undefined : source.ip
  const isForNobody = !found || !mayReset(project, found)
  const mail = { projectId: project.id, kind: 'password.reset', channel: 'email', recipient: address, sourceIp, isForNobody } as const
  const place = await takeMail(deps, mail)
  const recipient = place.isTaken && !isForNobody ? found.user : undefined
  // Who asks too often is answered without any work, whoever the account is.
  if (!place.isSourceRefused) await request(deps, { project, source, recipient, page, wishes: input.wishes })
  deps.outbox.wake()
  return { resetMethod: 'magiclink', maskedEmail: maskEmail(input.loginId) }
}

function landingPage(deps: Deps, project: Project, redirectUrl: string | undefined): URL {
  const wanted = redirectUrl || project.settings.magicLink.redirectUrl
  if (!wanted) return new URL(`${deps.publicUrl()}/reset/${project.id}`)
  const approved = approvedRedirect({ url: wanted, approved: project.settings.project.trustedDomains, publicUrl: deps.publicUrl() })
  if (approved) return approved
  throw coreErrors.RedirectRefused({
    message: 'The redirectUrl is not on the list of approved domains (setting project.trustedDomains)',
  })
}

/** A link may go to the address when the account is usable, real and has passwords at all and, unless the settings say otherwise, the address is proven. */
function mayReset(project: Project, account: UserWithLoginIds): boolean {
  const { user } = account
  const { enabled, resetRequiresVerifiedEmail } = passwordSettingsFor(project, account)
  const isProven = user.isEmailVerified || !resetRequiresVerifiedEmail
  return !isBarred(account) && enabled && !user.isTest && user.email !== '' && isProven
}

/** Stores challenge, mail and event; without a recipient it stores as much, of which nothing can be used. */
async function request(
  deps: Deps,
  input: {
    readonly project: Project
    readonly source: Source
    readonly recipient: UserRecord | undefined
    readonly page: URL
    readonly wishes: MessageWishes | undefined
  },
): Promise<void> {
  const { project, source, recipient, wishes } = input
  const ttlSeconds = project.settings.password.resetExpirationTime * 60
  const userId = recipient?.id ?? ''
  const target = { projectId: project.id, userId, purpose: 'passwordReset' as const, address: recipient?.email ?? '', ttlSeconds }
  const challenge = newChallenge(deps, target)
  const link = withToken(input.page, challenge.token)
  const type = 'password.sendReset'
  const event = userEvent({ projectId: project.id, type, outcome: recipient ? 'success' : 'failure', userId, source })
  await deps.storage.transaction(async (tx) => {
    const isThere = (await tx.users.lock(project.id, userId)) !== undefined
    await recordEvent(deps, tx, event)
    // Without a recipient the challenge belongs to nobody, and nobody has its token.
    await storeChallenge(tx, isThere ? challenge.record : { ...challenge.record, userId: '' })
    if (recipient && isThere) await queueResetMail(deps, tx, { project, user: recipient, link, ttlSeconds, wishes })
    else await deps.outbox.queueDecoy(tx, { project, kind: 'password.reset', channel: 'email', ttlSeconds })
  })
}

export interface ResetWithToken {
  readonly project: Project
  readonly token: string
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
  const account = challenge && (await deps.storage.users.byId(projectId, challenge.userId))
  if (!account || isBarred(account) || account.user.email !== challenge.address) throw coreErrors.InvalidLinkToken()
  if (!passwordSettingsFor(project, account).enabled) throw passwordErrors.MethodDisabled()
  const change = await prepareChange(deps, { project, account, newPassword: input.newPassword, caller: { signal, source } })
  const userId = account.user.id
  const found = await tenantsByDomain(deps.storage, project, account)
  const data = { purpose: challenge.purpose }
  const event = userEvent({ projectId, type: 'password.reset', outcome: 'success', userId, source, data })
  await deps.storage.transaction(async (tx) => {
    await tx.users.lock(projectId, userId)
    if (!(await tx.challenges.spend(projectId, challenge.id, deps.clock.nowSeconds()))) throw coreErrors.InvalidLinkToken()
    await tx.users.update(projectId, userId, { isEmailVerified: true })
    await joinByDomain(deps, tx, { projectId, userId, source, found })
    await storeChange(deps, tx, change, { project, event })
  })
  deps.outbox.wake()
}
