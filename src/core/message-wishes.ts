import type { Deps } from './deps.ts'
import { coreErrors, naming } from './errors.ts'
import type { Channel, MessageWishes } from './messages.ts'

/** What calls that send messages may say of their looks, as it stands in their bodies and `loginOptions`. */
export interface GivenWishes {
  readonly locale?: string | undefined
  readonly templateId?: string | undefined
  readonly templateOptions?: Readonly<Record<string, string>> | undefined
}

/**
 * The wishes of a caller without a management key. Nothing is looked up, and a template that they may not choose is passed over when the message is written: such a
 * call never fails by it, and costs the same for every account (IN-06, EN-03).
 */
export function publicWishes({ locale, templateId, templateOptions }: GivenWishes = {}): MessageWishes {
  return { locale, templateId, templateOptions, isPrivileged: false }
}

/** The wishes of a management key. Throws `MessageTemplateNotFound` unless the project has the template for this kind and channel. */
export async function privilegedWishes(
  deps: Pick<Deps, 'storage'>,
  input: GivenWishes & { readonly projectId: string; readonly kind: string; readonly channel: Channel },
): Promise<MessageWishes> {
  const { projectId, kind, channel, locale, templateId, templateOptions } = input
  if (templateId) {
    const template = await deps.storage.messageTemplates.byId(projectId, templateId)
    if (template?.kind !== kind || template.channel !== channel) throw naming(coreErrors.MessageTemplateNotFound, templateId)
  }
  return { locale, templateId, templateOptions, isPrivileged: true }
}
