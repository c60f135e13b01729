import type { Feature } from '../../http/route.ts'
import { passwordErrors } from './errors.ts'
import { importedRoutes } from './imported-routes.ts'
import { managePasswordRoutes } from './manage-routes.ts'
import { passwordMessages } from './messages.ts'
import { passwordRoutes } from './routes.ts'
import { passwordSettingsRoutes } from './settings-routes.ts'

/** Sign-up, sign-in, update, replace, reset and policy of passwords (`protocol/core.md` 6.1). */
export const password: Feature = {
  name: 'password',
  routes: [...passwordRoutes, ...managePasswordRoutes, ...importedRoutes, ...passwordSettingsRoutes],
  errors: passwordErrors,
  messages: passwordMessages,
  events: {
    'password.signUp': 'A user signed up with a password.',
    'password.signIn': 'A sign-in with a password failed; `reason` says whether the account was locked. A success is `session.start`.',
    'password.sendReset': 'A reset link was asked for; failure means that none was sent (unknown, unverified, disabled, or over a limit).',
    'password.reset': 'A password was set on our own page; `purpose` says whether with a reset link or an invitation.',
    'password.update': 'A password was set with a refresh token; `isReset` says whether the session came from a reset link.',
    'password.replace': 'A password was replaced with the old one.',
    'password.set': 'An administrator set a password; `isTemporary` says whether it must be replaced.',
    'password.expire': 'An administrator expired a password: it must be replaced before the next sign-in.',
    'password.unlock': 'An administrator unlocked an account.',
  },
}
