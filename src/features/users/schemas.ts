import { z } from 'zod'
import { AuthError } from '../../core/errors.ts'
import { accountInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import { HashedPassword } from '../../core/password/hashed-password.ts'
import type { UserWithLoginIds } from '../../core/storage.ts'
import { parsed } from '../../http/parse.ts'
import {
  CustomAttributes,
  LoginId,
  LooseBoolean,
  orEmptyArray,
  Password,
  synonyms,
  TemplateOptions,
  Text,
  UrlText,
  UserReply,
} from '../../http/schemas.ts'
import { userReply } from '../../http/session-reply.ts'
import { assertBatch, type Entry, maxBatch, type Outcome } from './batch.ts'
import type { NewUser } from './create.ts'
import type { UserFields } from './fields.ts'

/** What the calls about users take and answer (`protocol/core.md` 7.1), and the way between the wire's names and ours. */

/** A login ID, or a user ID where no such login ID exists. */
export const UserName = LoginId.meta({ description: 'Login ID, or user ID where no such login ID exists.' })

/** Names of other clients for the same members. */
export const userSynonyms = {
  identifier: 'loginId',
  name: 'displayName',
  additionalIdentifiers: 'additionalLoginIds',
  ssoAppIDs: 'ssoAppIds',
  phoneNumber: 'phone',
} as const

/** A body about one user, who may be named `identifier` as well. */
export function aboutUser<Shape extends z.ZodRawShape>(shape: Shape) {
  return synonyms(userSynonyms, z.object({ loginId: UserName, ...shape }))
}

/** A user named by `loginId` or by `userId`. Go sends both, one of them empty. */
export const EitherName = synonyms(
  userSynonyms,
  z
    .object({
      loginId: Text(254).optional(),
      userId: Text(64).optional(),
      sessionTypes: z.array(Text(64)).max(20).optional().meta({ description: 'For logout; all kinds end.' }),
    })
    .refine(({ loginId, userId }) => Boolean(loginId) || Boolean(userId), {
      path: ['loginId'],
      params: { isMissing: true },
    }),
)

const Name = Text(256)

export const RoleNames = z.array(Text(256).min(1)).max(200)
export const TenantId = Text(64).min(1)

const Tenants = z.array(z.object({ tenantId: TenantId, tenantName: Text(256).optional(), roleNames: RoleNames.optional() })).max(200)

/** `''` is absent. */
const Status = z.preprocess((value) => (value === '' ? undefined : value), z.enum(['enabled', 'disabled', 'invited']).optional())

const userMembers = {
  email: Text(254).optional(),
  phone: Text(32).optional(),
  displayName: Name.optional(),
  givenName: Name.optional(),
  middleName: Name.optional(),
  familyName: Name.optional(),
  picture: UrlText.optional(),
  roleNames: RoleNames.optional(),
  userTenants: Tenants.optional(),
  customAttributes: CustomAttributes.optional(),
  verifiedEmail: LooseBoolean.optional(),
  verifiedPhone: LooseBoolean.optional(),
  additionalLoginIds: z.array(LoginId).max(49).optional(),
  ssoAppIds: z.array(Text(128)).max(100).optional(),
  status: Status,
}

/** `update` and `patch`. */
export const UserBody = aboutUser(userMembers)

const newUserMembers = {
  ...userMembers,
  test: LooseBoolean.optional(),
  password: Password.optional(),
  hashedPassword: orEmptyArray(HashedPassword).optional(),
}

const inviteMembers = {
  invite: LooseBoolean.optional(),
  inviteUrl: UrlText.optional(),
  sendMail: LooseBoolean.optional(),
  sendSMS: LooseBoolean.optional(),
  templateId: Text(128).optional(),
  templateOptions: TemplateOptions.optional(),
  locale: Text(35).optional(),
}

export const NewUserBody = aboutUser({ ...newUserMembers, ...inviteMembers })

const BatchUser = aboutUser({
  ...newUserMembers,
  seed: Text(512).optional(),
  createdTime: z.int().min(0).max(2_147_483_647).optional(),
})

export const UserIds = z.array(Text(64)).meta({ description: `User IDs, at most ${maxBatch}.` })

/** One user of a batch: what is wrong with one must not fail the others, so that it comes through as it is. */
function entryOf<S extends z.ZodType>(schema: S) {
  const problemOf = (value: unknown): string => {
    try {
      parsed(schema, value)
      return ''
    } catch (error) {
      if (error instanceof AuthError) return error.message
      throw error
    }
  }
  return z.union([
    schema.transform((body) => ({ body })),
    z.unknown().transform((value) => ({ problem: problemOf(value), loginId: loginIdIn(value) })),
  ])
}

function loginIdIn(value: unknown): string {
  const { loginId, identifier } = Object(value)
  const given: unknown = loginId ?? identifier
  return typeof given === 'string' ? given.slice(0, 254) : ''
}

/** How many there are is looked at before any of them is. */
function batchOf<S extends z.ZodType>(schema: S) {
  const counted = (value: unknown) => {
    if (Array.isArray(value)) assertBatch(value)
    return value
  }
  return z
    .preprocess(counted, z.array(entryOf(schema)))
    .meta({ description: `At most ${maxBatch} users. One that is refused fails no other.` })
}

export const NewUsersBody = z.object({ users: batchOf(BatchUser), ...inviteMembers })
export const PatchedUsersBody = z.object({ users: batchOf(UserBody) })

/** What a body says about a user, in our names. */
export function fieldsOf(body: z.output<typeof UserBody>): UserFields {
  const { displayName, verifiedEmail, verifiedPhone, userTenants, loginId: _name, ssoAppIds: _apps, ...same } = body
  return {
    ...same,
    name: displayName,
    isEmailVerified: verifiedEmail,
    isPhoneVerified: verifiedPhone,
    tenants: userTenants?.map(({ tenantId, roleNames = [] }) => ({ tenantId, roleNames })),
  }
}

/** A new user as a body says it. */
export function newUserOf(body: z.output<typeof BatchUser>): NewUser {
  const { password, hashedPassword, seed, createdTime, test, ...user } = body
  const isHashed = hashedPassword !== undefined && Object.values(hashedPassword).some((kind) => kind !== undefined)
  return {
    ...fieldsOf(user),
    loginId: body.loginId,
    isTest: test,
    createdAt: createdTime,
    password: password || undefined,
    hashedPassword: isHashed ? hashedPassword : undefined,
    totpSeed: seed || undefined,
  }
}

export const OneUserReply = z.object({ user: UserReply })

/** `{ user }` as the key may see it. */
export function oneUserReply(rights: Rights, account: UserWithLoginIds): z.input<typeof OneUserReply> {
  return { user: userReply(accountInReach(rights, account)) }
}

const FailedUsers = z.array(z.object({ failure: z.string(), user: UserReply }))
const additionalErrors = z.record(z.string(), z.string())

export const CreatedUsersReply = z.object({ createdUsers: z.array(UserReply), failedUsers: FailedUsers, additionalErrors })
export const PatchedUsersReply = z.object({ patchedUsers: z.array(UserReply), failedUsers: FailedUsers, additionalErrors })

type EntryOf<Body> = { readonly body: Body } | { readonly problem: string; readonly loginId: string }

/** Entries for the use case: bodies in our names. */
export function entriesOf<Body, Given>(entries: readonly EntryOf<Body>[], givenOf: (body: Body) => Given): readonly Entry<Given>[] {
  return entries.map((entry) => ('body' in entry ? { given: givenOf(entry.body) } : { problem: entry.problem }))
}

/** How it went, for the answer. */
export function outcomesReply(
  rights: Rights,
  entries: readonly EntryOf<{ readonly loginId: string }>[],
  outcomes: readonly Outcome[],
): { readonly done: z.input<typeof UserReply>[]; readonly failedUsers: z.input<typeof FailedUsers> } {
  const done: z.input<typeof UserReply>[] = []
  const failedUsers: z.input<typeof FailedUsers> = []
  for (const [index, outcome] of outcomes.entries()) {
    const entry = entries[index]
    if ('account' in outcome) done.push(oneUserReply(rights, outcome.account).user)
    else if (entry) failedUsers.push({ failure: outcome.failure, user: namedOnly('body' in entry ? entry.body.loginId : entry.loginId) })
  }
  return { done, failedUsers }
}

/** A user who is not there: nothing but the name that was given. */
function namedOnly(loginId: string): z.input<typeof UserReply> {
  return {
    ...{ userId: '', loginIds: [loginId], externalIds: [loginId], name: '', givenName: '', middleName: '', familyName: '' },
    ...{ email: '', phone: '', verifiedEmail: false, verifiedPhone: false, picture: '', status: 'invited', test: false },
    ...{ roleNames: [], permissions: [], userTenants: [], customAttributes: {}, createdTime: 0, modifiedTime: 0 },
    ...{ TOTP: false, SAML: false, OIDC: false, SCIM: false, webauthn: false, password: false, push: false, OAuth: {} },
    ...{ ssoAppIds: [], editable: true, consentExpiration: 0 },
  }
}
