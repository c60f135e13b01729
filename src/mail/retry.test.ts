import assert from 'node:assert/strict'
import test from 'node:test'
import type { Random } from '../core/ports.ts'
import { type Attempt, type AttemptResult, maxAttempts, outcomeOf } from './retry.ts'

const now = 1_790_000_000
const draws = (byte: number): Random => ({ bytes: (length) => new Uint8Array(length).fill(byte) })
const middle = { bytes: (length: number) => Uint8Array.from({ length }, (_, index) => (index === 0 ? 128 : 0)) }

const attempt = (result: AttemptResult, changes: Partial<Attempt> = {}): Attempt => ({
  result,
  attempts: 0,
  isUnanswered: false,
  now,
  expiresAt: now + 7 * 86_400,
  ...changes,
})

for (const [name, input, expected] of [
  ['sent', attempt('sent'), { state: 'sent', attempts: 1, nextAttemptAt: now, finishedAt: now }],
  ['sent at last', attempt('sent', { attempts: 9 }), { state: 'sent', attempts: 10, nextAttemptAt: now, finishedAt: now }],
  ['stale', attempt('stale', { attempts: 2 }), { state: 'expired', attempts: 2, nextAttemptAt: now, finishedAt: now }],
  ['unfit', attempt('unfit'), { state: 'failed', attempts: 0, nextAttemptAt: now, finishedAt: now }],
  ['refused for good', attempt('refused'), { state: 'failed', attempts: 1, nextAttemptAt: now, finishedAt: now }],
  ['deferred', attempt('deferred'), { state: 'pending', attempts: 1, nextAttemptAt: now + 15, finishedAt: 0 }],
  ['deferred again', attempt('deferred', { attempts: 3 }), { state: 'pending', attempts: 4, nextAttemptAt: now + 405, finishedAt: 0 }],
  [
    'the longest delay',
    attempt('deferred', { attempts: 8 }),
    { state: 'pending', attempts: 9, nextAttemptAt: now + 21_600, finishedAt: 0 },
  ],
  ['one attempt too many', attempt('deferred', { attempts: 9 }), { state: 'failed', attempts: 10, nextAttemptAt: now, finishedAt: now }],
  [
    'half of what is left',
    attempt('deferred', { attempts: 5, expiresAt: now + 60 }),
    { state: 'pending', attempts: 6, nextAttemptAt: now + 30, finishedAt: 0 },
  ],
  ['too little left', attempt('deferred', { expiresAt: now + 9 }), { state: 'expired', attempts: 1, nextAttemptAt: now, finishedAt: now }],
  ['nothing left', attempt('deferred', { expiresAt: now - 9 }), { state: 'expired', attempts: 1, nextAttemptAt: now, finishedAt: now }],
  [
    'the peer asks for a rest',
    attempt('deferred', { retryAfterSeconds: 300 }),
    { state: 'pending', attempts: 1, nextAttemptAt: now + 300, finishedAt: 0 },
  ],
  [
    'the peer asks for less than the delay',
    attempt('deferred', { attempts: 3, retryAfterSeconds: 1 }),
    { state: 'pending', attempts: 4, nextAttemptAt: now + 405, finishedAt: 0 },
  ],
  [
    'the peer asks for a day',
    attempt('deferred', { retryAfterSeconds: 86_400 }),
    { state: 'pending', attempts: 1, nextAttemptAt: now + 3_600, finishedAt: 0 },
  ],
  [
    'the peer asks for longer than the message lives',
    attempt('deferred', { retryAfterSeconds: 3_600, expiresAt: now + 180 }),
    { state: 'pending', attempts: 1, nextAttemptAt: now + 90, finishedAt: 0 },
  ],
  [
    'unanswered: one more',
    attempt('unanswered'),
    { state: 'pending', attempts: 1, nextAttemptAt: now + 15, finishedAt: 0, isUnanswered: true },
  ],
  [
    'unanswered, then deferred: it was not delivered by that, so one more is still to come',
    attempt('deferred', { attempts: 1, isUnanswered: true }),
    { state: 'pending', attempts: 2, nextAttemptAt: now + 45, finishedAt: 0, isUnanswered: true },
  ],
  [
    'unanswered twice: no more',
    attempt('unanswered', { attempts: 2, isUnanswered: true }),
    { state: 'failed', attempts: 3, nextAttemptAt: now, finishedAt: now, isUnanswered: true },
  ],
  [
    'unanswered, and deferred to the end',
    attempt('deferred', { attempts: 9, isUnanswered: true }),
    { state: 'failed', attempts: 10, nextAttemptAt: now, finishedAt: now, isUnanswered: true },
  ],
] as const) {
  test(`RL-12: ${name}`, () => assert.deepEqual(outcomeOf(input, middle), { isUnanswered: false, ...expected }))
}

test('RL-12: the delay is spread by half up and down', () => {
  const delay = (byte: number) => outcomeOf(attempt('deferred', { attempts: 2 }), draws(byte)).nextAttemptAt - now
  assert.equal(delay(0), 68)
  assert.equal(delay(255), 202)
})

test('RL-12: ten attempts cover about a day, and none is after the end of the message', () => {
  for (const lifeSeconds of [60, 600, 1_800, 86_400, 7 * 86_400]) {
    let attempts = 0
    let at = now
    let made = 0
    for (;;) {
      const outcome = outcomeOf({ result: 'deferred', attempts, isUnanswered: false, now: at, expiresAt: now + lifeSeconds }, draws(255))
      made++
      if (outcome.state !== 'pending') break
      assert.ok(outcome.nextAttemptAt > at && outcome.nextAttemptAt < now + lifeSeconds)
      at = outcome.nextAttemptAt
      attempts = outcome.attempts
    }
    assert.ok(made <= maxAttempts)
    if (lifeSeconds === 7 * 86_400) assert.ok(made === maxAttempts && at - now > 43_200 && at - now < 2 * 86_400)
  }
})
