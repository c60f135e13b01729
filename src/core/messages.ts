import type { OutboxState, Storage } from './storage.ts'

/**
 * A mail before it is rendered: what it says, not how it looks. `src/mail/render.ts` makes HTML and plain text of it and escapes everything;
 * no part of it is a template, so user data in it stays data (IN-06).
 */
export interface MailContent {
  readonly subject: string
  readonly paragraphs: readonly string[]
  /** The one link of the mail. Built from the public URL or a redirect URL that was checked (RC-06, RC-07). */
  readonly action?: { readonly label: string; readonly url: string }
  /** Small print below, for example what to do if it was not you. */
  readonly closing?: readonly string[]
}

export interface NewMail {
  readonly projectId: string
  /** For example `password.reset`; listed by the feature that sends it. */
  readonly kind: string
  readonly userId: string
  /** Exactly one address, as stored for the account (RC-09). */
  readonly to: string
  readonly content: MailContent
  /** After this many seconds the mail is not worth sending any more. */
  readonly ttlSeconds: number
}

/** A message as the outbox page shows it. */
export interface ShownMail {
  readonly id: string
  readonly projectId: string
  readonly kind: string
  readonly state: OutboxState
  readonly createdAt: number
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The one link of the mail, if it has one. */
  readonly link: string | undefined
}

/** The durable queue of messages. */
export interface Outbox {
  /** Seals the mail and writes it through `tx`, so that it commits with what it is about (RL-01). Nothing is sent before the commit. */
  queue(tx: Storage, mail: NewMail): Promise<void>
  /**
   * Writes what `queue` would, for nobody: it is never sent or shown and goes with the next purge. A request about an unknown account costs the same by it (EN-03).
   */
  queueDecoy(tx: Storage, mail: Pick<NewMail, 'projectId' | 'kind' | 'ttlSeconds'>): Promise<void>
  /** The newest messages of all projects as their recipients see them, for the outbox page of a developer. Decoys are left out. */
  recent(limit: number): Promise<readonly ShownMail[]>
  /** Tells the sender that there is work; call it after the commit. A forgotten call only delays. */
  wake(): void
}
