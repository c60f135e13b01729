import assert from 'node:assert/strict'
import { type Answer, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const path = '/v1/mgmt/managementkey'

function keyKit(kit: Kit) {
  const ok = (answer: Answer): Json => {
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  const put = (body: object, token = kit.managementKey) => kit.call(path, { method: 'PUT', token, body })
  const patch = (body: object, token = kit.managementKey) => kit.call(path, { method: 'PATCH', token, body })
  return {
    put,
    patch,
    make: async (facts: object = {}, token?: string): Promise<{ cleartext: string; key: Json }> =>
      ok(await put({ name: 'made', ...facts }, token)),
    change: async (facts: object, token?: string): Promise<Json> => ok(await patch(facts, token)).key,
    load: (id: string, token = kit.managementKey) => kit.call(`${path}?id=${id}`, { token }),
    search: async (query = ''): Promise<readonly Json[]> => ok(await kit.manage(`${path}/search${query}`)).keys,
    remove: (ids: readonly string[], token = kit.managementKey) => kit.call(`${path}/delete`, { token, body: { ids } }),
    /** Whether a key opens a route that reads, and one that writes. */
    async opens(token: string): Promise<readonly [read: number, write: number]> {
      const read = await kit.call('/v1/mgmt/license', { token })
      const write = await kit.call('/v1/mgmt/accesskey/create', { token, body: { name: 'x' } })
      return [read.status, write.status]
    },
  }
}

const ownId = (kit: Kit) => kit.managementKey.split('.')[0] ?? ''

onEveryDatabase('a key is made with every field of the SDKs, and its text is told once', async (kit) => {
  const { make, load, opens, search } = keyKit(kit)
  kit.clock.advance(1)
  const now = kit.clock.nowSeconds()
  const facts = { name: 'CI', description: 'nightly', expiresIn: '3600', permittedIps: ['127.0.0.1', '10.0.0.0/8'] }
  const { cleartext, key } = await make({ ...facts, reBac: { companyRoles: ['company-full-access'] } })
  assert.match(cleartext, /^K[0-9A-Za-z]{27}\.[\w-]{43}$/)
  assert.deepEqual(key, {
    ...{
      id: cleartext.split('.')[0] ?? '',
      name: 'CI',
      description: 'nightly',
      status: 'active',
      createdTime: now,
      expireTime: now + 3600,
    },
    ...{ createdBy: ownId(kit), permittedIps: ['127.0.0.1', '10.0.0.0/8'] },
    reBac: { companyRoles: [], projectRoles: [{ projectIds: [kit.projectId], roles: ['project-full-access'] }], tagRoles: [] },
    rights: { readOnly: false, denied: [], extra: [], tenantIds: [] },
  })
  const loaded = await load(key.id)
  assert.deepEqual(loaded.body, { key })
  const found = await search()
  assert.deepEqual(
    found.map(({ name }) => name),
    ['first key', 'CI'],
  )
  const secret = cleartext.split('.')[1] ?? ''
  assert.ok(!loaded.text.includes(secret) && !JSON.stringify(found).includes(secret), 'MG-01: the secret is not told again')
  assert.deepEqual(await opens(cleartext), [200, 200])
  kit.clock.advance(3600)
  assert.deepEqual(await opens(cleartext), [401, 401])
})

onEveryDatabase('what is wrong with a key is said, and nothing is made', async (kit) => {
  const { put, search } = keyKit(kit)
  for (const [body, code, message] of [
    [{}, 'E011003', /The name field is required/],
    [{ name: '' }, 'E011003', /The name field is required/],
    [{ name: 'x', expiresIn: -1 }, 'E011003', /expiresIn/],
    [{ name: 'x', permittedIps: ['nowhere'] }, 'E011003', /permittedIps\.0/],
    [{ name: 'x', rights: { denied: ['everything'] } }, 'E011003', /rights\.denied/],
    [{ name: 'x', rights: { isAdmin: true } }, 'E011003', /rights/],
    [{ name: 'x', rights: { tenantIds: ['Tnowhere'] } }, 'E111401', /Tenant not found/],
    [{ name: 'x', reBac: { companyRoles: ['company-support'] } }, 'E011004', /reBac/],
    [{ name: 'x', reBac: { projectRoles: [{ projectIds: ['Pother'], roles: ['project-full-access'] }] } }, 'E011004', /reBac/],
    [{ name: 'x', reBac: { tagRoles: [{ tags: ['a'], roles: ['project-full-access'] }] } }, 'E011004', /reBac/],
  ] as const) {
    const answer = await put(body)
    assert.equal(answer.body.errorCode, code, answer.text)
    assert.match(answer.body.errorMessage, message)
  }
  assert.equal((await search()).length, 1)
})

onEveryDatabase('MG-05: rights narrow a key, at once when they change', async (kit) => {
  const { make, change, opens, load } = keyKit(kit)
  const { cleartext, key } = await make({ rights: { readOnly: true, denied: ['impersonation'] } })
  assert.deepEqual(
    [key.rights, key.reBac.projectRoles[0].roles],
    [{ readOnly: true, denied: ['impersonation'], extra: [], tenantIds: [] }, []],
  )
  assert.deepEqual(await opens(cleartext), [200, 403])
  const wider = await change({ id: key.id, rights: { readOnly: false } })
  assert.deepEqual([wider.name, wider.rights.denied], ['made', ['impersonation']], 'what is not sent stays')
  assert.deepEqual(await opens(cleartext), [200, 200])
  await change({ id: key.id, name: 'renamed', description: 'why', permittedIps: ['10.0.0.0/8'] })
  assert.deepEqual(await opens(cleartext), [401, 401])
  const again = await change({ id: key.id, permittedIps: [] })
  assert.partialDeepStrictEqual(again, { name: 'renamed', description: 'why', permittedIps: [] })
  assert.deepEqual((await load(key.id)).body.key, again)
  assert.deepEqual(await opens(cleartext), [200, 200])
})

onEveryDatabase('MG-02: a key that is switched off or revoked is refused at once; one that is switched off comes back', async (kit) => {
  const { make, change, opens, remove, search, load, patch } = keyKit(kit)
  const { cleartext, key } = await make()
  assert.equal((await change({ id: key.id, status: 'inactive' })).status, 'inactive')
  assert.deepEqual(await opens(cleartext), [401, 401])
  assert.deepEqual(
    (await search('?status=inactive')).map(({ id }) => id),
    [key.id],
  )
  await change({ id: key.id, status: 'active' })
  assert.deepEqual(await opens(cleartext), [200, 200])
  assert.deepEqual((await remove([key.id, key.id])).body, { total: 1 })
  assert.deepEqual(await opens(cleartext), [401, 401])
  for (const gone of [await load(key.id), await patch({ id: key.id, name: 'x' }), await remove([key.id])]) {
    assert.deepEqual([gone.status, gone.body.errorCode], [404, 'E111601'])
  }
  assert.deepEqual((await search()).length, 1)
  assert.deepEqual((await remove([])).body, { total: 0 })
})

onEveryDatabase('MG-05: a key makes no wider key, leaves what it lacks to its children, and gives them no longer life', async (kit) => {
  const { make, put } = keyKit(kit)
  const maker = await make({ expiresIn: 3600, permittedIps: ['127.0.0.0/8'], rights: { denied: ['impersonation'] } })
  const latest = maker.key.expireTime
  const heir = await make({ permittedIps: [], expiresIn: 0 }, maker.cleartext)
  assert.partialDeepStrictEqual(heir.key, { expireTime: latest, permittedIps: ['127.0.0.0/8'], createdBy: maker.key.id })
  assert.deepEqual(heir.key.rights.denied, ['impersonation'])
  const narrow = { expiresIn: 60, permittedIps: ['127.0.0.1'], rights: { readOnly: true, denied: ['impersonation', 'projects'] } }
  assert.equal((await make(narrow, maker.cleartext)).key.rights.readOnly, true)
  for (const [name, body] of [
    ['what it is denied', { rights: { denied: [] } }],
    ['an extra right', { rights: { extra: ['hashExport'] } }],
    ['other networks', { permittedIps: ['10.0.0.0/8'] }],
    ['a wider network', { permittedIps: ['126.0.0.0/7'] }],
    ['a longer life', { expiresIn: 3601 }],
  ] as const) {
    const answer = await put({ name, ...body }, maker.cleartext)
    assert.deepEqual([answer.status, answer.body.errorCode], [403, 'E111120'], name)
  }
  assert.equal((await put({ name: 'x', rights: { extra: ['hashExport'] } })).status, 403, 'nor does a key without limits')
})

onEveryDatabase('MG-05: a key changes and revokes neither itself nor a wider one; a lost key can be stopped by its equals', async (kit) => {
  const { make, patch, remove, opens } = keyKit(kit)
  const { auth, projectId } = kit
  const exporting = await auth.api.createManagementKey({ projectId, name: 'export', rights: { extra: ['hashExport'] } })
  const limited = await make({ rights: { denied: ['impersonation'] } })
  for (const [name, answer] of [
    ['itself', await patch({ id: ownId(kit), name: 'x' })],
    ['itself, ending', await patch({ id: ownId(kit), status: 'inactive' })],
    ['itself, revoked', await remove([limited.key.id, ownId(kit)])],
    ['its own rights', await patch({ id: limited.key.id, rights: { denied: [] } }, limited.cleartext)],
    ['a wider one', await patch({ id: ownId(kit), name: 'x' }, limited.cleartext)],
    ['a wider one, narrower', await patch({ id: ownId(kit), rights: { readOnly: true } }, limited.cleartext)],
    ['a wider one, revoked', await remove([ownId(kit)], limited.cleartext)],
    [
      'one with more in addition, elsewhere',
      await patch({ id: exporting.key.id, rights: { denied: [] }, permittedIps: ['10.0.0.0/8'] }, limited.cleartext),
    ],
  ] as const) {
    assert.deepEqual([answer.status, answer.body.errorCode], [403, 'E111120'], name)
  }
  assert.deepEqual(await opens(limited.cleartext), [200, 200])

  const off = await patch({ id: exporting.key.id, status: 'inactive' })
  assert.equal(off.body.key.status, 'inactive')
  assert.equal((await patch({ id: exporting.key.id, status: 'active' })).status, 403, 'but not switched on')
  assert.equal((await remove([exporting.key.id])).status, 200)
})

onEveryDatabase('MG-02: of keys that revoke one another at the same time one is left', async (kit) => {
  const { make, remove, opens } = keyKit(kit)
  const keys = [await make(), await make(), await make()]
  const answers = await Promise.all(
    keys.map(({ cleartext }, index) => {
      const others = keys.filter((_, other) => other !== index).map(({ key }) => key.id)
      return remove(others, cleartext)
    }),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  const left = await Promise.all(keys.map(({ cleartext }) => opens(cleartext)))
  assert.equal(left.filter(([read]) => read === 200).length, 1)
})

onEveryDatabase('JW-08: keys of another project are not there', async (kit) => {
  const { load, patch, remove, search } = keyKit(kit)
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const foreign = other.managementKey.split('.')[0] ?? ''
  assert.equal((await load(foreign)).status, 404)
  assert.equal((await patch({ id: foreign, name: 'x' })).status, 404)
  assert.equal((await remove([foreign])).status, 404)
  assert.ok(!(await search()).some(({ id }) => id === foreign))
  assert.equal((await kit.call('/v1/mgmt/license', { projectId: other.projectId, token: other.managementKey })).status, 200)
})

onEveryDatabase('every change is in the audit trail, and a project has at most 200 keys', async (kit) => {
  const { make, change, remove, put } = keyKit(kit)
  const { key } = await make()
  await change({ id: key.id, name: 'renamed' })
  await remove([key.id])
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { limit: 200 })
  const mine = events.filter(({ type }) => type.startsWith('managementKey.'))
  assert.deepEqual(mine.map(({ type }) => type).toSorted(), ['managementKey.create', 'managementKey.revoke', 'managementKey.update'])
  for (const event of mine) {
    assert.deepEqual([event.actorKind, event.actorId, event.data], ['managementKey', ownId(kit), { managementKeyId: key.id }])
  }
  const { managementKeys } = kit.auth.deps.storage
  const template = await managementKeys.byId(kit.projectId, ownId(kit))
  assert.ok(template)
  for (let index = 0; index < 199; index++) await managementKeys.insert({ ...template, id: `Kmany${index}` })
  const answer = await put({ name: 'one too many' })
  assert.deepEqual([answer.status, answer.body.errorCode], [400, 'E011004'])
})
