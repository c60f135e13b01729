import { type NewChallenge, newChallenge, storeChallenge } from '../../core/challenges.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { takeMail } from '../../core/message-limits.ts'
import { type GivenWishes, privilegedWishes } from '../../core/message-wishes.ts'
import type { MessageWishes } from '../../core/messages.ts'
import type { Project } from '../../core/projects.ts'
import { approvedRedirect, withToken } from '../../core/redirect.ts'
import type { Storage, UserRecord, UserWithLoginIds } from '../../core/storage.ts'
import { changeUser, type OneUser } from './change.ts'
import { userErrors } from './errors.ts'
import { queueInviteMail } from './messages.ts'

/** How a user is invited. There is no text message yet, so that nothing is asked about it here. */
export interface Invitation {
  /** Where the link leads; absent as the settings say. */
  readonly url?: string | undefined
  /** Whether it is mailed; absent as the settings say, where the user has an address. */
  readonly sendsMail?: boolean | undefined
  readonly wishes?: MessageWishes | undefined
}

/** What a call says of an invitation. */
export interface GivenInvitation extends GivenWishes {
  readonly invite?: boolean | undefined
  readonly inviteUrl?: string | undefined
  readonly sendMail?: boolean | undefined
}

/** The invitation that a call asks for, if it asks for one. Throws `MessageTemplateNotFound`. */
export async function invitationOf(deps: Deps, project: Project, given: GivenInvitation): Promise<Invitation | undefined> {
  if (!given.invite) return undefined
  const wishes = await privilegedWishes(deps, { ...given, projectId: project.id, kind: 'user.invite', channel: 'email' })
  return { url: given.inviteUrl || undefined, sendsMail: given.sendMail, wishes }
}

/** An invitation whose mail may leave, ready to store. */
export interface PreparedInvite {
  readonly challenge: NewChallenge
  readonly link: string
  readonly ttlSeconds: number
  readonly wishes: MessageWishes | undefined
}

/**
 * Makes the link of an invitation and takes its place in the mail limits (BF-09). `undefined` where none is to be mailed: the call or the settings say so, the user is a test
 * user, has no address, or got too many. Throws `InviteUrlRefused`, and `InvalidArguments` when the call demands a mail and there is no address.
 */
export async function prepareInvite(
  deps: Deps,
  input: { readonly project: Project; readonly user: UserRecord; readonly invitation: Invitation },
): Promise<PreparedInvite | undefined> {
  const { project, user, invitation } = input
  const landing = landingPage(deps, project, invitation.url)
  const sendsMail = invitation.sendsMail ?? project.settings.invite.sendEmail
  if (invitation.sendsMail && user.email === '') throw coreErrors.InvalidArguments({ message: 'The user has no e-mail address to invite' })
  if (!sendsMail || user.isTest || user.email === '') return undefined
  const { isTaken } = await takeMail(deps, { projectId: project.id, kind: 'user.invite', channel: 'email', recipient: user.email })
  if (!isTaken) return undefined
  const ttlSeconds = project.settings.invite.expirationTime * 60
  const challenge = newChallenge(deps, { projectId: project.id, userId: user.id, purpose: 'invite', address: user.email, ttlSeconds })
  return { challenge, link: withToken(landing, challenge.token), ttlSeconds, wishes: invitation.wishes }
}

function landingPage(deps: Deps, project: Project, url: string | undefined): URL {
  const wanted = url || project.settings.invite.inviteUrl
  if (!wanted) {
    if (project.settings.password.enabled) return new URL(`${deps.publicUrl()}/reset/${project.id}`)
    throw userErrors.InviteUrlRefused({ message: 'Our own page chooses a password, and passwords are disabled; give an inviteUrl' })
  }
  const approved = approvedRedirect({ url: wanted, approved: project.settings.project.trustedDomains, publicUrl: deps.publicUrl() })
  if (approved) return approved
  throw userErrors.InviteUrlRefused({ message: 'The inviteUrl is not on the list of approved domains (setting project.trustedDomains)' })
}

/** Stores the link and queues its mail, in the transaction that makes or finds the user. An earlier invitation is void from then on. */
export async function storeInvite(
  deps: Deps,
  tx: Storage,
  input: { readonly project: Project; readonly user: UserRecord; readonly invite: PreparedInvite },
): Promise<void> {
  const { project, user, invite } = input
  await storeChallenge(tx, invite.challenge.record)
  const { link, ttlSeconds, wishes } = invite
  await queueInviteMail(deps, tx, { project, user, link, ttlSeconds, wishes })
}

/**
 * Invites a user once more who was made and has not signed in yet; nothing else of them changes. Throws `UserAlreadyExists` for anybody else, and `RateLimited` when the
 * address got too many invitations.
 */
export async function inviteAgain(deps: Deps, input: OneUser & { readonly invitation: Invitation }): Promise<UserWithLoginIds> {
  const { project, account, invitation } = input
  if (account.user.status !== 'invited') throw coreErrors.UserAlreadyExists()
  const invite = await prepareInvite(deps, { project, user: account.user, invitation })
  const isOwed = account.user.email !== '' && !account.user.isTest && (invitation.sendsMail ?? project.settings.invite.sendEmail)
  if (!invite && isOwed) throw coreErrors.RateLimited({ retryAfterSeconds: deps.limits.recipientMessages.perSeconds })
  const after = await changeUser(deps, input, async (tx, { user }) => {
    if (user.status !== 'invited' || user.email !== account.user.email) throw coreErrors.UserAlreadyExists()
    if (invite) await storeInvite(deps, tx, { project, user, invite })
    return { type: 'user.invite', data: { isMailed: invite !== undefined }, isChange: false }
  })
  deps.outbox.wake()
  return after
}
