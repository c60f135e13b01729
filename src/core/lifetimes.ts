import { z } from 'zod'
import type { Settings } from './settings.ts'

/** How long sessions and their tokens live (`protocol/settings.md`). */

const units = { seconds: 1, minutes: 60, hours: 3600, days: 86_400, weeks: 604_800 } as const
const Unit = z.enum(['seconds', 'minutes', 'hours', 'days', 'weeks'])

/** Largest lifetime of anything: ten years, so that no expiry leaves 32 bits before 2028. */
const maxLifetimeSeconds = 315_360_000

/** How long tokens live: a number and its unit each. */
export const TokenLifetimes = z.object({
  refreshTokenExpiration: z.int().min(1).default(4).meta({ description: 'Lifetime of a session family and its refresh tokens.' }),
  refreshTokenExpirationUnit: Unit.default('weeks').meta({ description: 'Unit of that.' }),
  sessionTokenExpiration: z.int().min(1).default(10).meta({ description: 'Lifetime of a session token.' }),
  sessionTokenExpirationUnit: Unit.default('minutes').meta({ description: 'Unit of that.' }),
  stepupTokenExpiration: z.int().min(1).default(10).meta({ description: 'Lifetime of a session token made by a step-up.' }),
  stepupTokenExpirationUnit: Unit.default('minutes').meta({ description: 'Unit of that.' }),
  trustedDeviceTokenExpiration: z.int().min(1).default(365).meta({ description: 'How long a device is trusted.' }),
  trustedDeviceTokenExpirationUnit: Unit.default('days').meta({ description: 'Unit of that.' }),
  keySessionTokenExpiration: z.int().min(1).default(10).meta({ description: 'Lifetime of a session token of an access key.' }),
  keySessionTokenExpirationUnit: Unit.default('minutes').meta({ description: 'Unit of that.' }),
})

/** When a session ends that nobody refreshes. */
export const InactivitySettings = z.object({
  enableInactivity: z.boolean().default(false).meta({ description: 'End sessions that are not refreshed.' }),
  inactivityTime: z.int().min(1).default(12).meta({ description: 'Longest time between refreshes.' }),
  inactivityTimeUnit: Unit.default('minutes').meta({ description: 'Unit of that.' }),
})

/** Fields that say how long things live, each with its unit beside it. */
type LifetimeFields = z.infer<typeof TokenLifetimes> & z.infer<typeof InactivitySettings>

function secondsOf<Field extends string>(
  fields: Readonly<Record<Field, number> & Record<`${Field}Unit`, keyof typeof units>>,
  field: Field,
): number {
  return fields[field] * units[fields[`${field}Unit`] as keyof typeof units]
}

const fourWeeksSeconds = 2_419_200

/** What is wrong with lifetimes, by field (`protocol/settings.md`); those that are not given are not looked at. */
export function lifetimeProblems(given: Partial<LifetimeFields>): readonly (readonly [field: string, remedy: string])[] {
  const value: LifetimeFields = { ...TokenLifetimes.parse({}), ...InactivitySettings.parse({}), ...given }
  const refresh = secondsOf(value, 'refreshTokenExpiration')
  const rows = [
    ['refreshTokenExpiration', refresh, 180, maxLifetimeSeconds, 'must be between 3 minutes and 10 years'],
    [
      'sessionTokenExpiration',
      secondsOf(value, 'sessionTokenExpiration'),
      180,
      refresh,
      'must be at least 3 minutes and not longer than the refresh token',
    ],
    ['stepupTokenExpiration', secondsOf(value, 'stepupTokenExpiration'), 180, maxLifetimeSeconds, 'must be at least 3 minutes'],
    [
      'trustedDeviceTokenExpiration',
      secondsOf(value, 'trustedDeviceTokenExpiration'),
      180,
      maxLifetimeSeconds,
      'must be at least 3 minutes',
    ],
    [
      'keySessionTokenExpiration',
      secondsOf(value, 'keySessionTokenExpiration'),
      180,
      fourWeeksSeconds,
      'must be between 3 minutes and 4 weeks',
    ],
    ['inactivityTime', secondsOf(value, 'inactivityTime'), 600, maxLifetimeSeconds, 'must be at least 10 minutes'],
  ] as const
  return rows.filter(([, seconds, min, max]) => seconds < min || seconds > max).map(([field, , , , remedy]) => [field, remedy])
}

/** Settings in force with lifetimes in seconds. */
export interface Lifetimes {
  readonly refreshSeconds: number
  readonly sessionSeconds: number
  readonly stepUpSeconds: number
  /** Absent when inactivity is off. */
  readonly inactivitySeconds: number | undefined
}

/** Lifetimes of sessions in seconds, by fields of the project or of a tenant. */
export function sessionLifetimes(fields: Omit<LifetimeFields, `${'trustedDevice' | 'key'}${string}`>): Lifetimes {
  return {
    refreshSeconds: secondsOf(fields, 'refreshTokenExpiration'),
    sessionSeconds: secondsOf(fields, 'sessionTokenExpiration'),
    stepUpSeconds: secondsOf(fields, 'stepupTokenExpiration'),
    inactivitySeconds: fields.enableInactivity ? secondsOf(fields, 'inactivityTime') : undefined,
  }
}

export function lifetimes({ project }: Settings): Lifetimes {
  return sessionLifetimes(project)
}

/** Lifetime of a session token of an access key, in seconds. */
export function keySessionSeconds({ project }: Settings): number {
  return secondsOf(project, 'keySessionTokenExpiration')
}
