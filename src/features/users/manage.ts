import { newAccount } from '../../core/access.ts'
import { accountKeys } from '../../core/attempts.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { findManagedUser } from '../../core/managed-users.ts'
import { newId } from '../../core/secrets.ts'
import type { CredentialRecord, Page, Storage, UserStatus, UserWithLoginIds } from '../../core/storage.ts'
import { canonicalLoginId, type NewUserDetails, newLoginId, newUserRecord } from '../../core/users.ts'

/** An administrator's call about one user: who calls, which project, which user. */
export interface ManagedUser {
  readonly projectId: string
  /** Login ID, or user ID where no such login ID exists (`protocol/core.md` 1.4). */
  readonly loginId: string
  readonly actor: Actor
}

/**
 * Makes a user, without a session; with `credentialOf` also a first credential, in the same transaction. Throws `UserAlreadyExists` and what `newLoginId` and
 * `credentialOf` throw.
 */
export async function createUser(
  deps: Deps,
  input: ManagedUser & {
    readonly details: NewUserDetails
    readonly isEmailVerified?: boolean | undefined
    readonly credentialOf?: ((account: UserWithLoginIds) => Promise<CredentialRecord>) | undefined
  },
): Promise<UserWithLoginIds> {
  const { projectId, actor } = input
  const loginId = newLoginId(input.loginId)
  const now = deps.clock.nowSeconds()
  const made = newUserRecord({ projectId, id: newId(deps, 'U'), loginId, details: input.details, now })
  const user = { ...made, isEmailVerified: made.email !== '' && (input.isEmailVerified ?? false) }
  const account = newAccount({ user, loginIds: [loginId] })
  const credential = await input.credentialOf?.(account)
  await deps.storage.transaction(async (tx) => {
    if (!(await tx.users.insert(user, [loginId]))) throw coreErrors.UserAlreadyExists()
    if (credential) await tx.credentials.insert(credential)
    await tx.attempts.clear(projectId, accountKeys(loginId.canonical))
    await recordEvent(deps, tx, adminEvent({ projectId, actor, userId: user.id, type: 'user.create' }))
  })
  return { ...account, credentialKinds: credential ? [credential.kind] : [] }
}

/** Sets the status. Disabling ends every session of the user and voids what was sent to them (SE-06, RC-05). */
export async function setUserStatus(deps: Deps, input: ManagedUser & { readonly status: UserStatus }): Promise<void> {
  const { projectId, actor, status } = input
  const { user } = await findManagedUser(deps, input)
  const now = deps.clock.nowSeconds()
  await deps.storage.transaction(async (tx) => {
    await assertUpdated(tx, projectId, user.id, { status, modifiedAt: now })
    if (status === 'disabled') {
      await tx.sessions.endAllForUser(projectId, user.id, 'disabled', now)
      await tx.challenges.deleteForUser(projectId, user.id)
    }
    await recordEvent(deps, tx, adminEvent({ projectId, actor, userId: user.id, type: 'user.status', data: { status } }))
  })
}

/** Marks the user's e-mail address as proven, by hand. Throws `InvalidArguments` when there is none. */
export async function verifyUser(deps: Deps, input: ManagedUser): Promise<void> {
  const { projectId, actor } = input
  const { user } = await findManagedUser(deps, input)
  if (user.email === '') throw coreErrors.InvalidArguments({ message: 'The user has no e-mail address' })
  await deps.storage.transaction(async (tx) => {
    await assertUpdated(tx, projectId, user.id, { isEmailVerified: true, modifiedAt: deps.clock.nowSeconds() })
    await recordEvent(deps, tx, adminEvent({ projectId, actor, userId: user.id, type: 'user.verify' }))
  })
}

/** Deletes the user and everything that is theirs; the audit trail stays. */
export async function deleteUser(deps: Deps, input: ManagedUser): Promise<void> {
  const { projectId, actor } = input
  const { user } = await findManagedUser(deps, input)
  await deps.storage.transaction(async (tx) => {
    if (!(await tx.users.delete(projectId, user.id))) throw coreErrors.ManagedUserNotFound()
    await recordEvent(deps, tx, adminEvent({ projectId, actor, userId: user.id, type: 'user.delete' }))
  })
}

/** Users by login-ID prefix, at most 200 a page (MG-07). */
export function listUsers(
  deps: Deps,
  input: { readonly projectId: string; readonly prefix?: string | undefined; readonly after?: string | undefined; readonly limit: number },
): Promise<Page<UserWithLoginIds>> {
  const limit = Math.min(Math.max(1, Math.floor(input.limit)), 200)
  return deps.storage.users.list(input.projectId, {
    limit,
    ...(input.prefix ? { loginIdPrefix: canonicalLoginId(input.prefix) } : {}),
    ...(input.after ? { after: input.after } : {}),
  })
}

async function assertUpdated(
  tx: Storage,
  projectId: string,
  userId: string,
  changes: Parameters<Storage['users']['update']>[2],
): Promise<void> {
  if (!(await tx.users.update(projectId, userId, changes))) throw coreErrors.ManagedUserNotFound()
}
