import assert from 'node:assert/strict'
import { onEveryDatabase } from '../../../test/kit.ts'
import { accessKeyKit, claimsOf, idForm, keyForm } from './test-access-keys.ts'

onEveryDatabase('a key is made with every field of the contract, and its text is told once', async (kit) => {
  const { make, load } = accessKeyKit(kit)
  const answer = await kit.manage('/v1/mgmt/accesskey/create', { body: { name: 'program' } })
  const { cleartext, key } = answer.body
  assert.match(cleartext, keyForm)
  assert.match(key.id, idForm)
  const now = kit.clock.nowSeconds()
  assert.deepEqual(key, {
    id: key.id,
    name: 'program',
    description: '',
    roleNames: [],
    keyTenants: [],
    status: 'active',
    createdTime: now,
    expireTime: 0,
    createdBy: kit.managementKey.split('.')[0],
    clientId: '',
    boundUserId: '',
    customClaims: {},
    permittedIps: [],
    editable: true,
    customAttributes: {},
  })
  const loaded = await kit.manage(`/v1/mgmt/accesskey?id=${key.id}`)
  assert.deepEqual(loaded.body, { key })
  assert.ok(!loaded.text.includes(cleartext.split('.')[1]), 'MG-01: the secret is not told again')
  const full = await make({
    ...{ name: 'second', description: 'nightly', expireTime: String(now + 3600), customClaims: { k1: 'v1' } },
    ...{ permittedIps: ['10.0.0.1', '192.168.1.0/24'], customAttributes: { team: 'red' } },
  })
  assert.partialDeepStrictEqual(await load(full.key.id), {
    ...{ name: 'second', description: 'nightly', expireTime: now + 3600, customClaims: { k1: 'v1' } },
    ...{ permittedIps: ['10.0.0.1', '192.168.1.0/24'], customAttributes: { team: 'red' } },
  })
})

onEveryDatabase('what is wrong with a new key is said, and nothing is made', async (kit) => {
  const now = kit.clock.nowSeconds()
  const definition = { type: 'number', displayName: 'Size', options: [], defaultValue: null, viewPermissions: [], editPermissions: [] }
  await kit.auth.deps.storage.attributes.put({ projectId: kit.projectId, subject: 'accessKey', name: 'size', definition, createdAt: now })
  for (const [body, status, code, message] of [
    [{}, 400, 'E011003', 'The name field is required'],
    [{ name: '' }, 400, 'E011003', 'The name field is required'],
    [{ name: 'k', expireTime: now - 1 }, 400, 'E011004', 'The expiry is in the past'],
    [{ name: 'k', expireTime: now * 1000 }, 400, 'E011003', 'The expireTime field is invalid'],
    [{ name: 'k', permittedIps: ['10.0.0.0/33'] }, 400, 'E011003', 'The permittedIps.0 field is invalid'],
    [{ name: 'k', permittedIps: ['example.com'] }, 400, 'E011003', 'The permittedIps.0 field is invalid'],
    [{ name: 'k', customClaims: { sub: 'U1' } }, 400, 'E011004', 'These claims are reserved: sub'],
    [{ name: 'k', customClaims: { x: 'x'.repeat(2100) } }, 400, 'E011003', 'The customClaims field is invalid'],
    [{ name: 'k', customAttributes: { size: 'large' } }, 400, 'E011003', 'The customAttributes.size field must be a number'],
    [{ name: 'k', roleNames: ['nobody has this'] }, 404, 'E111301', undefined],
    [{ name: 'k', keyTenants: [{ tenantId: 'Tnowhere' }] }, 404, 'E111401', undefined],
    [{ name: 'k', userId: 'Unobody' }, 404, 'E112102', undefined],
  ] as const) {
    const answer = await kit.manage('/v1/mgmt/accesskey/create', { body })
    assert.deepEqual([answer.status, answer.body.errorCode], [status, code], answer.text)
    if (message) assert.equal(answer.body.errorMessage, message)
  }
  const { body } = await kit.manage('/v1/mgmt/accesskey/search', { body: {} })
  assert.deepEqual(body, { keys: [] })
})

