import type { Command } from 'commander'
import type { Auth } from '../auth.ts'
import type { Options } from '../options.ts'
import { allOptionNames, commandWithOptions, optionsOf, print, withAuth } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'

interface Finding {
  readonly level: 'ok' | 'weaker' | 'problem'
  readonly text: string
}

/** `postern doctor`: what is in force, secrets masked, and what is wrong or weaker than the standard it comes from. */
export function doctorCommand(): Command {
  return commandWithOptions('doctor', 'show the options in force and check the installation', allOptionNames).action(
    async (flags: Record<string, unknown>) => {
      const options = optionsOf(flags, { logLevel: 'warn' })
      const findings = await withAuth(flags, (auth) => examine(auth, options))
      const shown = masked(options)
      const lines = [
        ...Object.entries(shown).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : (value ?? '')}`),
        '',
        ...findings.map(({ level, text }) => `${level.padEnd(7)} ${text}`),
      ]
      print(flags, { options: shown, findings }, lines)
      if (findings.some((finding) => finding.level === 'problem')) throw new CommandFailed('There are problems', exitCodes.failed)
    },
  )
}

/** Options without what may not be shown: the password in a URL. */
function masked(options: Options): Readonly<Record<string, unknown>> {
  const hide = (url: string | undefined) => url?.replace(/\/\/[^@/]*@/, '//***@')
  return { ...options, database: hide(options.database), smtpUrl: hide(options.smtpUrl) }
}

async function examine(auth: Auth, options: Options): Promise<readonly Finding[]> {
  const findings: Finding[] = [
    { level: 'ok', text: 'The database answers and its schema is current; the master key opens its secrets; the blocklist is whole.' },
    { level: 'ok', text: `One password hash takes ${Math.round(auth.deps.hasher.measuredMilliseconds)} ms (PW-01).` },
  ]
  if (!options.smtpUrl) findings.push({ level: 'weaker', text: 'No smtpUrl: mails are kept in the outbox and go nowhere.' })
  if (!options.publicUrl) findings.push({ level: 'weaker', text: 'No publicUrl: links in mails lead to the listening address.' })
  if (options.allowInsecureHttp)
    findings.push({ level: 'weaker', text: 'allowInsecureHttp: tokens and passwords may cross the network in clear.' })
  for (const { id } of await auth.api.listProjects()) findings.push(...(await examineProject(auth, id)))
  return findings
}

async function examineProject(auth: Auth, projectId: string): Promise<readonly Finding[]> {
  const { password, project } = await auth.api.showSettings({ projectId })
  const weaker: readonly (readonly [boolean, string])[] = [
    [password.minLength < 15, `PW-04: password.minLength ${password.minLength} is under 15`],
    [!password.blocklist, 'PW-07: password.blocklist is off'],
    [
      password.updateMaxAgeSeconds === 0,
      'PW-10: update without the old password is allowed at any age of the sign-in (password.updateMaxAgeSeconds)',
    ],
    [!password.maskError, 'EN-01: password.maskError is off, errors tell whether an account exists'],
    [!password.resetRequiresVerifiedEmail, 'RC-09: reset links go to unverified addresses (password.resetRequiresVerifiedEmail)'],
    [!project.rotateJwt, 'SE-01: refresh tokens are not rotated (project.rotateJwt)'],
    [true, 'JW-05: tokens are signed with RSA keys of 2048 bits'],
    [!project.notifyPasswordChange, 'RC-13: the owner is not told of a changed password (project.notifyPasswordChange)'],
  ]
  return weaker.filter(([isWeaker]) => isWeaker).map(([, text]) => ({ level: 'weaker' as const, text: `${projectId} ${text}` }))
}
