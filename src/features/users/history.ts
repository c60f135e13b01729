import type { Deps } from '../../core/deps.ts'
import { type SignIn, signInsOf } from '../../core/history.ts'
import type { Rights } from '../../core/management-keys.ts'
import { loadUsers } from './list.ts'

/** Users of one question; each brings up to 100 sign-ins. */
export const maxHistories = 100

/** The latest sign-ins of several users, user by user, newest first. Of users who are gone too, but not for a key that is limited to tenants: nobody knows theirs any more. */
export async function loginHistory(
  deps: Deps,
  input: { readonly projectId: string; readonly rights: Rights; readonly userIds: readonly string[] },
): Promise<readonly SignIn[]> {
  const { projectId, rights } = input
  const wanted = [...new Set(input.userIds)]
  const userIds = rights.tenantIds.length === 0 ? wanted : (await loadUsers(deps, { ...input, userIds: wanted })).map(({ user }) => user.id)
  const histories: SignIn[] = []
  for (const userId of userIds) histories.push(...(await signInsOf(deps.storage, projectId, userId)))
  return histories
}
