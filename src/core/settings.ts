import { z } from 'zod'
import { type AuthError, coreErrors } from './errors.ts'
import type { Storage } from './storage.ts'

/**
 * What the administrator of a project can configure. Names, ranges and defaults are those of the public settings of the
 * service whose protocol this server speaks (see `docs/settings.md`, which is generated from here); our own are marked "ours".
 */

const units = { seconds: 1, minutes: 60, hours: 3600, days: 86_400, weeks: 604_800 } as const
const Unit = z.enum(['seconds', 'minutes', 'hours', 'days', 'weeks'])

/** Largest lifetime of anything: ten years, so that no expiry leaves 32 bits before 2028. */
const maxLifetimeSeconds = 315_360_000

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
    resetExpirationTime: z
      .int()
      .min(1)
      .max(1440)
      .default(30)
      .meta({ description: 'Ours: minutes that a reset link lives, at most 24 hours (RC-04).' }),
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
      .meta({ description: 'Address of the application, shown in mails.' }),
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
    refreshTokenExpiration: z.int().min(1).default(4).meta({ description: 'Lifetime of a session family and its refresh tokens.' }),
    refreshTokenExpirationUnit: Unit.default('weeks').meta({ description: 'Unit of that.' }),
    sessionTokenExpiration: z.int().min(1).default(10).meta({ description: 'Lifetime of a session token.' }),
    sessionTokenExpirationUnit: Unit.default('minutes').meta({ description: 'Unit of that.' }),
    tokenResponseMethod: TokenResponseMethod.default('onBody').meta({ description: 'Where refresh tokens go.' }),
    sessionTokenResponseMethod: TokenResponseMethod.default('onBody').meta({ description: 'Where session tokens go.' }),
    cookiePolicy: CookiePolicy.default('lax').meta({ description: 'SameSite of the refresh cookie.' }),
    sessionTokenCookiePolicy: CookiePolicy.default('lax').meta({ description: 'SameSite of the session cookie.' }),
    domain: CookieDomain.default('').meta({ description: 'Domain of the refresh cookie; empty binds it to the host.' }),
    sessionTokenCookieDomain: CookieDomain.default('').meta({ description: 'Domain of the session cookie.' }),
    enableInactivity: z.boolean().default(false).meta({ description: 'End sessions that are not refreshed.' }),
    inactivityTime: z.int().min(1).default(12).meta({ description: 'Longest time between refreshes.' }),
    inactivityTimeUnit: Unit.default('minutes').meta({ description: 'Unit of that.' }),
    verifyEmailAtSignUp: z.boolean().default(true).meta({ description: 'Ours: sign-up with an e-mail address sends a verification mail.' }),
    notifyPasswordChange: z
      .boolean()
      .default(true)
      .meta({ description: 'Ours: tell the owner by mail when the password changed (RC-13).' }),
  })
  .superRefine((value, context) => {
    const check = (path: string, seconds: number, min: number, max: number, remedy: string) => {
      if (seconds < min || seconds > max) context.addIssue({ code: 'custom', path: [path], message: remedy })
    }
    const refresh = value.refreshTokenExpiration * units[value.refreshTokenExpirationUnit]
    const session = value.sessionTokenExpiration * units[value.sessionTokenExpirationUnit]
    check('refreshTokenExpiration', refresh, 180, maxLifetimeSeconds, 'must be between 3 minutes and 10 years')
    check('sessionTokenExpiration', session, 180, refresh, 'must be at least 3 minutes and not longer than the refresh token')
    check('inactivityTime', value.inactivityTime * units[value.inactivityTimeUnit], 600, maxLifetimeSeconds, 'must be at least 10 minutes')
  })
  .readonly()
export type ProjectSettings = z.infer<typeof ProjectSettings>

export const MagicLinkSettings = z
  .strictObject({
    redirectUrl: z
      .string()
      .max(2048)
      .default('')
      .meta({ description: 'Where links lead when the call names no redirect URL; empty is our own page.' }),
    verificationExpirationTime: z
      .int()
      .min(1)
      .max(1440)
      .default(1440)
      .meta({ description: 'Ours: minutes that a verification link lives.' }),
  })
  .readonly()

