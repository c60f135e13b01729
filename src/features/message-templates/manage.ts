import type { Deps } from '../../core/deps.ts'
import { coreErrors, naming } from '../../core/errors.ts'
import { type Actor, adminEvent, recordEvent } from '../../core/events.ts'
import { templateLimits, wholeVersions } from '../../core/message-templates.ts'
import { type TemplateDraft, type TemplateProblem, toldProblem } from '../../core/message-writer.ts'
import type { Channel } from '../../core/messages.ts'
import { newId } from '../../core/secrets.ts'
import type { MessageTemplateRecord, Storage } from '../../core/storage.ts'
import { messageTemplateErrors } from './errors.ts'

/** Who asks, and in which project. */
export interface TemplateCaller {
  readonly projectId: string
  readonly actor: Actor
}

/** A template that is to be. */
export interface NewTemplate {
  readonly name: string
  readonly kind: string
  readonly channel: Channel
  readonly options: readonly string[]
  readonly versions: unknown
  readonly isActive: boolean
  readonly isPublic: boolean
}

/** What a change says of a template; what is not given stays. */
export interface TemplateChanges {
  readonly name?: string | undefined
  readonly options?: readonly string[] | undefined
  readonly versions?: unknown
  readonly isPublic?: boolean | undefined
}

/** Makes a template; an active one takes the place of the one before. Throws `InvalidMessageTemplate` with every problem, `MessageTemplateExists`, `InvalidArguments` when there are too many. */
export async function createTemplate(
  deps: Deps,
  input: TemplateCaller & { readonly template: NewTemplate },
): Promise<MessageTemplateRecord> {
  const { projectId, template } = input
  assertSound(deps, template)
  const now = deps.clock.nowSeconds()
  const versions = wholeVersions(template.channel, template.versions)
  const record = { ...template, versions, projectId, id: newId(deps, 'MT'), createdAt: now, modifiedAt: now }
  await deps.storage.transaction(async (tx) => {
    await tx.projects.lock(projectId)
    if ((await tx.messageTemplates.list(projectId)).length >= templateLimits.perProject) {
      throw coreErrors.InvalidArguments({ message: `The project has ${templateLimits.perProject} message templates already` })
    }
    if (record.isActive) await tx.messageTemplates.deactivate(projectId, record.kind, record.channel)
    if (!(await tx.messageTemplates.insert(record))) throw naming(messageTemplateErrors.MessageTemplateExists, record.name)
    await assertRoom(tx, projectId)
    await note(deps, tx, input, 'messageTemplate.create', record)
  })
  return record
}

/** Changes what is given of a template. Throws as `createTemplate` does, and `MessageTemplateNotFound`. */
export async function updateTemplate(
  deps: Deps,
  input: TemplateCaller & { readonly id: string; readonly changes: TemplateChanges },
): Promise<MessageTemplateRecord> {
  const { projectId, id, changes } = input
  const before = await loadTemplate(deps, input)
  const after = { ...before, ...given(changes), modifiedAt: deps.clock.nowSeconds() }
  assertSound(deps, after)
  const versions = wholeVersions(before.channel as Channel, after.versions)
  return deps.storage.transaction(async (tx) => {
    await tx.projects.lock(projectId)
    const now = await find(tx, projectId, id)
    // Checked was what it was before: of two who change texts and options at the same time, one must look again.
    if (textsOf(now) !== textsOf(before)) throw coreErrors.InvalidArguments({ message: 'The template changed at the same time; try again' })
    const record = { ...after, versions, isActive: now.isActive }
    if (!(await tx.messageTemplates.update(record))) throw naming(messageTemplateErrors.MessageTemplateExists, record.name)
    await assertRoom(tx, projectId)
    await note(deps, tx, input, 'messageTemplate.update', record, { fields: Object.keys(given(changes)) })
    return record
  })
}

/** Makes a template the one by which messages of its kind are written on its channel. Throws `MessageTemplateNotFound`. */
export async function activateTemplate(deps: Deps, input: TemplateCaller & { readonly id: string }): Promise<void> {
  const { projectId, id } = input
  await deps.storage.transaction(async (tx) => {
    await tx.projects.lock(projectId)
    const record = await find(tx, projectId, id)
    await tx.messageTemplates.deactivate(projectId, record.kind, record.channel)
    await tx.messageTemplates.update({ ...record, isActive: true })
    await note(deps, tx, input, 'messageTemplate.activate', record)
  })
}

