import { z } from 'zod'
import { InactivitySettings, lifetimeProblems, TokenLifetimes } from './lifetimes.ts'
import { LanguageTag } from './message-templates.ts'

/**
 * What the administrator of a project can configure. Names, ranges and defaults are those of the public settings of the
 * service whose protocol this server speaks (see `docs/settings.md`, which is generated from here); our own are marked "ours".
 */

export const PasswordSettings = z
  .strictObject({
    enabled: z.boolean().default(true).meta({ description: 'The method may be called through the API and the SDKs.' }),
    minLength: z.int().min(4).max(256).default(8).meta({ description: 'Shortest password, in Unicode code points.' }),
    lowercase: z.boolean().default(false).meta({ description: 'At least one lowercase letter.' }),
    uppercase: z.boolean().default(false).meta({ description: 'At least one uppercase letter.' }),
    number: z.boolean().default(false).meta({ description: 'At least one digit.' }),
    nonAlphanumeric: z.boolean().default(false).meta({ description: 'At least one character that is neither letter nor digit.' }),
    anyLetter: z.boolean().default(false).meta({ description: 'At least one letter of either case.' }),
    disallowedCharacters: z.string().max(256).default('').meta({ description: 'Each character of this text is forbidden.' }),
    disallowEmailMatch: z
      .boolean()
      .default(false)
      .meta({ description: "Refuse the user's e-mail address and its local part, case-insensitive." }),
    blocklist: z.boolean().default(true).meta({ description: 'Ours: refuse common passwords and words of the context (PW-07).' }),
    enablePasswordStrength: z.boolean().default(false).meta({ description: 'Demand a smallest zxcvbn score.' }),
    passwordStrengthScore: z.int().min(0).max(4).default(0).meta({ description: 'That score.' }),
    expiration: z.boolean().default(false).meta({ description: 'Passwords expire.' }),
    expirationWeeks: z.int().min(1).max(999).default(26).meta({ description: 'Weeks until they do.' }),
    reuse: z.boolean().default(false).meta({ description: 'Previous passwords may not come back.' }),
    reuseAmount: z.int().min(1).max(50).default(5).meta({ description: 'How many previous passwords are remembered.' }),
    lock: z.boolean().default(false).meta({ description: 'Lock the account after failed attempts until it is unlocked.' }),
    lockAttempts: z.int().min(2).max(10).default(5).meta({ description: 'Failed attempts until that lock.' }),
    tempLock: z.boolean().default(false).meta({ description: 'Lock the account for a while after failed attempts.' }),
    tempLockAttempts: z.int().min(1).max(10).default(3).meta({ description: 'Failed attempts until that lock.' }),
    tempLockDuration: z.int().min(1).max(1440).default(5).meta({ description: 'How long, in minutes.' }),
    maskError: z
      .boolean()
      .default(true)
      .meta({ description: 'Errors do not tell whether an account exists. Ours is on by default (EN-01).' }),
    updateMaxAgeSeconds: z.int().min(0).max(31_536_000).default(0).meta({
      description: 'Ours: longest time since the sign-in within which `update` works without the old password; 0 is no limit (PW-10).',
    }),
    resetRequiresVerifiedEmail: z
      .boolean()
      .default(true)
      .meta({ description: 'Ours: reset links go to verified addresses only; off, they go to any address that the account has.' }),
    resetMethod: z.enum(['magiclink', 'enchantedlink', 'otp']).default('magiclink').meta({
      description: 'Ours: what `sendReset` sends: a link, numbered links of which the right one goes on where the reset began, or a code.',
    }),
    resetTypedCode: z.boolean().default(false).meta({
      description: 'Ours: with a link, the mail has a code to type on the page, so that a program that opens links in mails cannot use it.',
    }),
    resetExpirationTime: z
      .int()
      .min(1)
      .max(1440)
      .default(30)
      .meta({ description: 'Ours: minutes that a reset link lives, at most 24 hours, a code 10 minutes (RC-04).' }),
  })
  .readonly()
export type PasswordSettings = z.infer<typeof PasswordSettings>

function isWebUrlOrEmpty(text: string): boolean {
  return text === '' || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
}

