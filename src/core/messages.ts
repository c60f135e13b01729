import type { DeliveryMethod } from './delivery-methods.ts'
import type { Project } from './projects.ts'
import type { ShownMessages } from './shown-messages.ts'
import type { OutboxRecord, Storage, UserRecord } from './storage.ts'

/** Ways by which messages leave. */
export const channels = ['email', 'sms', 'voice', 'whatsapp', 'im'] as const satisfies readonly DeliveryMethod[]
export type Channel = (typeof channels)[number]

/** Texts of a channel: a mail, something to read, or something that is spoken. */
export type TextForm = 'email' | 'text' | 'voice'

export function formOf(channel: Channel): TextForm {
  if (channel === 'email') return 'email'
  return channel === 'voice' ? 'voice' : 'text'
}

/**
 * What a variable of a message holds. `text` was perhaps chosen by a user: it is shown, and never becomes a link or markup (IN-06). `link` is a URL of ours or one that was checked
 * (RC-06, RC-07), `code` digits, `links` numbered links, `seconds` a length of time, `choice` a word of ours to decide by, `domain` the host name of a page of the project.
 */
export type VariableType = 'text' | 'link' | 'code' | 'links' | 'seconds' | 'choice' | 'domain'

export interface MessageVariable {
  readonly type: VariableType
  /** A sentence for `docs/message-kinds.md`. */
  readonly about: string
  /** For previews. */
  readonly sample: MessageValue
  /** Whether a message without it is of no use: every template must show it. */
  readonly isEssential?: boolean
  /** Whether some messages of the kind have none. */
  readonly isOptional?: boolean
}

export interface NumberedUrl {
  readonly number: string
  readonly url: string
}

export type MessageValue = string | number | boolean | readonly NumberedUrl[]

/** A kind of message, as the feature that sends it declares it. Its texts in all languages are in `src/mail/texts/`. */
export interface MessageKind {
  /** A sentence for `docs/message-kinds.md`. */
  readonly about: string
  readonly channels: readonly Channel[]
  /** Beside those of every message: `project.name`, `user.name` and so on (`commonVariables`). */
  readonly variables: Readonly<Record<string, MessageVariable>>
}

/** The link of a message that is there for one. */
export const linkVariable: MessageVariable = {
  type: 'link',
  about: 'The link.',
  sample: 'https://app.example.com/page?t=C0sample.sample',
  isEssential: true,
}

/** The digits of a message that is there for them. */
export const codeVariable: MessageVariable = { type: 'code', about: 'The code.', sample: '123456', isEssential: true }

/** The links of a message of which one is right. */
export const linksVariable: MessageVariable = {
  type: 'links',
  about: 'The links, each with `number` and `url`; the one with the number that the user sees is right.',
  sample: ['17', '42', '93'].map((number) => ({ number, url: `https://app.example.com/page?t=C${number}.sample` })),
  isEssential: true,
}

/** Where the code of a text message is to be typed. */
export const domainVariable: MessageVariable = {
  type: 'domain',
  about:
    'Host name of the page that the code is for. With it as the last line, `@{{ domain }} #{{ code }}`, browsers fill the code in there and nowhere else.',
  sample: 'app.example.com',
  isOptional: true,
}

/** How long what is in a message can be used. */
export const lifetimeVariable: MessageVariable = {
  type: 'seconds',
  about: 'How long it works, in seconds; `{{ lifetime | duration }}` says it in words.',
  sample: 1800,
}

/** A message before it is written: what it says, not how. */
export interface NewMessage {
  readonly project: Project
  /** For example `password.reset`; listed by the feature that sends it. */
  readonly kind: string
  readonly channel: Channel
  /** Whom it is for; absent for somebody who is no user yet. */
  readonly user?: UserRecord | undefined
  /** Exactly one address or phone number: as stored for the account, or the one that is to be proven (RC-09). */
  readonly to: string
  /** After this many seconds the message is not worth sending any more. */
  readonly ttlSeconds: number
  /** A value for each variable of the kind. */
  readonly values: Readonly<Record<string, MessageValue>>
  readonly wishes?: MessageWishes | undefined
  /** Whether it is sent to see how it looks, with samples for values; its recipient is told so. */
  readonly isTest?: boolean | undefined
}

/** What the call that sends a message may say of its looks. */
export interface MessageWishes {
  /** Language tag (BCP 47); without it the user's own language, then the project's. */
  readonly locale?: string | undefined
  /** A template of the project, instead of the active one. One that is gone, of another kind or channel, or not public where the caller is anybody, has no effect. */
  readonly templateId?: string | undefined
  /** Values for what the template declares; others are dropped. */
  readonly templateOptions?: Readonly<Record<string, string>> | undefined
  /** Whether a management key asks: others choose among the public templates only (IN-06). */
  readonly isPrivileged?: boolean | undefined
}

/** The durable queue of messages. */
export interface Outbox extends ShownMessages {
  /** Seals the message and writes it through `tx`, so that it commits with what it is about (RL-01). Nothing is sent before the commit. */
  queue(tx: Storage, message: NewMessage): Promise<void>
  /**
   * Writes what `queue` would, for nobody: it is never sent or shown and goes with the next purge. A request about an unknown account costs the same by it (EN-03).
   */
  queueDecoy(tx: Storage, message: Pick<NewMessage, 'project' | 'kind' | 'channel' | 'ttlSeconds'>): Promise<void>
  /** Whether messages of a channel reach anybody: there is somebody to hand them to, or a developer reads them on the outbox page. */
  carries(channel: Channel): boolean
  /** By what the delivery log finds messages to an address or number, however it is spelt. */
  recipientDigest(projectId: string, to: string): string
  /** Whom a message of the queue is for, masked; `''` when it does not open. */
  maskedRecipient(record: OutboxRecord): string
  /** Tells the sender, and tests that wait for a message, that there is one; call it after the commit. A forgotten call only delays. */
  wake(): void
}

/** Variables of every message. What the user has no value for is empty. */
export const commonVariables: Readonly<Record<string, MessageVariable>> = {
  'project.name': { type: 'text', about: 'Name of the project.', sample: 'Acme' },
  'user.name': { type: 'text', about: 'Full name of the user.', sample: 'Ada Lovelace' },
  'user.givenName': { type: 'text', about: 'Given name of the user.', sample: 'Ada' },
  'user.familyName': { type: 'text', about: 'Family name of the user.', sample: 'Lovelace' },
  'user.email': { type: 'text', about: 'E-mail address of the user.', sample: 'ada@example.com' },
  'user.phone': { type: 'text', about: 'Phone number of the user.', sample: '+15555555555' },
  locale: { type: 'choice', about: 'Language tag of the text that was chosen.', sample: 'en' },
}

/** The address or number of a user on a channel; `''` where they have none. */
export function addressOn(user: UserRecord, channel: Channel): string {
  return channel === 'email' ? user.email : user.phone
}
