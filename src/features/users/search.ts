import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { accountInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import type { Found, TenantRoles, TextPrefix, UserFilter, UserQuery, UserSortField, UserWithLoginIds } from '../../core/storage.ts'
import { canonicalLoginId, parseEmail, parsePhone } from '../../core/users.ts'

export const maxPageSize = 200
export const defaultPageSize = 100

/** How far into the result a page may begin. In these orders an index is read; others sort all that was found. */
const maxOffset = 1_000_000
const maxSortedOffset = 10_000
const indexedOrders: readonly UserSortField[] = ['createdAt', 'modifiedAt', 'id']

/** A search in the words of its caller. Absent filters and empty texts are none; an empty list is a filter that nobody matches. */
export interface UserSearch extends Pick<UserQuery, 'sort' | 'limit' | 'offset'> {
  readonly projectId: string
  /** Limits the answer to users, tenants and roles that the key may see. */
  readonly rights: Rights
  /** As in the port; addresses in any form. */
  readonly filter: Omit<UserFilter, 'reach' | 'text'>
  /** What a login ID, an e-mail address, a phone number, a whole, given or family name begins with, or a whole user ID. */
  readonly text: string
}

/** Finds users, in bounded pages (MG-07). Throws `InvalidRequest` for a page that begins too far in. */
export async function searchUsers(deps: Pick<Deps, 'storage'>, search: UserSearch): Promise<Found<UserWithLoginIds>> {
  const { projectId, rights, sort, limit, offset } = search
  const [first, second] = sort
  const isIndexed = !second && (!first || indexedOrders.includes(first.field))
  const furthest = isIndexed ? maxOffset : maxSortedOffset
  if (offset > furthest)
    throw coreErrors.InvalidRequest({ message: `A page in this order begins at most at ${furthest}; narrow the search` })
  const filter = inReach(rights, { ...search.filter, ...canonicalForms(search) })
  const { items, total } = await deps.storage.users.search(projectId, { filter, sort, limit, offset })
  return { items: items.map((account) => accountInReach(rights, account)), total }
}

function canonicalForms({ filter: { loginIds, emails, phones }, text }: UserSearch): Partial<UserFilter> {
  const prefix = prefixOf(text)
  return {
    ...(loginIds ? { loginIds: loginIds.map(canonicalLoginId) } : {}),
    ...(emails ? { emails: emails.map((email) => lowerAscii(parseEmail(email) ?? email)) } : {}),
    ...(phones ? { phones: phones.map((phone) => parsePhone(phone) ?? phone) } : {}),
    ...(prefix ? { text: prefix } : {}),
  }
}

/** The forms in which the beginning of a text is stored; `undefined` when there is nothing to look for. */
function prefixOf(text: string): TextPrefix | undefined {
  const plain = text.normalize('NFC').trim()
  if (plain === '') return undefined
  const isPhone = /^\+[\d\s().-]*$/.test(plain)
  const phone = isPhone ? `+${plain.replace(/\D/g, '')}` : plain
  return { userId: plain, loginId: isPhone ? phone : canonicalLoginId(plain), phone, lower: lowerAscii(plain) }
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** For a key that is limited to tenants: users of these tenants, and nothing told of roles in others. */
function inReach({ tenantIds }: Rights, filter: UserFilter): UserFilter {
  if (tenantIds.length === 0) return filter
  const { tenantRoleNames, tenantRoleIds } = filter
  const seen = (roles: readonly TenantRoles[]) => roles.filter(({ tenantId }) => tenantIds.includes(tenantId))
  return {
    ...filter,
    reach: tenantIds,
    ...(tenantRoleNames ? { tenantRoleNames: seen(tenantRoleNames) } : {}),
    ...(tenantRoleIds ? { tenantRoleIds: seen(tenantRoleIds) } : {}),
  }
}
