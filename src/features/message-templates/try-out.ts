import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { adminEvent, recordEvent } from '../../core/events.ts'
import { takeMail } from '../../core/message-limits.ts'
import type { SampleChanges, TemplateDraft, TemplateProblem, WrittenMessage } from '../../core/message-writer.ts'
import type { Channel } from '../../core/messages.ts'
import type { Project } from '../../core/projects.ts'
import { parseEmail, parsePhone } from '../../core/users.ts'
import { messageTemplateErrors } from './errors.ts'
import { loadTemplate, type TemplateCaller } from './manage.ts'

/** What is looked at: a template that is stored, a draft, or what a kind looks like without either. */
export interface Looked {
  readonly id?: string | undefined
  readonly kind?: string | undefined
  readonly channel?: Channel | undefined
  readonly options?: readonly string[] | undefined
  readonly versions?: unknown
}

/** What comes of a template, or what is wrong with it: then nothing is written. */
export interface Preview {
  readonly written: WrittenMessage
  readonly problems: readonly TemplateProblem[]
}

const nothing: WrittenMessage = { language: '', subject: '', text: '', html: '' }

/**
 * Writes a message with samples, or with given values in their place; nothing is sent and nothing kept. Of a stored template, options and versions that are given replace
 * its own. Throws `MessageTemplateNotFound`, and `InvalidArguments` for a kind, channel or value that cannot be.
 */
export async function previewTemplate(
  deps: Deps,
  input: {
    readonly project: Project
    readonly look: Looked
    readonly language?: string | undefined
    readonly changes?: SampleChanges | undefined
  },
): Promise<Preview> {
  const { project, look, language, changes } = input
  const stored = look.id ? await loadTemplate(deps, { projectId: project.id, id: look.id }) : undefined
  const { kind, channel } = stored ? { kind: stored.kind, channel: stored.channel as Channel } : kindOf(look)
  const versions = look.versions ?? stored?.versions
  const draft: TemplateDraft | undefined =
    versions === undefined ? undefined : { kind, channel, options: look.options ?? stored?.options ?? [], versions }
  const problems = draft ? deps.messageWriter.check(draft) : []
  if (problems.length > 0) return { written: nothing, problems }
  return { written: await deps.messageWriter.preview({ project, kind, channel, draft, language, changes }), problems }
}

/**
 * Queues a message with samples to an address of the administrator's choice; it says that it is a test. By a stored template, or as real messages of the kind look now.
 * Throws `MessageTemplateNotFound`, `InvalidArguments`, `MessageNotCarried`, and `RateLimited` when the address got too many.
 */
export async function sendTest(
  deps: Deps,
  input: TemplateCaller & {
    readonly project: Project
    readonly look: Pick<Looked, 'id' | 'kind' | 'channel'>
    readonly to: string
    readonly language?: string | undefined
    readonly templateOptions?: Readonly<Record<string, string>> | undefined
  },
): Promise<void> {
  const { project, actor, look, language, templateOptions } = input
  const stored = look.id ? await loadTemplate(deps, { projectId: project.id, id: look.id }) : undefined
  const { kind, channel } = stored ? { kind: stored.kind, channel: stored.channel as Channel } : kindOf(look)
  if (!deps.messageWriter.kinds[kind]?.channels.includes(channel)) throw unknownKind()
  const to = channel === 'email' ? parseEmail(input.to) : parsePhone(input.to)
  if (to === undefined)
    throw coreErrors.InvalidArguments({ message: `to: must be ${channel === 'email' ? 'an e-mail address' : 'a phone number'}` })
  if (!deps.outbox.carries(channel)) throw messageTemplateErrors.MessageNotCarried()
  const place = await takeMail(deps, { projectId: project.id, kind: 'messageTemplate.sendTest', channel, recipient: to })
  if (!place.isTaken) throw coreErrors.RateLimited({ retryAfterSeconds: deps.limits.recipientMessages.perSeconds })
  const values = deps.messageWriter.samples(kind)
  const wishes = { templateId: stored?.id, locale: language, templateOptions, isPrivileged: true }
  await deps.storage.transaction(async (tx) => {
    await deps.outbox.queue(tx, { project, kind, channel, to, ttlSeconds: testSeconds, values, wishes, isTest: true })
    const data = { messageTemplateId: stored?.id ?? '', messageKind: kind, channel }
    await recordEvent(deps, tx, adminEvent({ projectId: project.id, actor, type: 'messageTemplate.sendTest', data }))
  })
  deps.outbox.wake()
}

/** Who waits for a test does not wait longer. */
const testSeconds = 3600

function kindOf({ kind, channel }: Looked): { readonly kind: string; readonly channel: Channel } {
  if (!kind || !channel) throw coreErrors.InvalidArguments({ message: 'Either id, or kind and channel must be given' })
  return { kind, channel }
}

function unknownKind() {
  return coreErrors.InvalidArguments({ message: 'There is no such kind of message on the channel' })
}
