import type { MessageTemplateRecord, OutboxRecord, OutboxState } from './records.ts'

/** The part of the storage port for messages: those on their way, and how they look. */
export interface MessageStorage {
  readonly outbox: {
    insert(message: OutboxRecord): Promise<void>
    /** Takes up to `limit` pending messages that are due, of all projects, and moves their next attempt to `leaseUntil`, so that no other worker takes them. */
    lease(now: number, leaseUntil: number, limit: number): Promise<readonly OutboxRecord[]>
    /** Writes the outcome of an attempt. */
    finish(
      projectId: string,
      id: string,
      outcome: Pick<OutboxRecord, 'state' | 'attempts' | 'nextAttemptAt' | 'finishedAt' | 'reason'>,
    ): Promise<void>
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
    /** Number of messages that wait, over all projects, for metrics. */
    countPending(): Promise<number>
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
