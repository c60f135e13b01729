import assert from 'node:assert/strict'
import { openStorage } from '../../src/storage/open.ts'
import { contract, race, winners } from './records.ts'

contract('leases: one holder at a time, over several connections', async ({ storage, url, here }) => {
  const second = await openStorage({ database: url })
  try {
    const taken = await race(20, (index) => (index % 2 ? storage : second).leases.take(here, `holder ${index}`, 60))
    assert.equal(winners(taken), 1)
    const holder = `holder ${taken.indexOf(true)}`
    assert.equal(await second.leases.take(here, holder, 60), true, 'the holder prolongs it')
    assert.equal(await storage.leases.take(here, 'somebody else', 60), false)
    assert.equal(await storage.leases.take(`${here}, another`, 'somebody else', 60), true, 'another lease is free')
  } finally {
    await second.close()
  }
})

contract('leases: given back by its holder, it is free at once', async ({ storage, here }) => {
  assert.equal(await storage.leases.take(here, 'a', 60), true)
  await storage.leases.release(here, 'b')
  assert.equal(await storage.leases.take(here, 'b', 60), false, 'nobody gives back what is not theirs')
  await storage.leases.release(here, 'a')
  assert.equal(await storage.leases.take(here, 'b', 60), true)
})

contract('leases: one that has run out passes on, and its old holder is not in it any more', async ({ storage, here }) => {
  assert.equal(await storage.leases.take(here, 'dead', 0), true)
  assert.equal(await storage.leases.take(here, 'alive', 60), true)
  assert.equal(await storage.leases.take(here, 'dead', 60), false)
})

contract('RL-07: a lease from before the clock was set back holds nobody up', async ({ storage, here }) => {
  assert.equal(await storage.leases.take(here, 'before', 3_600), true)
  assert.equal(await storage.leases.take(here, 'after', 60), true)
})

contract('leases: whoever wants one that a transaction takes, waits for its end', async ({ storage, here }) => {
  const failed = storage.transaction(async (tx) => {
    await tx.leases.take(here, 'a', 60)
    throw new Error('rolled back')
  })
  const [other] = await Promise.all([storage.leases.take(here, 'b', 60), assert.rejects(failed, /rolled back/)])
  // Before the transaction or after it: what was rolled back never counted.
  assert.equal(other || (await storage.leases.take(here, 'b', 60)), true)
})
