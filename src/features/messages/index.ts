import type { Feature } from '../../http/route.ts'
import { messageRoutes } from './routes.ts'

/** The delivery log: what became of messages, and those that were given up. */
export const messages: Feature = {
  name: 'messages',
  routes: messageRoutes,
  errors: {},
  messages: {},
  events: { 'message.retry': 'Messages that were given up wait to be sent again; how many, and which of them if they were named.' },
}
