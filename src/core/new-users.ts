import { defaultGrants, giveDefaultRoles, newAccount } from './access.ts'
import { accountKeys } from './attempts.ts'
import type { Deps } from './deps.ts'
import { coreErrors } from './errors.ts'
import type { Project } from './projects.ts'
import { newId } from './secrets.ts'
import type { Storage, UserWithLoginIds } from './storage.ts'
import { isTestLoginId } from './test-users.ts'
import { type NewUserDetails, newLoginId, newUserRecord } from './users.ts'

/** What a backend says about somebody whom it signs up without a credential. */
export interface VouchedUser {
  readonly loginId: string
  readonly details: NewUserDetails
  /** The backend vouches for the addresses. */
  readonly isEmailVerified?: boolean | undefined
  readonly isPhoneVerified?: boolean | undefined
}

/** A user who signs up through a backend, not stored yet. Throws `InvalidRequest` for a login ID or an address that is none. */
export function newVouchedUser(deps: Deps, project: Project, input: VouchedUser): UserWithLoginIds {
  const loginId = newLoginId(input.loginId)
  const now = deps.clock.nowSeconds()
  const made = newUserRecord({ projectId: project.id, id: newId(deps, 'U'), loginId, details: input.details, now })
  const user = {
    ...made,
    isEmailVerified: made.email !== '' && (input.isEmailVerified ?? false),
    isPhoneVerified: made.phone !== '' && (input.isPhoneVerified ?? false),
    isTest: isTestLoginId(project, [loginId]),
  }
  return newAccount({ user, loginIds: [loginId], ...defaultGrants(project) })
}

/** Stores such a user with the default roles. Part of the caller's transaction. Throws `UserAlreadyExists` when the login ID is taken: roll back then. */
export async function storeVouchedUser(tx: Storage, project: Project, { user, loginIds }: UserWithLoginIds): Promise<void> {
  if (!(await tx.users.insert(user, loginIds))) throw coreErrors.UserAlreadyExists()
  await giveDefaultRoles(tx, project, user.id)
  // Whoever guessed at this login ID before it was taken has locked nobody out.
  for (const { canonical } of loginIds) await tx.attempts.clear(project.id, accountKeys(canonical))
}
