import { existsSync, type Stats, statSync } from 'node:fs'
import type { Command } from 'commander'
import type { Auth } from '../auth.ts'
import { createLog } from '../logging/pino.ts'
import { loadMasterKey } from '../master-key.ts'
import { type Options, optionFacts } from '../options.ts'
import { allOptionNames, commandWithOptions, type Flags, optionsOf, print } from './context.ts'
import { CommandFailed, exitCodes } from './exit.ts'
import { openExisting } from './installation.ts'
import { unreachable } from './unreachable.ts'
import { type Weaker, weakerOptions, weakerSettings } from './weaker.ts'

/** What was found: fine, weaker than its standard, worth knowing, or a reason why the server does not work. */
interface Finding {
  readonly level: 'ok' | 'weaker' | 'note' | 'problem'
  readonly text: string
  readonly projectId?: string
}

/** `postern doctor`: what is in force, secrets masked, and what is wrong or weaker than the standard it comes from. Makes nothing. */
export function doctorCommand(): Command {
  return commandWithOptions('doctor', 'show the options in force and check the installation', allOptionNames).action(
    async (flags: Flags) => {
      const options = optionsOf(flags)
      const findings = [...checkFolder(options), ...(await checkKey(options)), ...checkOptions(options), ...(await checkInside(options))]
      const shown = masked(options)
      const lines = [
        ...Object.entries(shown).map(
          ([name, value]) => `${name}: ${typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? 'not set')}`,
        ),
        '',
        ...findings.map(({ level, text, projectId }) => `${level.padEnd(8)}${projectId ? `${projectId} ` : ''}${text}`),
      ]
      print(flags, { options: shown, findings }, lines)
      const problems = findings.filter((finding) => finding.level === 'problem').length
      if (problems > 0) throw new CommandFailed(`${problems} of the checks found a problem`, exitCodes.failed)
    },
  )
}

/** Options without what may not be shown: user and password of URLs, and their parameters, which can hold passwords too. */
function masked(options: Options): Readonly<Record<string, unknown>> {
  const secret = [...optionFacts].filter(([, facts]) => facts.isSecret).map(([name]) => name)
  const shown = (name: string, value: unknown) => (secret.includes(name) ? hidden(name, value) : (value ?? null))
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, shown(name, value)]))
}

function hidden(name: string, value: unknown): string | null {
  if (typeof value !== 'string') return null
  // Of a webhook the whole path can be what nobody shall know.
  if (name.endsWith('WebhookUrl')) return `${new URL(value).origin}/***`
  return value.includes('://') || value.startsWith('sqlite:') ? value.replace(/\/\/.*@/s, '//***@').replace(/\?.*/s, '?***') : '***'
}

const ok = (text: string): Finding => ({ level: 'ok', text })
const problem = (text: string): Finding => ({ level: 'problem', text })
const weakness = ({ row, text }: Weaker): Finding => ({ level: 'weaker', text: `${row}: ${text}` })

function factsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function checkFolder(options: Options): readonly Finding[] {
  const file = embeddedFile(options)
  const findings: Finding[] = []
  for (const path of [options.data, ...(file ? [file] : [])]) {
    const facts = factsOf(path)
    if (facts && (facts.mode & 0o077) !== 0)
      findings.push({ level: 'weaker', text: `CR-01: others can read ${path}; take their rights away with chmod` })
  }
  return findings
}

async function checkKey(options: Options): Promise<readonly Finding[]> {
  const { masterKeyFile: file } = options
  if (!existsSync(file) && isDatabaseMissing(options)) return []
  try {
    await loadMasterKey({ file })
    return [ok('The master key is 32 bytes that nobody else can read.')]
  } catch (error) {
    return [problem(messageOf(error))]
  }
}

function embeddedFile({ database }: Options): string | undefined {
  return database.startsWith('sqlite:') ? database.slice('sqlite:'.length) : undefined
}

function isDatabaseMissing(options: Options): boolean {
  const file = embeddedFile(options)
  return file !== undefined && !existsSync(file)
}

function checkOptions(options: Options): readonly Finding[] {
  const notes: Finding[] = []
  const note = (isSo: boolean, text: string) => (isSo ? notes.push({ level: 'note', text }) : 0)
  note(!options.smtpUrl && !options.mailWebhookUrl, 'smtpUrl and mailWebhookUrl are not set: mails stay in the outbox.')
  note(!options.publicUrl, 'publicUrl is not set: links in mails lead to the address listened on.')
  note(
    !options.trustLoopback && options.trustedProxyHops === 0,
    'trustedProxyHops is 0: behind a proxy all clients share the limits of its address.',
  )
  return [...notes, ...weakerOptions(options).map(weakness)]
}

/** Opens the server's parts, without listening, where there is something to open. */
async function checkInside(options: Options): Promise<readonly Finding[]> {
  if (isDatabaseMissing(options)) return [problem(`database: there is no ${embeddedFile(options)}; run postern init, or postern serve`)]
  if (!existsSync(options.masterKeyFile)) return []
  try {
    const auth = await openExisting(options, { log: createLog({ level: 'warn' }) })
    try {
      return await examine(auth, options)
    } finally {
      await auth.close()
    }
  } catch (error) {
    return [problem(messageOf(error))]
  }
}

/** What the database says of itself, and what of it is unsafe. */
function checkDatabase(facts: Readonly<Record<string, string>>, { databasePoolSize }: Options): readonly Finding[] {
  const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
  const off = ['synchronous_commit', 'fsync'].filter((name) => facts[name] === 'off')
  // Three are kept for superusers by default, and each process has one more that listens.
  const room = Number(facts.max_connections) - 3
  const isFull = databasePoolSize + 1 > room
  return [
    ok(`The database: ${told.join(', ')}.`),
    ...off.map((name) => weakness({ row: 'RL-02', text: `${name} is off: a crash may lose acknowledged writes` })),
    ...(isFull ? [weakness({ row: 'RL-04', text: `databasePoolSize is ${databasePoolSize}, but the server has room for ${room}` })] : []),
  ]
}

async function examine(auth: Auth, options: Options): Promise<readonly Finding[]> {
  const projects = await auth.api.listProjects()
  const milliseconds = auth.deps.hasher.measuredMilliseconds
  const cost = `One password hash takes ${milliseconds.toFixed(1)} ms`
  const findings: Finding[] = [
    ok('The database answers and its schema is that of this version.'),
    ...checkDatabase(await auth.deps.storage.describe(), options),
    ok('The master key opens what the database has sealed.'),
    ok('The list of common passwords is whole.'),
    milliseconds >= 5 && milliseconds <= 1000 ? ok(`${cost}.`) : { level: 'weaker', text: `PW-01: ${cost}, outside of 5 to 1000` },
  ]
  if (projects.length === 0) findings.push(problem('There is no project; run postern init, or postern serve'))
  for (const { id } of projects) {
    const settings = await auth.api.showSettings({ projectId: id })
    findings.push(...unreachable(settings, auth.deps.outbox.carries).map((text) => ({ level: 'note', text, projectId: id }) as const))
    findings.push(...weakerSettings(settings).map((one) => ({ ...weakness(one), projectId: id })))
    for (const { origin, imported, rehashed, left } of await auth.api.importedPasswords({ projectId: id })) {
      const text = `Of ${imported} passwords that came as ${origin}, ${rehashed} are hashed anew and ${left} are left.`
      findings.push({ level: 'note', text, projectId: id })
    }
  }
  return findings
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
