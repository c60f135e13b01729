import type { Deps } from '../../core/deps.ts'
import type { MessageTemplateRecord } from '../../core/storage.ts'
import { activateTemplate, createTemplate, deactivateTemplate, type NewTemplate, type TemplateCaller, updateTemplate } from './manage.ts'

/** Makes the template of this kind, channel and name what is given, new or in place of the one that is there. Throws as `createTemplate` does. */
export async function setTemplate(
  deps: Deps,
  input: TemplateCaller & { readonly template: NewTemplate },
): Promise<{ readonly template: MessageTemplateRecord; readonly isNew: boolean }> {
  const { projectId, actor, template } = input
  const { kind, channel, name, options, versions, isPublic, isActive } = template
  const all = await deps.storage.messageTemplates.list(projectId)
  const known = all.find((one) => one.kind === kind && one.channel === channel && one.name === name)
  if (!known) return { template: await createTemplate(deps, input), isNew: true }
  const one = { projectId, actor, id: known.id }
  const changed = await updateTemplate(deps, { ...one, changes: { options, versions, isPublic } })
  if (isActive && !known.isActive) await activateTemplate(deps, one)
  if (!isActive && known.isActive) await deactivateTemplate(deps, one)
  return { template: { ...changed, isActive }, isNew: false }
}
