import type { Feature } from '../../http/route.ts'
import { auditErrors } from './errors.ts'
import { auditRoutes } from './routes.ts'

/** The audit trail: what everything else writes is searched here, and applications write events of their own. */
export const audit: Feature = {
  name: 'audit',
  routes: auditRoutes,
  errors: auditErrors,
  messages: {},
  events: {
    'audit.event':
      'An application wrote an event of its own, with the key of its call as the actor; the type goes on with a colon and the name it chose.',
  },
}
