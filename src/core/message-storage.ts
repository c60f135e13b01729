import type { MessageTemplateRecord, OutboxRecord, OutboxState } from './records.ts'

/** What is looked for in the delivery log; every filter that is there must match, and an empty list matches nothing. */
export interface MessageFilter {
  readonly ids?: readonly string[]
  readonly userId?: string
  readonly recipientDigest?: string
  readonly kinds?: readonly string[]
  readonly channels?: readonly string[]
  readonly states?: readonly OutboxState[]
  /** Seconds since the epoch, both ends included. */
  readonly createdFrom?: number
  readonly createdTo?: number
}

export interface MessageCount {
  readonly channel: string
  readonly state: OutboxState
  readonly count: number
}

/** The part of the storage port for messages: those on their way, and how they look. */
export interface MessageStorage {
  readonly outbox: {
    insert(message: OutboxRecord): Promise<void>
    /** Takes up to `limit` pending messages that are due, of all projects, and moves their next attempt to `leaseUntil`, so that no other worker takes them. */
    lease(now: number, leaseUntil: number, limit: number): Promise<readonly OutboxRecord[]>
    /**
     * Writes the outcome of an attempt that was made under the lease until `leaseUntil`, if that still is the last one and the message waits; what was sent is noted also when another worker took the
     * message meanwhile. False when nothing was written: the outcome of another stands.
     */
    finish(
      projectId: string,
      id: string,
      leaseUntil: number,
      outcome: Pick<OutboxRecord, 'state' | 'attempts' | 'nextAttemptAt' | 'finishedAt' | 'reason' | 'isUnanswered'>,
    ): Promise<boolean>
    /** Newest first, over all projects. */
    list(query: { readonly limit: number; readonly states?: readonly OutboxState[] }): Promise<readonly OutboxRecord[]>
    /**
     * Messages to somebody, over all projects: everything but decoys. Newest first, or with `createdFrom` those of that second and later, oldest first.
     */
    addressed(query: { readonly limit: number; readonly createdFrom?: number }): Promise<readonly OutboxRecord[]>
    /** The message of any project that has the ID. */
    byId(id: string): Promise<OutboxRecord | undefined>
    /** Deletes messages that were kept, not sent, of a project or of all. Answers how many. */
    deleteKept(projectId?: string): Promise<number>
    /** Messages to somebody that match every filter, newest first. */
    search(
      projectId: string,
      filter: MessageFilter,
      page: { readonly limit: number; readonly offset: number },
    ): Promise<readonly OutboxRecord[]>
    /** Makes those of the messages pending that failed and do not expire before `now`, as if no attempt had been made. Answers their IDs. */
    requeue(projectId: string, ids: readonly string[], now: number): Promise<readonly string[]>
    /** Numbers of messages to somebody. */
    counts(projectId: string): Promise<readonly MessageCount[]>
    /** Numbers of messages that wait or failed, over all projects, for metrics; with the time of the oldest. */
    figures(): Promise<readonly (Omit<MessageCount, 'state'> & { readonly state: 'pending' | 'failed'; readonly oldestAt: number })[]>
  }

  readonly messageTemplates: {
    /** False when a template of that kind and channel has the name, or another one is active. */
    insert(template: MessageTemplateRecord): Promise<boolean>
    byId(projectId: string, id: string): Promise<MessageTemplateRecord | undefined>
    /** The active one of a kind and channel. */
    active(projectId: string, kind: string, channel: string): Promise<MessageTemplateRecord | undefined>
    /** All of a project, by kind, channel and name. There are at most 1 000. */
    list(projectId: string): Promise<readonly MessageTemplateRecord[]>
    /** Length of all texts of a project, about in characters. */
    countCharacters(projectId: string): Promise<number>
    /** Replaces all but `projectId`, `id`, `kind`, `channel` and `createdAt`. False as for `insert`, or when it is not there. */
    update(template: MessageTemplateRecord): Promise<boolean>
    /** Makes none of a kind and channel active. */
    deactivate(projectId: string, kind: string, channel: string): Promise<void>
    /** False when it is not there. */
    delete(projectId: string, id: string): Promise<boolean>
  }
}
