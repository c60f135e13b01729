import { z } from 'zod'
import { isBarred } from './access.ts'
import type { DeliveryMethod } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import { recordEvent, type Source, userEvent } from './events.ts'
import { changesOfFirstProof, isFirstProof, wipeBeforeFirstProof } from './first-proof.ts'
import { merged, type PreparedMerge, prepareMerge, storeMerge } from './merges.ts'
import { takeMail } from './message-limits.ts'
import type { Channel, MessageWishes } from './messages.ts'
import type { StartTarget } from './passwordless.ts'
import type { Project } from './projects.ts'
import { isUsable, type LiveSession } from './sessions.ts'
import { addressFor, signInTerms, termsOf } from './sign-in-challenges.ts'
import type { ChallengeRecord, Storage, UserChanges, UserWithLoginIds } from './storage.ts'
import { passwordSettingsFor } from './tenant-settings.ts'
import { canonicalLoginId, maskEmail, maskPhone, newLoginId, parseEmail, parsePhone } from './users.ts'

/**
 * Users who change their own address or phone number: a secret goes to the new one, and whoever shows it has proven it (`protocol/core.md` 6.3 to 6.5). Until then nothing changes.
 */

/** Most login IDs of one user. */
const maxLoginIds = 50

export interface UpdateRequest {
  readonly project: Project
  readonly source: Source
  /** Of the user, by a refresh token. */
  readonly live: LiveSession
  readonly channel: Channel
  /** One of the user's own. */
  readonly loginId: string
  /** The new address or number. */
  readonly address: string
  /** The address becomes a login ID too. */
  readonly addToLoginIds?: boolean | undefined
  /** Who stays when the address is somebody else's login ID, which is to become the user's: true, that one; else the user who asks. */
  readonly mergeUseExisting?: boolean | undefined
  /** Keeps the methods of the session, and adds this one. */
  readonly mfa?: boolean | undefined
  readonly wishes?: MessageWishes | undefined
}

/** Part `update` of a challenge's data. */
const WithUpdate = z.object({
  update: z.strictObject({
    /** The session that asked: when it ends, so does what it asked for. */
    sessionId: z.string(),
    addToLoginIds: z.boolean(),
    mergeUseExisting: z.boolean(),
  }),
})

/**
 * Finds whom the secret of an update is for, as `findStartTarget` does. Throws `SignInMethodDisabled`, `MessagingUnavailable`, `InvalidArguments` for a login ID that is not the user's,
 * `InvalidRequest` for an address that is none, `InvalidSession` in the session of a reset, and `StaleSession` when the sign-in is older than `updateMaxAgeSeconds` (PW-10).
 */
export async function findUpdateTarget(
  deps: Deps,
  request: UpdateRequest,
  method: { readonly name: string; readonly isEnabled: boolean },
): Promise<StartTarget> {
  const { project, source, live, channel, mfa } = request
  if (!method.isEnabled) throw coreErrors.SignInMethodDisabled()
  if (!deps.outbox.carries(channel)) throw coreErrors.MessagingUnavailable()
  const canonical = canonicalLoginId(request.loginId)
  if (!live.loginIds.some((loginId) => loginId.canonical === canonical)) {
    throw coreErrors.InvalidArguments({ message: 'The loginId field is not a login ID of the signed-in user' })
  }
  assertFresh(deps, project, live)
  const address = channel === 'email' ? parseEmail(request.address) : parsePhone(request.address)
  if (address === undefined) {
    const what = channel === 'email' ? 'email field is not a valid e-mail address' : 'phone field is not a valid phone number'
    throw coreErrors.InvalidRequest({ message: `The ${what}` })
  }
  const sourceIp = source.isTrusted ? undefined : source.ip
  const { session, user } = live
  const place = await takeMail(deps, {
    projectId: project.id,
    kind: method.name,
    channel,
    recipient: address,
    sourceIp,
    isForNobody: user.isTest,
  })
  const earlier = mfa ? { userId: user.id, sessionId: session.id, amr: session.amr, tenantId: undefined } : undefined
  const mayGet = place.isTaken && !user.isTest
  return {
    account: mayGet ? live : undefined,
    newcomer: undefined,
    canonicalLoginId: canonical,
    address: mayGet ? address : '',
    masked: channel === 'email' ? maskEmail(address) : maskPhone(address),
    terms: signInTerms({ method: channel, isSent: true, earlier }),
    isSourceRefused: place.isSourceRefused,
    isRecipientRefused: !place.isTaken,
  }
}

