import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { channels } from '../../core/messages.ts'
import { route } from '../../http/route.ts'
import { LoginId, synonyms, Text } from '../../http/schemas.ts'
import { retryMessages } from './retry.ts'
import { countMessages, maxPageSize, messageStates, searchMessages } from './search.ts'

const listOf = <S extends z.ZodType>(entry: S, max = 50) =>
  z
    .array(entry)
    .max(max)
    .optional()
    .transform((given) => (given && given.length > 0 ? given : undefined))

const Seconds = z.int().min(0).max(253_402_300_799).optional()

const filters = {
  ids: listOf(Text(64), maxPageSize),
  loginId: LoginId.optional().meta({ description: 'Login ID of the user whom messages are for, or their user ID.' }),
  recipient: Text(254).min(1).optional().meta({ description: 'The whole e-mail address or phone number that messages went to.' }),
  kinds: listOf(Text(64)).meta({ description: 'For example `password.reset`.' }),
  channels: listOf(z.enum(channels)),
  from: Seconds.meta({ description: 'Queued then or later, in seconds since the epoch.' }),
  to: Seconds.meta({ description: 'Queued then or earlier.' }),
}

const names = { userId: 'loginId', size: 'limit' }

const SearchBody = synonyms(
  names,
  z.object({
    ...filters,
    states: listOf(z.enum(messageStates)),
    limit: z.int().min(0).max(maxPageSize).optional().meta({ description: '100 if it is 0 or absent.' }),
    page: z.int().min(0).max(10_000).optional().meta({ description: 'From 0.' }),
  }),
)

const RetryBody = synonyms(
  names,
  z.object({
    ...filters,
    all: z.boolean().optional().meta({ description: 'Without ids and filters: every message that was given up.' }),
  }),
)

const MessageReply = z
  .object({
    id: z.string(),
    kind: z.string(),
    channel: z.string(),
    userId: z.string(),
    recipient: z.string().meta({ description: 'Masked.' }),
    state: z.enum(messageStates).meta({
      description: '`pending` waits, `sent` was handed over, `failed` was given up, `expired` came too late, `kept` has no transport.',
    }),
    attempts: z.int(),
    reason: z.string().meta({ description: 'Why the latest attempt failed.' }),
    createdAt: z.int(),
    expiresAt: z.int(),
    nextAttemptAt: z.int().meta({ description: '0 unless it waits.' }),
    finishedAt: z.int().meta({ description: '0 while it waits.' }),
  })
  .meta({ id: 'LoggedMessage', description: 'A message of the delivery log, without what it says. Times are seconds since the epoch.' })

export const messageRoutes = [
  route({
    method: 'POST',
    path: '/v1/mgmt/message/search',
    access: 'management',
    effect: 'read',
    summary: 'Search the delivery log, newest first',
    body: SearchBody,
    reply: z.object({ messages: z.array(MessageReply), hasMore: z.boolean() }),
    errors: [coreErrors.InvalidRequest],
    run: async ({ deps, caller: { project }, body }) => {
      const { loginId: user, limit: asked, page = 0, ...search } = body
      const limit = asked || 100
      const found = await searchMessages(deps, { ...search, user, projectId: project.id, limit, offset: page * limit })
      return { messages: [...found.messages], hasMore: found.hasMore }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/message/retry',
    access: 'management',
    summary: 'Send messages again that were given up, 200 at most',
    body: RetryBody,
    reply: z.object({
      retried: z.array(z.string()),
      refused: z.array(z.object({ id: z.string(), reason: z.enum(['notFound', 'notFailed', 'expired']) })),
      hasMore: z.boolean(),
    }),
    errors: [coreErrors.InvalidRequest, coreErrors.InvalidArguments],
    run: async ({ deps, caller: { project, actor }, body }) => {
      const { loginId: user, all: isAll = false, ...search } = body
      const { retried, refused, hasMore } = await retryMessages(deps, { actor, isAll, search: { ...search, user, projectId: project.id } })
      return { retried: [...retried], refused: [...refused], hasMore }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/mgmt/message/counts',
    access: 'management',
    summary: 'Count messages of the last seven days by channel and state',
    reply: z.object({ counts: z.array(z.object({ channel: z.string(), state: z.enum(messageStates), count: z.int() })) }),
    errors: [],
    run: async ({ deps, caller: { project } }) => ({ counts: [...(await countMessages(deps, { projectId: project.id }))] }),
  }),
]
