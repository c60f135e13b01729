import type { Feature } from '../../http/route.ts'

/** Users as an administrator sees them: so far for the command line. */
export const users: Feature = {
  name: 'users',
  routes: [],
  errors: {},
  mails: {},
  events: {
    'user.create': 'An administrator made a user.',
    'user.status': 'An administrator set the status of a user.',
    'user.verify': "An administrator marked a user's address as proven.",
    'user.delete': 'An administrator deleted a user.',
  },
}
