import type { CountedLimit } from '../core/deps.ts'
import type { Settings } from '../core/settings.ts'
import { databaseExposure, isLoopback, type Options } from '../options.ts'

/** A choice that is weaker than the standard it comes from, with the row of the security bar. */
export interface Weaker {
  readonly row: string
  readonly text: string
}

type Judgement = readonly [row: string, isWeaker: boolean, text: string]

const weaker = (judgements: readonly Judgement[]): readonly Weaker[] =>
  judgements.filter(([, isWeaker]) => isWeaker).map(([row, , text]) => ({ row, text }))

const unitSeconds = { seconds: 1, minutes: 60, hours: 3600, days: 86_400, weeks: 604_800 } as const

/** Lists the settings of a project that are weaker than their standard. Those of `init --hardened` are not. */
export function weakerSettings({ password, project, invite }: Settings): readonly Weaker[] {
  const composition = ['lowercase', 'uppercase', 'number', 'nonAlphanumeric', 'anyLetter'] as const
  const demanded = composition.filter((name) => password[name]).map((name) => `password.${name}`)
  const sessionSeconds = project.sessionTokenExpiration * unitSeconds[project.sessionTokenExpirationUnit]
  const refreshSeconds = project.refreshTokenExpiration * unitSeconds[project.refreshTokenExpirationUnit]
  const maxAge = password.updateMaxAgeSeconds
  const age = maxAge === 0 ? 'however old the sign-in is' : `up to ${maxAge} s after the sign-in, over 600`
  return weaker([
    ['PW-04', password.minLength < 15, `minimum length ${password.minLength} is under 15 (password.minLength)`],
    ['PW-07', !password.blocklist, 'common passwords are accepted (password.blocklist)'],
    ['PW-09', demanded.length > 0, `composition rules make passwords easier to guess (${demanded.join(', ')})`],
    ['PW-09', password.expiration, 'passwords expire without a reason (password.expiration)'],
    ['PW-10', maxAge === 0 || maxAge > 600, `update works without the old password ${age} (password.updateMaxAgeSeconds)`],
    ['EN-01', !password.maskError, 'errors tell whether an account exists (password.maskError)'],
    ['EN-04', !project.strictSignUp, 'sign-ups tell whether an account exists (project.strictSignUp)'],
    [
      'RC-04',
      password.resetExpirationTime > 30,
      `reset links live ${password.resetExpirationTime} min, over 30 (password.resetExpirationTime)`,
    ],
    ['RC-04', invite.expirationTime > 1440, `invitations live ${invite.expirationTime} min, over 24 h (invite.expirationTime)`],
    [
      'RC-11',
      !password.resetRequiresVerifiedEmail,
      'reset links go to addresses that nobody has proven (password.resetRequiresVerifiedEmail)',
    ],
    ['RC-13', !project.notifyPasswordChange, 'owners are not told of changed passwords (project.notifyPasswordChange)'],
    ['RC-13', !project.notifyEmailChange, 'owners are not told of changed addresses (project.notifyEmailChange)'],
    ['SE-01', !project.rotateJwt, 'refresh tokens are not rotated (project.rotateJwt)'],
    [
      'SE-02',
      project.rotateJwt && project.rotationGraceSeconds > 30,
      'a replaced refresh token works for over 30 s (project.rotationGraceSeconds)',
    ],
    ['SE-07', sessionSeconds > 3600, 'session tokens outlive a logout by over 60 min (project.sessionTokenExpiration)'],
    ['SE-08', refreshSeconds > 2_592_000, 'sessions last over 30 days (project.refreshTokenExpiration)'],
    ['WB-01', project.cookiePolicy === 'none', 'the refresh cookie is sent from other sites (project.cookiePolicy)'],
    [
      'WB-01',
      project.sessionTokenCookiePolicy === 'none',
      'the session cookie is sent from other sites (project.sessionTokenCookiePolicy)',
    ],
  ])
}

/** Largest limits of the bar. */
const bars = [
  ['BF-02', 'accountSource', { max: 10, perSeconds: 900 }],
  ['BF-04', 'sourceFailures', { max: 30, perSeconds: 300 }],
  ['BF-04', 'sourceAccounts', { max: 20, perSeconds: 600 }],
  ['EN-04', 'sourceSignUps', { max: 10, perSeconds: 3600 }],
  ['BF-09', 'recipientMessages', { max: 3, perSeconds: 900 }],
  ['BF-09', 'recipientMessagesDaily', { max: 10, perSeconds: 86_400 }],
  ['BF-09', 'sourceMessages', { max: 20, perSeconds: 3600 }],
] as const

/** Lists the options that are weaker than their standard. */
export function weakerOptions(options: Options): readonly Weaker[] {
  const { limits, allowInsecureHttp, address, publicUrl, allowAsynchronousCommit } = options
  const exposure = databaseExposure(options)
  const isPostgres = options.database.startsWith('postgres')
  const { accountFailures } = limits
  const isBeyond = !isLoopback(address) || publicUrl !== undefined
  return weaker([
    [
      'BF-01',
      accountFailures === 0 || accountFailures > 100,
      `failures per account are ${told(accountFailures)}, over 100 (limits.accountFailures)`,
    ],
    ...bars.map(([row, name, bar]): Judgement => {
      const { max, perSeconds } = limits[name]
      return [row, isLooser(limits[name], bar), `limits.${name} is ${told(max)} in ${perSeconds} s, over ${bar.max} in ${bar.perSeconds} s`]
    }),
    ['RL-02', isPostgres && allowAsynchronousCommit, 'a crash of the database may lose acknowledged writes (allowAsynchronousCommit)'],
    [
      'RL-04',
      isPostgres && (options.databaseDeadlineMilliseconds > 2_800 || options.databaseConnectMilliseconds > 2_000),
      'requests may wait over 3 s, or over 2 s for a connection (databaseDeadlineMilliseconds, databaseConnectMilliseconds)',
    ],
    ['CR-02', exposure === 'inTheClear', 'the way to the database is not encrypted (databaseTlsMode)'],
    ['CR-02', exposure === 'unproven', 'anybody can pose as the database (databaseTlsMode)'],
    ['WB-04', allowInsecureHttp && isBeyond, 'passwords and tokens may cross the network in the clear (allowInsecureHttp)'],
  ])
}

const told = (max: number) => (max === 0 ? 'not limited' : String(max))

function isLooser(limit: CountedLimit, bar: CountedLimit): boolean {
  return limit.max === 0 || limit.max > bar.max || limit.max * bar.perSeconds > bar.max * limit.perSeconds
}