onEveryDatabase('roles and tenants of a key are named, shown, changed one without the other, and emptied', async (kit) => {
  const { make, load, update, role, tenant } = accessKeyKit(kit)
  await role('Reader', ['read'])
  await role('Writer', ['write'])
  const [red, blue] = [await tenant('red'), await tenant('blue')]
  const { key } = await make({ roleNames: ['Reader'], keyTenants: [{ tenantId: red, roleNames: ['Writer'] }] })
  assert.deepEqual(key.roleNames, ['Reader'])
  assert.deepEqual(key.keyTenants, [{ tenantId: red, tenantName: 'red', roleNames: ['Writer'] }])
  assert.deepEqual(await load(key.id), key)

  const other = await update({ id: key.id, name: key.name, roleNames: ['Writer'] })
  assert.deepEqual([other.roleNames, other.keyTenants], [['Writer'], key.keyTenants])
  const moved = await update({ id: key.id, name: key.name, keyTenants: [{ tenantId: blue, roleNames: ['Reader'] }] })
  assert.deepEqual([moved.roleNames, moved.keyTenants], [['Writer'], [{ tenantId: blue, tenantName: 'blue', roleNames: ['Reader'] }]])
  const bare = await update({ id: key.id, name: key.name, roleNames: [], keyTenants: [] })
  assert.deepEqual([bare.roleNames, bare.keyTenants], [[], []])
})

onEveryDatabase('an update changes what is sent; null keeps, an empty text empties', async (kit) => {
  const { make, load, update } = accessKeyKit(kit)
  const { key } = await make({ name: 'AAA', description: 'hey', customClaims: { a: 1 }, permittedIps: ['10.0.0.1'] })
  kit.clock.advance(5)
  const renamed = await update({ id: key.id, name: 'ABA', description: null })
  assert.deepEqual(renamed, { ...key, name: 'ABA' })
  assert.deepEqual(await load(key.id), renamed)
  const emptied = await update({ id: key.id, name: 'ABA', description: '', customClaims: {}, permittedIps: [] })
  assert.deepEqual(emptied, { ...renamed, description: '', customClaims: {}, permittedIps: [] })
  for (const [body, status, code] of [
    [{ id: key.id }, 400, 'E011003'],
    [{ id: key.id, name: '' }, 400, 'E011003'],
    [{ id: key.id, name: 'x', customClaims: { roles: ['admin'] } }, 400, 'E011004'],
    [{ id: 'AKnothing', name: 'x' }, 404, 'E111501'],
  ] as const) {
    const answer = await kit.manage('/v1/mgmt/accesskey/update', { body })
    assert.deepEqual([answer.status, answer.body.errorCode], [status, code])
  }
  assert.equal((await load(key.id)).name, 'ABA')
})

onEveryDatabase('keys are found by tenant, user, maker and attribute, in pages, and never those of another project', async (kit) => {
  const { make, search, tenant } = accessKeyKit(kit)
  const red = await tenant('red')
  const { user } = await kit.signUp('owner@example.com')
  const names: string[] = []
  for (const facts of [
    { name: 'plain' },
    { name: 'tenant', keyTenants: [{ tenantId: red }] },
    { name: 'bound', userId: user.userId },
    { name: 'marked', customAttributes: { team: 'red', size: 3 } },
  ]) {
    kit.clock.advance(1)
    await make(facts)
    names.unshift(facts.name)
  }
  const maker = kit.managementKey.split('.')[0]
  for (const [query, expected] of [
    [{}, names],
    [{ tenantIds: [], boundUserId: '', creatingUser: '' }, names],
    [{ tenantIds: [red] }, ['tenant']],
    [{ tenantIds: ['Tnowhere'] }, []],
    [{ boundUserId: user.userId }, ['bound']],
    [{ creatingUser: maker }, names],
    [{ creatingUser: 'Knobody' }, []],
    [{ customAttributes: { team: 'red' } }, ['marked']],
    [{ customAttributes: { team: 'red', size: 4 } }, []],
    [{ customAttributes: { size: [3, 4] } }, ['marked']],
    [{ limit: 3 }, names.slice(0, 3)],
    [{ limit: 3, page: 1 }, names.slice(3)],
  ] as const) {
    assert.deepEqual(
      (await search(query)).map((key) => key.name),
      expected,
      JSON.stringify(query),
    )
  }
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const call = { token: other.managementKey, projectId: other.projectId }
  assert.deepEqual((await kit.call('/v1/mgmt/accesskey/search', { ...call, body: {} })).body, { keys: [] })
  const [{ id }] = (await search({ boundUserId: user.userId })) as [{ id: string }]
  assert.equal((await kit.call(`/v1/mgmt/accesskey?id=${id}`, call)).status, 404)
  assert.equal((await kit.call('/v1/mgmt/accesskey/delete', { ...call, body: { id } })).status, 404)
  assert.equal((await kit.manage('/v1/mgmt/accesskey/search', { body: { limit: 201 } })).status, 400)
})

