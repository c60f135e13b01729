import type { Feature } from '../../http/route.ts'
import { enchantedLinkErrors } from './errors.ts'
import { enchantedLinkMessages } from './messages.ts'
import { enchantedLinkRoutes } from './routes.ts'

/** Links that are clicked anywhere and sign in where the sign-in began (`protocol/core.md` 6.5). */
export const enchantedLink: Feature = {
  name: 'enchanted-link',
  routes: enchantedLinkRoutes,
  errors: enchantedLinkErrors,
  messages: enchantedLinkMessages,
  events: {
    'enchantedLink.send': 'Numbered links were asked for; failure are ones that went to nobody.',
    'enchantedLink.verify': 'An enchanted link was clicked; failure is a click on a link with another number, which ended the attempt.',
  },
}
