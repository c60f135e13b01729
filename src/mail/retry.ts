import type { Random } from '../core/ports.ts'
import type { OutboxState } from '../core/storage.ts'

/** Attempts before a message is given up; with the delays below they cover about a day. */
export const maxAttempts = 10

const firstDelaySeconds = 15
const factor = 3
const longestDelaySeconds = 6 * 3600
/** A peer that asks for more is not obeyed: a message is worth less every hour. */
const longestRetryAfterSeconds = 3600
/** A shorter rest of a life is not worth another attempt. */
const leastDelaySeconds = 5

/** How an attempt ended. */
export type AttemptResult =
  | 'sent'
  /** Not tried: the message came too late to be of use. */
  | 'stale'
  /** Not tried: the message does not open, or must not leave. */
  | 'unfit'
  /** The peer says that a retry cannot help. */
  | 'refused'
  /** Nothing was delivered; a retry may help. */
  | 'deferred'
  /** The peer had the whole message and never answered: it may have been delivered. */
  | 'unanswered'

/** What is written to the queue after an attempt. */
export interface Outcome {
  readonly state: OutboxState
  readonly attempts: number
  readonly nextAttemptAt: number
  readonly finishedAt: number
  readonly isUnanswered: boolean
}

export interface Attempt {
  readonly result: AttemptResult
  /** Attempts before this one. */
  readonly attempts: number
  /** Whether one of those before was not answered. */
  readonly isUnanswered: boolean
  readonly now: number
  readonly expiresAt: number
  /** How long the peer asks to be left alone; 0 when it does not say. */
  readonly retryAfterSeconds?: number
}

/**
 * Decides what becomes of a message. Delays are 15 s, 45 s, 135 s and so on up to 6 hours, each spread by half up and down, at least what the peer asks for up to an hour, and never more
 * than half of what is left of the message's life. An unanswered attempt may have put a copy into the mailbox, so the second one is the last (RL-12); attempts that delivered nothing do not count for that.
 */
export function outcomeOf(attempt: Attempt, random: Random): Outcome {
  const { result, attempts, now, expiresAt, retryAfterSeconds = 0 } = attempt
  const isTried = result !== 'stale' && result !== 'unfit'
  const made = isTried ? attempts + 1 : attempts
  const isUnanswered = attempt.isUnanswered || result === 'unanswered'
  const ended = (state: OutboxState): Outcome => ({ state, attempts: made, nextAttemptAt: now, finishedAt: now, isUnanswered })
  if (result === 'sent') return ended('sent')
  if (result === 'stale') return ended('expired')
  const isSecondUnanswered = attempt.isUnanswered && result === 'unanswered'
  if (result === 'unfit' || result === 'refused' || isSecondUnanswered || made >= maxAttempts) return ended('failed')
  const asked = Math.min(retryAfterSeconds, longestRetryAfterSeconds)
  const delaySeconds = Math.min(Math.max(spread(delayAfter(made), random), asked), Math.floor((expiresAt - now) / 2))
  if (delaySeconds < leastDelaySeconds) return ended('expired')
  return { state: 'pending', attempts: made, nextAttemptAt: now + delaySeconds, finishedAt: 0, isUnanswered }
}

function delayAfter(attempts: number): number {
  return Math.min(firstDelaySeconds * factor ** (attempts - 1), longestDelaySeconds)
}

/** Between half and one and a half of the delay, so that messages that failed together do not come back together. */
function spread(seconds: number, random: Random): number {
  const [high = 0, low = 0] = random.bytes(2)
  return Math.round(seconds * (0.5 + (high * 256 + low) / 65_536))
}
