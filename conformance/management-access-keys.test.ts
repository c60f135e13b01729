import assert from 'node:assert/strict'
import { claimsOf, onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

function setUp({ newSdk, managementKey }: Target) {
  const sdk = newSdk({ managementKey })
  return { sdk, keys: sdk.management.accessKey }
}

check('management.accessKey.create, load: the text is shown once', async (target) => {
  const { keys } = setUp(target)
  const expireTime = Math.floor(Date.now() / 1000) + 3600
  const claims = { k1: 'v1' }
  const made = succeeded(
    await keys.create('CI', expireTime, [], [], undefined, claims, 'hey', ['10.0.0.1', '192.168.1.0/24'], { team: 'red' }),
  )
  assert.ok(made.cleartext.length > 40)
  const loaded = succeeded(await keys.load(made.key.id))
  assert.deepEqual(loaded, made.key)
  assert.partialDeepStrictEqual(loaded, {
    ...{ name: 'CI', status: 'active', description: 'hey', permittedIps: ['10.0.0.1', '192.168.1.0/24'], roleNames: [], keyTenants: [] },
    ...{ expireTime, customClaims: claims, customAttributes: { team: 'red' }, boundUserId: '', clientId: '' },
  })
})

check('management.accessKey.create: a name is needed', async (target) => {
  const { errorMessage } = refused(await setUp(target).keys.create('', 0), 400, 'E011003')
  assert.equal(errorMessage, 'The name field is required')
})

check('management.accessKey.update: a description that is not sent stays', async (target) => {
  const { keys } = setUp(target)
  const { key } = succeeded(await keys.create('AAA', 0, undefined, undefined, undefined, undefined, 'hey'))
  const updated = succeeded(await keys.update(key.id, 'ABA'))
  assert.deepEqual([updated.name, updated.description], ['ABA', 'hey'])
  const described = succeeded(await keys.update(key.id, 'ABA', 'hello there', undefined, undefined, { k: 1 }, ['127.0.0.0/8']))
  assert.partialDeepStrictEqual(described, { description: 'hello there', customClaims: { k: 1 }, permittedIps: ['127.0.0.0/8'] })
})

check('management.accessKey.searchAll', async (target) => {
  const { sdk, keys } = setUp(target)
  const { userId } = await target.signUp('searched')
  const { key } = succeeded(await keys.create('searched', 0, undefined, undefined, userId, undefined, undefined, undefined, { mark: 'x' }))
  for (const found of [
    await keys.searchAll(undefined, userId),
    await keys.searchAll([], undefined, undefined, { mark: 'x' }),
    await keys.searchAll(undefined, userId, target.managementKey.split('.')[0]),
  ]) {
    assert.deepEqual(
      succeeded(found).map(({ id }) => id),
      [key.id],
    )
  }
  assert.ok(succeeded(await keys.searchAll()).length >= 1)
  assert.deepEqual(succeeded(await sdk.management.accessKey.searchAll(['Tnowhere'])), [])
})

check('management.accessKey.deactivate, activate, delete and their batches', async (target) => {
  const { sdk, keys } = setUp(target)
  const [one, two] = [succeeded(await keys.create('one', 0)), succeeded(await keys.create('two', 0))]
  const ids = [one.key.id, two.key.id]
  const works = async () => (await sdk.accessKey.exchange(one.cleartext)).ok
  assert.equal(await works(), true)
  succeeded(await keys.deactivate(one.key.id))
  assert.equal(await works(), false)
  succeeded(await keys.activate(one.key.id))
  assert.equal(await works(), true)
  succeeded(await keys.deactivateBatch(ids))
  assert.equal(succeeded(await keys.load(two.key.id)).status, 'inactive')
  succeeded(await keys.activateBatch(ids))
  assert.equal(await works(), true)
  succeeded(await keys.delete(one.key.id))
  assert.equal(await works(), false)
  refused(await keys.load(one.key.id), 404, 'E111501')
  refused(await keys.deleteBatch(ids), 404, 'E111501')
  succeeded(await keys.deleteBatch([two.key.id]))
})

check('management.accessKey.rotate: the old text ends', async (target) => {
  const { sdk, keys } = setUp(target)
  const made = succeeded(await keys.create('rotated', 0))
  const rotated = succeeded(await keys.rotate(made.key.id))
  assert.equal(rotated.key.id, made.key.id)
  refused(await sdk.accessKey.exchange(made.cleartext), 401, 'E062803')
  succeeded(await sdk.accessKey.exchange(rotated.cleartext))
})

check('exchangeAccessKey: a session token with the claims of the key and, under nsec, of the call', async (target) => {
  const { sdk, keys } = setUp(target)
  const { key, cleartext } = succeeded(await keys.create('AK1', 0, undefined, undefined, undefined, { k1: 'v1' }))
  const { token, jwt } = await sdk.exchangeAccessKey(cleartext, { customClaims: { 'nsec-k1': 'nsec-v1' } })
  assert.partialDeepStrictEqual(token, { sub: key.id, k1: 'v1', nsec: { 'nsec-k1': 'nsec-v1' }, drn: 'DS', tenants: {} })
  assert.deepEqual((await sdk.validateSession(jwt)).token.sub, key.id)
  const { keyId, expiration } = succeeded(await sdk.accessKey.exchange(cleartext))
  assert.deepEqual([keyId, expiration > Date.now() / 1000], [key.id, true])
})

check('exchangeAccessKey: a key that is bound to a user speaks for the user', async (target) => {
  const { sdk, keys } = setUp(target)
  const { userId } = await target.signUp('bound')
  const { cleartext } = succeeded(await keys.create('bound', 0, undefined, undefined, userId))
  assert.equal((await sdk.exchangeAccessKey(cleartext)).token.sub, userId)
})

check('error E062802: no access key; E062803: an unknown one', async ({ sdk, url, projectId }) => {
  refused(await sdk.accessKey.exchange(`AK${'0'.repeat(27)}.${'A'.repeat(43)}`), 401, 'E062803')
  await assert.rejects(sdk.exchangeAccessKey('garbage'), /could not exchange access key/)
  const response = await fetch(`${url}/v1/auth/accesskey/exchange`, { method: 'POST', headers: { authorization: `Bearer ${projectId}` } })
  const { errorCode } = JSON.parse(await response.text())
  assert.deepEqual([response.status, errorCode], [401, 'E062802'])
})

check('exchangeAccessKey: the server itself takes no such token', async (target) => {
  const { sdk, keys } = setUp(target)
  const { cleartext } = succeeded(await keys.create('nowhere', 0))
  const { jwt } = await sdk.exchangeAccessKey(cleartext)
  assert.equal(claimsOf(jwt).drn, 'DS')
  refused(await sdk.refresh(jwt), 401, 'E064002')
  refused(await sdk.me(jwt), 401, 'E064002')
})
