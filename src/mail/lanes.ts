import type { Leased } from './delivery.ts'

/** A few lanes side by side; each takes one message after the other, so that one that hangs holds up nothing but its lane. */
export interface Lanes {
  /** Opens the free lanes and resolves when nothing is due any more, with the number of messages. */
  fill(): Promise<number>
  /** Fills without waiting; many calls at once look at the queue once or twice. */
  look(): void
  /** Takes nothing any more; resolves when the lanes are empty, or after so many milliseconds. */
  close(milliseconds: number): Promise<void>
}

export interface LanesOptions {
  readonly count: number
  /** Takes up to `limit` messages that are due. Never throws. */
  readonly lease: (limit: number) => Promise<readonly Leased[]>
  /** Never throws. */
  readonly deliver: (message: Leased) => Promise<void>
}

export function createLanes({ count, lease, deliver }: LanesOptions): Lanes {
  const work = createTracker()
  let free = count
  let isClosed = false
  let isLooking = false
  let mustLookAgain = false

  const take = async (limit: number): Promise<readonly Leased[]> => (isClosed || limit === 0 ? [] : lease(limit))

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
    return leased.map((message) => work.remembered(lane(message)))
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
      const handled = await Promise.all(await work.remembered(open()))
      return handled.reduce((sum, one) => sum + one, 0)
    },
    look() {
      mustLookAgain = true
      if (!isLooking) void work.remembered(lookAround())
    },
    close(milliseconds) {
      isClosed = true
      return atMost(milliseconds, work.ended())
    },
  }
}

/** Knows what is under way, to wait for it. */
function createTracker() {
  const underWay = new Set<Promise<unknown>>()
  return {
    remembered<T>(work: Promise<T>): Promise<T> {
      underWay.add(work)
      return work.finally(() => underWay.delete(work))
    },
    async ended(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}
