/** Building blocks of what routes take and answer. Bodies are parsed tolerantly: unknown members are dropped, `null` never arrives here. */
import { z } from 'zod'
import { claimLimits } from '../core/claims.ts'
import { holdsPlainTextOnly, isPlainText } from '../core/plain-text.ts'

const plainTextProblem = { error: 'must not hold control characters or broken Unicode' }

/** Text of at most `max` UTF-16 units, without control characters and lone surrogates. May be empty. */
export function Text(max: number) {
  return z.string().max(max).refine(isPlainText, plainTextProblem)
}

const missing = { params: { isMissing: true } }

/** A name that something is given: more than spaces. Where things are looked up by name, any `Text` will do. */
export function GivenName(max: number) {
  return Text(max)
    .min(1)
    .refine((name) => name.trim() !== '', missing)
}

/** The same where an empty text, like none at all, keeps the name. */
export function OptionalGivenName(max: number) {
  return Text(max)
    .refine((name) => name === '' || name.trim() !== '', missing)
    .optional()
}

/** A login ID as the caller wrote it; `core/users.ts` makes the canonical form. Never trimmed. */
export const LoginId = z
  .string()
  .min(1)
  .max(254)
  .refine(isPlainText, plainTextProblem)
  .meta({ description: 'Login ID: an e-mail address, a phone number or any other text.' })

/** A password, any text: length, well-formedness and content are the policy's business. Empty passes, because Go sends it and expects the ordinary refusal. */
export const Password = z.string().max(4096).meta({ description: 'Password. The policy of the project decides what is acceptable.' })

/** A one-time token as it came out of a link. */
export const LinkToken = Text(512).min(1)

/** A URL as text; whether it is acceptable is decided where it is used (RC-07). */
export const UrlText = Text(2048)

/** A boolean, also as the text that Ruby sends. */
export const LooseBoolean = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean())

/** Lets an empty array stand for an empty object: PHP cannot tell the two apart (`protocol/core.md` 1.4). */
export function orEmptyArray<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (Array.isArray(value) && value.length === 0 ? {} : value), schema)
}

const { maxNames: maxClaims, maxNameLength: maxClaimName, maxBytes: maxClaimsBytes } = claimLimits

/** Claims or attributes that a caller chooses: at most 100 of them, names of at most 60, 2 KiB in all (SE-09). Body limits bound the depth. */
export const CustomClaims = orEmptyArray(
  z
    .record(z.string(), z.unknown())
    .refine((claims) => Object.keys(claims).length <= maxClaims, { error: `must not have more than ${maxClaims} members` })
    .refine((claims) => Object.keys(claims).every((name) => name.length <= maxClaimName), {
      error: `names are at most ${maxClaimName} long`,
    })
    .refine(holdsPlainTextOnly, plainTextProblem)
    .refine((claims) => Buffer.byteLength(JSON.stringify(claims)) <= maxClaimsBytes, { error: 'must not be larger than 2 KiB' }),
).meta({ description: 'Custom claims; they land under `nsec` in the tokens.' })

/** Custom attributes, stored or looked for. How many and how large they may be is decided in `core/attributes.ts`. */
export const CustomAttributes = orEmptyArray(z.record(z.string(), z.unknown()).refine(holdsPlainTextOnly, plainTextProblem))

/** Variables of a message template. */
export const TemplateOptions = orEmptyArray(
  z
    .record(z.string(), Text(500))
    .refine(
      (options) =>
        Object.keys(options).length <= maxClaims && Object.keys(options).every((name) => name.length <= maxClaimName && isPlainText(name)),
    ),
)

/** `loginOptions` of every sign-in and sign-up (`protocol/core.md` 4.4). */
export const LoginOptions = orEmptyArray(
  z.object({
    stepup: z.boolean().optional(),
    mfa: z.boolean().optional(),
    customClaims: CustomClaims.optional(),
    templateId: Text(128).optional(),
    templateOptions: TemplateOptions.optional(),
    revokeOtherSessions: z.boolean().optional(),
    revokeOtherSessionsTypes: z.array(Text(64)).max(20).optional(),
    tenantId: Text(64).optional(),
    locale: Text(35).optional(),
    ssoAppId: Text(128).optional(),
    jwt: Text(4096).optional(),
    pkceChallenge: Text(256).optional(),
  }),
)
export type LoginOptions = z.output<typeof LoginOptions>

const PersonName = Text(64)

