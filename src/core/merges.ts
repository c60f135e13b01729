import type { DeliveryMethod } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import { recordEvent, type Source, userEvent } from './events.ts'
import { isFirstProof } from './first-proof.ts'
import { type FoundGrants, findGrants } from './grants.ts'
import { withTenants } from './self-provisioning.ts'
import { addressFor } from './sign-in-challenges.ts'
import type { LoginIdRecord, Storage, UserChanges, UserRecord, UserWithLoginIds } from './storage.ts'
import { canonicalLoginId } from './users.ts'

/** Two accounts of one person become one: whoever proved an address while signed in has shown to be both. */

const profileFields = ['name', 'givenName', 'middleName', 'familyName', 'picture'] as const

/** A merge that was thought through, not stored yet. */
export interface PreparedMerge {
  readonly winner: UserWithLoginIds
  readonly loser: UserWithLoginIds
  /** What the winner is given of the loser. */
  readonly granted: FoundGrants
  readonly changes: UserChanges
  /** Login IDs that the winner is given. */
  readonly loginIds: readonly LoginIdRecord[]
}

/**
 * Prepares to give the winner what the loser has: login IDs, roles, tenants and, where the winner's are empty, parts of the profile. Credentials and sessions of the loser end. Of a
 * loser whose address was never proven before, other addresses may be those of somebody who made it in wait, so that they are no login IDs of the winner (RC-11).
 */
export async function prepareMerge(
  storage: Storage,
  accounts: {
    readonly winner: UserWithLoginIds
    readonly loser: UserWithLoginIds
    readonly proven: { readonly address: string; readonly method: DeliveryMethod }
  },
): Promise<PreparedMerge> {
  const { winner, loser, proven } = accounts
  const isOwn = addressFor(loser.user, proven.method) === proven.address
  const isInWait = isOwn && isFirstProof(loser, { method: proven.method, isHolder: false })
  const loginIds = isInWait ? loser.loginIds.filter(({ canonical }) => canonical === canonicalLoginId(proven.address)) : loser.loginIds
  const namesIn = (tenantId: string) => loser.roles.filter((role) => role.tenantId === tenantId).map(({ name }) => name)
  const tenants = loser.tenants.map(({ tenantId }) => ({ tenantId, roleNames: namesIn(tenantId) }))
  const found = await findGrants(storage, loser.user.projectId, { roleNames: namesIn(''), tenants }, { isTold: false })
  return { winner, loser, loginIds, granted: found, changes: profileChanges(winner.user, loser.user) }
}

function profileChanges(winner: UserRecord, loser: UserRecord): UserChanges {
  const empty = profileFields.filter((name) => winner[name] === '' && loser[name] !== '')
  const customAttributes = { ...loser.customAttributes, ...winner.customAttributes }
  return { ...Object.fromEntries(empty.map((name) => [name, loser[name]])), customAttributes }
}

/** The winner after the merge. */
export function merged({ winner, loginIds, granted, changes }: PreparedMerge): UserWithLoginIds {
  const isNew = ({ tenantId }: { readonly tenantId: string }) => !winner.tenants.some((one) => one.tenantId === tenantId)
  const held = (role: { readonly tenantId: string; readonly name: string }) =>
    winner.roles.some(({ tenantId, name }) => tenantId === role.tenantId && name === role.name)
  const added = { ...granted, tenants: granted.tenants.filter(isNew), roles: granted.roles.filter((role) => !held(role)) }
  return withTenants({ ...winner, user: { ...winner.user, ...changes }, loginIds: [...winner.loginIds, ...loginIds] }, added)
}

/** What the decision to merge rests on: a change in between must neither be undone by the merge nor evaded. */
function factsOf({ user, loginIds, roles, tenants }: UserWithLoginIds): string {
  const { status, email, isEmailVerified, phone, isPhoneVerified } = user
  const lists = [
    loginIds.map(({ canonical }) => canonical),
    roles.map(({ tenantId, name }) => `${tenantId} ${name}`),
    tenants.map(({ tenantId, isOpen }) => `${tenantId} ${isOpen}`),
  ]
  return JSON.stringify([status, email, isEmailVerified, phone, isPhoneVerified, ...lists.map((list) => list.toSorted())])
}

/** Merges. Part of the caller's transaction, which has locked both users. False when one of them is not what they were: roll back then. */
export async function storeMerge(deps: Deps, tx: Storage, merge: PreparedMerge, source: Source): Promise<boolean> {
  const { winner, loser, loginIds, granted, changes } = merge
  const { projectId, id: userId } = winner.user
  for (const before of [winner, loser]) {
    const now = await tx.users.byId(projectId, before.user.id)
    if (!now || factsOf(now) !== factsOf(before)) return false
  }
  await tx.users.delete(projectId, loser.user.id)
  for (const loginId of loginIds) if (!(await tx.users.addLoginId(projectId, userId, loginId))) return false
  for (const { tenantId } of granted.tenants) await tx.grants.join(projectId, userId, tenantId)
  await tx.grants.give(projectId, userId, granted.assignments)
  await tx.users.update(projectId, userId, changes)
  const event = { projectId, type: 'user.merge', outcome: 'success', userId, source, data: { mergedUserId: loser.user.id } } as const
  await recordEvent(deps, tx, userEvent(event))
  return true
}
