import { type Clock, type Log, MailRefused, type MailTransport, type Metrics, type Random } from '../core/ports.ts'
import type { Sealer } from '../core/secrets.ts'
import type { OutboxRecord, OutboxState, Storage } from '../core/storage.ts'
import { openMessage } from './outbox.ts'
import { renderMail } from './render.ts'

/** Sends what waits in the outbox. */
export interface Sender {
  /** Takes what is due and tries to send it; tells how many messages it took. */
  runOnce(): Promise<number>
  start(): void
  /** Looks for work now instead of at the next tick. */
  wake(): void
  /** Resolves when the messages under way have their outcome. */
  stop(): Promise<void>
}

export interface SenderDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly storage: Storage
  readonly sealer: Sealer
  readonly transport: MailTransport
  readonly from: string
}

const maxAttempts = 10
const batchSize = 8
const leaseSeconds = 120
const firstDelaySeconds = 15
const longestDelaySeconds = 4 * 3600
const tickMilliseconds = 5_000

/**
 * Makes a sender. Several processes may run one each: a lease gives every message to one of them. A crash between sending and noting it gives one duplicate, under the same
 * message ID (RL-12).
 */
export function createSender(deps: SenderDeps): Sender {
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<unknown> = Promise.resolve()
  let isBusy = false
  let isStopped = false
  let isWanted = false

  async function runOnce(): Promise<number> {
    const now = deps.clock.nowSeconds()
    const messages = await deps.storage.outbox.lease(now, now + leaseSeconds, batchSize)
    await Promise.all(messages.map((message) => attempt(deps, message)))
    return messages.length
  }

  async function drain(): Promise<void> {
    try {
      do {
        isWanted = false
        while (!isStopped && (await runOnce()) === batchSize);
      } while (isWanted && !isStopped)
    } catch (cause) {
      deps.log.error('mail.runFailed', cause)
    } finally {
      isBusy = false
    }
  }

  function wake(): void {
    isWanted = true
    if (isBusy || isStopped || !timer) return
    isBusy = true
    underWay = drain()
  }

  return {
    runOnce,
    wake,
    start() {
      timer = setInterval(wake, tickMilliseconds)
      timer.unref()
      wake()
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      await underWay
    },
  }
}

interface Outcome {
  readonly state: OutboxState
  readonly delaySeconds?: number
  readonly reason: string
}

async function attempt(deps: SenderDeps, message: OutboxRecord): Promise<void> {
  const { storage, clock, log, metrics } = deps
  const attempts = message.attempts + 1
  const outcome = message.expiresAt <= clock.nowSeconds() ? { state: 'expired' as const, reason: 'stale' } : await send(deps, message, attempts)
  const now = clock.nowSeconds()
  const isFinal = outcome.state !== 'pending'
  await storage.outbox.finish(message.projectId, message.id, {
    state: outcome.state,
    attempts,
    nextAttemptAt: now + (outcome.delaySeconds ?? 0),
    finishedAt: isFinal ? now : 0,
  })
  metrics.count('postern_mails_total', { outcome: outcome.state })
  const { projectId, id, kind } = message
  log.info('mail.attempt', { projectId, messageId: id, kind, attempts, outcome: outcome.state, reason: outcome.reason })
}

async function send(deps: SenderDeps, message: OutboxRecord, attempts: number): Promise<Outcome> {
  let mail: ReturnType<typeof renderMail>
  try {
    const { to, content } = openMessage(deps.sealer, message)
    mail = renderMail({ id: message.id, from: deps.from, to, content })
  } catch {
    // A row that cannot be opened or rendered is abandoned with nothing on the wire (IN-05); the reason would tell what it holds.
    return { state: 'failed', reason: 'unreadable' }
  }
  try {
    await deps.transport.send(mail)
    return { state: 'sent', reason: 'accepted' }
  } catch (error) {
    const isPermanent = error instanceof MailRefused && error.isPermanent
    if (isPermanent || attempts >= maxAttempts) return { state: 'failed', reason: isPermanent ? 'refused' : 'attempts' }
    return { state: 'pending', delaySeconds: delayAfter(deps.random, attempts), reason: 'retry' }
  }
}

/** Doubles from fifteen seconds to four hours, half of it by chance, so that messages that failed together come back apart. */
function delayAfter(random: Random, attempts: number): number {
  const full = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** (attempts - 1))
  const chance = ((random.bytes(1)[0] ?? 0) / 255) * (full / 2)
  return Math.ceil(full / 2 + chance)
}
