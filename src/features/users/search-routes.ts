import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import type { Span, TenantRoles, UserFilter, UserSortField, UserStatus } from '../../core/storage.ts'
import { type Callers, route } from '../../http/route.ts'
import { LoginId, LooseBoolean, orEmptyArray, synonyms, Text, UserReply } from '../../http/schemas.ts'
import { userReply } from '../../http/session-reply.ts'
import { RoleNames, TenantId } from './schemas.ts'
import { defaultPageSize, maxPageSize, searchUsers } from './search.ts'

/** Searches for users (`protocol/core.md` 7.1). An empty list or text, 0 as a time and `false` in `…Only` are no filter: Go and Java send all members always. */

const listOf = <S extends z.ZodType>(entry: S) => z.array(entry).max(1000).optional()

/** Milliseconds since the epoch, as a number or as a text; nothing up to 0 is a time (Go sends the year 1). */
const Milliseconds = z
  .union([z.number().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER), z.string().regex(/^-?\d{1,16}$/)])
  .transform((given) => (Number(given) > 0 ? Number(given) : undefined))
  .optional()

const wireFields = {
  createdTime: 'createdAt',
  modifiedTime: 'modifiedAt',
  userId: 'id',
  status: 'status',
  name: 'name',
  displayName: 'name',
  givenName: 'givenName',
  middleName: 'middleName',
  familyName: 'familyName',
  email: 'email',
  phone: 'phone',
} as const satisfies Readonly<Record<string, UserSortField>>
type WireField = keyof typeof wireFields

const Sort = z
  .array(z.object({ field: z.enum(Object.keys(wireFields) as [WireField, ...WireField[]]), desc: LooseBoolean.optional() }))
  .max(5)
  .optional()
  .meta({ description: 'Oldest first if there is none. What is equal is in the order of user IDs.' })

const AttributeValue = z.union([Text(256), z.number(), z.boolean()])

const TenantRoleLists = orEmptyArray(
  z
    .record(TenantId, z.object({ values: RoleNames.default([]), and: LooseBoolean.optional() }))
    .refine((lists) => Object.keys(lists).length <= 50, { error: 'at most 50 tenants' }),
)
  .optional()
  .meta({ description: 'By tenant ID. In one of these tenants: any of the roles, or all of them with `and`.' })

const SearchBody = synonyms(
  { identifier: 'loginId', ssoAppIDs: 'ssoAppIds', withTestUsers: 'withTestUser' },
  z.object({
    loginId: z.union([z.literal(''), LoginId]).optional(),
    loginIds: listOf(LoginId),
    userIds: listOf(Text(64)),
    emails: listOf(Text(254)),
    phones: listOf(Text(32)),
    tenantIds: listOf(TenantId),
    includeSubTenants: LooseBoolean.optional(),
    roleNames: RoleNames.optional().meta({ description: 'Roles of the whole project; any of them.' }),
    roles: RoleNames.optional().meta({ description: 'The same by the IDs of the roles.' }),
    tenantRoleNames: TenantRoleLists,
    tenantRoleIds: TenantRoleLists,
    statuses: listOf(Text(32)),
    ssoAppIds: listOf(Text(128)).meta({ description: 'Nobody has any.' }),
    customAttributes: orEmptyArray(
      z
        .record(Text(60), z.union([AttributeValue, z.array(AttributeValue).max(100)]))
        .refine((attributes) => Object.keys(attributes).length <= 20, { error: 'at most 20 attributes' }),
    )
      .optional()
      .meta({ description: 'All of these attributes must have the value, or one of the values, or have it in their list.' }),
    text: Text(254).optional().meta({
      description: 'What a login ID, an e-mail address, a phone number, a whole, given or family name begins with, or a whole user ID.',
    }),
    withTestUser: LooseBoolean.optional(),
    testUsersOnly: LooseBoolean.optional(),
    ssoOnly: LooseBoolean.optional(),
    scimOnly: LooseBoolean.optional(),
    scim: LooseBoolean.optional(),
    password: LooseBoolean.optional().meta({ description: 'With a password, or without one.' }),
    totp: LooseBoolean.optional(),
    webauthn: LooseBoolean.optional(),
    verifiedEmail: LooseBoolean.optional(),
    verifiedPhone: LooseBoolean.optional(),
    fromCreatedTime: Milliseconds,
    toCreatedTime: Milliseconds,
    fromModifiedTime: Milliseconds,
    toModifiedTime: Milliseconds,
    sort: Sort,
    limit: z
      .int()
      .min(0)
      .max(maxPageSize)
      .optional()
      .meta({ description: `${defaultPageSize} if it is 0 or absent.` }),
    page: z.int().min(0).optional().meta({ description: 'From 0.' }),
    offset: z.int().min(0).optional().meta({ description: 'Goes before `page` if it is not 0.' }),
    selectedColumns: listOf(Text(64)).meta({ description: 'Users always come whole, these columns with them.' }),
  }),
)
type SearchBody = z.output<typeof SearchBody>

