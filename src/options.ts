import { resolve } from 'node:path'
import { z } from 'zod'
import { defaultHashParameters, isStrongEnough } from './core/password/hash.ts'

/**
 * What the operator of a server configures. One schema, parsed once at start from flags, environment and file, in that order of precedence; unknown names are errors,
 * and all problems are told together (CR-02). `docs/options.md` is generated from here.
 */

const limit = (max: number, perSeconds: number, description: string) =>
  z
    .strictObject({ max: z.int().min(0).max(1_000_000), perSeconds: z.int().min(1).max(31_536_000) })
    .default({ max, perSeconds })
    .meta({ description: `${description} A \`max\` of 0 switches it off.` })

const Limits = z.strictObject({
  accountSource: limit(10, 900, 'Evaluated failures per account and source address (BF-02).'),
  accountFailures: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(100)
    .meta({ description: 'Consecutive failures per account until only a reset or an administrator helps (BF-01). 0 switches it off.' }),
  sourceFailures: limit(30, 300, 'Failures per source address (BF-04).'),
  sourceAccounts: limit(20, 600, 'Different accounts that failed, per source address (BF-04).'),
  sourceSignUps: limit(10, 3600, 'Sign-ups of taken login IDs per source address (EN-04).'),
  recipientMessages: limit(3, 900, 'Messages per recipient (BF-09).'),
  recipientMessagesDaily: limit(10, 86_400, 'Messages per recipient, long window (BF-09).'),
  sourceMessages: limit(20, 3600, 'Messages asked for per source address (BF-09).'),
})

const Hash = z
  .strictObject({
    memoryKib: z.int().min(8).max(1_048_576).default(defaultHashParameters.memoryKib).meta({ description: 'Memory of an Argon2id hash, in KiB.' }),
    iterations: z.int().min(1).max(20).default(defaultHashParameters.iterations).meta({ description: 'Passes of an Argon2id hash.' }),
  })
  .refine(isStrongEnough, 'must be at least 19456 KiB with 2 iterations, or 47104 KiB with 1 (PW-01)')

/** The fields, with default, unit and sentence. Names in the environment are `POSTERN_` and the name in capitals (`POSTERN_PUBLIC_URL`, `POSTERN_LIMITS_ACCOUNT_FAILURES`). */
export const OptionFields = z.strictObject({
  address: z.string().min(1).max(253).default('127.0.0.1').meta({ description: 'Address to listen on.' }),
  port: z.int().min(0).max(65_535).default(8787).meta({ description: 'Port to listen on; 0 takes a free one.' }),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((text) => !/[?#]/.test(text) && !new URL(text).username, 'must have no query, fragment or user')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional()
    .meta({ description: 'Where the world reaches this server; links in mails are built from it. Default: the listening address.' }),
  data: z.string().min(1).max(4096).default('./data').meta({ description: 'Folder of the embedded database and the key file.' }),
  database: z
    .string()
    .max(4096)
    .refine((text) => text === '' || /^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(text), 'must be sqlite:FILE or postgres://…')
    .default('')
    .meta({ description: '`sqlite:FILE` or `postgres://…`. Default: `postern.db` in the data folder.', secret: true }),
  masterKeyFile: z.string().max(4096).default('').meta({ description: 'File with the key that seals secrets. Default: `master.key` in the data folder.' }),
  smtpUrl: z
    .url({ protocol: /^smtps?$/ })
    .max(2048)
    .optional()
    .meta({ description: '`smtp://user:password@host:587` (STARTTLS demanded unless the host is this machine) or `smtps://…:465`.', secret: true }),
  mailFrom: z.string().min(3).max(320).default('Postern <postern@localhost>').meta({ description: 'Sender of mails.' }),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').meta({ description: 'Least level that is logged.' }),
  trustedProxyHops: z
    .int()
    .min(0)
    .max(10)
    .default(0)
    .meta({ description: 'Proxies in front whose `X-Forwarded-For` counts; 0 ignores the header.' }),
  trustedSources: z
    .array(z.string().min(2).max(64))
    .max(100)
    .default([])
    .meta({ description: 'Addresses or CIDR ranges of your own back ends: limits per source do not count them; limits per account do.' }),
  allowInsecureHttp: z
    .boolean()
    .default(false)
    .meta({ description: 'Listen on another address than loopback without an `https` public URL.' }),
  outbox: z
    .boolean()
    .optional()
    .meta({ description: 'Show mails at `/outbox` to this machine. Default: on while there is no `smtpUrl` and only loopback is listened on.' }),
  limits: Limits.prefault({}),
  hash: Hash.prefault({}),
})

type Fields = z.output<typeof OptionFields>

/** Options in force: absolute paths, everything decided. */
export interface Options extends Omit<Fields, 'outbox' | 'publicUrl' | 'smtpUrl'> {
  readonly publicUrl: string | undefined
  readonly smtpUrl: string | undefined
  readonly outbox: boolean
}

/** Every problem with the options, each with its place and remedy. Never holds a value. */
export class OptionsProblem extends Error {
  override readonly name = 'OptionsProblem'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The options cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

export interface OptionSources {
  /** By option name, dots for nested ones; values may be texts. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Parsed content of the configuration file. */
  readonly file: unknown
}

/** Environment variables that are not options: where the file is, and what tests use. */
const otherVariables = new Set(['POSTERN_CONFIG'])
const isTestVariable = (name: string) => name.startsWith('POSTERN_TEST_')

/** Parses the options. Pure but for the working directory, against which paths are resolved. Throws `OptionsProblem`. */
export function parseOptions({ flags, environment, file }: OptionSources): Options {
  const problems: string[] = []
  const merged: Record<string, unknown> = {}
  if (file !== undefined && (typeof file !== 'object' || file === null || Array.isArray(file))) problems.push('the configuration file must hold a JSON object')
  else for (const [name, value] of Object.entries(file ?? {})) merged[name] = structuredClone(value)
  const byVariable = new Map(optionNames().map((name) => [variableOf(name), name]))
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('POSTERN_') || value === undefined || otherVariables.has(variable) || isTestVariable(variable)) continue
    const name = byVariable.get(variable)
    if (name) place(merged, name, fromText(name, value))
    else problems.push(`${variable}: there is no such option${suggestion(variable, [...byVariable.keys()])}`)
  }
  for (const [name, value] of Object.entries(flags)) if (value !== undefined) place(merged, name, typeof value === 'string' ? fromText(name, value) : value)
  const parsed = OptionFields.safeParse(merged)
  if (!parsed.success) problems.push(...parsed.error.issues.map(problemOf))
  const options = parsed.success ? finish(parsed.data) : undefined
  if (options) problems.push(...crossChecks(options))
  if (!options || problems.length > 0) throw new OptionsProblem(problems)
  return Object.freeze(options)
}

function finish(fields: Fields): Options {
  const data = resolve(fields.data)
  const isLocal = isLoopback(fields.address)
  return {
    ...fields,
    data,
    publicUrl: fields.publicUrl,
    smtpUrl: fields.smtpUrl,
    database: fields.database || `sqlite:${resolve(data, 'postern.db')}`,
    masterKeyFile: resolve(fields.masterKeyFile || resolve(data, 'master.key')),
    outbox: fields.outbox ?? (isLocal && fields.smtpUrl === undefined),
  }
}

export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
}

