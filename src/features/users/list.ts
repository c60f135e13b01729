import type { Deps } from '../../core/deps.ts'
import { accountInReach, isInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import type { Page, UserWithLoginIds } from '../../core/storage.ts'
import { canonicalLoginId } from '../../core/users.ts'
import { assertBatch } from './batch.ts'

/** Users of these IDs that are there and in reach of the key, in the order of the IDs. */
export async function loadUsers(
  deps: Deps,
  input: { readonly projectId: string; readonly rights: Rights; readonly userIds: readonly string[] },
): Promise<readonly UserWithLoginIds[]> {
  assertBatch(input.userIds)
  const ids = [...new Set(input.userIds)]
  const found = new Map((await deps.storage.users.byIds(input.projectId, ids)).map((account) => [account.user.id, account]))
  return ids
    .flatMap((id) => found.get(id) ?? [])
    .filter((account) => isInReach(input.rights, account))
    .map((account) => accountInReach(input.rights, account))
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
