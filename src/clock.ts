import type { Clock } from './core/ports.ts'

/** Steps back up to this long are not followed. What is further off was not a correction of a running clock. */
const longestStepMilliseconds = 3_605_000

/**
 * The clock of the system, but it never steps back by up to an hour: then it goes on at half its pace until the system has caught up, so that what has expired stays expired and no
 * time that is left is negative (RL-07). Steps forward are followed.
 */
export function steadyClock(wallMilliseconds = Date.now, monotonicMilliseconds = () => performance.now()): Clock {
  let shown = wallMilliseconds()
  let measuredAt = monotonicMilliseconds()
  const nowMilliseconds = () => {
    const wall = wallMilliseconds()
    const at = monotonicMilliseconds()
    const passed = Math.max(0, at - measuredAt)
    measuredAt = at
    shown = shown - wall > longestStepMilliseconds ? wall : Math.max(wall, shown + (wall < shown ? passed / 2 : 0))
    return Math.floor(shown)
  }
  return { nowSeconds: () => Math.floor(nowMilliseconds() / 1000), nowMilliseconds, monotonicMilliseconds }
}
