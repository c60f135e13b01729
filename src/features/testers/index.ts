import type { Feature } from '../../http/route.ts'
import { testUserErrors } from './errors.ts'
import { testUserRoutes } from './routes.ts'

/** Codes and links of test users, handed to the tests of an application (`protocol/core.md` 7.6). */
export const testUsers: Feature = {
  name: 'test-users',
  routes: testUserRoutes,
  errors: testUserErrors,
  messages: {},
  events: { 'testUser.generate': 'A code or a link was generated for a test user; `kind` says which.' },
}
