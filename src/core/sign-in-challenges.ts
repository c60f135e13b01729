import { z } from 'zod'
import { isBarred } from './access.ts'
import { codeKeys } from './attempts.ts'
import { type DeliveryMethod, deliveryMethods } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Source } from './events.ts'
import { type EarlierSession, mergedMethods } from './factors.ts'
import { changesOfFirstProof, isFirstProof, wipeBeforeFirstProof } from './first-proof.ts'
import type { FoundGrants } from './grants.ts'
import type { Project } from './projects.ts'
import { joinByDomain, tenantsByDomain, withTenants } from './self-provisioning.ts'
import { assertUsable, type PreparedSession, prepareSession, storeSession } from './sessions.ts'
import type { ChallengeRecord, Storage, UserChanges, UserRecord, UserWithLoginIds } from './storage.ts'

/**
 * Signing in with a one-time secret, whatever its form: what a challenge remembers of the call that asked for it, and what all redemptions have in common.
 */

const Claims = z.record(z.string(), z.unknown())

/** Part `signIn` of a challenge's data. Without it, the secret was mailed and nothing was asked for. */
const SignInTerms = z.strictObject({
  method: z.enum(deliveryMethods).default('email'),
  /** Whether it left for the address: only then does redeeming it prove the address. */
  isSent: z.boolean().default(true),
  /** Of a privileged caller, for the top level of tokens. */
  claims: Claims.default({}),
  /** Of anybody else, for `nsec`. */
  customClaims: Claims.default({}),
  isStepUp: z.boolean().default(false),
  revokesOthers: z.boolean().default(false),
  /** The tenant that was chosen. */
  tenantId: z.string().optional(),
  /** The session to whose factors this one is added. */
  earlier: z.strictObject({ sessionId: z.string(), amr: z.array(z.string()) }).optional(),
})
export type SignInTerms = z.infer<typeof SignInTerms>
const WithTerms = z.object({ signIn: SignInTerms.prefault({}) })

/** What to remember, to be stored as part `signIn` of the data. */
export function signInTerms(
  given: Omit<z.input<typeof SignInTerms>, 'earlier' | 'method' | 'isSent'> & {
    readonly method: DeliveryMethod
    readonly isSent: boolean
    readonly earlier?: EarlierSession | undefined
  },
): { readonly signIn: SignInTerms } {
  const { earlier, tenantId = earlier?.tenantId, ...rest } = given
  const kept = earlier && { earlier: { sessionId: earlier.sessionId, amr: [...earlier.amr] } }
  return { signIn: SignInTerms.parse({ ...rest, ...kept, tenantId }) }
}

export function termsOf(challenge: ChallengeRecord): SignInTerms {
  return WithTerms.parse(challenge.data).signIn
}

/** Where a user gets secrets by a method; `''` where they have no such address. */
export function addressFor(user: UserRecord, method: DeliveryMethod): string {
  if (method === 'embedded') return ''
  return method === 'email' ? user.email : user.phone
}

/** Whether the secret may still be used by this account: nobody is barred from it, and the address that the secret went to is still its own (RC-05). */
export function mayRedeem(challenge: ChallengeRecord, account: UserWithLoginIds): boolean {
  const isOwn = challenge.address === '' || challenge.address === addressFor(account.user, termsOf(challenge).method)
  return !isBarred(account) && isOwn
}

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
}

/** Prepares the session of a secret that was proven and may be redeemed. Throws `InvalidSession` when the session that it adds to has ended. */
export async function prepareRedemption(
  deps: Deps,
  input: {
    readonly project: Project
    readonly source: Source
    readonly account: UserWithLoginIds
    readonly terms: SignInTerms
    readonly isReset?: boolean
    /** Who redeems is known to be who set up what the account has: somebody with a session of it, or whom an administrator invited. */
    readonly isHolder?: boolean
  },
): Promise<PreparedRedemption> {
  const { project, source, isReset = false } = input
  const { method, isSent, earlier, claims, customClaims, isStepUp, revokesOthers, tenantId } = input.terms
  if (earlier) await assertStillLive(deps, project, earlier.sessionId)
  const isHolder = input.isHolder || earlier !== undefined || !isSent
  const firstProof = isFirstProof(input.account, { method, isHolder }) ? method : undefined
  const account = firstProof ? { ...input.account, credentialKinds: [] } : input.account
  const changes = isSent ? { ...proofBy(method), ...(firstProof ? changesOfFirstProof(firstProof) : {}) } : {}
  const proven = { ...account, user: { ...account.user, ...changes } }
  const joined = changes.isEmailVerified ? await tenantsByDomain(deps.storage, project, proven) : undefined
  const session = await prepareSession(deps, {
    ...{ project, source, claims, customClaims, isStepUp, isReset, tenantId },
    account: joined ? withTenants(proven, joined) : proven,
    amr: mergedMethods(earlier?.amr ?? [], method === 'embedded' ? [] : [method]),
  })
  return { session, changes, joined, source, revokesOthers, firstProof }
}

function proofBy(method: DeliveryMethod): UserChanges {
  if (method === 'embedded') return {}
  return method === 'email' ? { isEmailVerified: true } : { isPhoneVerified: true }
}

async function assertStillLive(deps: Deps, project: Project, sessionId: string): Promise<void> {
  const found = await deps.storage.sessions.withUser(project.id, sessionId)
  if (!found) throw coreErrors.InvalidSession({ log: 'unknown session' })
  await assertUsable(deps, project, found)
}

/** Stores a prepared redemption. Part of the caller's transaction, which has locked the user and spent the challenge. */
export async function storeRedemption(deps: Deps, tx: Storage, redemption: PreparedRedemption): Promise<void> {
  const { session, changes, joined, source, revokesOthers, firstProof } = redemption
  const { projectId, userId, id } = session.record
  if (firstProof) await wipeBeforeFirstProof(deps, tx, { projectId, userId, method: firstProof, source })
  if (Object.keys(changes).length > 0) await tx.users.update(projectId, userId, changes)
  if (joined) await joinByDomain(deps, tx, { projectId, userId, source, found: joined })
  // Whoever has the mailbox need not guess at codes that go there (BF-01).
  if (changes.isEmailVerified) await tx.attempts.clear(projectId, codeKeys(userId, ['email']))
  await storeSession(deps, tx, session)
  if (revokesOthers) await tx.sessions.endAllForUser(projectId, userId, 'signIn', deps.clock.nowSeconds(), id)
}
