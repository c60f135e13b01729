import type { z } from 'zod'
import { apiDescription, metricTables } from '../src/auth.ts'
import { coreErrors, type ErrorFactory } from '../src/core/errors.ts'
import { MagicLinkSettings, PasswordSettings, ProjectSettings } from '../src/core/settings.ts'
import * as features from '../src/features/index.ts'
import { OptionFields, optionNames, variableOf } from '../src/options.ts'

/** Files that are made from the program, `npm run generate`; a test fails when one is not fresh. */
export interface GeneratedFile {
  readonly file: string
  readonly content: () => string | Promise<string>
}

const note = (source: string) => `<!-- Made by \`npm run generate\` from ${source}. -->\n\n`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}

/** The schema inside `optional`, `default`, `prefault`, pipes and the like, with what they say about the value. */
function describe(schema: z.ZodType): { readonly type: string; readonly initial: string; readonly description: string } {
  let inner = schema
  let initial: unknown
  let description = schema.meta()?.description ?? ''
  for (;;) {
    const definition = inner._zod.def as unknown as { type: string; innerType?: z.ZodType; in?: z.ZodType; defaultValue?: unknown }
    description ||= inner.meta()?.description ?? ''
    if (definition.type === 'default' || definition.type === 'prefault') initial ??= definition.defaultValue
    const next = definition.innerType ?? definition.in
    if (!next)
      return { type: typeOf(inner, definition.type), initial: initial === undefined ? '' : `\`${JSON.stringify(initial)}\``, description }
    inner = next
  }
}

function typeOf(schema: z.ZodType, type: string): string {
  if (type === 'enum') return (schema as z.ZodEnum).options.map((option) => `\`${option}\``).join(', ')
  if (type !== 'number') return type
  const { minValue, maxValue } = schema as z.ZodNumber
  const isBounded = maxValue !== null && Math.abs(maxValue) < Number.MAX_SAFE_INTEGER
  return `${minValue ?? ''} to ${isBounded ? maxValue : '…'}`
}

function settingsTable(section: string, schema: z.ZodType): string {
  let inner = schema
  for (;;) {
    const definition = inner._zod.def as unknown as { innerType?: z.ZodType; shape?: Record<string, z.ZodType> }
    if (definition.shape) return rowsOf(section, definition.shape)
    if (!definition.innerType) throw new Error('Not an object schema')
    inner = definition.innerType
  }
}

function rowsOf(section: string, shape: Readonly<Record<string, z.ZodType>>): string {
  const rows = Object.entries(shape).map(([field, schema]) => {
    const { type, initial, description } = describe(schema)
    return [`\`${section}.${field}\``, type, initial, description]
  })
  return table(['Setting', 'Values', 'Default', 'Meaning'], rows)
}

function settingsPage(): string {
  const sections = [
    ['project', 'Project', ProjectSettings],
    ['password', 'Passwords', PasswordSettings],
    ['magicLink', 'Links', MagicLinkSettings],
  ] as const
  const text = sections.map(([name, title, schema]) => `## ${title}\n\n${settingsTable(name, schema)}`).join('\n')
  return `# Settings of a project\n\n${note('`src/core/settings.ts`')}Shown and changed with \`postern settings show\` and \`postern settings set NAME=VALUE\`. A running server follows within a second.\n\n${text}`
}

function optionSchema(name: string): z.ZodType {
  const [first = '', second] = name.split('.')
  let schema: z.ZodType = (OptionFields.shape as Record<string, z.ZodType>)[first] as z.ZodType
  if (!second) return schema
  for (;;) {
    const definition = schema._zod.def as unknown as { innerType?: z.ZodType; shape?: Record<string, z.ZodType> }
    if (definition.shape) return definition.shape[second] as z.ZodType
    schema = definition.innerType as z.ZodType
  }
}

function optionsPage(): string {
  const rows = optionNames().map((name) => {
    const { type, initial, description } = describe(optionSchema(name))
    return [`\`${name}\``, `\`${variableOf(name)}\``, type, initial, description]
  })
  const intro =
    'Options come from flags (`--public-url`), the environment and a JSON file (`postern.config.json`, or `--config FILE`), in this order of precedence. Unknown names stop the start. ' +
    '`POSTERN_SMTP_URL_FILE` and `POSTERN_DATABASE_FILE` name files that hold the value. `postern doctor` shows what is in force.\n\n'
  return `# Options of the server\n\n${note('`src/options.ts`')}${intro}${table(['Option', 'Variable', 'Values', 'Default', 'Meaning'], rows)}`
}

function errorsPage(): string {
  const rowsFrom = (errors: Readonly<Record<string, ErrorFactory>>) =>
    Object.values(errors).map(({ errorName, spec }) => [`\`${spec.wire}\``, String(spec.status), errorName, spec.text])
  const rows = [coreErrors, ...Object.values(features).map((feature) => feature.errors)].flatMap(rowsFrom)
  const intro =
    'Every answer that is not a success is `{"errorCode", "errorDescription", "errorMessage"}`; `errorDescription` is the fixed text below. 429 and 503 carry `Retry-After`. ' +
    '`E062904` adds `brokenRules`, a list of `{"rule", "required", "text"}`; a 500 adds `requestId`. Codes that the contract leaves open were chosen in its families (see [decisions.md](decisions.md)).\n\n'
  const sorted = rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return `# Errors\n\n${note('the error tables')}${intro}${table(['Code', 'HTTP', 'Name', 'Text'], sorted)}`
}

function eventsPage(): string {
  const rows = Object.values(features).flatMap((feature) => Object.entries(feature.events).map(([type, text]) => [`\`${type}\``, text]))
  const intro =
    'The audit trail: one row each, written in the transaction of what it is about, with actor, user, source and outcome, and never a secret.\n\n'
  return `# Events\n\n${note('the features')}${intro}${table(['Type', 'Meaning'], rows)}`
}

function mailsPage(): string {
  const rows = Object.values(features).flatMap((feature) => Object.entries(feature.mails).map(([kind, text]) => [`\`${kind}\``, text]))
  return `# Mails\n\n${note('the features')}${table(['Kind', 'Meaning'], rows)}`
}

function metricsPage(): string {
  const rows = (['counters', 'durations', 'gauges'] as const).flatMap((kind) =>
    metricTables
      .flatMap((one) => Object.entries(one[kind]))
      .map(([name, { help, labels = [] }]) => [`\`${name}\``, kind.slice(0, -1), labels.join(', '), help]),
  )
  return `# Figures\n\n${note('`src/http/metrics.ts`')}At \`/metrics\`, beside the usual figures of the process.\n\n${table(['Name', 'Kind', 'Labels', 'Meaning'], rows)}`
}

export const generatedFiles: readonly GeneratedFile[] = [
  { file: 'openapi.json', content: () => `${JSON.stringify(apiDescription(), null, 2)}\n` },
  { file: 'docs/options.md', content: optionsPage },
  { file: 'docs/settings.md', content: settingsPage },
  { file: 'docs/errors.md', content: errorsPage },
  { file: 'docs/events.md', content: eventsPage },
  { file: 'docs/mails.md', content: mailsPage },
  { file: 'docs/metrics.md', content: metricsPage },
]
