import { z } from 'zod'
import { templateLimits } from '../../core/message-templates.ts'
import type { MessageWriter } from '../../core/message-writer.ts'
import { type Channel, channels, commonVariables, type MessageVariable } from '../../core/messages.ts'
import type { MessageTemplateRecord } from '../../core/storage.ts'
import type { BodyLimits } from '../../http/body.ts'
import { GivenName, LooseBoolean, OptionalGivenName, orEmptyArray, TemplateOptions, Text } from '../../http/schemas.ts'
import type { NewTemplate, TemplateChanges } from './manage.ts'

/** Wire shapes of message templates; the names in a version are those of `protocol/settings.md`. */

/** A template in all its languages. */
export const templateLimitsOfBody: BodyLimits = { maxBytes: 3_145_728, maxNames: 2_000, maxTextLength: templateLimits.body + 1 }

const Id = Text(64).min(1).meta({ description: 'ID of a template.' })
const Kind = Text(64).min(1).meta({ description: 'Kind of message, for example `password.reset`; `kinds` lists them.' })
const ChannelName = z.enum(channels)
const Language = Text(35).meta({ description: 'Language tag, for example `pt-BR`.' })

/** What is in a version is checked as a whole, so that every problem is told at once. */
const Versions = z.record(Text(35), z.record(z.string(), z.unknown())).meta({
  description:
    'Texts by language tag. For mails `subject`, `body` (HTML), `bodyPlainText` and `useBodyPlainText` (false: the plain text is made of the HTML); for texts and calls `body`.',
})

const OptionNames = z.array(Text(64)).max(templateLimits.options).meta({
  description: 'Names of the `templateOptions` that the template uses, as `{{ options.name }}`.',
})

const Public = LooseBoolean.meta({
  description: 'Whether callers without a management key may choose the template by `templateId`; false if absent.',
})

export const CreateBody = z.object({
  name: GivenName(templateLimits.name),
  kind: Kind,
  channel: ChannelName,
  options: OptionNames.optional(),
  versions: Versions,
  active: LooseBoolean.optional().meta({ description: 'Whether it is used from now on; false if absent.' }),
  public: Public.optional(),
})

export const UpdateBody = z.object({
  id: Id,
  name: OptionalGivenName(templateLimits.name),
  options: OptionNames.optional(),
  versions: Versions.optional(),
  public: Public.optional(),
})

export const IdBody = z.object({ id: Id })

const maxPage = 200

export const ListBody = z.object({
  kind: Text(64).optional(),
  channel: ChannelName.optional(),
  limit: z.int().min(0).max(maxPage).optional().meta({ description: 'Size of a page; 200 if absent or 0.' }),
  page: z.int().min(0).max(1_000_000).optional().meta({ description: 'Number of the page, from 0.' }),
})

/** What a list asks for, in our names. */
export function listQuery({ kind, channel, limit, page = 0 }: z.output<typeof ListBody>) {
  const size = limit || maxPage
  return { kind: kind || undefined, channel, limit: size, offset: page * size }
}

const OneOf = {
  id: Text(64).optional().meta({ description: 'A stored template; without it `kind` and `channel`.' }),
  kind: Text(64).optional(),
  channel: ChannelName.optional(),
  language: Language.optional(),
  templateOptions: TemplateOptions.optional(),
}

const Value = z.union([Text(4096), z.number(), z.boolean(), z.array(z.object({ number: Text(8), url: Text(4096) })).max(10)])

export const PreviewBody = z.object({
  ...OneOf,
  options: OptionNames.optional(),
  versions: Versions.optional().meta({ description: 'Texts that are not stored, or in place of those that are.' }),
  values: orEmptyArray(z.record(Text(64), Value))
    .optional()
    .meta({ description: 'Values of variables in place of the samples.' }),
  user: orEmptyArray(z.record(Text(64), Text(256)))
    .optional()
    .meta({
      description: 'Values of `user.name`, `user.givenName`, `user.familyName`, `user.email`, `user.phone` in place of the samples.',
    }),
})

