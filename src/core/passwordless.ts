import { isBarred } from './access.ts'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { NewEvent, Source } from './events.ts'
import { recordEvent } from './events.ts'
import { earlierSession } from './factors.ts'
import { isTrustedAddress } from './first-proof.ts'
import { takeMail } from './message-limits.ts'
import { addressOn, type Channel, type MessageValue, type MessageWishes } from './messages.ts'
import { newcomerRecord, type VouchedUser } from './new-users.ts'
import type { Project } from './projects.ts'
import { type SignInTerms, signInTerms } from './sign-in-challenges.ts'
import { takeSignUp } from './sign-up-limit.ts'
import type { ChallengeRecord, Storage, UserWithLoginIds } from './storage.ts'
import { together } from './together.ts'
import { canonicalLoginId, isAnotherAddress, maskEmail, maskPhone, type NewUserDetails } from './users.ts'

/**
 * How a sign-in without a password begins, whatever its secret is: somebody is named, and a message with a secret goes to the address that is stored for them, or that they sign up
 * with. Answers and work are the same whoever is named (EN-03); `core/sign-in-challenges.ts` is how it ends.
 */

export type StartMode = 'signIn' | 'signUp' | 'signUpOrIn'

/** What the call asks for beside the message. */
export interface StartOptions {
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  readonly stepUp?: boolean | undefined
  readonly mfa?: boolean | undefined
  readonly revokeOtherSessions?: boolean | undefined
  readonly tenantId?: string | undefined
  /** How the message looks. */
  readonly wishes?: MessageWishes | undefined
}

export interface StartRequest {
  readonly project: Project
  readonly source: Source
  readonly mode: StartMode
  readonly channel: Channel
  readonly loginId: string
  /** Of who signs up. */
  readonly details?: NewUserDetails | undefined
  readonly options: StartOptions
  /** Of the session that `stepUp` and `mfa` add to. */
  readonly refreshToken?: string | undefined
}

/** The method that begins: what the settings say of it. */
export interface StartMethod {
  /** Counts messages of the method (BF-09). */
  readonly name: string
  readonly isEnabled: boolean
  /** Whether answers hide who is there. */
  readonly masksErrors: boolean
}

/** Whom a message is for; nobody gets one where neither `account` nor `newcomer` is there. */
export interface StartTarget {
  readonly account: UserWithLoginIds | undefined
  readonly newcomer: VouchedUser | undefined
  /** Who has the login ID that somebody signs up with, where that is not told: they get a notice in place of the secret (EN-04). */
  readonly owner?: UserWithLoginIds | undefined
  readonly canonicalLoginId: string
  /** Where the message goes; `''` for nobody, and for a test user who signs up. */
  readonly address: string
  /** The address in the request, masked. */
  readonly masked: string
  readonly terms: { readonly signIn: SignInTerms }
  /** Whether the caller may have more messages; if not, nothing more is done. */
  readonly isSourceRefused: boolean
  /** Whether the recipient has had enough of them, as far as the request tells: the same for one whom nobody knows. */
  readonly isRecipientRefused: boolean
}

/**
 * Finds whom a message is for. Throws `SignInMethodDisabled`, `MessagingUnavailable`, `InvalidRequest` and `InvalidArguments` for what is wrong whoever is named, `UserAlreadyExists` for
 * a sign-up of a taken login ID (limited by source, EN-04: `RateLimited`), `InvalidSession` and `SessionEnded` for a step-up without a session of the user and, where errors are
 * not masked, `UserNotFound` and `UserDisabled`.
 */
export async function findStartTarget(deps: Deps, request: StartRequest, method: StartMethod): Promise<StartTarget> {
  const { project, source, mode, channel, options } = request
  if (!method.isEnabled) throw coreErrors.SignInMethodDisabled()
  if (!deps.outbox.carries(channel)) throw coreErrors.MessagingUnavailable()
  const canonical = canonicalLoginId(request.loginId)
  const newcomer = mode === 'signIn' ? undefined : newcomerFor(deps, request)
  const earlier = await earlierSession(deps, { project, ...options, refreshToken: request.refreshToken })
  const account = await deps.storage.users.byLoginId(project.id, canonical)
  // Whether somebody else has the login ID or nobody is the same: neither is whose session it is (EN-03, RC-11).
  if (earlier && earlier.userId !== account?.user.id) throw coreErrors.InvalidSession({ log: 'session of another user' })
  const { strictSignUp } = project.settings.project
  if (mode === 'signUp' && !strictSignUp) await assertFree(deps, request, account)
  const isTaken = mode === 'signUp' && account !== undefined
  if (!method.masksErrors && mode === 'signIn' && !account) throw coreErrors.UserNotFound()
  if (!method.masksErrors && account && isBarred(account)) throw coreErrors.UserDisabled()
  const isTrusted = !account || isTaken || earlier !== undefined || isTrustedAddress(account, channel)
  const address = account ? addressOn(account.user, channel) : (newcomer?.address ?? '')
  const sourceIp = source.isTrusted ? undefined : source.ip
  const recipient = address || canonical
  const isForNobody = address === '' || !isTrusted || (account !== undefined && (isBarred(account) || account.user.isTest))
  const place = await takeMail(deps, { projectId: project.id, kind: method.name, channel, recipient, sourceIp, isForNobody })
  const mayGet = place.isTaken && !isForNobody
  const isSent = account !== undefined || !newcomer?.isTest
  const { customClaims = {}, stepUp: isStepUp = false, revokeOtherSessions: revokesOthers = false, tenantId } = options
  return {
    account: mayGet && !isTaken ? account : undefined,
    owner: mayGet && isTaken ? account : undefined,
    newcomer: mayGet && !account ? newcomer?.user : undefined,
    canonicalLoginId: canonical,
    address: mayGet && isSent ? address : '',
    masked: maskedAddress(request),
    terms: signInTerms({ method: channel, isSent, customClaims: { ...customClaims }, isStepUp, revokesOthers, tenantId, earlier }),
    isSourceRefused: place.isSourceRefused,
    isRecipientRefused: !place.isTaken,
  }
}

