import { setTimeout as delay } from 'node:timers/promises'

/**
 * Serialisation failure and deadlock (https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html): the server has undone everything, also where it says so at the commit, and the
 * same work may succeed when it is begun anew. Distributed databases that speak the protocol of PostgreSQL say 40001 in the course of business.
 */
const conflictCodes = new Set(['40001', '40P01'])

/** Times that something is run at most, and the pause before the second time; each later one is twice as long. */
const maxRuns = 6
const pauseMilliseconds = 8

/** Whether an error says that a transaction was undone because of others beside it. It looks through the errors that callers see. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return conflictCodes.has(code) || (error.cause !== undefined && isConflict(error.cause))
}

/** Runs something again when it ended in a conflict, a few times, after pauses of random length that end before the deadline (of the monotonic clock). */
export async function untilNoConflict<T>(deadlineMilliseconds: number, run: () => Promise<T>): Promise<T> {
  for (let runs = 1; ; runs++) {
    try {
      return await run()
    } catch (error) {
      const pause = Math.ceil((0.5 + Math.random()) * pauseMilliseconds * 2 ** (runs - 1))
      if (runs >= maxRuns || !isConflict(error) || performance.now() + pause >= deadlineMilliseconds) throw error
      await delay(pause)
    }
  }
}
