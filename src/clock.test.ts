import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steadyClock } from './clock.ts'

const start = 1_790_000_000_000
const hour = 3_600_000

/** Steps: what the system's clock says, what has passed since the start by the monotonic one, and what is to be shown. */
const cases: readonly (readonly [name: string, steps: readonly (readonly [wall: number, passed: number, shown: number])[]])[] = [
  [
    'it follows the system',
    [
      [1_000, 1_000, 1_000],
      [2_500, 2_500, 2_500],
    ],
  ],
  ['it follows a step forward', [[hour, 1_000, hour]]],
  [
    'a step back slows it down until the system has caught up',
    [
      [10_000, 10_000, 10_000],
      [2_000, 12_000, 11_000],
      [10_000, 20_000, 15_000],
      [30_000, 40_000, 30_000],
    ],
  ],
  [
    'a step forward and back again ends at the right time',
    [
      [hour, 1_000, hour],
      [2_000, 2_000, hour + 500],
      [2 * hour, 2 * hour, 2 * hour],
    ],
  ],
  [
    'a step back by more than an hour is followed',
    [
      [10_000, 10_000, 10_000],
      [-2 * hour, 11_000, -2 * hour],
    ],
  ],
]

for (const [name, steps] of cases) {
  test(`RL-07: the clock: ${name}`, () => {
    let wall = 0
    let passed = 0
    const clock = steadyClock(
      () => start + wall,
      () => passed,
    )
    for (const [nextWall, nextPassed, shown] of steps) {
      wall = nextWall
      passed = nextPassed
      assert.equal(clock.nowMilliseconds(), start + shown)
    }
  })
}
