import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginWait, boundedTogether, onNobodysAccount } from './vain-waits.ts'

/** A clock that the test moves; the wait takes so long. */
function clockOf(context: { readonly mock: typeof import('node:test').mock }) {
  let now = 1_000
  context.mock.method(performance, 'now', () => now)
  return (milliseconds: number, end: 'in vain' | 'well') => {
    const wait = beginWait(2_800)
    now += milliseconds
    if (end === 'in vain') wait.wasInVain()
    return wait.milliseconds
  }
}

test('RL-04: what one caller waits for in vain is bounded together, what ends well does not count', async (context) => {
  const waits = clockOf(context)
  await boundedTogether(async () => {
    assert.equal(waits(500, 'well'), 2_800)
    assert.equal(waits(2_000, 'in vain'), 2_800)
    await Promise.resolve()
    assert.equal(waits(700, 'in vain'), 800)
    assert.equal(waits(50, 'in vain'), 100)
    assert.equal(waits(1, 'well'), 50, 'something is left for a database that is back')
  })
})

test('RL-04: callers have accounts of their own, and work for several of them is on that of none', async (context) => {
  const waits = clockOf(context)
  assert.equal(waits(2_000, 'in vain'), 2_800)
  assert.equal(waits(2_000, 'in vain'), 2_800, 'without a caller each wait stands alone')
  await boundedTogether(async () => {
    assert.equal(waits(1_000, 'in vain'), 2_800)
    await boundedTogether(async () => assert.equal(waits(2_000, 'in vain'), 2_800))
    await onNobodysAccount(async () => assert.equal(waits(2_000, 'in vain'), 2_800))
    assert.equal(waits(0, 'well'), 1_800)
  })
})

test('a wait that is noted twice counts once', async (context) => {
  const waits = clockOf(context)
  await boundedTogether(async () => {
    const wait = beginWait(2_800)
    waits(1_000, 'well')
    wait.wasInVain()
    wait.wasInVain()
    assert.equal(waits(0, 'well'), 1_800)
  })
})
