import type { Deps } from './deps.ts'
import { recordEvent, type Source, userEvent } from './events.ts'
import { type FoundGrants, findGrants } from './grants.ts'
import { withTenants } from './self-provisioning.ts'
import type { Storage, UserChanges, UserRecord, UserWithLoginIds } from './storage.ts'

/** Two accounts of one person become one: whoever proved an address while signed in has shown to be both. */

const profileFields = ['name', 'givenName', 'middleName', 'familyName', 'picture'] as const

/** A merge that was thought through, not stored yet. */
export interface PreparedMerge {
  readonly winner: UserWithLoginIds
  readonly loser: UserWithLoginIds
  /** What the winner is given of the loser. */
  readonly granted: FoundGrants
  readonly changes: UserChanges
}

/** Prepares to give the winner what the loser has: login IDs, roles, tenants and, where the winner's are empty, parts of the profile. Credentials and sessions of the loser end. */
export async function prepareMerge(
  storage: Storage,
  accounts: { readonly winner: UserWithLoginIds; readonly loser: UserWithLoginIds },
): Promise<PreparedMerge> {
  const { winner, loser } = accounts
  const namesIn = (tenantId: string) => loser.roles.filter((role) => role.tenantId === tenantId).map(({ name }) => name)
  const tenants = loser.tenants.map(({ tenantId }) => ({ tenantId, roleNames: namesIn(tenantId) }))
  const found = await findGrants(storage, loser.user.projectId, { roleNames: namesIn(''), tenants }, { isTold: false })
  return { winner, loser, granted: found, changes: profileChanges(winner.user, loser.user) }
}

function profileChanges(winner: UserRecord, loser: UserRecord): UserChanges {
  const empty = profileFields.filter((name) => winner[name] === '' && loser[name] !== '')
  const customAttributes = { ...loser.customAttributes, ...winner.customAttributes }
  return { ...Object.fromEntries(empty.map((name) => [name, loser[name]])), customAttributes }
}

/** The winner after the merge. */
export function merged({ winner, loser, granted, changes }: PreparedMerge): UserWithLoginIds {
  const isNew = ({ tenantId }: { readonly tenantId: string }) => !winner.tenants.some((one) => one.tenantId === tenantId)
  const held = (role: { readonly tenantId: string; readonly name: string }) =>
    winner.roles.some(({ tenantId, name }) => tenantId === role.tenantId && name === role.name)
  const added = { ...granted, tenants: granted.tenants.filter(isNew), roles: granted.roles.filter((role) => !held(role)) }
  return withTenants({ ...winner, user: { ...winner.user, ...changes }, loginIds: [...winner.loginIds, ...loser.loginIds] }, added)
}

/** Merges. Part of the caller's transaction, which has locked both users. False when the loser is not what it was: roll back then. */
export async function storeMerge(deps: Deps, tx: Storage, merge: PreparedMerge, source: Source): Promise<boolean> {
  const { winner, loser, granted, changes } = merge
  const { projectId, id: userId } = winner.user
  const now = await tx.users.byId(projectId, loser.user.id)
  if (now?.loginIds.map(({ canonical }) => canonical).join('\n') !== loser.loginIds.map(({ canonical }) => canonical).join('\n'))
    return false
  await tx.users.delete(projectId, loser.user.id)
  for (const loginId of loser.loginIds) if (!(await tx.users.addLoginId(projectId, userId, loginId))) return false
  for (const { tenantId } of granted.tenants) await tx.grants.join(projectId, userId, tenantId)
  await tx.grants.give(projectId, userId, granted.assignments)
  await tx.users.update(projectId, userId, changes)
  const event = { projectId, type: 'user.merge', outcome: 'success', userId, source, data: { mergedUserId: loser.user.id } } as const
  await recordEvent(deps, tx, userEvent(event))
  return true
}
