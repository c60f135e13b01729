import assert from 'node:assert/strict'
import { onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

const keysOf = ({ newSdk, managementKey }: Target) => newSdk({ managementKey }).management.managementKey
const fullAccess = { companyRoles: ['company-full-access'] }

check('management.managementKey.create, load, search: the text is shown once', async (target) => {
  const keys = keysOf(target)
  const made = succeeded(await keys.create('CI', fullAccess, 'nightly', 3600, ['127.0.0.0/8', '::1']))
  assert.ok(made.cleartext.length > 40)
  const { key } = made
  assert.partialDeepStrictEqual(key, { name: 'CI', description: 'nightly', status: 'active', permittedIps: ['127.0.0.0/8', '::1'] })
  assert.equal(key.expireTime, key.createdTime + 3600)
  assert.deepEqual(succeeded(await keys.load(key.id)), key)
  const found = succeeded(await keys.search())
  assert.deepEqual(
    found.find(({ id }) => id === key.id),
    key,
  )
  const made2 = target.newSdk({ managementKey: made.cleartext })
  succeeded(await made2.management.accessKey.searchAll())
})

check('management.managementKey.update: a key is switched off and on again', async (target) => {
  const keys = keysOf(target)
  const { key, cleartext } = succeeded(await keys.create('switched', {}))
  const sdk = target.newSdk({ managementKey: cleartext })
  const opens = async () => (await sdk.management.accessKey.searchAll()).ok
  assert.equal(await opens(), true)
  const off = succeeded(await keys.update(key.id, 'renamed', 'described', 'inactive'))
  assert.partialDeepStrictEqual(off, { id: key.id, name: 'renamed', description: 'described', status: 'inactive' })
  assert.equal(await opens(), false)
  succeeded(await keys.update(key.id, 'renamed', '', 'active', ['203.0.113.0/24']))
  assert.equal(await opens(), false)
  succeeded(await keys.update(key.id, 'renamed', '', 'active', []))
  assert.equal(await opens(), true)
})

check('management.managementKey.delete: a key ends at once, and cannot end itself', async (target) => {
  const keys = keysOf(target)
  const { key, cleartext } = succeeded(await keys.create('deleted', {}))
  const sdk = target.newSdk({ managementKey: cleartext })
  refused(await sdk.management.managementKey.delete([key.id]), 403, 'E111120')
  succeeded(await keys.delete([key.id]))
  refused(await sdk.management.accessKey.searchAll(), 401, 'E111119')
  refused(await keys.load(key.id), 404, 'E111601')
  refused(await keys.delete([key.id]), 404, 'E111601')
})

check('management.managementKey.create: roles that are not known here are refused, not ignored', async (target) => {
  const { errorMessage } = refused(await keysOf(target).create('narrow', { companyRoles: ['company-support'] }), 400, 'E011004')
  assert.match(errorMessage, /reBac/)
})
