import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isConflict, untilNoConflict } from './conflicts.ts'
import { unavailable } from './unavailable.ts'

const conflict = (code = '40001') => unavailable('no', Object.assign(new Error('could not serialize'), { code }))
const later = () => performance.now() + 60_000

for (const [name, error, expected] of [
  ['a serialisation failure', conflict(), true],
  ['a deadlock', conflict('40P01'), true],
  ['a lock that was waited for too long', conflict('55P03'), false],
  ['a database that is gone', unavailable('gone', new Error('no')), false],
  [
    'a commit whose outcome nobody knows',
    new Error('The outcome of a commit is not known', { cause: new Error('Query read timeout') }),
    false,
  ],
  ['no error', undefined, false],
] as const) {
  test(`conflicts: ${name}: ${expected}`, () => assert.equal(isConflict(error), expected))
}

test('conflicts: what succeeds at last is answered, and each run is a new one', async () => {
  let runs = 0
  const result = await untilNoConflict(later(), async () => {
    runs++
    if (runs < 4) throw conflict()
    return `run ${runs}`
  })
  assert.equal(result, 'run 4')
})

for (const [name, error, deadline, expectedRuns] of [
  ['what always conflicts is given up', conflict(), later, 6],
  ['nothing is run again when the time is over', conflict(), () => performance.now(), 1],
  ['another error is thrown at once', new Error('other'), later, 1],
] as const) {
  test(`conflicts: ${name}`, async () => {
    let runs = 0
    const running = untilNoConflict(deadline(), async () => {
      runs++
      throw error
    })
    await assert.rejects(running, (thrown) => thrown === error)
    assert.equal(runs, expectedRuns)
  })
}
