import { isBarred } from '../../core/access.ts'
import { newChallenge, storeChallenge } from '../../core/challenges.ts'
import type { DeliveryMethod } from '../../core/delivery-methods.ts'
import type { Deps } from '../../core/deps.ts'
import { newEnchantedLink } from '../../core/enchanted-links.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { earlierSession } from '../../core/factors.ts'
import { findManagedUser } from '../../core/managed-users.ts'
import { newOneTimeCode, storeOneTimeCode } from '../../core/one-time-codes.ts'
import type { Project } from '../../core/projects.ts'
import { approvedRedirect, parseRedirect, withToken } from '../../core/redirect.ts'
import { addressFor, type SignInTerms, signInTerms } from '../../core/sign-in-challenges.ts'
import type { Storage, UserWithLoginIds } from '../../core/storage.ts'
import { canonicalLoginId } from '../../core/users.ts'
import { testUserErrors } from './errors.ts'

/** What the call of a user would have sent as `loginOptions`. */
export interface TestOptions {
  readonly customClaims?: Readonly<Record<string, unknown>> | undefined
  readonly stepUp?: boolean | undefined
  readonly mfa?: boolean | undefined
  readonly revokeOtherSessions?: boolean | undefined
  readonly refreshToken?: string | undefined
  readonly tenantId?: string | undefined
}

export interface GenerateFor {
  readonly project: Project
  /** The management key that asks. */
  readonly actor: Actor
  readonly loginId: string
  readonly method: DeliveryMethod
  readonly options: TestOptions
}

export interface GenerateLink extends GenerateFor {
  /** Where the link leads; without it, where the project's links of that kind do. */
  readonly uri?: string | undefined
}

/** A test user and what is to be remembered for their sign-in. */
interface Target {
  readonly account: UserWithLoginIds
  readonly terms: { readonly signIn: SignInTerms }
}

/**
 * Codes and links of test users go to the caller instead of an address, and so prove none (`protocol/core.md` 7.6). Each voids the one before. All throw `ManagedUserNotFound`,
 * `NotTestUser`, `UserDisabled`, `SignInMethodDisabled`, `InvalidSession`, `SessionEnded`.
 */
export async function generateCode(deps: Deps, input: GenerateFor): Promise<string> {
  const { enabled, expirationTime } = input.project.settings.otp
  const { account, terms } = await findTarget(deps, input, enabled)
  const { user, loginIds } = account
  const named = canonicalLoginId(input.loginId)
  // Whoever is named by user ID gets a code for their first login ID.
  const canonicalId = loginIds.some(({ canonical }) => canonical === named) ? named : (loginIds[0]?.canonical ?? named)
  const made = newOneTimeCode(deps, {
    projectId: user.projectId,
    userId: user.id,
    address: addressFor(user, input.method),
    ttlSeconds: expirationTime * 60,
    data: terms,
    namedLoginId: canonicalId,
  })
  await store(deps, input, account, 'otp', (tx) => storeOneTimeCode(tx, made.record))
  return made.code
}

export async function generateMagicLink(deps: Deps, input: GenerateLink): Promise<string> {
  const { enabled, expirationTime, redirectUrl } = input.project.settings.magicLink
  const { account, terms } = await findTarget(deps, input, enabled)
  const { user } = account
  const base = { projectId: user.projectId, userId: user.id, address: addressFor(user, input.method), ttlSeconds: expirationTime * 60 }
  const { token, record } = newChallenge(deps, { ...base, purpose: 'magicLink', data: terms })
  const link = linkOf(deps, input, redirectUrl, token)
  await store(deps, input, account, 'magicLink', (tx) => storeChallenge(tx, record))
  return link
}

export async function generateEnchantedLink(
  deps: Deps,
  input: GenerateLink,
): Promise<{ readonly link: string; readonly pendingRef: string }> {
  const { enabled, expirationTime, redirectUrl } = input.project.settings.enchantedLink
  const { account, terms } = await findTarget(deps, input, enabled)
  const { user } = account
  const base = { projectId: user.projectId, userId: user.id, address: addressFor(user, input.method), ttlSeconds: expirationTime * 60 }
  const { record, link, pendingRef } = newEnchantedLink(deps, { ...base, data: terms })
  const url = linkOf(deps, input, redirectUrl, link.token)
  await store(deps, input, account, 'enchantedLink', (tx) => storeChallenge(tx, record))
  return { link: url, pendingRef }
}

async function findTarget(deps: Deps, input: GenerateFor, isEnabled: boolean): Promise<Target> {
  const { project, options, method } = input
  const account = await findManagedUser(deps, { projectId: project.id, loginId: input.loginId })
  if (!account.user.isTest) throw testUserErrors.NotTestUser()
  if (isBarred(account)) throw coreErrors.UserDisabled()
  if (!isEnabled) throw coreErrors.SignInMethodDisabled()
  const earlier = await earlierSession(deps, { project, ...options })
  if (earlier && earlier.userId !== account.user.id) throw coreErrors.InvalidSession({ log: 'session of another user' })
  const { customClaims = {}, stepUp: isStepUp = false, revokeOtherSessions: revokesOthers = false, tenantId } = options
  const claims = { ...customClaims }
  return { account, terms: signInTerms({ method, isSent: false, customClaims: claims, isStepUp, revokesOthers, tenantId, earlier }) }
}

async function store(
  deps: Deps,
  { project, actor, method }: GenerateFor,
  { user }: UserWithLoginIds,
  kind: string,
  write: (tx: Storage) => Promise<void>,
): Promise<void> {
  const event = adminEvent({ projectId: project.id, actor, userId: user.id, type: 'testUser.generate', data: { kind, method } })
  await deps.storage.transaction(async (tx) => {
    if (!(await tx.users.lock(project.id, user.id))) throw coreErrors.ManagedUserNotFound()
    await write(tx)
    await recordEvent(deps, tx, event)
  })
}

/**
 * The link goes to nobody but the caller, so that a URL of theirs need not be approved (RC-07). Without any it is a path and a query, as SDKs' tests expect. Throws
 * `InvalidArguments` for what is no URL.
 */
function linkOf(deps: Deps, { project, uri }: GenerateLink, configured: string, token: string): string {
  const approved = project.settings.project.trustedDomains
  const own = configured ? approvedRedirect({ url: configured, approved, publicUrl: deps.publicUrl() }) : undefined
  const url = uri ? parseRedirect(uri) : own
  if (url) return withToken(url, token)
  if (uri) throw coreErrors.InvalidArguments({ message: 'The URI field is not a URL that a link can lead to' })
  return `/verify/${project.id}?t=${token}`
}
