import assert from 'node:assert/strict'
import { type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { create, done, eventsOf, load, patch, refused } from './test-world.ts'

function give(kit: Kit, userId: string, kind: string, lookup: string, data: unknown): Promise<boolean> {
  const now = kit.clock.nowSeconds()
  const record = { projectId: kit.projectId, userId, kind, lookup, data, version: 1 }
  return kit.auth.deps.storage.credentials.insert({ ...record, createdAt: now, modifiedAt: now, origin: '', isForeign: false })
}

onEveryDatabase('passkeys: listed, and taken away one by one and all', async (kit) => {
  const { userId } = await create(kit, { loginId: 'ada' })
  assert.deepEqual(await done(kit, 'passkeys/list', { loginId: 'ada' }), { passkeys: [] })
  await give(kit, userId, 'webauthn', 'k1', { rpId: 'example.com', displayName: 'Phone', kind: 'platform', publicKey: 'not shown' })
  await give(kit, userId, 'webauthn', 'k2', { rpId: 5 })
  await give(kit, userId, 'webauthn', 'k3', null)
  const createdTime = kit.clock.nowSeconds()
  assert.deepEqual(await done(kit, 'passkeys/list', { identifier: 'ada' }), {
    passkeys: [
      { id: 'k1', rpId: 'example.com', kind: 'platform', displayName: 'Phone', createdTime },
      { id: 'k2', rpId: '', kind: '', displayName: '', createdTime },
      { id: 'k3', rpId: '', kind: '', displayName: '', createdTime },
    ],
  })
  assert.equal((await load(kit, 'ada')).webauthn, true)
  assert.deepEqual(await done(kit, 'passkey/delete', { loginId: 'ada', credentialId: 'k1' }), {})
  await refused(kit, [404, 'E112106'], 'passkey/delete', { loginId: 'ada', credentialId: 'k1' })
  assert.equal((await done(kit, 'passkeys/list', { loginId: 'ada' })).passkeys.length, 2)
  for (let round = 0; round < 2; round++) assert.deepEqual(await done(kit, 'passkeys/delete', { loginId: 'ada' }), {})
  assert.equal((await load(kit, 'ada')).webauthn, false)
  for (const path of ['passkeys/list', 'passkeys/delete', 'totp/delete']) await refused(kit, [404, 'E112102'], path, { loginId: 'nobody' })
})

onEveryDatabase('totp: the seed is taken away, and again is fine', async (kit) => {
  const { createdUsers } = await done(kit, 'create/batch', { users: [{ loginId: 'ada', seed: 'JBSWY3DPEHPK3PXP' }] })
  assert.equal(createdUsers[0].TOTP, true)
  for (let round = 0; round < 2; round++) assert.deepEqual(await done(kit, 'totp/delete', { loginId: 'ada' }), {})
  assert.equal((await load(kit, 'ada')).TOTP, false)
  const counts = (await eventsOf(kit, createdUsers[0].userId)).filter(([type]) => type === 'totp.delete').map(([, data]) => data)
  assert.deepEqual(new Set(counts.map((data) => JSON.stringify(data))), new Set(['{"count":1}', '{"count":0}']))
})

onEveryDatabase('trusted devices: listed for several users, with times as texts, and removed', async (kit) => {
  const ada = await create(kit, { loginId: 'ada' })
  const bob = await create(kit, { loginId: 'bob' })
  const times = { lastLoginTime: 1_700_000_000, expirationTime: 1_800_000_000 }
  await give(kit, ada.userId, 'trustedDevice', 'd1', { name: 'Laptop', deviceType: 'desktop', lastLocation: 'Berlin', ...times })
  await give(kit, bob.userId, 'trustedDevice', 'd2', {})
  const { devices } = await done(kit, 'trusteddevices/list', { identifiers: ['ada', bob.userId, 'ada'] })
  assert.deepEqual(devices, [
    {
      ...{ id: 'd1', userId: ada.userId, name: 'Laptop', deviceType: 'desktop', lastLocation: 'Berlin', isCurrentDevice: false },
      ...{ lastLoginTime: '1700000000', expirationTime: '1800000000' },
    },
    {
      ...{ id: 'd2', userId: bob.userId, name: '', deviceType: '', lastLocation: '', isCurrentDevice: false },
      ...{ lastLoginTime: '0', expirationTime: '0' },
    },
  ])
  assert.equal((await done(kit, 'trusteddevices/list', { loginId: 'bob' })).devices.length, 1, 'as older clients ask')
  await refused(kit, [404, 'E112102'], 'trusteddevices/list', { identifiers: ['ada', 'nobody'] })
  await done(kit, 'trusteddevices/remove', { identifier: 'ada', deviceIds: ['d2', 'none'] })
  assert.equal((await done(kit, 'trusteddevices/list', { identifiers: ['ada', 'bob'] })).devices.length, 2, "nobody else's")
  await done(kit, 'trusteddevices/remove', { loginId: 'ada', ids: ['d1', 'none'] })
  assert.deepEqual(await done(kit, 'trusteddevices/list', { identifiers: ['ada'] }), { devices: [] })
})

const define = (kit: Kit, attributes: object[]) => done(kit, 'customattribute/create', { attributes })

onEveryDatabase('custom attributes: defined, listed, and taken away', async (kit) => {
  assert.deepEqual(await done(kit, 'customattributes'), { data: [] })
  const plan = { name: 'plan', type: 4, options: [{ value: 'free', label: 'Free' }, { label: 'paid' }], displayName: 'Plan' }
  const { data } = await define(kit, [
    { name: 'age', type: 2, defaultValue: {}, viewPermissions: [], editPermissions: ['User Admin'], editable: true },
    plan,
    { name: 'isPaid', type: 'boolean' },
  ])
  const none = { defaultValue: null, viewPermissions: [], editPermissions: [] }
  assert.deepEqual(data, [
    { ...none, name: 'age', type: 2, displayName: 'age', options: [], defaultValue: {}, editPermissions: ['User Admin'] },
    { ...none, name: 'isPaid', type: 3, displayName: 'isPaid', options: [] },
    {
      ...none,
      ...{ name: 'plan', type: 4, displayName: 'Plan' },
      options: [
        { value: 'free', label: 'Free' },
        { value: 'paid', label: 'paid' },
      ],
    },
  ])
  assert.deepEqual(await done(kit, 'customattributes'), { data })
  await refused(kit, [400, 'E112107'], 'customattribute/create', {
    attributes: [
      { name: 'new', type: 1 },
      { name: 'age', type: 1 },
    ],
  })
  const twice = [
    { name: 'twice', type: 1 },
    { name: 'twice', type: 2 },
  ]
  await refused(kit, [400, 'E112107'], 'customattribute/create', { attributes: twice })
  for (const bad of [
    { name: 'a b', type: 1 },
    { name: 'x', type: 7 },
    { name: 'x' },
    { name: '', type: 1 },
    { name: 'n'.repeat(61), type: 1 },
  ]) {
    await refused(kit, [400, 'E011003'], 'customattribute/create', { attributes: [bad] })
  }
  const large = { name: 'large', type: 1, defaultValue: 'x'.repeat(1023) }
  await refused(kit, [400, 'E011003'], 'customattribute/create', { attributes: [large] })
  assert.deepEqual(await done(kit, 'customattribute/delete', { names: ['age', 'isPaid', 'none'] }), { data: data.slice(2) })
  const many = Array.from({ length: 100 }, (_, index) => ({ name: `a${index}`, type: 1 }))
  await refused(kit, [400, 'E011003'], 'customattribute/create', { attributes: many })
  assert.equal((await define(kit, many.slice(1))).data.length, 100)
})

onEveryDatabase('custom attributes: values are checked by every call that writes them', async (kit) => {
  await create(kit, { loginId: 'old', customAttributes: { age: 'ten' } })
  await define(kit, [
    { name: 'age', type: 1 + 1 },
    { name: 'tags', type: 5, options: [{ value: 'a', label: 'A' }] },
  ])
  const bad = { age: 'ten' }
  assert.match(
    await refused(kit, [400, 'E011003'], 'create', { loginId: 'new', customAttributes: bad }),
    /customAttributes\.age field must be a number/,
  )
  await refused(kit, [400, 'E011003'], 'update', { loginId: 'old', customAttributes: bad })
  await refused(kit, [400, 'E011003'], 'patch', { loginId: 'old', customAttributes: { tags: ['b'] } }, { method: 'PATCH' })
  await refused(kit, [400, 'E011003'], 'update/customAttribute', { loginId: 'old', attributeKey: 'age', attributeValue: 'ten' })
  const batch = await done(kit, 'create/batch', {
    users: [
      { loginId: 'x', customAttributes: bad },
      { loginId: 'y', customAttributes: { age: 1 } },
    ],
  })
  assert.deepEqual([batch.createdUsers.length, batch.failedUsers.length], [1, 1])
  const kept = await patch(kit, { loginId: 'old', customAttributes: { tags: ['a'], free: { form: true } } })
  assert.deepEqual(kept.customAttributes, { age: 'ten', tags: ['a'], free: { form: true } }, 'what was there before stays')
  await done(kit, 'customattribute/delete', { names: ['age'] })
  assert.equal((await patch(kit, { loginId: 'old', customAttributes: { age: [1] } })).customAttributes.age[0], 1)
  const filled = Object.fromEntries(Array.from({ length: 97 }, (_, index) => [`n${index}`, index]))
  await patch(kit, { loginId: 'old', customAttributes: filled })
  await refused(kit, [400, 'E011003'], 'patch', { loginId: 'old', customAttributes: { more: 1 } }, { method: 'PATCH' })
})

onEveryDatabase('of calls at once that define one attribute, one does', async (kit) => {
  const call = (type: number) => kit.manage('/v1/mgmt/user/customattribute/create', { body: { attributes: [{ name: 'same', type }] } })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => call(1 + (index % 3))))
  assert.deepEqual(answers.filter(({ status }) => status === 200).length, 1)
})