/** Whether every entry of a comma-separated list is an origin: scheme (an app's own too), host, perhaps a port, and nothing else. */
function areOrigins(text: string): boolean {
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.every((entry) => entry === '' || (/^[a-z][a-z0-9+.-]*:\/\/[^/\s@*?#]+\/?$/i.test(entry) && URL.canParse(entry)))
}

/** Quantifiers of one regular expression: each can multiply the time for a text by its length. */
const maxQuantifiers = 3

/** A regular expression, short, and without what can take for ever on a long text: nested or many quantifiers and back references. */
const Pattern = z
  .string()
  .max(200)
  .refine(
    (text) => isSafePattern(text),
    `must be a regular expression without back references and repeated groups, with at most ${maxQuantifiers} of * + {}`,
  )

function isSafePattern(text: string): boolean {
  if (/\\[1-9k]|\)\s*[*+{?]/.test(text)) return false
  const bare = text.replace(/\\[pPu]\{[^}]*\}|\\./g, '').replace(/\[[^\]]*\]/g, '')
  if ((bare.match(/[*+{]/g) ?? []).length > maxQuantifiers) return false
  try {
    return new RegExp(text, 'u').source !== ''
  } catch {
    return false
  }
}

const CookieDomain = z
  .string()
  .max(253)
  .regex(/^(|\.?[a-z0-9-]+(\.[a-z0-9-]+)*)$/i, 'must be a host name, without a scheme')

const TokenResponseMethod = z.enum(['onBody', 'cookie'])
const CookiePolicy = z.enum(['strict', 'lax', 'none'])

export const ProjectSettings = z
  .strictObject({
    appUrl: z
      .string()
      .max(2048)
      .refine(isWebUrlOrEmpty, 'must be an http or https URL')
      .default('')
      .meta({ description: 'Address of the application, where our own pages lead when they are done.' }),
    trustedDomains: z
      .string()
      .max(4096)
      .default('')
      .meta({ description: 'Approved domains and origins for redirect URLs, comma-separated; empty allows our own pages only (RC-07).' }),
    allowedOrigins: z
      .string()
      .max(4096)
      .refine(areOrigins, 'must be origins such as https://app.example.com, comma-separated')
      .default('')
      .meta({ description: 'Ours: exact origins that browsers may call from, comma-separated (WB-03).' }),
    rotateJwt: z.boolean().default(false).meta({ description: 'Each refresh answers a new refresh token and ends the old one (SE-01).' }),
    rotationGraceSeconds: z
      .int()
      .min(0)
      .max(60)
      .default(10)
      .meta({ description: 'Ours: how long the token before the last still gets the same successor (SE-02).' }),
    ...TokenLifetimes.shape,
    tokenResponseMethod: TokenResponseMethod.default('onBody').meta({ description: 'Where refresh tokens go.' }),
    sessionTokenResponseMethod: TokenResponseMethod.default('onBody').meta({ description: 'Where session tokens go.' }),
    cookiePolicy: CookiePolicy.default('lax').meta({ description: 'SameSite of the refresh cookie.' }),
    sessionTokenCookiePolicy: CookiePolicy.default('lax').meta({ description: 'SameSite of the session cookie.' }),
    domain: CookieDomain.default('').meta({ description: 'Domain of the refresh cookie; empty binds it to the host.' }),
    sessionTokenCookieDomain: CookieDomain.default('').meta({ description: 'Domain of the session cookie.' }),
    ...InactivitySettings.shape,
    strictSignUp: z.boolean().default(false).meta({
      description:
        'Ours: sign-ups answer alike for taken login IDs, whose owner gets a message, and sign nobody in before the address is proven by the link or code that was sent (EN-04).',
    }),
    verifyEmailAtSignUp: z.boolean().default(true).meta({ description: 'Ours: sign-up with an e-mail address sends a verification mail.' }),
    notifyPasswordChange: z
      .boolean()
      .default(true)
      .meta({ description: 'Ours: tell the owner by mail when the password changed (RC-13).' }),
    notifyEmailChange: z.boolean().default(true).meta({
      description: 'Ours: tell the owner by mail, at the old and at the new address, when the e-mail address changed (RC-13).',
    }),
    auditRetentionDays: z
      .int()
      .min(0)
      .max(3650)
      .refine((days) => days === 0 || days >= 30, 'must be 0, or at least 30')
      .default(0)
      .meta({
        description:
          'Ours: days after which entries of the audit trail are deleted, sign-in history with them; 0 keeps them, at least 30 otherwise.',
      }),
    testUserRegex: Pattern.default('').meta({ description: 'Login IDs that match make a user a test user; empty is none.' }),
    testUserFixedAuthVerifierRegex: Pattern.default('').meta({ description: 'Login IDs of test users for whom the static code holds.' }),
    testUserFixedAuthToken: z
      .string()
      .regex(/^(|\d{6})$/, 'must be six digits')
      .default('')
      .meta({ description: 'Static code of test users: six digits, or empty.' }),
    testUserAllowFixedAuth: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether the static code holds; never in a project whose environment is production.' }),
  })
  .superRefine((value, context) => {
    for (const [path, message] of lifetimeProblems(value)) context.addIssue({ code: 'custom', path: [path], message })
  })
  .readonly()
export type ProjectSettings = z.infer<typeof ProjectSettings>

const Enabled = z.boolean().default(true).meta({ description: 'The method may be called through the API and the SDKs.' })

/** Minutes that a secret for signing in lives: ten at most (RC-04). */
const SignInMinutes = (initial: number) =>
  z.int().min(1).max(10).default(initial).meta({ description: 'Minutes that it lives, at most 10 (RC-04).' })

const MasksErrors = z.boolean().default(true).meta({ description: 'Ours: answers do not tell whether an account exists (EN-03).' })

const RedirectUrl = z
  .string()
  .max(2048)
  .default('')
  .meta({ description: 'Where links lead when the call names no redirect URL; empty is our own page.' })

export const MagicLinkSettings = z
  .strictObject({
    enabled: Enabled,
    expirationTime: SignInMinutes(3),
    redirectUrl: RedirectUrl,
    maskError: MasksErrors,
    verificationExpirationTime: z
      .int()
      .min(1)
      .max(1440)
      .default(1440)
      .meta({ description: 'Ours: minutes that a verification link lives.' }),
  })
  .readonly()

export const EnchantedLinkSettings = z
  .strictObject({ enabled: Enabled, expirationTime: SignInMinutes(3), redirectUrl: RedirectUrl, maskError: MasksErrors })
  .readonly()

export const OtpSettings = z
  .strictObject({
    enabled: Enabled,
    expirationTime: SignInMinutes(3),
    domain: z
      .string()
      .max(253)
      .regex(/^(|[a-z0-9-]+(\.[a-z0-9-]+)*)$/, 'must be a host name in lower case')
      .default('')
      .meta({ description: 'Domain that text messages bind the code to, so that phones fill it in there only; empty is none.' }),
    maskError: MasksErrors,
  })
  .readonly()

export const EmbeddedLinkSettings = z
  .strictObject({
    enabled: Enabled,
    expirationTime: z
      .int()
      .min(1)
      .max(10)
      .default(1)
      .meta({ description: 'Minutes that a token lives when the call names no timeout (MG-05).' }),
  })
  .readonly()

export const InviteSettings = z
  .strictObject({
    inviteUrl: z
      .string()
      .max(2048)
      .default('')
      .meta({ description: 'Where invitations lead when the call names no URL; empty is our own page, where a password is chosen.' }),
    sendEmail: z.boolean().default(true).meta({ description: 'Whether invitations are mailed when the call does not say.' }),
    expirationTime: z
      .int()
      .min(1)
      .max(10_080)
      .default(1440)
      .meta({ description: 'Minutes that the link of an invitation lives, at most a week.' }),
  })
  .readonly()

export const MessageSettings = z
  .strictObject({
    defaultLocale: LanguageTag.default('en').meta({
      description: 'Ours: language of messages to users of whom none is known, for example `pt-BR`.',
    }),
    localeAttribute: z
      .string()
      .max(64)
      .default('locale')
      .meta({ description: "Ours: custom attribute that holds a user's language; empty is none." }),
  })
  .readonly()

/** All settings of a project. Stored as JSON; what is absent takes its default. */
export const Settings = z
  .strictObject({
    project: ProjectSettings.prefault({}),
    password: PasswordSettings.prefault({}),
    magicLink: MagicLinkSettings.prefault({}),
    enchantedLink: EnchantedLinkSettings.prefault({}),
    otp: OtpSettings.prefault({}),
    embeddedLink: EmbeddedLinkSettings.prefault({}),
    invite: InviteSettings.prefault({}),
    messages: MessageSettings.prefault({}),
  })
  .readonly()
export type Settings = z.infer<typeof Settings>