/** Lets the built-in text serve again where the template was active. Throws `MessageTemplateNotFound`. */
export async function deactivateTemplate(deps: Deps, input: TemplateCaller & { readonly id: string }): Promise<void> {
  const { projectId, id } = input
  await deps.storage.transaction(async (tx) => {
    await tx.projects.lock(projectId)
    const record = await find(tx, projectId, id)
    await tx.messageTemplates.update({ ...record, isActive: false })
    await note(deps, tx, input, 'messageTemplate.deactivate', record)
  })
}

/** Takes a template away; messages that are on their way are written by the active one or the built-in text. Throws `MessageTemplateNotFound`. */
export async function deleteTemplate(deps: Deps, input: TemplateCaller & { readonly id: string }): Promise<void> {
  const { projectId, id } = input
  await deps.storage.transaction(async (tx) => {
    await tx.projects.lock(projectId)
    const record = await find(tx, projectId, id)
    await tx.messageTemplates.delete(projectId, id)
    await note(deps, tx, input, 'messageTemplate.delete', record)
  })
}

/** The template, or `MessageTemplateNotFound`. */
export function loadTemplate(deps: Deps, input: { readonly projectId: string; readonly id: string }): Promise<MessageTemplateRecord> {
  return find(deps.storage, input.projectId, input.id)
}

/** Templates by kind, channel and name. */
export async function listTemplates(
  deps: Deps,
  input: {
    readonly projectId: string
    readonly kind?: string | undefined
    readonly channel?: string | undefined
    readonly limit: number
    readonly offset: number
  },
): Promise<readonly MessageTemplateRecord[]> {
  const { projectId, kind, channel, limit, offset } = input
  const all = await deps.storage.messageTemplates.list(projectId)
  const chosen = all.filter((one) => (kind === undefined || one.kind === kind) && (channel === undefined || one.channel === channel))
  return chosen.slice(offset, offset + limit)
}

/** Throws `InvalidMessageTemplate` with all problems in words and, under `problems`, by place. */
function assertSound(
  deps: Deps,
  { kind, channel, options, versions }: { readonly channel: string } & Omit<TemplateDraft, 'channel'>,
): void {
  const problems = deps.messageWriter.check({ kind, channel: channel as Channel, options, versions })
  if (problems.length > 0) throw invalidTemplate(problems)
}

const maxTold = 20

function invalidTemplate(problems: readonly TemplateProblem[]) {
  const more = problems.length > maxTold ? [`and ${problems.length - maxTold} more`] : []
  const message = [...problems.slice(0, maxTold).map(toldProblem), ...more].join('; ')
  return messageTemplateErrors.InvalidMessageTemplate({ message, fields: { problems } })
}

async function find(storage: Storage, projectId: string, id: string): Promise<MessageTemplateRecord> {
  const found = await storage.messageTemplates.byId(projectId, id)
  if (!found) throw naming(coreErrors.MessageTemplateNotFound, id)
  return found
}

function textsOf({ options, versions }: MessageTemplateRecord): string {
  return JSON.stringify([options, versions])
}

/** All templates of a project are read together, and fit into one snapshot. */
async function assertRoom(tx: Storage, projectId: string): Promise<void> {
  if ((await tx.messageTemplates.countCharacters(projectId)) > templateLimits.project) {
    throw coreErrors.InvalidArguments({ message: `The message templates of a project hold ${templateLimits.project} characters at most` })
  }
}

function given(changes: TemplateChanges): TemplateChanges & Partial<MessageTemplateRecord> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

function note(
  deps: Deps,
  tx: Storage,
  { projectId, actor }: TemplateCaller,
  type: string,
  { id, kind, channel }: MessageTemplateRecord,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const data = { messageTemplateId: id, messageKind: kind, channel, ...more }
  return recordEvent(deps, tx, adminEvent({ projectId, actor, type, data }))
}