/** `user` of sign-up calls. Nothing else of a user can be set by the user (MG-04). */
export const SignUpUser = orEmptyArray(
  z.object({
    loginId: LoginId.optional(),
    name: PersonName.optional(),
    givenName: PersonName.optional(),
    middleName: PersonName.optional(),
    familyName: PersonName.optional(),
    email: Text(254).optional(),
    phone: Text(32).optional(),
  }),
)
export type SignUpUser = z.output<typeof SignUpUser>

/**
 * Accepts other names for members, `{ alias: canonical }` (`protocol/core.md` 1.4). A canonical name that is there wins over its alias.
 * OpenAPI shows the canonical names only.
 */
export function synonyms<S extends z.ZodType>(names: Readonly<Record<string, string>>, schema: S) {
  return z.preprocess((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const renamed: Record<string, unknown> = { ...value }
    for (const [alias, canonical] of Object.entries(names)) {
      if (renamed[alias] === undefined) continue
      renamed[canonical] ??= renamed[alias]
      delete renamed[alias]
    }
    return renamed
  }, schema)
}

const EpochSeconds = z.int().min(0).max(2_147_483_647)

/** A user as every answer shows it, with all members (`protocol/core.md` 4.1): empty values instead of absent ones. */
export const UserReply = z
  .object({
    userId: z.string(),
    loginIds: z.array(z.string()),
    externalIds: z.array(z.string()),
    name: z.string(),
    givenName: z.string(),
    middleName: z.string(),
    familyName: z.string(),
    email: z.string(),
    phone: z.string(),
    verifiedEmail: z.boolean(),
    verifiedPhone: z.boolean(),
    picture: z.string(),
    status: z.enum(['enabled', 'disabled', 'invited']),
    test: z.boolean(),
    roleNames: z.array(z.string()),
    permissions: z.array(z.string()),
    userTenants: z.array(
      z.object({ tenantId: z.string(), tenantName: z.string(), roleNames: z.array(z.string()), permissions: z.array(z.string()) }),
    ),
    customAttributes: z.record(z.string(), z.unknown()),
    createdTime: EpochSeconds,
    modifiedTime: EpochSeconds,
    TOTP: z.boolean(),
    SAML: z.boolean(),
    OIDC: z.boolean(),
    SCIM: z.boolean(),
    webauthn: z.boolean(),
    password: z.boolean(),
    push: z.boolean(),
    OAuth: z.record(z.string(), z.boolean()),
    ssoAppIds: z.array(z.string()),
    editable: z.boolean(),
    consentExpiration: EpochSeconds,
  })
  .meta({ id: 'User', description: 'A user. Times are epoch seconds.' })

/** The answer of every call that signs somebody in (`protocol/core.md` 4.2). */
export const AuthReply = z
  .object({
    sessionJwt: z.string().meta({ description: 'Session token; empty when it is in a cookie only.' }),
    refreshJwt: z.string().meta({ description: 'Refresh token; empty when it is in a cookie only.' }),
    cookieDomain: z.string(),
    cookiePath: z.string(),
    cookieMaxAge: EpochSeconds.meta({ description: 'Lifetime of the refresh token in seconds.' }),
    cookieExpiration: EpochSeconds.meta({ description: 'Expiry of the refresh token, epoch seconds.' }),
    cookieName: z.string(),
    sessionCookieName: z.string(),
    sessionCookieDomain: z.string(),
    user: UserReply,
    firstSeen: z.boolean(),
    sessionExpiration: EpochSeconds.meta({ description: 'Expiry of the session token, epoch seconds.' }),
    claims: z.record(z.string(), z.unknown()).meta({ description: 'Claims of the session token when that is in a cookie, else empty.' }),
    nextRefreshSeconds: z.int().min(1).optional(),
  })
  .meta({ id: 'AuthResponse', description: 'Tokens and the user they are for.' })

/** Sign-ins, a bare array (`protocol/core.md` 1.5). Nobody knows where an address is, so city and country are empty. */
export const HistoryReply = z.array(
  z
    .object({
      userId: z.string(),
      loginTime: EpochSeconds,
      city: z.string(),
      country: z.string(),
      ip: z.string(),
      selectedTenant: z.string(),
    })
    .meta({ id: 'SignIn', description: 'One sign-in of a user.' }),
)

/** `{}`: what a call answers that has nothing to say. Never an empty body (`protocol/core.md` 1.5). */
export const Empty = z.object({}).meta({ id: 'Empty', description: 'An empty object.' })
