import type { Feature } from '../../http/route.ts'
import { sessionErrors } from './errors.ts'
import { sessionMessages } from './messages.ts'
import { sessionRoutes } from './routes.ts'
import { sessionTenantRoutes } from './tenant-routes.ts'

/** Refresh, logout, me, history, tenants and validation of sessions (`protocol/core.md` 6.2). */
export const session: Feature = {
  name: 'session',
  routes: [...sessionRoutes, ...sessionTenantRoutes],
  errors: sessionErrors,
  messages: sessionMessages,
  events: {
    'session.start': 'Somebody signed in, by whatever method; `amr` says how. What `me/history` shows.',
    'session.logout': 'A session was ended by its owner.',
    'session.logoutAll': 'All sessions of a user were ended by the owner.',
    'session.selectTenant': 'A user chose the current tenant of a session.',
    'session.reuse': 'A refresh token came back after its grace; the family was ended (SE-03).',
  },
}
