import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import type { MessageFilter, OutboxRecord, OutboxState, Storage } from '../../core/storage.ts'
import { canonicalLoginId, parseEmail, parsePhone } from '../../core/users.ts'

export const messageStates = ['pending', 'sent', 'kept', 'failed', 'expired'] as const satisfies readonly OutboxState[]

export const maxPageSize = 200
const maxOffset = 10_000

/** What is looked for; every filter that is there must match. Times are seconds since the epoch, both ends included. */
export interface MessageSearch {
  readonly projectId: string
  /** Login ID, or user ID where no such login ID exists. */
  readonly user?: string | undefined
  /** The whole address or phone number, in any spelling. */
  readonly recipient?: string | undefined
  readonly ids?: readonly string[] | undefined
  readonly kinds?: readonly string[] | undefined
  readonly channels?: readonly string[] | undefined
  readonly states?: readonly OutboxState[] | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** A message as the delivery log shows it: never what it says. */
export interface LoggedMessage extends Pick<OutboxRecord, 'id' | 'kind' | 'channel' | 'userId' | 'state' | 'attempts' | 'reason'> {
  /** Masked; `''` for a message that does not open. */
  readonly recipient: string
  readonly createdAt: number
  readonly expiresAt: number
  /** 0 unless it waits. */
  readonly nextAttemptAt: number
  /** 0 while it waits. */
  readonly finishedAt: number
}

type LogDeps = Pick<Deps, 'storage' | 'outbox'>

/** One page of the delivery log, newest first. Throws `InvalidRequest` for a recipient that is none, and for a page too far. */
export async function searchMessages(
  deps: LogDeps,
  search: MessageSearch & { readonly limit: number; readonly offset: number },
): Promise<{ readonly messages: readonly LoggedMessage[]; readonly hasMore: boolean }> {
  const { projectId, offset } = search
  const limit = Math.min(Math.max(1, search.limit), maxPageSize)
  if (offset > maxOffset) throw coreErrors.InvalidRequest({ message: `A page begins at most at ${maxOffset}; narrow the search` })
  const found = await deps.storage.outbox.search(projectId, await messageFilter(deps, search), { limit: limit + 1, offset })
  return { messages: found.slice(0, limit).map((record) => logged(deps, record)), hasMore: found.length > limit }
}

/** Numbers of messages by channel and state. */
export function countMessages(deps: LogDeps, input: { readonly projectId: string }): ReturnType<Storage['outbox']['counts']> {
  return deps.storage.outbox.counts(input.projectId)
}

/** The filter for the storage. Throws `InvalidRequest` for a recipient that is none. */
export async function messageFilter(deps: LogDeps, search: MessageSearch): Promise<MessageFilter> {
  const { projectId, user, recipient, ids, kinds, channels, states, from, to } = search
  const named = user === undefined ? undefined : await deps.storage.users.byLoginId(projectId, canonicalLoginId(user))
  return {
    ...(user === undefined ? {} : { userId: named?.user.id ?? user }),
    ...(recipient === undefined ? {} : { recipientDigest: digestOf(deps, projectId, recipient) }),
    ...(ids ? { ids } : {}),
    ...(kinds ? { kinds } : {}),
    ...(channels ? { channels } : {}),
    ...(states ? { states } : {}),
    ...(from === undefined ? {} : { createdFrom: from }),
    ...(to === undefined ? {} : { createdTo: to }),
  }
}

function digestOf({ outbox }: LogDeps, projectId: string, recipient: string): string {
  const parsed = recipient.includes('@') ? parseEmail(recipient) : parsePhone(recipient)
  if (parsed === undefined)
    throw coreErrors.InvalidRequest({ message: 'The recipient field is neither an e-mail address nor a phone number' })
  return outbox.recipientDigest(projectId, parsed)
}

function logged({ outbox }: LogDeps, record: OutboxRecord): LoggedMessage {
  const { id, kind, channel, userId, state, attempts, reason, createdAt, expiresAt, nextAttemptAt, finishedAt } = record
  const times = { createdAt, expiresAt, nextAttemptAt: state === 'pending' ? nextAttemptAt : 0, finishedAt }
  return { id, kind, channel, userId, recipient: outbox.maskedRecipient(record), state, attempts, reason, ...times }
}
