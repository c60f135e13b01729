import { createDelivery, type DeliveryOptions, type Leased } from './delivery.ts'

export { mailMetrics } from './delivery.ts'

export interface SenderOptions extends DeliveryOptions {
  /** Belongs to the sender from now on: `stop` closes it. */
  readonly transport: DeliveryOptions['transport'] & { close?(): void }
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
  /** Takes no more messages, waits for those under way (15 s at most; what is cut off then is sent once more later) and closes the transport (RL-08). */
  stop(): Promise<void>
}

/** Messages under way at once in one process. */
const concurrency = 4

/** What a lease is longer than an attempt can be, so that nobody takes a message whose attempt still runs. */
const leaseMarginSeconds = 20

const defaultTimes: SenderTimes = { poll: 5_000, attempt: 100_000, stop: 15_000 }

/** Prepares the sender; nothing runs until `start` or `runOnce`. Throws when `from` is not a sender. */
export function createSender(options: SenderOptions): Sender {
  const { storage, transport, clock, log } = options
  const times = { ...defaultTimes, ...options.times }
  const leaseSeconds = Math.ceil(times.attempt / 1000) + leaseMarginSeconds
  const deliver = createDelivery(options, times.attempt)
  const lanes = createLanes(lease, (message) => deliver(message, () => isAbandoned))
  let isAbandoned = false
  let timer: NodeJS.Timeout | undefined

  async function lease(limit: number): Promise<readonly Leased[]> {
    try {
      const now = clock.nowSeconds()
      const leaseUntil = now + leaseSeconds
      return (await storage.outbox.lease(now, leaseUntil, limit)).map((record) => ({ record, leaseUntil }))
    } catch (cause) {
      log.error('mail.queueNotRead', cause)
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
      if (timer) lanes.look()
    },
    async stop() {
      clearInterval(timer)
      await lanes.close(times.stop)
      isAbandoned = true
      transport.close?.()
    },
  }
}

/** A few lanes side by side; each takes one message after the other, so that one that hangs holds up nothing but its lane. */
interface Lanes {
  /** Opens the free lanes and resolves when nothing is due any more, with the number of messages. */
  fill(): Promise<number>
  /** Fills without waiting; many calls at once look at the queue once or twice. */
  look(): void
  /** Takes nothing any more; resolves when the lanes are empty, or after so many milliseconds. */
  close(milliseconds: number): Promise<void>
}

function createLanes(lease: (limit: number) => Promise<readonly Leased[]>, deliver: (message: Leased) => Promise<void>): Lanes {
  const underWay = new Set<Promise<unknown>>()
  let free = concurrency
  let isClosed = false
  let isLooking = false
  let mustLookAgain = false

  async function take(limit: number): Promise<readonly Leased[]> {
    return isClosed || limit === 0 ? [] : lease(limit)
  }

  async function lane(first: Leased): Promise<number> {
    let handled = 0
    for (let next: Leased | undefined = first; next; next = (await take(1))[0]) {
      await deliver(next)
      handled++
    }
    free++
    return handled
  }

  /** Resolves when the messages are leased; the promises inside when their lanes are done. */
  async function open(): Promise<readonly Promise<number>[]> {
    const asked = free
    free = 0
    const leased = await take(asked)
    free += asked - leased.length
    return leased.map((message) => remembered(lane(message)))
  }

  function remembered<T>(work: Promise<T>): Promise<T> {
    underWay.add(work)
    return work.finally(() => underWay.delete(work))
  }

  async function lookAround(): Promise<void> {
    isLooking = true
    while (mustLookAgain) {
      mustLookAgain = false
      await open()
    }
    isLooking = false
  }

  return {
    async fill() {
      const handled = await Promise.all(await remembered(open()))
      return handled.reduce((sum, count) => sum + count, 0)
    },
    look() {
      mustLookAgain = true
      if (!isLooking) void remembered(lookAround())
    },
    async close(milliseconds) {
      isClosed = true
      let timer: NodeJS.Timeout | undefined
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds)
      })
      await Promise.race([emptied(), limit])
      clearTimeout(timer)
    },
  }

  async function emptied(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay)
  }
}