onEveryDatabase('batches do all or nothing, whatever is twice in them', async (kit) => {
  const { make, load, search } = accessKeyKit(kit)
  const ids = [(await make()).key.id, (await make()).key.id]
  const act = async (verb: string, given: readonly string[]) =>
    (await kit.manage(`/v1/mgmt/accesskey/${verb}/batch`, { body: { ids: given } })).status
  const statuses = async () => (await Promise.all(ids.map(load))).map((key) => key.status)

  assert.equal(await act('deactivate', [...ids, 'AKnothing']), 404)
  assert.deepEqual(await statuses(), ['active', 'active'])
  assert.equal(await act('deactivate', [...ids, ids[0]]), 200)
  assert.deepEqual(await statuses(), ['inactive', 'inactive'])
  assert.equal(await act('activate', ids), 200)
  assert.deepEqual(await statuses(), ['active', 'active'])
  assert.equal(await act('delete', [...ids, 'AKnothing']), 404)
  assert.equal((await search({})).length, 2)
  assert.equal(await act('delete', [...ids, ids[1]]), 200)
  assert.deepEqual(await search({}), [])
  assert.equal(await act('delete', []), 200)
})

onEveryDatabase('every change is in the audit trail, with the key that made it and no secret', async (kit) => {
  const { make, update } = accessKeyKit(kit)
  const { key, cleartext } = await make()
  await update({ id: key.id, name: 'renamed' })
  const rotated = await kit.manage('/v1/mgmt/accesskey/rotate', { body: { id: key.id } })
  const acts = ['deactivate', 'activate', 'delete'] as const
  for (const act of acts) await kit.manage(`/v1/mgmt/accesskey/${act}`, { body: { id: key.id } })
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { limit: 200 })
  const mine = events.filter((event) => event.type.startsWith('accessKey.'))
  assert.deepEqual(mine.map((event) => event.type.split('.')[1]).toSorted(), [...acts, 'create', 'rotate', 'update'].toSorted())
  for (const event of mine) {
    assert.deepEqual([event.actorKind, event.actorId], ['managementKey', kit.managementKey.split('.')[0]])
    assert.deepEqual([event.outcome, event.data], ['success', { accessKeyId: key.id }])
  }
  for (const text of [cleartext, rotated.body.cleartext]) assert.ok(!JSON.stringify(events).includes(text.split('.')[1]))
})

onEveryDatabase('MG-05: a key that may not impersonate makes, changes and rotates no key that speaks for a user', async (kit) => {
  const { make, limitedKey } = accessKeyKit(kit)
  const { user } = await kit.signUp('owner@example.com')
  const { key, cleartext } = await make({ userId: user.userId })
  const token = await limitedKey({ denied: ['impersonation'] })
  for (const [path, body] of [
    ['create', { name: 'x', userId: user.userId }],
    ['create', { name: 'x', userId: 'Unobody' }],
    ['update', { id: key.id, name: 'x' }],
    ['rotate', { id: key.id }],
  ] as const) {
    const answer = await kit.call(`/v1/mgmt/accesskey/${path}`, { token, body })
    assert.deepEqual([answer.status, answer.body.errorCode], [403, 'E111120'], path)
  }
  assert.equal((await kit.call('/v1/mgmt/accesskey/create', { token, body: { name: 'x' } })).status, 200)
  const { sessionJwt } = (await kit.call('/v1/auth/accesskey/exchange', { token: cleartext, body: {} })).body
  assert.equal(claimsOf(sessionJwt).sub, user.userId)
})
