import type { Deps } from './core/deps.ts'
import { coreErrors } from './core/errors.ts'
import type { Actor } from './core/events.ts'
import { type BuiltInTexts, toldProblem, type WrittenMessage } from './core/message-writer.ts'
import { type Channel, channels } from './core/messages.ts'
import { projectById } from './core/projects.ts'
import type { MessageTemplateRecord } from './core/storage.ts'
import {
  activateTemplate,
  deactivateTemplate,
  deleteTemplate,
  listTemplates,
  loadTemplate,
  type NewTemplate,
} from './features/message-templates/manage.ts'
import { setTemplate } from './features/message-templates/set.ts'
import { previewTemplate, sendTest } from './features/message-templates/try-out.ts'

interface InProject {
  readonly projectId: string
}

interface OneTemplate extends InProject {
  readonly id: string
}

/** A template as somebody typed it. */
export type TypedTemplate = Omit<NewTemplate, 'channel'> & { readonly channel: string }

/** Which message is meant: that of a stored template, of one that is not stored, or of a kind as it looks now. */
interface MeantMessage extends InProject {
  readonly id?: string | undefined
  readonly kind?: string | undefined
  readonly channel?: string | undefined
  readonly language?: string | undefined
}

/** What an administrator can do about the looks of messages. */
export interface MessageAdministration {
  messageKinds(): readonly { readonly kind: string; readonly channels: readonly string[]; readonly about: string }[]
  listMessageTemplates(input: InProject): Promise<readonly MessageTemplateRecord[]>
  showMessageTemplate(input: OneTemplate): Promise<MessageTemplateRecord>
  /** Makes the template of this kind, channel and name what is given. */
  setMessageTemplate(
    input: InProject & { readonly template: TypedTemplate },
  ): Promise<{ readonly template: MessageTemplateRecord; readonly isNew: boolean }>
  activateMessageTemplate(input: OneTemplate): Promise<void>
  deactivateMessageTemplate(input: OneTemplate): Promise<void>
  deleteMessageTemplate(input: OneTemplate): Promise<void>
  /** A message with samples. Throws `InvalidArguments` with every problem of the template. */
  previewMessage(
    input: MeantMessage & { readonly template?: Pick<TypedTemplate, 'options' | 'versions'> | undefined },
  ): Promise<WrittenMessage>
  /** Queues a message with samples; a running server sends it. */
  sendTestMessage(input: MeantMessage & { readonly to: string }): Promise<void>
  /** The built-in text of a kind, as the version of a template to begin with. */
  builtInMessage(input: { readonly kind: string; readonly channel: string; readonly language: string }): BuiltInTexts
}

export function createMessageAdministration(deps: Deps, actor: Actor): MessageAdministration {
  return {
    messageKinds: () => Object.entries(deps.messageWriter.kinds).map(([kind, one]) => ({ kind, channels: one.channels, about: one.about })),
    listMessageTemplates: (input) => listTemplates(deps, { ...input, limit: Number.MAX_SAFE_INTEGER, offset: 0 }),
    showMessageTemplate: (input) => loadTemplate(deps, input),
    setMessageTemplate: ({ projectId, template }) =>
      setTemplate(deps, { projectId, actor, template: { ...template, channel: channelOf(template.channel) } }),
    activateMessageTemplate: (input) => activateTemplate(deps, { ...input, actor }),
    deactivateMessageTemplate: (input) => deactivateTemplate(deps, { ...input, actor }),
    deleteMessageTemplate: (input) => deleteTemplate(deps, { ...input, actor }),
    async previewMessage({ projectId, id, kind, channel, language, template }) {
      const look = { id, kind, channel: channel === undefined ? undefined : channelOf(channel), ...template }
      const { written, problems } = await previewTemplate(deps, { project: await projectById(deps, projectId), look, language })
      if (problems.length > 0) throw coreErrors.InvalidArguments({ message: problems.map(toldProblem).join('; ') })
      return written
    },
    async sendTestMessage({ projectId, id, kind, channel, language, to }) {
      const look = { id, kind, channel: channel === undefined ? undefined : channelOf(channel) }
      await sendTest(deps, { projectId, actor, project: await projectById(deps, projectId), look, to, language })
    },
    builtInMessage({ kind, channel, language }) {
      const found = deps.messageWriter.builtIn(kind, channelOf(channel), language)
      if (!found) throw coreErrors.InvalidArguments({ message: 'There is no such kind of message on the channel' })
      return found
    },
  }
}

function channelOf(channel: string): Channel {
  const found = channels.find((one) => one === channel)
  if (!found) throw coreErrors.InvalidArguments({ message: `channel: must be one of ${channels.join(', ')}` })
  return found
}