/** Whoever took a session over must not take the account over by it (PW-10); the session of a reset is only there to set a password. */
function assertFresh(deps: Deps, project: Project, live: LiveSession): void {
  if (live.session.passwordDueAt > 0) throw coreErrors.InvalidSession({ log: 'address update in the session of a reset' })
  const { updateMaxAgeSeconds: maxAge } = passwordSettingsFor(project, live)
  if (maxAge > 0 && live.session.authenticatedAt + maxAge < deps.clock.nowSeconds()) throw coreErrors.StaleSession()
}

/** What the challenge of an update remembers. */
export function updateDataOf(
  { terms }: StartTarget,
  { live, addToLoginIds = false, mergeUseExisting = false }: UpdateRequest,
): Readonly<Record<string, unknown>> {
  return { ...terms, update: { sessionId: live.session.id, addToLoginIds, mergeUseExisting } }
}

export function isUpdate(challenge: ChallengeRecord): boolean {
  return WithUpdate.safeParse(challenge.data).success
}

/** An update that was proven, not stored yet. */
export interface PreparedUpdate {
  /** Who signs in by it, as they will be. */
  readonly account: UserWithLoginIds
  readonly changes: UserChanges
  readonly merge: PreparedMerge | undefined
  /** Of the user who asked. */
  readonly asker: UserWithLoginIds
  readonly address: string
  readonly addsLoginId: boolean
  /** Addresses that get a notice (RC-13). */
  readonly notified: readonly string[]
  /** The method of a link by which somebody else may have clicked a merge: what the user who asked had set up before it ends, as by a first proof (RC-11). */
  readonly endsAskers: DeliveryMethod | undefined
}

/**
 * Prepares what a proven secret of an update changes. `undefined` when it may not: the user is barred or their session has ended by now, or the address is the login ID of somebody who
 * may not be merged, because they are barred, have another address than the one that was proven, or are a test user.
 */
export async function prepareUpdate(
  deps: Deps,
  project: Project,
  challenge: ChallengeRecord,
  /** The session that was shown with the secret. */
  shownSessionId: string | undefined,
): Promise<PreparedUpdate | undefined> {
  const { update } = WithUpdate.parse(challenge.data)
  const { address } = challenge
  const { method } = termsOf(challenge)
  const asker = await askerOf(deps, project, challenge.userId, update.sessionId)
  if (!asker) return undefined
  const owner = update.addToLoginIds ? await deps.storage.users.byLoginId(project.id, canonicalLoginId(address)) : undefined
  const isOther = owner !== undefined && owner.user.id !== asker.user.id
  if (isOther && (isBarred(owner) || owner.user.isTest || addressFor(owner.user, method) !== address)) return undefined
  // An account whose address nobody ever proved is not kept: somebody may have made it in wait (RC-11).
  const keepsOwner = isOther && update.mergeUseExisting && !isFirstProof(owner, { method, isHolder: false })
  const pair = isOther && (keepsOwner ? { winner: owner, loser: asker } : { winner: asker, loser: owner })
  if (pair && pair.winner.loginIds.length + pair.loser.loginIds.length > maxLoginIds) return undefined
  const merge = pair ? await prepareMerge(deps.storage, { ...pair, proven: { address, method } }) : undefined
  // One click on a link in an unexpected message must not give an account away to whoever asked for it. A code is typed, and a number compared, where the update began.
  const mayBeStranger = challenge.purpose === 'magicLink' && shownSessionId !== update.sessionId
  const endsAskers = merge?.winner === asker && mayBeStranger ? method : undefined
  const after = merge ? merged(merge) : asker
  const addsLoginId = update.addToLoginIds && owner === undefined && after.loginIds.length < maxLoginIds
  const proof = method === 'email' ? { email: address, isEmailVerified: true } : { phone: address, isPhoneVerified: true }
  const changes = { ...proof, ...(endsAskers ? changesOfFirstProof(endsAskers) : {}), modifiedAt: deps.clock.nowSeconds() }
  const loginIds = addsLoginId ? [...after.loginIds, newLoginId(address)] : after.loginIds
  const credentialKinds = endsAskers ? [] : after.credentialKinds
  const account = { ...after, user: { ...after.user, ...changes }, loginIds, credentialKinds }
  return { account, changes, merge, asker, address, addsLoginId, endsAskers, notified: noticesOf(project, asker, account) }
}

