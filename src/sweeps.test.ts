import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DatabaseKind, databases, type TestDatabase } from '../test/databases.ts'
import { createKit, type Kit } from '../test/kit.ts'
import { createSweeps } from './sweeps.ts'

const opened = new Map<DatabaseKind, TestDatabase>()
before(async () => {
  for (const kind of databases) opened.set(kind, await kind.open())
})
after(async () => {
  for (const database of opened.values()) await database.close()
})

for (const kind of databases) {
  test(`sweeps: of several processes one works, until it stops [${kind.name}]`, async () => {
    const storage = opened.get(kind)?.storage
    assert.ok(storage)
    const { auth } = await createKit(storage)
    const [first, second] = [createSweeps(auth.deps), createSweeps(auth.deps)]
    assert.deepEqual([await first.runOnce(), await second.runOnce(), await first.runOnce()], [true, false, true])
    await first.stop()
    assert.equal(await second.runOnce(), true)
    assert.equal(await first.runOnce(), false, 'who has stopped does nothing more')
    await second.stop()
  })

  test(`sweeps: one that was killed is followed when its lease has run out [${kind.name}]`, async () => {
    const storage = opened.get(kind)?.storage
    assert.ok(storage)
    const { auth } = await createKit(storage)
    const sweeps = createSweeps(auth.deps)
    assert.equal(await storage.leases.take('sweeps', 'killed', 600), true)
    assert.equal(await sweeps.runOnce(), false)
    assert.equal(await storage.leases.take('sweeps', 'killed', 0), true, 'its time is over')
    assert.equal(await sweeps.runOnce(), true)
    await sweeps.stop()
  })

  test(`sweeps: entries of the audit trail go when a project keeps them no longer, and only its own [${kind.name}]`, async () => {
    const storage = opened.get(kind)?.storage
    assert.ok(storage)
    const [kit, other] = [await createKit(storage), await createKit(storage)]
    for (const one of [kit, other]) for (let i = 0; i < 3; i++) await one.signUp(`ada${i}@example.com`)
    await kit.set({ project: { auditRetentionDays: 30 } })
    const times = async ({ projectId }: Kit) => {
      const all = { filter: {}, from: 0, to: Number.MAX_SAFE_INTEGER, isOldestFirst: true, limit: 200, offset: 0 }
      return ((await storage.events.search(projectId, all))?.items ?? []).map((event) => event.occurredAtMilliseconds)
    }
    const before = await times(other)
    const sweeps = createSweeps(kit.auth.deps)
    kit.clock.advance(29 * 86_400)
    await kit.signUp('grace@example.com')
    assert.equal(await sweeps.runOnce(), true)
    assert.equal((await times(kit))[0], before[0], 'nothing goes too early')
    kit.clock.advance(86_401)
    assert.equal(await sweeps.runOnce(), true)
    assert.deepEqual(new Set(await times(kit)), new Set([(kit.clock.nowSeconds() - 86_401) * 1000]))
    assert.deepEqual(await times(other), before)
    await sweeps.stop()
  })
}
