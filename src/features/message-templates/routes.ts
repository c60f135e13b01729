import { coreErrors } from '../../core/errors.ts'
import { type Callers, route } from '../../http/route.ts'
import { Empty } from '../../http/schemas.ts'
import { messageTemplateErrors } from './errors.ts'
import {
  activateTemplate,
  createTemplate,
  deactivateTemplate,
  deleteTemplate,
  listTemplates,
  loadTemplate,
  type TemplateCaller,
  updateTemplate,
} from './manage.ts'
import {
  BuiltInBody,
  BuiltInReply,
  CreateBody,
  changesOf,
  factsReply,
  IdBody,
  KindsReply,
  kindsReply,
  ListBody,
  listQuery,
  newTemplateOf,
  PreviewBody,
  PreviewReply,
  TemplateReply,
  TemplatesReply,
  TestBody,
  templateLimitsOfBody,
  templateReply,
  UpdateBody,
} from './schemas.ts'
import { previewTemplate, sendTest } from './try-out.ts'

const { InvalidArguments, MessageTemplateNotFound } = coreErrors
const { InvalidMessageTemplate, MessageTemplateExists, MessageNotCarried } = messageTemplateErrors

function from({ project, actor }: Callers['management']): TemplateCaller {
  return { projectId: project.id, actor }
}

const path = '/v1/mgmt/message/template'

/** Whoever shapes messages could send the links in them elsewhere, so that it takes the right to the project's settings. */
const writing = { method: 'POST', access: 'management', right: 'projects', bodyLimits: templateLimitsOfBody } as const
const reading = { method: 'POST', access: 'management', effect: 'read' } as const

const lifeRoutes = [
  route({
    ...writing,
    path: `${path}/create`,
    summary: 'Ours: make a message template; every problem is told at once',
    body: CreateBody,
    reply: TemplateReply,
    errors: [InvalidMessageTemplate, MessageTemplateExists, InvalidArguments],
    run: async ({ deps, caller, body }) => templateReply(await createTemplate(deps, { ...from(caller), template: newTemplateOf(body) })),
  }),
  route({
    ...writing,
    path: `${path}/update`,
    summary: 'Ours: change what is sent of a message template; `versions` are replaced as a whole',
    body: UpdateBody,
    reply: TemplateReply,
    errors: [InvalidMessageTemplate, MessageTemplateExists, MessageTemplateNotFound, InvalidArguments],
    run: async ({ deps, caller, body }) =>
      templateReply(await updateTemplate(deps, { ...from(caller), id: body.id, changes: changesOf(body) })),
  }),
  route({
    ...writing,
    path: `${path}/activate`,
    summary: 'Ours: write messages of the kind by this template from now on',
    body: IdBody,
    reply: Empty,
    errors: [MessageTemplateNotFound],
    run: async ({ deps, caller, body: { id } }) => {
      await activateTemplate(deps, { ...from(caller), id })
      return {}
    },
  }),
  route({
    ...writing,
    path: `${path}/deactivate`,
    summary: 'Ours: let the built-in text serve again',
    body: IdBody,
    reply: Empty,
    errors: [MessageTemplateNotFound],
    run: async ({ deps, caller, body: { id } }) => {
      await deactivateTemplate(deps, { ...from(caller), id })
      return {}
    },
  }),
  route({
    ...writing,
    path: `${path}/delete`,
    summary: 'Ours: delete a message template',
    body: IdBody,
    reply: Empty,
    errors: [MessageTemplateNotFound],
    run: async ({ deps, caller, body: { id } }) => {
      await deleteTemplate(deps, { ...from(caller), id })
      return {}
    },
  }),
]

const readRoutes = [
  route({
    ...reading,
    path: `${path}/load`,
    summary: 'Ours: a message template by its ID',
    body: IdBody,
    reply: TemplateReply,
    errors: [MessageTemplateNotFound],
    run: async ({ deps, caller, body: { id } }) => templateReply(await loadTemplate(deps, { projectId: caller.project.id, id })),
  }),
  route({
    ...reading,
    path: `${path}/list`,
    summary: 'Ours: message templates without their texts, by kind, channel and name',
    body: ListBody,
    reply: TemplatesReply,
    errors: [],
    run: async ({ deps, caller, body }) => {
      const found = await listTemplates(deps, { projectId: caller.project.id, ...listQuery(body) })
      return { templates: found.map(factsReply) }
    },
  }),
  route({
    ...reading,
    path: `${path}/kinds`,
    summary: 'Ours: kinds of messages with their channels, built-in languages, variables and samples',
    reply: KindsReply,
    errors: [],
    run: async ({ deps }) => kindsReply(deps.messageWriter),
  }),
  route({
    ...reading,
    path: `${path}/builtin`,
    summary: 'Ours: the built-in text of a kind, as the version of a template to begin with',
    body: BuiltInBody,
    reply: BuiltInReply,
    errors: [InvalidArguments],
    run: async ({ deps, caller, body: { kind, channel, language } }) => {
      const found = deps.messageWriter.builtIn(kind, channel, language || caller.project.settings.messages.defaultLocale)
      if (!found) throw InvalidArguments({ message: 'There is no such kind of message on the channel' })
      return { language: found.language, version: { ...found.texts } }
    },
  }),
]

const tryRoutes = [
  route({
    ...reading,
    path: `${path}/preview`,
    summary: 'Ours: a message with samples, by a stored template, by texts that are sent, or as it looks now; nothing is sent',
    body: PreviewBody,
    bodyLimits: templateLimitsOfBody,
    reply: PreviewReply,
    errors: [MessageTemplateNotFound, InvalidArguments],
    run: async ({ deps, caller: { project }, body }) => {
      const { id, kind, channel, options, versions, language, values, user, templateOptions } = body
      const look = { id: id || undefined, kind, channel, options, versions }
      const changes = { values, user, templateOptions }
      const { written, problems } = await previewTemplate(deps, { project, look, language: language || undefined, changes })
      return { ...written, problems: [...problems] }
    },
  }),
  route({
    ...writing,
    path: `${path}/test`,
    summary: 'Ours: send a message with samples to an address; it says that it is a test',
    body: TestBody,
    reply: Empty,
    errors: [MessageTemplateNotFound, InvalidArguments, MessageNotCarried, coreErrors.RateLimited],
    run: async ({ deps, caller, body: { id, kind, channel, language, to, templateOptions } }) => {
      const look = { id: id || undefined, kind, channel }
      await sendTest(deps, { ...from(caller), project: caller.project, look, to, language: language || undefined, templateOptions })
      return {}
    },
  }),
]

export const messageTemplateRoutes = [...lifeRoutes, ...readRoutes, ...tryRoutes]