/** All settings of a project. Stored as JSON; what is absent takes its default. */
export const Settings = z
  .strictObject({
    project: ProjectSettings.prefault({}),
    password: PasswordSettings.prefault({}),
    magicLink: MagicLinkSettings.prefault({}),
  })
  .readonly()
export type Settings = z.infer<typeof Settings>

/** Settings in force with lifetimes in seconds. */
export interface Lifetimes {
  readonly refreshSeconds: number
  readonly sessionSeconds: number
  /** Absent when inactivity is off. */
  readonly inactivitySeconds: number | undefined
}

export function lifetimes({ project }: Settings): Lifetimes {
  return {
    refreshSeconds: project.refreshTokenExpiration * units[project.refreshTokenExpirationUnit],
    sessionSeconds: project.sessionTokenExpiration * units[project.sessionTokenExpirationUnit],
    inactivitySeconds: project.enableInactivity ? project.inactivityTime * units[project.inactivityTimeUnit] : undefined,
  }
}

/** A project with its settings parsed. */
export interface Project {
  readonly id: string
  readonly name: string
  readonly settings: Settings
  readonly settingsVersion: number
}

/** Looks projects up, from a cache of bounded size and age. */
export interface Projects {
  /** The project, or `undefined` when there is none of this ID. */
  byId(id: string): Promise<Project | undefined>
  /** Forgets what is cached of a project; called after every write of its settings. */
  forget(id: string): void
}

const cacheSeconds = 1
const maxCached = 1000

/** Settings written by another process are seen after one second. */
export function cachedProjects(deps: { storage: Storage; clock: { monotonicMilliseconds(): number } }): Projects {
  const cache = new Map<string, { readonly project: Project; readonly until: number }>()
  return {
    async byId(id) {
      const now = deps.clock.monotonicMilliseconds()
      const hit = cache.get(id)
      if (hit && hit.until > now) return hit.project
      const record = await deps.storage.projects.byId(id)
      if (!record) return undefined
      const project = {
        id: record.id,
        name: record.name,
        settings: Settings.parse(record.settings),
        settingsVersion: record.settingsVersion,
      }
      if (cache.size >= maxCached) cache.clear()
      cache.set(id, { project, until: now + cacheSeconds * 1000 })
      return project
    },
    forget(id) {
      cache.delete(id)
    },
  }
}

/** Finds the project or throws `InvalidProject`. */
export async function projectById(deps: { projects: Projects }, id: string): Promise<Project> {
  const project = await deps.projects.byId(id)
  if (!project) throw coreErrors.InvalidProject()
  return project
}

/** Changes to settings: any subset of sections and of fields in them. */
export type SettingsChanges = { readonly [Section in keyof Settings]?: Partial<Settings[Section]> }

/**
 * Merges changes into the settings of a project and stores them. Fields that are not named stay (settings that a client does not know
 * are never cleared). Throws `InvalidArguments` with every problem, or when another write came in between twice.
 */
export async function changeSettings(
  deps: { storage: Storage; projects: Projects },
  input: { readonly projectId: string; readonly changes: SettingsChanges },
): Promise<Settings> {
  for (let round = 0; round < 3; round++) {
    const record = await deps.storage.projects.byId(input.projectId)
    if (!record) throw coreErrors.InvalidProject()
    const now = Settings.parse(record.settings)
    const merged: Record<string, unknown> = { ...now }
    for (const [section, fields] of Object.entries(input.changes)) {
      merged[section] = { ...(merged[section] as object | undefined), ...fields }
    }
    const parsed = Settings.safeParse(merged)
    if (!parsed.success) throw invalidSettings(parsed.error)
    const saved = await deps.storage.projects.saveSettings(record.id, parsed.data, record.settingsVersion)
    deps.projects.forget(record.id)
    if (saved) return parsed.data
  }
  throw coreErrors.InvalidArguments({ message: 'The settings changed at the same time; try again' })
}

function invalidSettings(error: z.ZodError): AuthError {
  const problems = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  return coreErrors.InvalidArguments({ message: problems.join('; ') })
}
