import type {
  TenantRecord,
  TenantRoles,
  UserFilter,
  UserQuery,
  UserRecord,
  UserSortField,
  UserWithLoginIds,
} from '../../src/core/storage.ts'

/** What `users.search` promises, once more and slowly: over accounts in memory, with nothing of SQL. */

const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
const bytesOf = (text: string) => Buffer.from(text, 'utf8')

export function naiveSearch(
  accounts: readonly UserWithLoginIds[],
  tenants: readonly TenantRecord[],
  roleIds: ReadonlyMap<string, string>,
  { filter, sort, limit, offset }: UserQuery,
): { readonly ids: readonly string[]; readonly total: number } {
  const matching = accounts.filter((account) => !account.user.isAnonymous && matches(account, tenants, roleIds, filter))
  const order = [...(sort.length > 0 ? sort : [{ field: 'createdAt' as const, isDescending: false }])]
  order.push({ field: 'id', isDescending: order.at(-1)?.isDescending ?? false })
  const sorted = matching.toSorted((a, b) => {
    for (const { field, isDescending } of order) {
      const compared = compare(sortValue(a.user, field), sortValue(b.user, field))
      if (compared !== 0) return isDescending ? -compared : compared
    }
    return 0
  })
  return { ids: sorted.slice(offset, offset + limit).map(({ user }) => user.id), total: matching.length }
}

function sortValue(user: UserRecord, field: UserSortField): string | number {
  const value = user[field]
  return typeof value === 'string' && ['name', 'givenName', 'middleName', 'familyName', 'email'].includes(field) ? lower(value) : value
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : Buffer.compare(bytesOf(String(a)), bytesOf(String(b)))
}

function matches(
  account: UserWithLoginIds,
  tenants: readonly TenantRecord[],
  roleIds: ReadonlyMap<string, string>,
  filter: UserFilter,
): boolean {
  const { user, loginIds, credentialKinds } = account
  const memberships = account.tenants.map(({ tenantId }) => tenantId)
  const rolesIn = (tenantId: string) => account.roles.filter((role) => role.tenantId === tenantId).map(({ name }) => name)
  const holds = (tenantId: string, wanted: readonly string[], isEvery: boolean, nameOf: (role: string) => string) => {
    const held = wanted.map((role) => rolesIn(tenantId).includes(nameOf(role)))
    return isEvery && held.length > 0 ? held.every(Boolean) : held.some(Boolean)
  }
  const inTenants = (lists: readonly TenantRoles[], nameOf: (role: string) => string) =>
    lists.some(({ tenantId, roles, isEvery }) => holds(tenantId, roles, isEvery, nameOf))
  const byId = (id: string) => roleIds.get(id) ?? '?'
  const same = (name: string) => name
  const { tenantIds, reach, attributes = [], credentials = [], text } = filter
  const wanted = tenantIds && (filter.withSubTenants ? withThoseBelow(tenants, tenantIds) : tenantIds)
  return [
    filter.testUsers === 'too' || user.isTest === (filter.testUsers === 'only'),
    !filter.userIds || filter.userIds.includes(user.id),
    !filter.loginIds || loginIds.some(({ canonical }) => filter.loginIds?.includes(canonical)),
    !filter.emails || (user.email !== '' && filter.emails.includes(lower(user.email))),
    !filter.phones || (user.phone !== '' && filter.phones.includes(user.phone)),
    !filter.statuses || filter.statuses.includes(user.status),
    (!wanted && !reach) || memberships.some((id) => (!wanted || wanted.includes(id)) && (!reach || reach.includes(id))),
    !filter.roleNames || holds('', filter.roleNames, false, same),
    !filter.roleIds || holds('', filter.roleIds, false, byId),
    !filter.tenantRoleNames || inTenants(filter.tenantRoleNames, same),
    !filter.tenantRoleIds || inTenants(filter.tenantRoleIds, byId),
    filter.isEmailVerified === undefined || filter.isEmailVerified === user.isEmailVerified,
    filter.isPhoneVerified === undefined || filter.isPhoneVerified === user.isPhoneVerified,
    credentials.every(({ kind, isThere }) => credentialKinds.includes(kind) === isThere),
    attributes.every(({ name, values }) => hasAttribute(user.customAttributes[name], values)),
    isWithin(user.createdAt, filter.createdAt) && isWithin(user.modifiedAt, filter.modifiedAt),
    !text ||
      user.id === text.userId ||
      loginIds.some(({ canonical }) => canonical.startsWith(text.loginId)) ||
      user.phone.startsWith(text.phone) ||
      [user.email, user.name, user.givenName, user.familyName].some((one) => lower(one).startsWith(text.lower)),
  ].every(Boolean)
}

function hasAttribute(stored: unknown, values: readonly unknown[]): boolean {
  return (Array.isArray(stored) ? stored : [stored]).some((one) => values.includes(one))
}

function isWithin(value: number, { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = {}): boolean {
  return value >= from && value <= to
}

function withThoseBelow(tenants: readonly TenantRecord[], ids: readonly string[]): readonly string[] {
  const found = new Set(tenants.filter(({ id }) => ids.includes(id)).map(({ id }) => id))
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const { id, parentId } of tenants) if (found.has(parentId)) found.add(id)
  }
  return [...found]
}
