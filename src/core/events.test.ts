import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localSource, userEvent } from './events.ts'

for (const [name, outcome, userId, actor] of [
  ['a user does something', 'success', 'U1', ['user', 'U1']],
  ['somebody fails as a user', 'failure', 'U1', ['anonymous', '']],
  ['somebody fails as nobody known', 'failure', '', ['anonymous', '']],
] as const) {
  test(`IN-08: ${name}`, () => {
    const event = userEvent({ projectId: 'P', type: 'password.signIn', outcome, userId, source: localSource })
    assert.deepEqual([event.actorKind, event.actorId], actor)
    assert.equal(event.userId, userId, 'whom it is about')
  })
}
