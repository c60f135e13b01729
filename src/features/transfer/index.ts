import type { Feature } from '../../http/route.ts'
import { transferErrors } from './errors.ts'
import { routes } from './routes.ts'

/** Users in and out, with their password hashes. */
export const transfer: Feature = {
  name: 'transfer',
  routes,
  errors: transferErrors,
  messages: {},
  events: {
    'transfer.export': 'Users went out, with their password hashes or without; one line for each page by the API.',
    'transfer.import': 'Users of another system came in; one line for each batch, with how many.',
  },
}
