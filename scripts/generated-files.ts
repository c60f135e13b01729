import type { z } from 'zod'
import { apiDescription, messageKinds, metricTables } from '../src/auth.ts'
import { coreErrors, type ErrorFactory } from '../src/core/errors.ts'
import { commonVariables, type MessageVariable } from '../src/core/messages.ts'
import {
  EmbeddedLinkSettings,
  EnchantedLinkSettings,
  InviteSettings,
  MagicLinkSettings,
  MessageSettings,
  OtpSettings,
  PasswordSettings,
  ProjectSettings,
} from '../src/core/settings.ts'
import { actionOf } from '../src/features/audit/actions.ts'
import * as features from '../src/features/index.ts'
import { optionFacts, variableOf } from '../src/options.ts'
import { mailLayout } from './mail-layout.ts'

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
    ['magicLink', 'Magic links', MagicLinkSettings],
    ['enchantedLink', 'Enchanted links', EnchantedLinkSettings],
    ['otp', 'One-time passwords', OtpSettings],
    ['embeddedLink', 'Embedded links', EmbeddedLinkSettings],
    ['invite', 'Invitations', InviteSettings],
    ['messages', 'Messages', MessageSettings],
  ] as const
  const text = sections.map(([name, title, schema]) => `## ${title}\n\n${settingsTable(name, schema)}`).join('\n')
  return `# Settings of a project\n\n${note('`src/core/settings.ts`')}Shown and changed with \`postern settings show\` and \`postern settings set NAME=VALUE\`, or over the API with \`GET\` and \`PATCH /v1/mgmt/project/settings\`, whose bodies have a member for each section: \`{"password": {"minLength": 12}}\`. What is not named stays. A running server follows within a second.\n\n${text}`
}

/** A default as the environment spells it. */
function spelled(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const limit = /^\{"max":(\d+),"perSeconds":(\d+)\}$/.exec(text)
  return `\`${limit ? `${limit[1]}/${limit[2]}` : text}\``
}

const optionsIntro = `Options come from flags, the environment and a JSON file (\`postern.config.json\`, or what \`--config\` or \`POSTERN_CONFIG\` names), in this order of precedence. What is unknown or
cannot be used stops the start, and all of it is told at once. \`postern doctor\` shows what is in force.

| | Flag | Environment | File |
| --- | --- | --- | --- |
| name | \`--public-url\` | \`POSTERN_PUBLIC_URL\` | \`{ "publicUrl": … }\` |
| in a group | \`--limits-account-source\` | \`POSTERN_LIMITS_ACCOUNT_SOURCE\` | \`{ "limits": { "accountSource": … } }\` |
| tries in seconds | \`10/900\` | \`10/900\` | \`{ "max": 10, "perSeconds": 900 }\` |
| list | \`a,b\` | \`a,b\` | \`["a", "b"]\` |
| yes and no | \`--outbox\`, \`--outbox false\` | \`true\`, \`false\` | \`true\`, \`false\` |

An empty variable counts as not set. A secret may be in a file that a variable names, \`POSTERN_SMTP_URL_FILE\` or \`POSTERN_DATABASE_FILE\`; flags show in process lists. Passwords of users are read from
standard input only. Paths are relative to the working directory.
`

function optionsPage(): string {
  const rows = [...optionFacts].map(([name, { description, defaultValue }]) => [
    `\`${name}\``,
    `\`${variableOf(name)}\``,
    spelled(defaultValue),
    description,
  ])
  return `# Options of the server\n\n${note('`src/option-fields.ts`')}${optionsIntro}\n${table(['Option', 'Variable', 'Default', 'Meaning'], rows)}`
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
  const rows = Object.values(features).flatMap((feature) =>
    Object.entries(feature.events).map(([type, text]) => [`\`${type}\``, actionsOf(type), text]),
  )
  const intro =
    'The audit trail: one row each, written in the transaction of what it is about, with actor, user, source and outcome, and never a secret. Where the contract has a name for ' +
    'what happened, `audit/search` shows that as the action; filters take it and the type.\n\n'
  return `# Events\n\n${note('the features')}${intro}${table(['Type', 'Action', 'Meaning'], rows)}`
}

function actionsOf(type: string): string {
  const [success, failure] = (['success', 'failure'] as const).map((outcome) => actionOf({ type, outcome }))
  if (success === failure) return success === type ? '' : `\`${success}\``
  return `\`${failure}\` on failure`
}

function messageKindsPage(): string {
  const kinds = Object.entries(messageKinds).map(([kind, { about, channels }]) => [`\`${kind}\``, channels.join(', '), about])
  const rowOf = (kind: string, name: string, { type, about, isEssential }: MessageVariable) => [
    ...[kind, `\`${name}\``, type],
    `${about}${isEssential ? ' Every template must show it.' : ''}`,
  ]
  const rows = [
    ...Object.entries(commonVariables).map(([name, variable]) => rowOf('every kind', name, variable)),
    ...Object.entries(messageKinds).flatMap(([kind, { variables }]) =>
      Object.entries(variables).map(([name, variable]) => rowOf(`\`${kind}\``, name, variable)),
    ),
  ]
  const variables = table(['Kind', 'Variable', 'Type', 'Meaning'], rows)
  return `# Kinds of messages\n\n${note('the features')}${table(['Kind', 'Channels', 'Meaning'], kinds)}\n## Variables\n\n${variables}`
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
  { file: 'docs/message-kinds.md', content: messageKindsPage },
  { file: 'docs/metrics.md', content: metricsPage },
  { file: 'src/mail/layout/layout.html', content: mailLayout },
]
