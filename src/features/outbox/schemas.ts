import { z } from 'zod'
import { channels } from '../../core/messages.ts'
import { positionForm, type ShownMessage } from '../../core/shown-messages.ts'
import { Text } from '../../http/schemas.ts'

/** An empty text, as forms send it, is like none. */
function optional<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema.optional())
}

/** A whole number as text. */
function number(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max))
}

const filter = {
  to: optional(Text(254)).meta({ description: 'Address or phone number of the recipient, whole.' }),
  channel: optional(z.enum(channels)),
}

export const PageQuery = z.object({ ...filter, every: optional(number(1, 60)) })
export type PageQuery = z.output<typeof PageQuery>

export const NextQuery = z.object({
  ...filter,
  kind: optional(Text(64)).meta({ description: 'Kind of message, for example `password.reset`.' }),
  after: optional(z.string().regex(positionForm)).meta({
    description: 'The `next` of an earlier answer: only what came since is answered.',
  }),
  limit: optional(number(1, 100)).meta({ description: 'At most so many messages, 1 to 100; 50 without it.' }),
  waitSeconds: optional(number(0, 30)).meta({
    description: 'How long to wait for a message if there is none, 0 to 30 seconds.',
  }),
})

/** Longest texts of a message in the list. The outbox page shows the whole of a longer mail. */
const maxListed = 100_000

const LinkReply = z.object({ number: z.string(), url: z.string(), token: z.string().optional() })

const MessageReply = z
  .object({
    id: z.string(),
    projectId: z.string(),
    kind: z.string(),
    channel: z.enum(channels),
    state: z.enum(['pending', 'sent', 'kept', 'failed', 'expired']).meta({ description: '`kept`: there is nothing to send it by.' }),
    createdAt: z.int().meta({ description: 'Epoch seconds.' }),
    to: z.string(),
    subject: z.string().meta({ description: 'Empty but for mails.' }),
    text: z.string(),
    html: z.string().meta({ description: 'Empty but for mails. Text and HTML are cut off after 100 000 characters.' }),
    link: z.string().optional(),
    token: z.string().optional().meta({ description: 'What is in the parameter `t` of the link, for the `verify` calls.' }),
    code: z.string().optional(),
    links: z.array(LinkReply).meta({ description: 'Numbered links, where there are several.' }),
  })
  .meta({ id: 'ShownMessage', description: 'A message as its recipient sees it.' })

export const NextReply = z.object({
  messages: z.array(MessageReply).meta({ description: 'Newest first.' }),
  next: z.string().meta({ description: 'Position behind these messages, for `after`. It is the same for every filter.' }),
})

export const ForgetReply = z.object({ forgotten: z.int().meta({ description: 'Number of messages.' }) })

export function messageReply(message: ShownMessage): z.input<typeof MessageReply> {
  const { text, html, link, links } = message
  return {
    ...message,
    text: text.slice(0, maxListed),
    html: html.slice(0, maxListed),
    token: link && tokenOf(link),
    links: links.map((one) => ({ ...one, token: tokenOf(one.url) })),
  }
}

function tokenOf(link: string): string | undefined {
  return URL.parse(link)?.searchParams.get('t') ?? undefined
}
