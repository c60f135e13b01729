import { lifetimeVariable, linkVariable } from '../../core/messages.ts'
import type { Feature } from '../../http/route.ts'
import { magicLinkRoutes } from './routes.ts'

/** Links with a one-time token: proof of an address, and the first half of a password reset (`protocol/core.md` 6.1, 6.3). */
export const magicLink: Feature = {
  name: 'magic-link',
  routes: magicLinkRoutes,
  errors: {},
  messages: {
    'email.verify': {
      about: 'The link that proves the address of a fresh sign-up.',
      channels: ['email'],
      variables: { link: linkVariable, lifetime: lifetimeVariable },
    },
  },
  events: { 'magicLink.verify': 'A link was redeemed; `purpose` says which kind.' },
}
