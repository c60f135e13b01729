import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import { publicKey } from '../test/fake-server.ts'
import { UnavailableError } from './errors.ts'
import { cachedKeys } from './keys.ts'

/** Keys of a server that serves `ids`, with a clock that is moved by hand. */
function setUp(ids: string[]) {
  const state = { ids, now: 1_000_000, fetches: 0, failure: undefined as Error | undefined }
  const keys = cachedKeys({
    fetchKeySet: async () => {
      state.fetches++
      if (state.failure) throw state.failure
      return { keys: state.ids.map(publicKey) }
    },
    monotonicMilliseconds: () => state.now,
  })
  return { state, keys }
}

/** Lets work that nobody waits for come to its end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const unknown = { name: 'TokenError', reason: 'unknownKey' }
const down = new UnavailableError('network', 'down')

test('keys are fetched once, at the first use', async () => {
  const { state, keys } = setUp(['A', 'B'])
  assert.equal(state.fetches, 0)
  for (const kid of ['A', 'B', 'A']) await keys.byId(kid)
  assert.equal(state.fetches, 1)
})

test('callers at the same time share one fetch', async () => {
  const { state, keys } = setUp(['A'])
  await Promise.all(Array.from({ length: 20 }, () => keys.byId('A')))
  assert.equal(state.fetches, 1)
})

test('an unknown key ID is looked for at most every 30 s', async () => {
  const { state, keys } = setUp(['A'])
  await keys.byId('A')
  for (let i = 0; i < 100; i++) await assert.rejects(keys.byId(`junk${i}`), unknown)
  assert.equal(state.fetches, 1)
  state.now += 30_000
  await Promise.all(Array.from({ length: 50 }, (_, i) => assert.rejects(keys.byId(`junk${i}`), unknown)))
  assert.equal(state.fetches, 2)
})

test('JW-06: a new key is found, and a withdrawn one is dropped with it', async () => {
  const { state, keys } = setUp(['A'])
  await keys.byId('A')
  state.ids = ['B']
  state.now += 30_000
  await keys.byId('B')
  assert.equal(state.fetches, 2)
  await assert.rejects(keys.byId('A'), unknown)
})

test('JW-06: a withdrawn key is dropped in the background after 10 minutes, without a wait', async () => {
  const { state, keys } = setUp(['A'])
  await keys.byId('A')
  state.ids = ['B']
  state.now += 600_001
  await keys.byId('A')
  await settle()
  assert.equal(state.fetches, 2)
  await assert.rejects(keys.byId('A'), unknown)
})

test('known keys outlive an outage of a day, not more', async () => {
  const { state, keys } = setUp(['A'])
  await keys.byId('A')
  state.failure = down
  state.now += 86_400_000
  await keys.byId('A')
  await settle()
  assert.equal(state.fetches, 2)
  await keys.byId('A')
  assert.equal(state.fetches, 2)
  state.now += 1
  await assert.rejects(keys.byId('A'), down)
})

test('an unknown key ID during an outage is not called wrong', async () => {
  const { state, keys } = setUp(['A'])
  await keys.byId('A')
  state.failure = down
  state.now += 30_000
  for (let i = 0; i < 10; i++) await assert.rejects(keys.byId('B'), down)
  assert.equal(state.fetches, 2)
  await keys.byId('A')
  state.failure = undefined
  state.ids = ['A', 'B']
  state.now += 30_000
  await keys.byId('B')
})

test('a first fetch that fails is tried again after a second', async () => {
  const { state, keys } = setUp(['A'])
  state.failure = down
  for (let i = 0; i < 10; i++) await assert.rejects(keys.byId('A'), down)
  assert.equal(state.fetches, 1)
  state.failure = undefined
  state.now += 1000
  await keys.byId('A')
  assert.equal(state.fetches, 2)
})

test('one caller that gives up does not end the fetch for the others', async () => {
  const { state, keys } = setUp(['A'])
  const controller = new AbortController()
  const reason = new Error('enough')
  const [gone, stays] = [keys.byId('A', controller.signal), keys.byId('A')]
  controller.abort(reason)
  await assert.rejects(gone, reason)
  await stays
  assert.equal(state.fetches, 1)
})

const small = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
const smallJwk = { ...(await exportJWK(small.publicKey)), kid: 'X', alg: 'RS256', use: 'sig' }

for (const [name, odd] of [
  ['an EC key', { ...publicKey('X'), kty: 'EC' }],
  ['another algorithm', { ...publicKey('X'), alg: 'RS512' }],
  ['a key for encryption', { ...publicKey('X'), use: 'enc' }],
  ['a key without an ID', { ...publicKey('X'), kid: undefined }],
  ['a modulus of 1024 bits', { ...smallJwk, n: smallJwk.n?.slice(0, 171) }],
  ['an exponent of 1', { ...publicKey('X'), e: 'AQ' }],
  ['a modulus that is not base64url', { ...publicKey('X'), n: '?'.repeat(342) }],
  ['null', null],
  ['text', 'X'],
] as const) {
  test(`a key that cannot be used is skipped, the others work: ${name}`, async () => {
    const keys = cachedKeys({ fetchKeySet: async () => ({ keys: [odd, publicKey('A')] }), monotonicMilliseconds: () => 1_000_000 })
    await keys.byId('A')
    await assert.rejects(keys.byId('X'), unknown)
  })
}

for (const set of [undefined, null, [], {}, { keys: {} }, 'keys']) {
  test(`no key set: ${JSON.stringify(set)}`, async () => {
    const keys = cachedKeys({ fetchKeySet: async () => set, monotonicMilliseconds: () => 0 })
    await assert.rejects(keys.byId('A'), { name: 'UnavailableError', reason: 'reply' })
  })
}

test('private members of a key are not taken in', async () => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'A', alg: 'RS256', use: 'sig' }
  const keys = cachedKeys({ fetchKeySet: async () => ({ keys: [jwk] }), monotonicMilliseconds: () => 0 })
  assert.equal((await keys.byId('A')).type, 'public')
})
