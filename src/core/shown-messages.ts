import type { Channel, NumberedUrl } from './messages.ts'
import type { OutboxState } from './storage.ts'

/** A message as a developer sees it. */
export interface ShownMessage {
  readonly id: string
  readonly projectId: string
  readonly kind: string
  readonly channel: Channel
  readonly state: OutboxState
  readonly createdAt: number
  readonly to: string
  /** `''` but for mails. */
  readonly subject: string
  readonly text: string
  /** `''` but for mails. */
  readonly html: string
  /** The one link, if it has one. */
  readonly link: string | undefined
  readonly code: string | undefined
  /** Numbered links, if it has them. */
  readonly links: readonly NumberedUrl[]
}

/** What is looked for; everything that is given must fit. */
export interface ShownFilter {
  readonly projectId?: string | undefined
  /** An address or phone number, whole; capital letters are like small ones. */
  readonly to?: string | undefined
  readonly channel?: Channel | undefined
  readonly kind?: string | undefined
}

export interface NextQuery extends ShownFilter {
  /** At most 200. */
  readonly limit: number
  /** A position that an earlier answer gave. */
  readonly after?: string | undefined
  /** How long to wait for a message if there is none. */
  readonly waitSeconds: number
  /** Ends the wait, with its reason as the error. */
  readonly signal: AbortSignal
}

export interface ShownPage {
  /** Newest first. */
  readonly messages: readonly ShownMessage[]
  /** The position behind them. */
  readonly next: string
}

/** The form of positions: a time, and the ends of the IDs of the messages that were seen of that time and later. */
export const positionForm = /^\d{1,10}(\.[0-9A-Za-z]{8}){0,200}$/

/**
 * The outbox as a developer sees it, for the outbox page and for tests of applications: what is sent and what is kept alike, without decoys. It looks at the newest 1 000
 * messages.
 */
export interface ShownMessages {
  /** The newest messages as their recipients see them, of all projects unless the filter says otherwise. */
  recent(limit: number, filter?: ShownFilter): Promise<readonly ShownMessage[]>
  /** One message; `undefined` if it is not there. */
  byId(id: string): Promise<ShownMessage | undefined>
  /**
   * Messages behind a position, the earliest if there are more than `limit`; without a position the newest. Waits for one if there is none. Whoever goes from position to position gets every
   * message once: also those whose transaction commits late, by up to a minute. Throws `RateLimited` when too many wait.
   */
  next(query: NextQuery): Promise<ShownPage>
  /** Deletes messages that were kept, not sent, of a project or of all. Answers how many. */
  forget(projectId?: string): Promise<number>
}
