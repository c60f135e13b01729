import { type Clock, type Log, type MailTransport, MessageRefused, type Metrics, type Random, type TextTransport } from '../core/ports.ts'
import type { Sealer } from '../core/secrets.ts'
import type { OutboxRecord, Storage } from '../core/storage.ts'
import type { Composed, Composer } from './compose.ts'
import { MessageUnanswered } from './refusal.ts'
import { type AttemptResult, type Outcome, outcomeOf } from './retry.ts'
import { openMessage } from './sealed-message.ts'

export interface DeliveryOptions {
  readonly storage: Pick<Storage, 'outbox'>
  readonly sealer: Sealer
  readonly transports: Transports
  readonly composer: Composer
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
}

/** What messages are handed to; a channel without one keeps its messages. */
export interface Transports {
  readonly mail?: MailTransport | undefined
  readonly texts?: TextTransport | undefined
}

/** A message that this process may send until then; afterwards it may be somebody else's. */
export interface Leased {
  readonly record: OutboxRecord
  readonly leaseUntil: number
}

/** How an attempt ended and, where it did not succeed, why: codes only, neither addresses nor tokens nor texts of others (IN-07). */
interface Attempted {
  readonly result: AttemptResult
  readonly reason?: string
  readonly retryAfterSeconds?: number
}

/** Figures of the mail edge, in the form of the tables of `http/metrics.ts`. */
export const mailMetrics = {
  counters: {
    postern_message_attempts_total: {
      help: 'Attempts to hand a message over, by channel and result: sent, deferred, failed, expired.',
      labels: ['channel', 'result'],
    },
  },
  durations: {
    postern_message_send_seconds: {
      help: 'Time that the next hop took for one message, by channel.',
      labels: ['channel'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    },
  },
  gauges: {
    postern_messages_waiting: { help: 'Messages that wait to be handed over, over all projects, by channel.', labels: ['channel'] },
    postern_messages_oldest_waiting_seconds: { help: 'Age of the oldest message that waits, by channel.', labels: ['channel'] },
    postern_messages_dead: {
      help: 'Messages of the last seven days that were given up, over all projects, by channel.',
      labels: ['channel'],
    },
  },
} as const

/**
 * Makes the function that makes one attempt for one message and writes its outcome, unless `isAbandoned` says meanwhile that nobody waits
 * for it any more. It never throws.
 */
export function createDelivery(
  options: DeliveryOptions,
  attemptMilliseconds: number,
): (message: Leased, isAbandoned: () => boolean) => Promise<void> {
  const { storage, clock, random, log, metrics } = options

  return async ({ record, leaseUntil }, isAbandoned) => {
    const { projectId, id, kind, channel, attempts, isUnanswered, expiresAt } = record
    const fields = { projectId, messageId: id, kind, channel }
    const { result, reason = '', retryAfterSeconds = 0 } = await attempt(options, record, attemptMilliseconds)
    if (isAbandoned()) return
    const now = clock.nowSeconds()
    const outcome = outcomeOf({ result, attempts, isUnanswered, now, expiresAt, retryAfterSeconds }, random)
    metrics.count('postern_message_attempts_total', { channel, result: outcome.state === 'pending' ? 'deferred' : outcome.state })
    note(log, outcome, { ...fields, attempts: outcome.attempts, ...(reason ? { reason } : {}) })
    try {
      // Past the lease another process may have it: its outcome stands.
      const isWritten = await storage.outbox.finish(projectId, id, leaseUntil, { ...outcome, reason })
      if (!isWritten) log.info('message.outcomeDropped', { ...fields, state: outcome.state })
    } catch (cause) {
      log.error('message.outcomeNotWritten', cause, fields)
    }
  }
}

function note(log: Log, { state }: Outcome, fields: Parameters<Log['info']>[1]): void {
  if (state === 'sent') log.info('message.sent', fields)
  else if (state === 'pending') log.warn('message.deferred', fields)
  else if (state === 'expired') log.warn('message.expired', fields)
  else log.warn('message.abandoned', fields)
}

async function attempt(options: DeliveryOptions, record: OutboxRecord, milliseconds: number): Promise<Attempted> {
  const { clock, metrics, transports } = options
  if (record.expiresAt <= clock.nowSeconds()) return { result: 'stale', reason: 'the message is too old' }
  const composed = await readable(options, record)
  if (!composed) return { result: 'unfit', reason: 'the stored message does not open' }
  const sending = sendWith(transports, composed)
  if (!sending) return { result: 'deferred', reason: 'nothing takes messages of this channel' }
  const startedAt = clock.monotonicMilliseconds()
  try {
    await withTimeLimit(sending(), milliseconds)
    return { result: 'sent' }
  } catch (error) {
    return resultOf(error)
  } finally {
    metrics.observe('postern_message_send_seconds', (clock.monotonicMilliseconds() - startedAt) / 1000, { channel: record.channel })
  }
}

function sendWith({ mail, texts }: Transports, composed: Composed): (() => Promise<void>) | undefined {
  if ('mail' in composed) return mail && (() => mail.send(composed.mail))
  return texts?.channels.includes(composed.text.channel) ? () => texts.send(composed.text) : undefined
}

/** The message of a row, or `undefined` when the seal does not hold or the content is not one that may leave (IN-05). */
async function readable({ sealer, composer }: DeliveryOptions, record: OutboxRecord): Promise<Composed | undefined> {
  try {
    return await composer.compose(openMessage(sealer, record))
  } catch {
    return undefined // The cause may quote the row; that it does not open is all the log needs.
  }
}

function resultOf(error: unknown): Attempted {
  if (error instanceof MessageUnanswered) return { result: 'unanswered', reason: error.message }
  if (error instanceof MessageRefused) {
    const { isPermanent, message: reason, retryAfterSeconds } = error
    return { result: isPermanent ? 'refused' : 'deferred', reason, retryAfterSeconds }
  }
  return { result: 'deferred', reason: 'the transport failed without a reason' }
}

/** For a transport that forgets its own limits. What it does later is not known, as with a peer that does not answer. */
async function withTimeLimit(sending: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new MessageUnanswered('The transport did not finish in time')), milliseconds)
  })
  try {
    await Promise.race([sending, limit])
  } finally {
    clearTimeout(timer)
  }
}
