import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DatabaseKind, databases, type TestDatabase } from '../test/databases.ts'
import { createKit } from '../test/kit.ts'
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
}