function crossChecks({ address, publicUrl, allowInsecureHttp, outbox }: Options): string[] {
  const problems: string[] = []
  if (!isLoopback(address) && !publicUrl?.startsWith('https://') && !allowInsecureHttp) {
    problems.push('address: listening beyond this machine needs an https publicUrl, or allowInsecureHttp if you know that the network is yours')
  }
  if (outbox && !isLoopback(address)) problems.push('outbox: it can only be on while the server listens on loopback')
  return problems
}

/** Names of all options, nested ones with dots. */
export function optionNames(): readonly string[] {
  return Object.keys(OptionFields.shape).flatMap((name) => {
    if (name === 'limits') return Object.keys(Limits.shape).map((one) => `limits.${one}`)
    return name === 'hash' ? ['hash.memoryKib', 'hash.iterations'] : [name]
  })
}

/** `limits.accountFailures` is `POSTERN_LIMITS_ACCOUNT_FAILURES`. */
export function variableOf(name: string): string {
  return `POSTERN_${name.replaceAll('.', '_').replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}`
}

const textual = new Set(['address', 'publicUrl', 'data', 'database', 'masterKeyFile', 'smtpUrl', 'mailFrom', 'logLevel'])

/** Reads a value from a flag or a variable: texts as they are, lists with commas, anything else as JSON (`10`, `true`, `{"max":5,"perSeconds":60}`). */
function fromText(name: string, text: string): unknown {
  if (textual.has(name)) return text
  if (name === 'trustedSources') return text.split(',').map((one) => one.trim()).filter((one) => one !== '')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function place(target: Record<string, unknown>, name: string, value: unknown): void {
  const [first = '', second] = name.split('.')
  if (second === undefined) target[first] = value
  else target[first] = { ...(target[first] as object | undefined), [second]: value }
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const where = issue.path.length > 0 ? `${issue.path.join('.')}.` : ''
    return issue.keys.map((key) => `${where}${key}: there is no such option${suggestion(`${where}${key}`, optionNames())}`).join('; ')
  }
  const path = issue.path.join('.')
  return `${path} (${variableOf(path)}): ${issue.message}`
}

function suggestion(wrong: string, known: readonly string[]): string {
  const near = known.map((name) => ({ name, distance: editDistance(wrong.toLowerCase(), name.toLowerCase()) }))
  const best = near.sort((a, b) => a.distance - b.distance)[0]
  return best && best.distance <= 3 ? `; did you mean ${best.name}?` : ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
    }
    row = next
  }
  return row[b.length] ?? 0
}
