import type { Feature } from '../../http/route.ts'
import { messageTemplateErrors } from './errors.ts'
import { messageTemplateRoutes } from './routes.ts'

/** How messages look: templates per kind, channel and language (`docs/messages.md`). */
export const messageTemplates: Feature = {
  name: 'messageTemplates',
  routes: messageTemplateRoutes,
  errors: messageTemplateErrors,
  messages: {},
  events: {
    'messageTemplate.create': 'A message template was made; `messageTemplateId` is its ID.',
    'messageTemplate.update': 'A message template was changed; `fields` names what of it.',
    'messageTemplate.activate': 'Messages of a kind are written by a template from now on.',
    'messageTemplate.deactivate': 'Messages of a kind are not written by a template any more.',
    'messageTemplate.delete': 'A message template was deleted.',
    'messageTemplate.sendTest': 'A message with samples was sent to an address that an administrator named.',
  },
}
