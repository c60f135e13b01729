import { z } from 'zod'
import { defaultGrants, giveDefaultRoles, newAccount } from './access.ts'
import { accountKeys } from './attempts.ts'
import type { Deps } from './deps.ts'
import type { Project } from './projects.ts'
import { newId } from './secrets.ts'
import type { Storage, UserRecord, UserWithLoginIds } from './storage.ts'
import { isTestLoginId } from './testers.ts'
import { newLoginId, newUserRecord } from './users.ts'

const Text = z.string().optional()

/** What a back end says about somebody whom it signs up without a credential; it vouches for the addresses that it calls verified. */
export const VouchedUser = z.object({
  /** The ID that they get; a fresh one if absent. */
  id: z.string().optional(),
  loginId: z.string(),
  details: z.object({ name: Text, givenName: Text, middleName: Text, familyName: Text, email: Text, phone: Text }),
  isEmailVerified: z.boolean().optional(),
  isPhoneVerified: z.boolean().optional(),
})
export type VouchedUser = z.infer<typeof VouchedUser>

/** The record that such a user would have. Throws `InvalidRequest` for a login ID or an address that is none. */
export function newcomerRecord(deps: Deps, project: Project, user: VouchedUser): UserRecord {
  return newVouchedUser(deps, project, user).user
}

/** A user who signs up through a back end, not stored yet. Throws `InvalidRequest` for a login ID or an address that is none. */
export function newVouchedUser(deps: Deps, project: Project, input: VouchedUser): UserWithLoginIds {
  const loginId = newLoginId(input.loginId)
  const now = deps.clock.nowSeconds()
  const made = newUserRecord({ projectId: project.id, id: input.id ?? newId(deps, 'U'), loginId, details: input.details, now })
  const user = {
    ...made,
    isEmailVerified: made.email !== '' && (input.isEmailVerified ?? false),
    isPhoneVerified: made.phone !== '' && (input.isPhoneVerified ?? false),
    isTest: isTestLoginId(project, [loginId]),
  }
  return newAccount({ user, loginIds: [loginId], ...defaultGrants(project) })
}

/** Stores such a user with the default roles. Part of the caller's transaction. False when the login ID is taken: roll back then. */
export async function storeVouchedUser(tx: Storage, project: Project, { user, loginIds }: UserWithLoginIds): Promise<boolean> {
  if (!(await tx.users.insert(user, loginIds))) return false
  await giveDefaultRoles(tx, project, user.id)
  // Whoever guessed at this login ID before it was taken has locked nobody out.
  for (const { canonical } of loginIds) await tx.attempts.clear(project.id, accountKeys(canonical))
  return true
}
