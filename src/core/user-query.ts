import type { UserStatus } from './records.ts'

/** Fields that users can be sorted by; texts without regard to the case of ASCII letters, otherwise by their bytes. */
export const userSortFields = [
  'createdAt',
  'modifiedAt',
  'id',
  'status',
  'name',
  'givenName',
  'middleName',
  'familyName',
  'email',
  'phone',
] as const
export type UserSortField = (typeof userSortFields)[number]

export interface UserSort {
  readonly field: UserSortField
  readonly isDescending: boolean
}

/** Roles in one tenant: any of them, or all with `isEvery`. */
export interface TenantRoles {
  readonly tenantId: string
  readonly roles: readonly string[]
  readonly isEvery: boolean
}

/** Which users: those that match every filter that is given. An empty list is a filter that nobody matches. */
export interface UserFilter {
  readonly userIds?: readonly string[]
  /** Canonical. */
  readonly loginIds?: readonly string[]
  /** With ASCII letters in lower case. */
  readonly emails?: readonly string[]
  /** E.164. */
  readonly phones?: readonly string[]
  readonly statuses?: readonly UserStatus[]
  /** In any of these tenants. */
  readonly tenantIds?: readonly string[]
  /** Whether `tenantIds` stands for the tenants below them too. */
  readonly withSubTenants?: boolean
  /** In any of these tenants, one of `tenantIds` if there are some: what the caller may see. */
  readonly reach?: readonly string[]
  /** Holders of any of these roles for the whole project. */
  readonly roleNames?: readonly string[]
  readonly roleIds?: readonly string[]
  /** Holders of roles in any of these tenants, by the names or by the IDs of the roles. */
  readonly tenantRoleNames?: readonly TenantRoles[]
  readonly tenantRoleIds?: readonly TenantRoles[]
  /** Custom attributes that have any of these values, or are lists with any of them in it. Texts, numbers and booleans. */
  readonly attributes?: readonly { readonly name: string; readonly values: readonly (string | number | boolean)[] }[]
  /** Users with a text that begins so: see `TextPrefix`. */
  readonly text?: TextPrefix
  readonly testUsers: 'none' | 'too' | 'only'
  readonly isEmailVerified?: boolean
  readonly isPhoneVerified?: boolean
  /** Whether there is a credential of a kind. */
  readonly credentials?: readonly { readonly kind: string; readonly isThere: boolean }[]
  /** Both ends included. */
  readonly createdAt?: Span
  readonly modifiedAt?: Span
}

export interface Span {
  readonly from?: number
  readonly to?: number
}

/** The beginning of a text, in the forms in which it is looked for. None of them is empty. */
export interface TextPrefix {
  /** A whole user ID. */
  readonly userId: string
  /** Of a login ID, in its canonical form. */
  readonly loginId: string
  /** Of a phone number, E.164. */
  readonly phone: string
  /** Of an e-mail address, a whole, given or family name, with ASCII letters in lower case. */
  readonly lower: string
}

export interface UserQuery {
  readonly filter: UserFilter
  /** By creation, oldest first, when empty. What is equal is sorted by user ID. */
  readonly sort: readonly UserSort[]
  /** At most 200. */
  readonly limit: number
  readonly offset: number
}

/** One page of what was found, and how much there is on all pages. */
export interface Found<T> {
  readonly items: readonly T[]
  readonly total: number
}
