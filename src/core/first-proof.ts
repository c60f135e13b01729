import { codeKeys } from './attempts.ts'
import type { DeliveryMethod } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import { recordEvent, type Source, userEvent } from './events.ts'
import type { LoginIdRecord, Storage, UserChanges, UserWithLoginIds } from './storage.ts'
import { canonicalLoginId, parseEmail, parsePhone } from './users.ts'

/**
 * Somebody may have signed up with the address of another, set a password and kept a session, in the hope that the owner comes one day (account pre-hijacking). So the first proof of an
 * address that was never proven ends all that was set before it (RC-11).
 */

/**
 * Whether redeeming a secret that went to an address is such a proof: the address was not proven, and nothing else of the account was, or the address is what the account is found by.
 * Somebody with a session of the account (`isHolder`) is who set things up.
 */
export function isFirstProof(
  { user, loginIds }: UserWithLoginIds,
  { method, isHolder }: { readonly method: DeliveryMethod; readonly isHolder: boolean },
): boolean {
  if (isHolder || method === 'embedded') return false
  const [address, isProven] = method === 'email' ? [user.email, user.isEmailVerified] : [user.phone, user.isPhoneVerified]
  const isLoginId = loginIds.some(({ canonical }) => canonical === canonicalLoginId(address))
  return !isProven && (isLoginId || !(user.isEmailVerified || user.isPhoneVerified))
}

/**
 * Whether whoever reads what is sent to an address may sign in by it: it was proven, or its proof ends what was set before. One that stands beside a proven one and was never proven
 * itself may be that of somebody who signed the owner up.
 */
export function isTrustedAddress(account: UserWithLoginIds, method: DeliveryMethod): boolean {
  const { isEmailVerified, isPhoneVerified } = account.user
  return (method === 'email' ? isEmailVerified : isPhoneVerified) || isFirstProof(account, { method, isHolder: false })
}

/** What the proof leaves of the user's addresses: only the proven one, for another may be the intruder's. */
export function changesOfFirstProof(method: DeliveryMethod): UserChanges {
  const recovery = { recoveryEmail: '', isRecoveryEmailVerified: false, recoveryPhone: '', isRecoveryPhoneVerified: false }
  return method === 'email' ? { phone: '', isPhoneVerified: false, ...recovery } : { email: '', isEmailVerified: false, ...recovery }
}

/** The login IDs that the proof leaves: no addresses of the other kind, of which there may be many. Nobody is left without any. */
export function loginIdsAfterFirstProof({ loginIds }: UserWithLoginIds, method: DeliveryMethod): readonly LoginIdRecord[] {
  const parseOther = method === 'email' ? parsePhone : parseEmail
  const kept = loginIds.filter(({ shown }) => parseOther(shown) === undefined)
  return kept.length > 0 ? kept : loginIds.slice(0, 1)
}

/**
 * Ends what was set before the first proof: credentials, sessions, one-time secrets, and that the account is found by addresses of the other kind. Part of the caller's transaction,
 * which has locked the user.
 */
export async function wipeBeforeFirstProof(
  deps: Deps,
  tx: Storage,
  input: {
    readonly projectId: string
    readonly userId: string
    readonly method: DeliveryMethod
    readonly source: Source
    readonly keepsLoginIds?: boolean
  },
): Promise<void> {
  const { projectId, userId, method, source, keepsLoginIds = false } = input
  // As it is behind the lock: somebody may have set a password since it was looked at.
  const account = await tx.users.byId(projectId, userId)
  if (!account) return
  const kept = keepsLoginIds ? account.loginIds : loginIdsAfterFirstProof(account, method)
  for (const kind of account.credentialKinds) await tx.credentials.delete(projectId, userId, kind)
  for (const one of account.loginIds) if (!kept.includes(one)) await tx.users.removeLoginId(projectId, userId, one.canonical)
  await tx.challenges.deleteForUser(projectId, userId)
  await tx.sessions.endAllForUser(projectId, userId, 'firstProof', deps.clock.nowSeconds())
  await tx.attempts.clear(projectId, codeKeys(userId))
  const data = { method, credentials: account.credentialKinds }
  await recordEvent(deps, tx, userEvent({ projectId, type: 'user.firstProof', outcome: 'success', userId, source, data }))
}