/** Who asked, unless they are barred or the session in which they did has ended. */
async function askerOf(deps: Deps, project: Project, userId: string, sessionId: string): Promise<UserWithLoginIds | undefined> {
  const found = await deps.storage.sessions.withUser(project.id, sessionId)
  if (found?.session.userId !== userId || !(await isUsable(deps, project, found))) return undefined
  return deps.storage.users.byId(project.id, userId)
}

/**
 * Who hears of a new e-mail address: the old one where it was proven, and the new one. No limit holds these back: each follows from a message that was limited itself, and whoever took
 * an account over could use the limit up first (RC-13).
 */
function noticesOf(project: Project, before: UserWithLoginIds, after: UserWithLoginIds): readonly string[] {
  const { email, isEmailVerified, isTest } = before.user
  if (email === after.user.email || isTest || !project.settings.project.notifyEmailChange) return []
  return [isEmailVerified ? email : '', after.user.email].filter((recipient) => recipient !== '')
}

/** Locks whom an update is about, in one order, so that no two wait for each other. Part of the caller's transaction. */
export async function lockForUpdate(tx: Storage, { asker, merge }: PreparedUpdate): Promise<boolean> {
  const ids = merge ? [merge.winner.user.id, merge.loser.user.id] : [asker.user.id]
  for (const id of ids.toSorted()) if (!(await tx.users.lock(asker.user.projectId, id))) return false
  return true
}

/** Stores an update, but for the changes of the user's own row, which go with the sign-in. Part of the caller's transaction, which has locked the users and spent the challenge. False: roll back. */
export async function storeUpdate(deps: Deps, tx: Storage, project: Project, update: PreparedUpdate, source: Source): Promise<boolean> {
  const { account, merge, address, addsLoginId, notified, endsAskers } = update
  const { id: userId } = account.user
  if (endsAskers) {
    const asker = { projectId: project.id, userId, method: endsAskers, source }
    await wipeBeforeFirstProof(deps, tx, { ...asker, keepsLoginIds: true })
  }
  if (merge && !(await storeMerge(deps, tx, merge, source))) return false
  if (addsLoginId && !(await tx.users.addLoginId(project.id, userId, newLoginId(address)))) return false
  // One-time secrets that went to the old address are void (RC-05).
  await tx.challenges.deleteForUser(project.id, userId)
  for (const to of notified) {
    const values = { isNew: to === account.user.email, by: 'user' }
    const user = account.user
    await deps.outbox.queue(tx, { project, kind: 'email.changed', channel: 'email', user, to, ttlSeconds: 86_400, values })
  }
  const data = { fields: Object.keys(update.changes).filter((name) => name !== 'modifiedAt'), addsLoginId, isMerged: merge !== undefined }
  const event = { projectId: project.id, type: 'user.updateAddress', outcome: 'success', userId, source, data } as const
  await recordEvent(deps, tx, userEvent(event))
  return true
}
