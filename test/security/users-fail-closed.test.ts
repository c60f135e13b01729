import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreErrors } from '../../src/core/errors.ts'
import type { Storage } from '../../src/core/storage.ts'
import { call, create, done, load, makeRole, makeTenant } from '../../src/features/users/test-world.ts'
import { databases } from '../databases.ts'
import { createKit, goodPassword, type Kit } from '../kit.ts'
import { type FailingStorage, failingStorage } from './failing-storage.ts'

/** What the administration of users leaves behind when the database fails in the middle. */

function withStorage<Wrapped extends { readonly storage: Storage }>(
  name: string,
  wrap: (storage: Storage) => Wrapped,
  run: (kit: Kit, wrapped: Wrapped) => Promise<void>,
): void {
  for (const database of databases) {
    test(`${name} [${database.name}]`, async () => {
      const opened = await database.open()
      try {
        const wrapped = wrap(opened.storage)
        await run(await createKit(wrapped.storage), wrapped)
      } finally {
        await opened.close()
      }
    })
  }
}

async function callsOf(failing: FailingStorage, work: () => Promise<unknown>): Promise<readonly string[]> {
  failing.called.clear()
  await work()
  return [...failing.called]
}

withStorage('RL-01, RL-11: whichever call fails, an invited user is whole or not there', failingStorage, async (kit, failing) => {
  await makeRole(kit, 'Editor')
  const tenantId = await makeTenant(kit, 'Acme')
  const body = (loginId: string) => {
    const grants = { roleNames: ['Editor'], userTenants: [{ tenantId, roleNames: ['Editor'] }] }
    return { loginId, password: goodPassword, additionalLoginIds: [`also.${loginId}`], invite: true, ...grants }
  }
  const names = await callsOf(failing, () => create(kit, body('first@example.com')))
  assert.ok(names.length > 10, String(names))
  for (const [index, name] of names.entries()) {
    const loginId = `user${index}@example.com`
    const before = failing.failures()
    failing.fail(name)
    const answer = await call(kit, 'create', body(loginId))
    failing.fail()
    // What is cached is not called.
    if (failing.failures() === before) continue
    assert.ok(answer.status >= 500, `${name}: ${answer.status}`)
    for (const id of [loginId, `also.${loginId}`]) assert.equal((await call(kit, `?loginId=${encodeURIComponent(id)}`)).status, 404, name)
    assert.ok(!(await kit.mails()).some(({ to }) => to === loginId), name)
    assert.equal((await create(kit, body(loginId))).userTenants.length, 1, 'and then it works')
  }
})

withStorage('RL-01, RL-11: whichever call fails, a user is changed wholly or not at all', failingStorage, async (kit, failing) => {
  await makeRole(kit, 'Editor')
  const tenantId = await makeTenant(kit, 'Acme')
  await create(kit, { loginId: 'ada', email: 'ada@example.com' })
  const change = (index: number) => {
    const grants = { roleNames: ['Editor'], userTenants: [{ tenantId, roleNames: ['Editor'] }] }
    return { loginId: 'ada', email: `new${index}@example.com`, additionalLoginIds: [`also ${index}`], status: 'disabled', ...grants }
  }
  const names = await callsOf(failing, () => done(kit, 'update', change(0)))
  for (const [index, name] of names.entries()) {
    const before = await load(kit, 'ada')
    const failures = failing.failures()
    failing.fail(name)
    const answer = await call(kit, 'update', change(index + 1))
    failing.fail()
    if (failing.failures() === failures) continue
    assert.ok(answer.status >= 500, `${name}: ${answer.status}`)
    assert.deepEqual(await load(kit, 'ada'), before, name)
    kit.clock.advance(3_600)
  }
})

/** A storage that says it is not ready when it shall store a user of a certain name. */
function notReadyFor(name: string) {
  return (inner: Storage): { readonly storage: Storage } => {
    const wrapped = (storage: Storage): Storage => ({
      ...storage,
      transaction: (run) => storage.transaction((tx) => run(wrapped(tx))),
      users: {
        ...storage.users,
        insert: async (user, loginIds) => {
          if (loginIds[0]?.canonical === name) throw coreErrors.Unavailable()
          return storage.users.insert(user, loginIds)
        },
      },
    })
    return { storage: wrapped(inner) }
  }
}

withStorage('RL-05: a batch that fails on its way says what was done, and 503 only where nothing was', notReadyFor('c'), async (kit) => {
  const users = ['a', 'b', 'c', 'd'].map((loginId) => ({ loginId }))
  const answer = await done(kit, 'create/batch', { users })
  assert.deepEqual(
    answer.createdUsers.map(({ loginIds }: { loginIds: string[] }) => loginIds[0]),
    ['a', 'b'],
  )
  assert.deepEqual(
    answer.failedUsers.map(({ failure, user }: { failure: string; user: { loginIds: string[] } }) => [user.loginIds[0], failure]),
    [
      ['c', 'Service is not ready'],
      ['d', 'Service is not ready'],
    ],
  )
  assert.equal((await call(kit, 'create/batch', { users: users.slice(2) })).status, 503)
  assert.equal((await call(kit, '?loginId=d')).status, 404)
})
