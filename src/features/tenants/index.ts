import type { Feature } from '../../http/route.ts'
import { tenantErrors } from './errors.ts'
import { tenantRoutes } from './routes.ts'

/** Tenants and their session settings. */
export const tenants: Feature = {
  name: 'tenants',
  routes: tenantRoutes,
  errors: tenantErrors,
  messages: {},
  events: {
    'tenant.create': 'An administrator made a tenant.',
    'tenant.update': 'An administrator changed a tenant; `fields` names what.',
    'tenant.settings': 'An administrator changed session settings of a tenant; `fields` names them.',
    'tenant.join': 'A user proved an address and came into the tenants that its domain belongs to; `tenantIds` names them.',
    'tenant.delete': 'An administrator deleted a tenant; `cascade` says whether users and access keys in no other went with it.',
  },
}