/** Made of the request alone, so that it tells nothing (EN-03). */
function maskedAddress({ channel, loginId, details }: StartRequest): string {
  return channel === 'email' ? maskEmail(details?.email || loginId) : maskPhone(details?.phone || loginId)
}

interface Newcomer {
  readonly user: VouchedUser
  readonly address: string
  readonly isTest: boolean
}

/** Who would sign up. Throws for a login ID or an address that is none, and for a sign-up that has no address to send to. */
function newcomerFor(deps: Deps, { project, mode, channel, loginId, details = {} }: StartRequest): Newcomer {
  const user = { loginId, details: { ...details } }
  const record = newcomerRecord(deps, project, user)
  const address = addressOn(record, channel)
  if (address !== '' && isAnotherAddress(loginId, address)) {
    throw coreErrors.InvalidArguments({ message: 'The loginId is another address than the one that the message would go to' })
  }
  if (address === '' && mode === 'signUp') {
    const what = channel === 'email' ? 'an e-mail address' : 'a phone number'
    throw coreErrors.InvalidArguments({ message: `The loginId is not ${what}, and the user has none` })
  }
  return { user, address, isTest: record.isTest }
}

/** A taken login ID is told, as the contract has it; who tries many is stopped (EN-04). */
async function assertFree(deps: Deps, { project, source }: StartRequest, account: UserWithLoginIds | undefined): Promise<void> {
  const tries = await takeSignUp(deps, project, source)
  if (account) throw coreErrors.UserAlreadyExists()
  await tries?.giveBack()
}

/** A secret for a target, ready to be sent. */
export interface Start {
  readonly project: Project
  readonly target: StartTarget
  /** Of the target, made whether it is there or not. */
  readonly challenge: ChallengeRecord
  readonly event: Omit<NewEvent, 'outcome'>
  /** Kind of message. */
  readonly kind: string
  readonly channel: Channel
  readonly ttlSeconds: number
  readonly values: Readonly<Record<string, MessageValue>>
  readonly wishes?: MessageWishes | undefined
  /** How the secret is stored. */
  readonly store: (tx: Storage, challenge: ChallengeRecord) => Promise<void>
}

/** Where a challenge of a target belongs. */
export function ownerOf({ account, newcomer, canonicalLoginId: loginId }: StartTarget): {
  readonly userId: string
  readonly loginId: string
} {
  return { userId: account?.user.id ?? '', loginId: newcomer && !account ? loginId : '' }
}

/** What a challenge remembers of a target. */
export function dataOf({ terms, newcomer }: StartTarget, mode: StartMode): Readonly<Record<string, unknown>> {
  return newcomer ? { ...terms, user: newcomer, mayExist: mode === 'signUpOrIn' } : terms
}

/** Stores secret, event and message in one transaction, and as much of nothing for nobody: then no one has the secret, and nothing can come of it. */
export async function sendStart(deps: Deps, start: Start): Promise<void> {
  const { project, target, challenge, kind, channel, ttlSeconds, values, wishes } = start
  const { account, newcomer, owner, address } = target
  if (target.isSourceRefused) return
  await deps.storage.transaction(async (tx) => {
    const locked = await tx.users.lock(project.id, account?.user.id ?? '')
    const isThere = account ? locked !== undefined : newcomer !== undefined
    const message = { project, kind, channel, ttlSeconds }
    const queued = () => {
      if (owner) return queueExistsNotice(deps, tx, { project, channel, owner, wishes })
      if (isThere && address !== '') return deps.outbox.queue(tx, { ...message, user: account?.user, to: address, values, wishes })
      return deps.outbox.queueDecoy(tx, message)
    }
    // Where a limit held the message back, the secret of before stays, and a code gets no further tries: whoever counts them learns nothing (EN-05).
    const isStored = !target.isRecipientRefused
    await together(
      recordEvent(deps, tx, { ...start.event, outcome: isThere ? 'success' : 'failure' }),
      ...(isStored ? [start.store(tx, isThere ? challenge : { ...challenge, userId: '', loginId: '', address: '' })] : []),
      queued(),
    )
  })
  deps.outbox.wake()
}

/** Tells the owner of an account that somebody, perhaps they, wanted to sign up once more. */
export async function queueExistsNotice(
  deps: Deps,
  tx: Storage,
  input: {
    readonly project: Project
    readonly channel: Channel
    readonly owner: UserWithLoginIds
    readonly wishes?: MessageWishes | undefined
  },
): Promise<void> {
  const { project, channel, owner, wishes } = input
  const { user } = owner
  const notice = { project, kind: 'account.exists', channel, user, to: addressOn(user, channel), ttlSeconds: 86_400, values: {}, wishes }
  await deps.outbox.queue(tx, notice)
}
