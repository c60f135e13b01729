/** Hands out permits to hash, so that all workers together never hash more at once than there are permits (BF-08). Each is known by a number. */
export interface PermitBroker {
  /** Grants one when there is one, those who asked first first. */
  ask(worker: number, grant: () => void): void
  giveBack(worker: number): void
  /** The worker is gone: what it holds is free, and what it asked for is not wanted any more. */
  leave(worker: number): void
}

export function createPermitBroker(permits: number): PermitBroker {
  let free = permits
  const held = new Map<number, number>()
  let waiting: { readonly worker: number; readonly grant: () => void }[] = []

  const heldBy = (worker: number) => held.get(worker) ?? 0

  function grantWhatThereIs(): void {
    while (free > 0) {
      const next = waiting.shift()
      if (!next) return
      free--
      held.set(next.worker, heldBy(next.worker) + 1)
      next.grant()
    }
  }

  return {
    ask(worker, grant) {
      waiting.push({ worker, grant })
      grantWhatThereIs()
    },
    giveBack(worker) {
      // What nobody was given does not become one more.
      if (heldBy(worker) === 0) return
      held.set(worker, heldBy(worker) - 1)
      free++
      grantWhatThereIs()
    },
    leave(worker) {
      waiting = waiting.filter((one) => one.worker !== worker)
      free += heldBy(worker)
      held.delete(worker)
      grantWhatThereIs()
    },
  }
}
