import type { Feature } from '../../http/route.ts'
import { userErrors } from './errors.ts'
import { historyRoutes } from './history-routes.ts'
import { userMessages } from './messages.ts'
import { userRoutes } from './routes.ts'
import { searchRoutes } from './search-routes.ts'

/** Users as an administrator sees them (`protocol/core.md` 7.1). */
export const users: Feature = {
  name: 'users',
  routes: [...userRoutes, ...searchRoutes, ...historyRoutes],
  errors: userErrors,
  messages: userMessages,
  events: {
    'user.create': 'An administrator made a user; `isMailed` says whether an invitation was sent.',
    'user.invite': 'An administrator invited a user once more.',
    'user.update': 'An administrator wrote fields of a user; `fields` names them.',
    'user.status': 'An administrator set the status of a user.',
    'user.loginId': 'An administrator replaced or removed a login ID of a user.',
    'user.roles': 'An administrator changed roles of a user, of the project or in a tenant.',
    'user.tenants': 'An administrator put a user into a tenant, or took them out.',
    'user.verify': "An administrator marked a user's address as proven.",
    'user.logout': 'An administrator ended all sessions of a user.',
    'user.delete': 'An administrator deleted a user.',
    'passkey.delete': 'An administrator took passkeys of a user away.',
    'totp.delete': 'An administrator took the seed of the authenticator app of a user away.',
    'device.remove': 'An administrator made a user be asked again on devices that were remembered.',
    'attribute.create': 'An administrator defined custom attributes; `names` are theirs.',
    'attribute.delete': 'An administrator took definitions of custom attributes away.',
  },
}