const statuses: readonly UserStatus[] = ['enabled', 'disabled', 'invited']

/** Lists that say something. */
function filled<T>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values && values.length > 0 ? values : undefined
}

/** Leaves out what is not there: an absent filter is not `undefined` in the port. */
function present<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>
}

function spanOf(from: number | undefined, to: number | undefined): Span | undefined {
  if (from === undefined && to === undefined) return undefined
  return { ...(from === undefined ? {} : { from: Math.ceil(from / 1000) }), ...(to === undefined ? {} : { to: Math.floor(to / 1000) }) }
}

function tenantRolesOf(lists: z.output<typeof TenantRoleLists>): readonly TenantRoles[] | undefined {
  const given = Object.entries(lists ?? {}).filter(([, { values }]) => values.length > 0)
  return filled(given.map(([tenantId, { values, and = false }]) => ({ tenantId, roles: values, isEvery: and })))
}

function attributesOf(given: SearchBody['customAttributes']): UserFilter['attributes'] {
  const lists = Object.entries(given ?? {}).map(([name, value]) => ({ name, values: Array.isArray(value) ? value : [value] }))
  return filled(lists.filter(({ values }) => values.length > 0))
}

const factorsOf = (body: SearchBody) =>
  (['password', 'totp', 'webauthn'] as const).flatMap((kind) => {
    const isThere = body[kind]
    return isThere === undefined ? [] : [{ kind, isThere }]
  })

function filterOf(body: SearchBody): UserFilter {
  const loginIds = [...(body.loginIds ?? []), ...(body.loginId ? [body.loginId] : [])]
  const asksForSso = [body.ssoOnly, body.scimOnly, body.scim, filled(body.ssoAppIds)].some(Boolean)
  const wantedStatuses = filled(body.statuses)
  return {
    ...present<UserFilter>({
      // Nobody signs in by SSO or comes by SCIM here.
      userIds: asksForSso ? [] : filled(body.userIds),
      loginIds: filled(loginIds),
      emails: filled(body.emails),
      phones: filled(body.phones),
      statuses: wantedStatuses && statuses.filter((status) => wantedStatuses.includes(status)),
      tenantIds: filled(body.tenantIds),
      withSubTenants: body.includeSubTenants,
      roleNames: filled(body.roleNames),
      roleIds: filled(body.roles),
      tenantRoleNames: tenantRolesOf(body.tenantRoleNames),
      tenantRoleIds: tenantRolesOf(body.tenantRoleIds),
      attributes: attributesOf(body.customAttributes),
      isEmailVerified: body.verifiedEmail,
      isPhoneVerified: body.verifiedPhone,
      credentials: filled(factorsOf(body)),
      createdAt: spanOf(body.fromCreatedTime, body.toCreatedTime),
      modifiedAt: spanOf(body.fromModifiedTime, body.toModifiedTime),
      reach: undefined,
      text: undefined,
      testUsers: undefined,
    }),
    testUsers: body.testUsersOnly ? 'only' : body.withTestUser ? 'too' : 'none',
  }
}

async function search(
  deps: Parameters<typeof searchUsers>[0],
  { project, rights }: Callers['management'],
  body: SearchBody,
): Promise<{ users: z.input<typeof UserReply>[]; total: number }> {
  const limit = body.limit || defaultPageSize
  const { items, total } = await searchUsers(deps, {
    projectId: project.id,
    rights,
    filter: filterOf(body),
    text: body.text ?? '',
    sort: (body.sort ?? []).map(({ field, desc = false }) => ({ field: wireFields[field], isDescending: desc })),
    limit,
    offset: body.offset || (body.page ?? 0) * limit,
  })
  return { users: items.map(userReply), total }
}

function searchRoute(path: string, summary: string, isTestOnly: boolean) {
  return route({
    method: 'POST',
    path,
    access: 'management',
    effect: 'read',
    isTenantAware: true,
    summary,
    body: SearchBody,
    reply: z.object({ users: z.array(UserReply), total: z.int() }),
    errors: [coreErrors.InvalidRequest],
    run: ({ deps, caller, body }) => search(deps, caller, isTestOnly ? { ...body, testUsersOnly: true } : body),
  })
}

export const searchRoutes = [
  searchRoute('/v1/mgmt/user/search', 'Search for users', false),
  searchRoute('/v2/mgmt/user/search', 'Search for users', false),
  searchRoute('/v2/mgmt/user/search/test', 'Search for test users', true),
]
