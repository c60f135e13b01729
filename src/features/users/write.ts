import { assertAttributeBounds, attributeCheck } from '../../core/attributes.ts'
import type { Deps } from '../../core/deps.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'
import { assertNobodysLoginId, followAddressChange, takeNotices } from './addresses.ts'
import { changeUser, type OneUser } from './change.ts'
import { changesOf, emptyFields, namesOf, storedEmail, type UserFields } from './fields.ts'
import { writeGrants } from './grants.ts'
import { loginIdsBeside, setLoginIds } from './login-ids.ts'
import { endWhatStatusEnds } from './status.ts'

/** A call that writes fields of one user. */
export interface WriteUser extends OneUser {
  /** The name by which the caller means the user: their first login ID among several, if it is one. */
  readonly named?: string | undefined
  readonly fields: UserFields
  /** Refuse an address that is a login ID of somebody else; else it is set, and both accounts stay as they are. */
  readonly failsOnConflict?: boolean | undefined
}

/** Overwrites a user: what is not sent is emptied, but for login IDs, status, recovery addresses and password (`protocol/core.md` 7.1). Throws what `patchUser` throws. */
export function updateUser(deps: Deps, input: WriteUser): Promise<UserWithLoginIds> {
  const sent = Object.fromEntries(Object.entries(input.fields).filter(([, value]) => value !== undefined))
  return writeFields(deps, { ...input, fields: { ...emptyFields, ...sent } }, 'replace')
}

/**
 * Changes the fields that are sent and no others; of the custom attributes those that are named. Throws `InvalidRequest`, `UserAlreadyExists` for a login ID that is taken,
 * `AddressConflict`, `RoleNotFound`, `TenantNotFound`, `ManagementForbidden`.
 */
export function patchUser(deps: Deps, input: WriteUser): Promise<UserWithLoginIds> {
  return writeFields(deps, input, 'merge')
}

async function writeFields(deps: Deps, input: WriteUser, attributes: 'merge' | 'replace'): Promise<UserWithLoginIds> {
  const { project, account, rights, named = '', fields } = input
  const { customAttributes, additionalLoginIds, roleNames, tenants, status } = fields
  if (customAttributes) (await attributeCheck(deps.storage, project.id, 'user'))(customAttributes)
  const newEmail = fields.email === undefined ? undefined : storedEmail(fields.email)
  const recipients = await takeNotices(deps, { project, user: account.user, newEmail })
  const fieldNames = namesOf(fields)
  const isAboutGrants = fieldNames.every((name) => name === 'roleNames' || name === 'tenants')
  const after = await changeUser(
    deps,
    input,
    async (tx, before) => {
      const { user } = before
      const merged = customAttributes && (attributes === 'merge' ? { ...user.customAttributes, ...customAttributes } : customAttributes)
      if (merged) assertAttributeBounds(merged)
      const changes = { ...changesOf(user, fields), ...(merged ? { customAttributes: merged } : {}) }
      if (input.failsOnConflict) await assertNobodysLoginId(tx, user, changes)
      if (additionalLoginIds) await setLoginIds(tx, before, loginIdsBeside(before, named, additionalLoginIds))
      await writeGrants(tx, { project, before, rights, roleNames, tenants })
      await followAddressChange(deps, tx, { project, before: user, changes, recipients })
      if (status) await endWhatStatusEnds(deps, tx, user, status)
      return { type: 'user.update', data: { fields: fieldNames, ...(status ? { status } : {}) }, changes }
    },
    isAboutGrants ? 'membership' : 'whole',
  )
  if (recipients.size > 0) deps.outbox.wake()
  return after
}

/** Sets one custom attribute, or with `undefined` takes it away. Throws `InvalidRequest`. */
export async function setAttribute(
  deps: Deps,
  input: OneUser & { readonly name: string; readonly value: unknown },
): Promise<UserWithLoginIds> {
  const { project, name, value } = input
  if (value !== undefined) return patchUser(deps, { ...input, fields: { customAttributes: { [name]: value } } })
  return changeUser(deps, { ...input, project }, async (_tx, { user }) => {
    const { [name]: _removed, ...customAttributes } = user.customAttributes
    return { type: 'user.update', data: { fields: ['customAttributes'] }, changes: { customAttributes } }
  })
}
