import type { Feature } from '../../http/route.ts'
import { embeddedLinkRoutes } from './routes.ts'

/** Tokens that a back end hands to a user by its own means (`protocol/core.md` 7.6). */
export const embeddedLink: Feature = {
  name: 'embedded-link',
  routes: embeddedLinkRoutes,
  errors: {},
  messages: {},
  events: {
    'embeddedLink.create':
      'A back end made a token that signs in; `purpose` says whether it makes its user, `ttlSeconds` how long it lives.',
  },
}
