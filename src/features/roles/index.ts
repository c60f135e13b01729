import type { Feature } from '../../http/route.ts'
import { roleErrors } from './errors.ts'
import { permissionRoutes } from './permission-routes.ts'
import { roleRoutes } from './role-routes.ts'

/** Roles of the project and of tenants, and the permissions that they give. */
export const roles: Feature = {
  name: 'roles',
  routes: [...roleRoutes, ...permissionRoutes],
  errors: roleErrors,
  messages: {},
  events: {
    'role.create': 'An administrator made a role.',
    'role.update': 'An administrator changed a role.',
    'role.delete': 'An administrator deleted a role; nobody holds it any more.',
    'permission.create': 'An administrator made a permission.',
    'permission.update': 'An administrator renamed or described a permission.',
    'permission.delete': 'An administrator deleted a permission; no role holds it any more.',
  },
}
