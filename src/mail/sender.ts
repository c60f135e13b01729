import { onNobodysAccount } from '../core/vain-waits.ts'
import { createDelivery, type DeliveryOptions, type Leased } from './delivery.ts'
import { createLanes } from './lanes.ts'

export { mailMetrics } from './delivery.ts'

/** `transports` belong to the sender from now on: `stop` closes them. */
export interface SenderOptions extends DeliveryOptions {
  readonly times?: Partial<SenderTimes>
}

/** Times in milliseconds. */
export interface SenderTimes {
  /** How often the queue is looked at without being woken: for retries, and for what another process left behind. */
  readonly poll: number
  /** Longest wait for the transport, which should give up earlier by itself. */
  readonly attempt: number
  /** Longest wait of `stop` for messages under way. */
  readonly stop: number
}

/** Sends what is queued. Any number of processes may run one over the same database; each message is leased to one of them at a time. */
export interface Sender {
  /** Sends everything that is due now, a few messages at once, and tells how many were dealt with. Never throws. */
  runOnce(): Promise<number>
  /** Sends in the background from now on. Does not keep the process alive. */
  start(): void
  /** Looks at the queue at once, if started. */
  wake(): void
  /** Takes no more messages, waits for those under way (15 s at most; what is cut off is sent once more later), closes the transports (RL-08). */
  stop(): Promise<void>
}

/** Messages under way at once in one process. */
const concurrency = 4

/** What a lease is longer than an attempt can be, so that nobody takes a message whose attempt still runs. */
const leaseMarginSeconds = 20

const defaultTimes: SenderTimes = { poll: 5_000, attempt: 100_000, stop: 15_000 }

/** Prepares the sender; nothing runs until `start` or `runOnce`. */
export function createSender(options: SenderOptions): Sender {
  const { storage, transports, clock, log } = options
  const times = { ...defaultTimes, ...options.times }
  const leaseSeconds = Math.ceil(times.attempt / 1000) + leaseMarginSeconds
  const deliver = createDelivery(options, times.attempt)
  let isAbandoned = false
  const lanes = createLanes({ count: concurrency, lease, deliver: (message) => deliver(message, () => isAbandoned) })
  let timer: NodeJS.Timeout | undefined

  async function lease(limit: number): Promise<readonly Leased[]> {
    try {
      const now = clock.nowSeconds()
      const leaseUntil = now + leaseSeconds
      return (await storage.outbox.lease(now, leaseUntil, limit)).map((record) => ({ record, leaseUntil }))
    } catch (cause) {
      log.error('message.queueNotRead', cause)
      return []
    }
  }

  return {
    runOnce: lanes.fill,
    start() {
      timer ??= setInterval(lanes.look, times.poll).unref()
      lanes.look()
    },
    wake() {
      if (timer) onNobodysAccount(lanes.look)
    },
    async stop() {
      clearInterval(timer)
      await lanes.close(times.stop)
      isAbandoned = true
      transports.mail?.close?.()
      transports.texts?.close?.()
    },
  }
}
