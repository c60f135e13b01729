import { z } from 'zod'
import { route } from '../../http/route.ts'
import { HistoryReply, Text } from '../../http/schemas.ts'
import { historyReply } from '../../http/session-reply.ts'
import { loginHistory, maxHistories } from './history.ts'

/** The body and the answer are bare arrays (`protocol/core.md` 1.5, 7.1). */
export const historyRoutes = [
  route({
    method: 'POST',
    path: '/v1/mgmt/user/history',
    access: 'management',
    effect: 'read',
    isTenantAware: true,
    summary: 'The latest sign-ins of users',
    body: z
      .array(Text(64))
      .max(maxHistories)
      .meta({ description: `IDs of at most ${maxHistories} users.` }),
    reply: HistoryReply,
    errors: [],
    run: async ({ deps, caller: { project, rights }, body }) =>
      historyReply(await loginHistory(deps, { projectId: project.id, rights, userIds: body })),
  }),
]
