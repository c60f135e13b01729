import type { Feature } from '../../http/route.ts'
import { managementKeyErrors } from './errors.ts'
import { managementKeyRoutes } from './routes.ts'

/** Management keys: made once, narrowed, switched off, revoked (MG-01 to MG-05). */
export const managementKeys: Feature = {
  name: 'managementKeys',
  routes: managementKeyRoutes,
  errors: managementKeyErrors,
  messages: {},
  events: {
    'managementKey.create': 'A management key was made; `managementKeyId` is its ID.',
    'managementKey.update': 'A management key was changed: its name, its rights, or whether it is active.',
    'managementKey.revoke': 'A management key was revoked.',
  },
}
