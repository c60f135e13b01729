import { z } from 'zod'
import { type Channel, channels, type NewMessage } from '../core/messages.ts'
import type { Sealer } from '../core/secrets.ts'
import type { OutboxRecord, UserRecord } from '../core/storage.ts'
import { isPlainAddress } from './address.ts'

/**
 * What is sealed in a row of the outbox: it holds addresses, links and codes (RC-02, CR-01). Messages that an older version queued must open: a member that is added needs a default.
 */

const Value = z.union([z.string(), z.number(), z.boolean(), z.array(z.strictObject({ number: z.string(), url: z.string() })).max(10)])

const userFields = ['name', 'givenName', 'familyName', 'email', 'phone'] as const
const User = z.strictObject({ name: z.string(), givenName: z.string(), familyName: z.string(), email: z.string(), phone: z.string() })

const Message = z.strictObject({
  to: z.string(),
  /** Languages that are wished for, best first. */
  locales: z.array(z.string()).max(3),
  templateId: z.string(),
  /** Whether a template that is not public may be chosen. */
  isPrivileged: z.boolean(),
  /** Whether it holds samples only, and is to say so. */
  isTest: z.boolean(),
  options: z.record(z.string(), z.string()),
  user: User,
  values: z.record(z.string(), Value),
})

/** A message that was opened, with what its row says. */
export interface OpenMessage extends z.infer<typeof Message> {
  readonly projectId: string
  readonly id: string
  readonly kind: string
  readonly channel: Channel
}

/** Whether the text is exactly one recipient of the channel (IN-05). */
export function isRecipient(channel: string, to: string): boolean {
  return channel === 'email' ? isPlainAddress(to) : /^\+[0-9]{7,15}$/.test(to)
}

/** The text to be sealed. `localeAttribute` names the custom attribute that holds the user's language. */
export function sealedText(message: NewMessage, localeAttribute: string): string {
  const { user, to, values, wishes = {}, isTest = false } = message
  const own = user?.customAttributes[localeAttribute]
  const locales = [wishes.locale, own].filter((locale) => typeof locale === 'string')
  const { templateId = '', templateOptions: options = {}, isPrivileged = false } = wishes
  return JSON.stringify({ to, locales, templateId, isPrivileged, isTest, options, user: userOf(user), values })
}

function userOf(user: UserRecord | undefined): z.infer<typeof User> {
  const fields = userFields.map((name) => [name, user?.[name] ?? ''] as const)
  return Object.fromEntries(fields) as z.infer<typeof User>
}

/** As long as a usual message, so that a decoy costs what a message costs (EN-03). It has no recipient: nothing can open, show or send it. */
export const decoyText = JSON.stringify({
  to: '',
  locales: [],
  templateId: '',
  isPrivileged: false,
  isTest: false,
  options: {},
  user: userOf(undefined),
  values: { link: '-'.repeat(160), lifetime: 0 },
})

/**
 * Opens a message. Throws when the seal does not hold, or what is in it is not a message to one recipient; the error tells neither
 * content nor address.
 */
export function openMessage(
  sealer: Sealer,
  record: Pick<OutboxRecord, 'projectId' | 'id' | 'kind' | 'channel' | 'sealedContent'>,
): OpenMessage {
  const { projectId, id, kind, sealedContent } = record
  const message = Message.safeParse(parseJson(sealer.open(sealContext(record), sealedContent)))
  const channel = channels.find((one) => one === record.channel)
  if (!message.success || !channel || !isRecipient(channel, message.data.to)) {
    throw new Error('The sealed message is not one to one recipient of its channel')
  }
  return { ...message.data, projectId, id, kind, channel }
}

/** The runtime's own error would quote the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Binds the content to its row: moved to another one, it does not open (CR-01). */
export function sealContext({ projectId, id }: { readonly projectId: string; readonly id: string }): string {
  return `outbox/${projectId}/${id}`
}

/** By which the delivery log finds messages to an address, however it is spelt. */
export function recipientDigest(sealer: Sealer, projectId: string, to: string): string {
  return sealer.keyedDigest(`recipient/${projectId}`, to.toLowerCase())
}
