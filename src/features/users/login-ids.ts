import { accountKeys } from '../../core/attempts.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import type { LoginIdRecord, Storage, UserWithLoginIds } from '../../core/storage.ts'
import { canonicalLoginId, newLoginId } from '../../core/users.ts'
import { changeUser, type OneUser } from './change.ts'
import { userErrors } from './errors.ts'

/** Most login IDs of one user. */
export const maxLoginIds = 50

/** Reads login IDs that are to be stored, each once, in their order. Throws `InvalidRequest`. */
export function newLoginIds(texts: readonly string[]): readonly LoginIdRecord[] {
  const byCanonical = new Map<string, LoginIdRecord>()
  for (const text of texts) {
    const loginId = newLoginId(text)
    if (!byCanonical.has(loginId.canonical)) byCanonical.set(loginId.canonical, loginId)
  }
  if (byCanonical.size > maxLoginIds) throw coreErrors.InvalidRequest({ message: `A user has at most ${maxLoginIds} login IDs` })
  return [...byCanonical.values()]
}

/**
 * Replaces the login ID by which the user was named, or takes it away where the new one is `''`. Address, sessions and password stay. A user who was named by user ID
 * must have one login ID only. Throws `LastLoginId`, `UserAlreadyExists` when the new one is taken, `InvalidRequest`.
 */
export function replaceLoginId(
  deps: Deps,
  input: OneUser & { readonly loginId: string; readonly newLoginId: string },
): Promise<UserWithLoginIds> {
  const replacement = input.newLoginId === '' ? undefined : newLoginId(input.newLoginId)
  return changeUser(deps, input, async (tx, before) => {
    const old = namedLoginId(before, input.loginId)
    if (!old) throw coreErrors.InvalidRequest({ message: 'The user has several login IDs; name the one to replace' })
    if (!replacement && before.loginIds.length === 1) throw userErrors.LastLoginId()
    const others = before.loginIds.filter((loginId) => loginId !== old)
    if (replacement && others.some(({ canonical }) => canonical === replacement.canonical)) throw coreErrors.UserAlreadyExists()
    const wanted = before.loginIds.flatMap((loginId) => (loginId === old ? (replacement ?? []) : loginId))
    await setLoginIds(tx, before, wanted)
    return { type: 'user.loginId', data: { change: replacement ? 'replaced' : 'removed' } }
  })
}

/** The login ID that a name means; without a match the only one there is. */
function namedLoginId({ loginIds }: UserWithLoginIds, name: string): LoginIdRecord | undefined {
  const canonical = canonicalLoginId(name)
  return loginIds.find((loginId) => loginId.canonical === canonical) ?? (loginIds.length === 1 ? loginIds[0] : undefined)
}

/** The login IDs of a user who was named by one of them and shall have these beside it. */
export function loginIdsBeside(before: UserWithLoginIds, name: string, additional: readonly string[]): readonly LoginIdRecord[] {
  const named = before.loginIds.find(({ canonical }) => canonical === canonicalLoginId(name)) ?? before.loginIds[0]
  return newLoginIds([...(named ? [named.shown] : []), ...additional])
}

/** Gives the user these login IDs, in this order, and no others. Part of the caller's transaction. Throws `UserAlreadyExists` when one is taken. */
export async function setLoginIds(tx: Storage, before: UserWithLoginIds, wanted: readonly LoginIdRecord[]): Promise<void> {
  const { projectId, id } = before.user
  // Those that stay where they are are not touched: whatever is removed and added anew could be taken meanwhile.
  const isSame = (index: number) =>
    before.loginIds[index]?.canonical === wanted[index]?.canonical && before.loginIds[index]?.shown === wanted[index]?.shown
  let kept = 0
  while (kept < wanted.length && isSame(kept)) kept++
  for (const { canonical } of before.loginIds.slice(kept)) await tx.users.removeLoginId(projectId, id, canonical)
  for (const loginId of wanted.slice(kept)) {
    if (!(await tx.users.addLoginId(projectId, id, loginId))) throw coreErrors.UserAlreadyExists()
  }
  await clearGuesses(tx, projectId, wanted.slice(kept))
}

/** Whoever guessed at a login ID before it was somebody's has locked nobody out. Part of the caller's transaction. */
export async function clearGuesses(tx: Storage, projectId: string, loginIds: readonly LoginIdRecord[]): Promise<void> {
  if (loginIds.length === 0) return
  await tx.attempts.clear(projectId, loginIds.flatMap(({ canonical }) => accountKeys(canonical)).toSorted())
}
