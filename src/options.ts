import { resolve } from 'node:path'
import { databaseProblems, resolvedTlsFiles } from './database-options.ts'
import { deliveryProblems, hasTransport } from './delivery-options.ts'
import { type Fields, OptionFields, optionFacts } from './option-fields.ts'
import { flagOf, fromText, suggestion, variableOf } from './option-text.ts'

export { databaseExposure } from './database-options.ts'
export { OptionFields, optionFacts } from './option-fields.ts'
export { flagOf, suggestion, variableOf } from './option-text.ts'

/**
 * What the operator of a server configures: parsed once at start from flags, environment and file, in that order of precedence. Unknown names are errors, and all
 * problems are told together, each with its place and remedy (CR-02). The fields are in `option-fields.ts`, from which `docs/options.md` is generated.
 */

/** Options in force: absolute paths, everything decided, frozen. */
export interface Options extends Omit<Fields, 'outbox' | 'trustLoopback' | 'publicUrl' | 'smtpUrl' | 'database' | 'masterKeyFile'> {
  /** Without a slash at the end; `undefined` means the address and port listened on. */
  readonly publicUrl: string | undefined
  readonly smtpUrl: string | undefined
  readonly database: string
  readonly masterKeyFile: string
  readonly outbox: boolean
  readonly trustLoopback: boolean
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
  /** By option name, nested ones with a dot; values may be texts. */
  readonly flags: Readonly<Record<string, unknown>>
  /** Variables that do not begin with `POSTERN_` are not looked at; an empty one counts as not set. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Parsed content of the configuration file; `undefined` when there is none. */
  readonly file: unknown
  /** Contents of the files that `POSTERN_…_FILE` variables name, by variable; `undefined` for what cannot be read. */
  readonly secretFiles?: Readonly<Record<string, string | undefined>>
}

/** Names the configuration file; not an option itself. */
export const configVariable = 'POSTERN_CONFIG'

/** Variables of the test suite, which may be set where the program is started from tests. */
const isTestVariable = (name: string) => name.startsWith('POSTERN_TEST_')

/** Names of all options, nested ones with dots. */
export function optionNames(): readonly string[] {
  return [...optionFacts.keys()]
}

const byVariable: ReadonlyMap<string, string> = new Map(optionNames().map((name) => [variableOf(name), name]))

/** The variables that name a file with a secret in it, `POSTERN_SMTP_URL_FILE` and its like, with the option that each is for. */
export const secretFileVariables: ReadonlyMap<string, string> = new Map(
  [...optionFacts].flatMap(([name, facts]) => (facts.isSecret ? [[`${variableOf(name)}_FILE`, name] as const] : [])),
)

const groups = new Set(['limits', 'hash'])
const fileOrigin = 'configuration file'

/** What was given so far: values as the schema wants them, and where each came from. */
interface Given {
  readonly values: Record<string, unknown>
  readonly origins: Map<string, string>
  readonly problems: string[]
}

/** Parses the options. Pure but for the working directory, against which paths are resolved. Throws `OptionsProblem`. */
export function parseOptions(sources: OptionSources): Options {
  const given: Given = { values: {}, origins: new Map(), problems: [] }
  takeFile(given, sources.file)
  takeEnvironment(given, sources)
  for (const [name, value] of Object.entries(sources.flags)) if (value !== undefined) take(given, name, value, flagOf(name))
  const fields: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(OptionFields.shape)) {
    const parsed = schema.safeParse(given.values[name])
    if (parsed.success) fields[name] = parsed.data
    else given.problems.push(...placesOf(name, parsed.error.issues).map((place) => problemAt(given, place)))
  }
  given.problems.push(...crossChecks(fields, given.origins))
  if (given.problems.length > 0) throw new OptionsProblem([...new Set(given.problems)])
  return freeze(finish(fields as Fields))
}

function takeFile(given: Given, file: unknown): void {
  if (file === undefined) return
  if (!isRecord(file)) {
    given.problems.push(`${fileOrigin}: it must hold a JSON object, for example { "port": 8787 }.`)
    return
  }
  for (const [name, value] of Object.entries(file)) {
    if (!groups.has(name) || !isRecord(value)) take(given, name, value, fileOrigin)
    else for (const [inner, one] of Object.entries(value)) take(given, `${name}.${inner}`, one, fileOrigin)
  }
}

function takeEnvironment(given: Given, { environment, secretFiles = {} }: OptionSources): void {
  for (const [variable, value] of Object.entries(environment)) {
    // Compose and unit files cannot leave a variable out, only empty.
    if (!variable.startsWith('POSTERN_') || !value || variable === configVariable || isTestVariable(variable)) continue
    const name = byVariable.get(variable)
    if (name) take(given, name, value, variable)
    else takeSecretFile(given, variable, { other: environment, content: secretFiles[variable]?.trim() })
  }
}

