import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { type Feature, route } from '../../http/route.ts'
import { Text } from '../../http/schemas.ts'
import { mailPage, outboxPage } from './page.ts'
import { ForgetReply, messageReply, NextQuery, NextReply, PageQuery } from './schemas.ts'

const usualLimit = 50

/** What was sent to whom, for developers and for tests of applications: loopback only, and only while the option `outbox` is on. */
export const outbox: Feature = {
  name: 'outbox',
  errors: {},
  events: {},
  messages: {},
  routes: [
    route({
      method: 'GET',
      path: '/outbox',
      access: 'loopback',
      kind: 'page',
      summary: 'Page with the latest messages (development only)',
      query: PageQuery,
      reply: z.string(),
      errors: [],
      run: ({ deps, caller, query }) => outboxPage(deps, query, caller.projectId),
    }),
    route({
      method: 'GET',
      path: '/outbox/{id}',
      access: 'loopback',
      kind: 'page',
      summary: 'One mail as its recipient sees it (development only)',
      params: z.object({ id: Text(64) }),
      reply: z.string(),
      errors: [coreErrors.NotFound],
      run: ({ deps, caller, params: { id } }) => mailPage(deps, id, caller.projectId),
    }),
    route({
      method: 'GET',
      path: '/v1/test/outbox',
      access: 'loopback',
      summary: 'The latest messages, or those after a position; waits for one if there is none (development only)',
      query: NextQuery,
      reply: NextReply,
      errors: [coreErrors.RateLimited],
      async run({ deps, caller: { projectId }, query: { limit = usualLimit, waitSeconds = 0, ...filter }, signal }) {
        const { messages, next } = await deps.outbox.next({ ...filter, projectId, limit, waitSeconds, signal })
        return { messages: messages.map(messageReply), next }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/test/outbox',
      access: 'loopback',
      summary: 'Forget the messages that there was nothing to send by (development only)',
      reply: ForgetReply,
      errors: [],
      run: async ({ deps, caller }) => ({ forgotten: await deps.outbox.forget(caller.projectId) }),
    }),
  ],
}
