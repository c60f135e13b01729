import type { Feature } from '../../http/route.ts'
import { accessKeyErrors } from './errors.ts'
import { accessKeyRoutes } from './routes.ts'

/** Access keys, with which programs get session tokens (`protocol/core.md` 6.2, 7.8). */
export const accessKeys: Feature = {
  name: 'accessKeys',
  routes: accessKeyRoutes,
  errors: accessKeyErrors,
  messages: {},
  events: {
    'accessKey.create': 'An access key was made; `accessKeyId` is its ID.',
    'accessKey.update': 'An access key was changed.',
    'accessKey.activate': 'An access key was activated.',
    'accessKey.deactivate': 'An access key was deactivated.',
    'accessKey.delete': 'An access key was deleted.',
    'accessKey.rotate': 'An access key got another text.',
    'accessKey.exchange': 'An access key was exchanged for a session token, or refused for a `reason`.',
  },
}
