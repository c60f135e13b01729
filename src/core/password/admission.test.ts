import assert from 'node:assert/strict'
import test from 'node:test'
import { createAdmission } from './admission.ts'
import { callerAt } from './test-passwords.ts'

test('BF-08: so many are let in and no more, and a place that is left can be taken again', () => {
  const admission = createAdmission({ places: 4, maxShare: 1 })
  const leave = ['a', 'b', 'c', 'd'].map((ip) => admission.enter(callerAt(ip)))
  assert.throws(() => admission.enter(callerAt('e')), { name: 'RateLimited' })
  leave[0]?.()
  leave[0]?.()
  admission.enter(callerAt('e'))
  assert.throws(() => admission.enter(callerAt('f')), { name: 'RateLimited' })
})

test('BF-08: one source holds its share, a trusted one as much as there is', () => {
  const admission = createAdmission({ places: 8, maxShare: 0.25 })
  const leave = admission.enter(callerAt('a'))
  admission.enter(callerAt('a'))
  assert.throws(() => admission.enter(callerAt('a')), { name: 'RateLimited' })
  leave()
  admission.enter(callerAt('a'))
  for (let i = 0; i < 6; i++) admission.enter(callerAt('b', { isTrusted: true }))
  assert.throws(() => admission.enter(callerAt('b', { isTrusted: true })), { name: 'RateLimited' })
})
