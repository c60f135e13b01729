import type { Timers } from '../src/core/ports.ts'

/** Timers that stand still until a test moves them. */
export interface TestTimers extends Timers {
  /** Calls back what is due by then, in its order. */
  advance(milliseconds: number): void
  /** Resolves when so many timers run. Whoever waits for a message has two: one for the end and one for the next look. */
  running(count: number): Promise<void>
}

interface Timer {
  readonly at: number
  readonly call: () => void
}

export function testTimers(): TestTimers {
  let now = 0
  const all = new Set<Timer>()
  const waiting = new Set<() => void>()
  return {
    after(milliseconds, call) {
      const timer = { at: now + milliseconds, call }
      all.add(timer)
      for (const check of waiting) check()
      return () => void all.delete(timer)
    },
    advance(milliseconds) {
      now += milliseconds
      for (const timer of [...all].filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at)) {
        if (all.delete(timer)) timer.call()
      }
    },
    running(count) {
      return new Promise((resolve) => {
        const check = () => {
          if (all.size < count) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      })
    },
  }
}
