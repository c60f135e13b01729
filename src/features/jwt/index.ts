import type { Feature } from '../../http/route.ts'
import { jwtErrors } from './errors.ts'
import { jwtRoutes } from './routes.ts'

/** Tokens as a back end makes and changes them: custom claims, impersonation, signing in without a factor (`protocol/core.md` 7.5). */
export const jwt: Feature = {
  name: 'jwt',
  routes: jwtRoutes,
  errors: jwtErrors,
  messages: {},
  events: {
    'jwt.update': 'A back end set custom claims of a session; `claims` names them.',
    'jwt.impersonate':
      'A back end asked for a session in which `impersonatorId` acts as the user; failure means that it was refused, with the `reason`.',
    'jwt.stopImpersonation': 'A back end ended a session in which `impersonatorId` acted as the user.',
    'jwt.signIn': 'A back end signed a user in without a factor.',
    'jwt.signUp': 'A back end signed a user up without a factor.',
    'jwt.anonymous': 'A back end opened a session for somebody unknown.',
  },
}