function takeSecretFile(
  given: Given,
  variable: string,
  { other, content }: { readonly other: OptionSources['environment']; readonly content: string | undefined },
): void {
  const name = secretFileVariables.get(variable)
  if (!name) {
    const known = [...byVariable.keys(), ...secretFileVariables.keys(), configVariable]
    given.problems.push(`${variable}: there is no such option${suggestion(variable, known)}`)
  } else if (other[variableOf(name)]) {
    given.problems.push(`${variable}: ${variableOf(name)} is set as well. Set one of them.`)
  } else if (content) {
    take(given, name, content, variable)
  } else {
    given.problems.push(`${variable}: the file that it names is empty or cannot be read.`)
  }
}

function take({ values, origins, problems }: Given, name: string, value: unknown, origin: string): void {
  const facts = optionFacts.get(name)
  // A group that was given as something else than an object ends up here as well, and the schema refuses it.
  if (!facts && !groups.has(name)) {
    problems.push(`${name} (${origin}): there is no such option${suggestion(name, optionNames())}`)
    return
  }
  const read = typeof value === 'string' && origin !== fileOrigin ? fromText(facts?.form ?? 'text', value) : value
  const [first = '', second] = name.split('.')
  const group = values[first]
  values[first] = second === undefined ? read : { ...(isRecord(group) ? group : {}), [second]: read }
  origins.set(name, origin)
}

/** The names of the options that the issues of one field are about. */
function placesOf(field: string, issues: readonly { readonly path: readonly PropertyKey[] }[]): readonly string[] {
  return issues.map(({ path }) => (optionFacts.has(field) || path.length === 0 ? field : `${field}.${String(path[0])}`))
}

function problemAt({ origins }: Given, name: string): string {
  const remedy = optionFacts.get(name)?.remedy ?? 'Give an object.'
  return `${name} (${origins.get(name) ?? 'default'}): it cannot be used. ${remedy}`
}

/** What fields say together. Looks at those that could be parsed, so that these problems are told beside the others. */
function crossChecks(fields: Partial<Fields>, origins: ReadonlyMap<string, string>): readonly string[] {
  const { address, publicUrl, allowInsecureHttp, outbox, smtpUrl } = fields
  const problems: string[] = []
  const isSecure = publicUrl?.startsWith('https://') ?? false
  const isBeyond = address !== undefined && !isLoopback(address)
  const told = (name: string) => `${name} (${origins.get(name) ?? 'default'})`
  const flag = 'Set allowInsecureHttp only where nobody else can listen.'
  if (isBeyond && !isSecure && !allowInsecureHttp) {
    problems.push(`${told('address')}: beyond this machine it needs an https publicUrl, with TLS ended by a proxy in front. ${flag}`)
  } else if (publicUrl && !isSecure && !isLoopbackUrl(publicUrl) && !allowInsecureHttp) {
    problems.push(`${told('publicUrl')}: it must be https beyond this machine. ${flag}`)
  }
  if (outbox && isBeyond) problems.push(`${told('outbox')}: it can be on only while nothing but loopback is listened on. Switch it off.`)
  if (smtpUrl && !isLoopbackUrl(smtpUrl) && !origins.has('mailFrom')) {
    problems.push('mailFrom (default): give the sender of mails, which smtpUrl needs: Example <auth@example.com>.')
  }
  problems.push(...databaseProblems(fields).map(([name, sentence]) => `${told(name)}: ${sentence}`))
  problems.push(...deliveryProblems(fields).map(([name, sentence]) => `${told(name)}: ${sentence}`))
  return problems
}

function finish(fields: Fields): Options {
  const data = resolve(fields.data)
  const { publicUrl, smtpUrl } = fields
  const trustLoopback = fields.trustLoopback ?? (publicUrl === undefined || isLoopbackUrl(publicUrl))
  return {
    ...fields,
    ...resolvedTlsFiles(fields),
    data,
    publicUrl,
    smtpUrl,
    database: fields.database === undefined ? `sqlite:${resolve(data, 'postern.db')}` : withAbsolutePath(fields.database),
    masterKeyFile: fields.masterKeyFile === undefined ? resolve(data, 'master.key') : resolve(fields.masterKeyFile),
    trustLoopback,
    outbox: fields.outbox ?? (isLoopback(fields.address) && !hasTransport(fields) && trustLoopback),
  }
}

function withAbsolutePath(database: string): string {
  const file = /^sqlite:(.+)$/s.exec(database)?.[1]
  return file === undefined || file === ':memory:' ? database : `sqlite:${resolve(file)}`
}

/** Whether an address to listen on is this machine's own only. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address)
}

function isLoopbackUrl(url: string): boolean {
  const { hostname } = new URL(url)
  return isLoopback(hostname.replace(/^\[|\]$/g, '')) || hostname.endsWith('.localhost')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