export const TestBody = z.object({ ...OneOf, to: Text(254).min(1).meta({ description: 'E-mail address or phone number.' }) })

export const BuiltInBody = z.object({ kind: Kind, channel: ChannelName, language: Language.optional() })

const EpochSeconds = z.int().min(0).max(2_147_483_647)

const Facts = {
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  channel: ChannelName,
  active: z.boolean(),
  public: z.boolean(),
  options: z.array(z.string()),
  languages: z.array(z.string()),
  createdTime: EpochSeconds,
  modifiedTime: EpochSeconds,
}

const TemplateView = z
  .object({ ...Facts, versions: z.record(z.string(), z.record(z.string(), z.unknown())) })
  .meta({ id: 'MessageTemplate', description: 'A message template. Times are epoch seconds.' })

export const TemplateReply = z.object({ template: TemplateView })
export const TemplatesReply = z.object({ templates: z.array(z.object(Facts)) })

/** The record of a new template. */
export function newTemplateOf({ name, kind, channel, options = [], versions, ...flags }: z.output<typeof CreateBody>): NewTemplate {
  return { name, kind, channel, options, versions, isActive: flags.active ?? false, isPublic: flags.public ?? false }
}

export function changesOf({ name, options, versions, ...flags }: z.output<typeof UpdateBody>): TemplateChanges {
  return { name: name || undefined, options, versions, isPublic: flags.public }
}

/** A template without its texts. */
export function factsReply(template: MessageTemplateRecord): z.input<typeof TemplatesReply>['templates'][number] {
  const { id, name, kind, isActive, isPublic, options, versions, createdAt, modifiedAt } = template
  return {
    ...{ id, name, kind, channel: template.channel as Channel, active: isActive, public: isPublic, options: [...options] },
    ...{ languages: Object.keys(versions as object), createdTime: createdAt, modifiedTime: modifiedAt },
  }
}

export function templateReply(template: MessageTemplateRecord): z.input<typeof TemplateReply> {
  return { template: { ...factsReply(template), versions: template.versions as Record<string, Record<string, unknown>> } }
}

const ProblemView = z.object({
  language: z.string(),
  field: z.string(),
  line: z.int().meta({ description: 'From 1; 0 where it is no single place.' }),
  column: z.int(),
  problem: z.string(),
})

export const PreviewReply = z.object({
  language: z.string(),
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  problems: z.array(ProblemView).meta({ description: 'What is wrong with the template; the texts are empty then.' }),
})

export const BuiltInReply = z.object({ language: z.string(), version: z.record(z.string(), z.unknown()) })

const VariableView = z.object({
  name: z.string(),
  type: z.string(),
  about: z.string(),
  sample: z.unknown(),
  essential: z.boolean().meta({ description: 'Whether every template must show it.' }),
  optional: z.boolean().meta({ description: 'Whether some messages have none.' }),
})

const KindView = z.object({
  kind: z.string(),
  about: z.string(),
  channels: z.array(z.object({ channel: ChannelName, languages: z.array(z.string()) })),
  variables: z.array(VariableView),
})

export const KindsReply = z.object({ kinds: z.array(KindView), commonVariables: z.array(VariableView) })

/** The catalogue of kinds. */
export function kindsReply(writer: MessageWriter): z.input<typeof KindsReply> {
  const kinds = Object.entries(writer.kinds).map(([kind, { about, channels: own, variables }]) => ({
    ...{ kind, about, variables: variablesReply(variables) },
    channels: own.map((channel) => ({ channel, languages: [...writer.languagesOf(kind, channel)] })),
  }))
  return { kinds, commonVariables: variablesReply(commonVariables) }
}

function variablesReply(variables: Readonly<Record<string, MessageVariable>>): z.input<typeof VariableView>[] {
  return Object.entries(variables).map(([name, { type, about, sample, isEssential = false, isOptional = false }]) => {
    return { name, type, about, sample, essential: isEssential, optional: isOptional }
  })
}
