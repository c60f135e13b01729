import assert from 'node:assert/strict'
import { type Answer, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { newManagementKey, Rights } from '../../core/management-keys.ts'
import type { Storage } from '../../core/storage.ts'
import { deleteTenant } from './manage.ts'
import { searchTenants } from './search.ts'

const told = ({ status, body }: Answer) => [status, body.errorCode]
const load = async (kit: Kit, id: string): Promise<Json> => (await kit.manage(`/v1/mgmt/tenant?id=${id}`)).body
const namesOf = (tenants: readonly Json[]) => tenants.map((tenant) => tenant.name)

async function change(kit: Kit, path: string, body: object, method = 'POST'): Promise<Json> {
  const answer = await kit.manage(`/v1/mgmt/${path}`, { method, body })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

async function limitedKey(kit: Kit, rights: object): Promise<string> {
  const made = newManagementKey(kit.auth.deps, { projectId: kit.projectId, name: 'limited', rights: Rights.parse(rights) })
  await kit.auth.deps.storage.managementKeys.insert(made.record)
  return made.key
}

/** What a tenant is of which nothing but ID and name was said. */
const bare = {
  ...{ selfProvisioningDomains: [], customAttributes: {}, domains: [], authType: 'none', enforceSSO: false, enforceSSOExclusions: [] },
  ...{ disabled: false, defaultRoles: [], roleInheritance: '', parent: '' },
}

onEveryDatabase('tenants are made with every field, and load answers the tenant at the root', async (kit) => {
  await change(kit, 'role/create', { name: 'member' })
  const { id: parent } = await change(kit, 'tenant/create', { name: 'Top' })
  assert.match(parent, /^T[A-Za-z0-9]{27}$/)
  const createdTime = kit.clock.nowSeconds()
  assert.deepEqual(await load(kit, parent), { ...bare, id: parent, name: 'Top', createdTime })
  const facts = {
    ...{ name: 'Below', customAttributes: { plan: 'gold', seats: 5 }, enforceSSO: true, enforceSSOExclusions: ['U1'], disabled: true },
    ...{ roleInheritance: 'userOnly', defaultRoles: ['member'], parent },
  }
  const made = await change(kit, 'tenant/create', { ...facts, id: 'own-id', selfProvisioningDomains: ['Example.COM', 'b.example'] })
  assert.deepEqual(made, { id: 'own-id' })
  const shown = { ...bare, ...facts, id: 'own-id', selfProvisioningDomains: ['example.com', 'b.example'], createdTime }
  assert.deepEqual(await load(kit, 'own-id'), shown)
  assert.deepEqual(namesOf((await kit.manage('/v1/mgmt/tenant/all')).body.tenants), ['Below', 'Top'])
})

onEveryDatabase('what clients send for nothing is taken for nothing', async (kit) => {
  const bodies = {
    Node: { name: 'Node' },
    Go: { id: '', name: 'Go', selfProvisioningDomains: null, customAttributes: null, enforceSSO: false, disabled: false },
    Python: { name: 'Python', id: null, selfProvisioningDomains: [], enforceSSO: false, disabled: false },
    PHP: { name: 'PHP', selfProvisioningDomains: [], customAttributes: [] },
    Ruby: { name: 'Ruby', selfProvisioningDomains: [], customAttributes: [], parentTenantId: '' },
  }
  for (const [name, body] of Object.entries(bodies)) {
    const { id } = await change(kit, 'tenant/create', body)
    assert.deepEqual(await load(kit, id), { ...bare, id, name, createdTime: kit.clock.nowSeconds() })
  }
})

onEveryDatabase('what is wrong with a tenant is said, and nothing is changed', async (kit) => {
  await change(kit, 'tenant/create', { id: 'a', name: 'A' })
  await change(kit, 'tenant/create', { id: 'b', name: 'B' })
  for (const [path, body, refusal] of [
    ['tenant/create', {}, [400, 'E011003']],
    ['tenant/create', { name: '' }, [400, 'E011003']],
    ['tenant/create', { name: 'A' }, [400, 'E111402']],
    ['tenant/create', { name: 'C', id: 'a' }, [400, 'E111402']],
    ['tenant/create', { name: 'C', parent: 'none' }, [404, 'E111401']],
    ['tenant/create', { name: 'C', defaultRoles: ['none'] }, [404, 'E111301']],
    ['tenant/create', { name: 'C', selfProvisioningDomains: ['a@b.example'] }, [400, 'E011003']],
    ['tenant/create', { name: 'C', customAttributes: { x: 'x'.repeat(17_000) } }, [400, 'E011003']],
    ...['with space', '__proto__', 'constructor', 'toString', '-a', '../x', 'a/b', 'ä'].map(
      (id) => ['tenant/create', { name: 'C', id }, [400, 'E011003']] as const,
    ),
    ['tenant/update', { id: 'none', name: 'C' }, [404, 'E111401']],
    ['tenant/update', { id: 'a' }, [400, 'E011003']],
    ['tenant/update', { id: 'a', name: 'B' }, [400, 'E111402']],
    ['tenant/delete', { id: 'none' }, [404, 'E111401']],
    ['tenant/updateDefaultRoles', { id: 'none', defaultRoles: [] }, [404, 'E111401']],
    ['tenant/updateDefaultRoles', { id: 'a', defaultRoles: ['none'] }, [404, 'E111301']],
  ] as const) {
    assert.deepEqual(told(await kit.manage(`/v1/mgmt/${path}`, { body })), refusal, `${path} ${JSON.stringify(body).slice(0, 80)}`)
  }
  assert.deepEqual(told(await kit.manage('/v1/mgmt/tenant?id=none')), [404, 'E111401'])
  assert.deepEqual(told(await kit.manage('/v1/mgmt/tenant')), [400, 'E011003'])
  assert.deepEqual(namesOf((await kit.manage('/v1/mgmt/tenant/all')).body.tenants), ['A', 'B'])
  const { errorMessage } = (await kit.manage('/v1/mgmt/tenant/create', { body: {} })).body
  assert.equal(errorMessage, 'The name field is required')
})

onEveryDatabase(
  'an update overwrites, a patch changes what is sent, and neither touches settings, parent or default roles',
  async (kit) => {
    await change(kit, 'role/create', { name: 'member' })
    await change(kit, 'tenant/create', { id: 'top', name: 'Top' })
    const facts = { id: 'a', name: 'A', parent: 'top', selfProvisioningDomains: ['a.example'], disabled: true, enforceSSO: true }
    await change(kit, 'tenant/create', { ...facts, customAttributes: { plan: 'gold' } })
    await change(kit, 'tenant/updateDefaultRoles', { id: 'a', defaultRoles: ['member', 'member'] })
    await change(kit, 'tenant/settings', { tenantId: 'a', domains: ['sso.example'] })
    const kept = { parent: 'top', defaultRoles: ['member'], domains: ['sso.example'], createdTime: kit.clock.nowSeconds(), id: 'a' }
    const patched = {
      ...bare,
      ...kept,
      name: 'A',
      selfProvisioningDomains: ['a.example'],
      enforceSSO: true,
      customAttributes: { plan: 'free' },
    }
    await change(kit, 'tenant/patch', { id: 'a', disabled: false, customAttributes: { plan: 'free' } }, 'PATCH')
    assert.deepEqual(await load(kit, 'a'), patched)
    await change(kit, 'tenant/update', { id: 'a', name: 'A2' })
    assert.deepEqual(await load(kit, 'a'), { ...bare, ...kept, name: 'A2' })
  },
)

onEveryDatabase('a search matches what is given, and takes empty lists for no condition', async (kit) => {
  await change(kit, 'tenant/create', { id: 'a', name: 'A', selfProvisioningDomains: ['x.example'], customAttributes: { plan: 'gold' } })
  await change(kit, 'tenant/create', { id: 'b', name: 'B', parent: 'a', customAttributes: { plan: 'free' } })
  await change(kit, 'tenant/settings', { tenantId: 'b', authType: 'saml' })
  for (const [query, found] of [
    [{}, ['A', 'B']],
    [{ tenantIds: [], tenantNames: [], tenantSelfProvisioningDomains: [], customAttributes: {}, authType: '' }, ['A', 'B']],
    [{ tenantIds: null, tenantNames: null, tenantSelfProvisioningDomains: null, customAttributes: null }, ['A', 'B']],
    [{ tenantIds: ['a'] }, ['A']],
    [{ ids: ['b'] }, ['B']],
    [{ tenantNames: ['B', 'C'] }, ['B']],
    [{ tenantSelfProvisioningDomains: ['X.example'] }, ['A']],
    [{ customAttributes: { plan: 'free' } }, ['B']],
    [{ parentTenantId: 'a' }, ['B']],
    [{ authType: 'saml' }, ['B']],
    [{ tenantIds: ['a'], tenantNames: ['B'] }, []],
  ] as const) {
    assert.deepEqual(namesOf((await change(kit, 'tenant/search', query)).tenants), found, JSON.stringify(query))
  }
})

/** Signs a user up who is in these tenants, and answers the ID. */
async function member(kit: Kit, loginId: string, tenantIds: readonly string[]): Promise<string> {
  const { user } = await kit.signUp(loginId)
  for (const id of tenantIds) await kit.auth.deps.storage.grants.join(kit.projectId, user.userId, id)
  return user.userId
}

onEveryDatabase('a deleted tenant leaves its members; with cascade those go who are in no other', async (kit) => {
  const { users } = kit.auth.deps.storage
  for (const id of ['a', 'b', 'c']) await change(kit, 'tenant/create', { id, name: id })
  await change(kit, 'tenant/create', { id: 'below', name: 'below', parent: 'a' })
  const only = await member(kit, 'only@example.com', ['a'])
  const both = await member(kit, 'both@example.com', ['a', 'b'])
  const stays = await member(kit, 'stays@example.com', ['c'])
  const { key } = await change(kit, 'accesskey/create', { name: 'key', keyTenants: [{ tenantId: 'a' }] })
  await change(kit, 'tenant/delete', { id: 'c' })
  assert.deepEqual((await users.byId(kit.projectId, stays))?.tenants, [])
  await change(kit, 'tenant/delete', { id: 'a', cascade: true })
  assert.equal(await users.byId(kit.projectId, only), undefined)
  assert.deepEqual(
    (await users.byId(kit.projectId, both))?.tenants.map(({ tenantId }) => tenantId),
    ['b'],
  )
  assert.equal((await kit.manage(`/v1/mgmt/accesskey?id=${key.id}`)).status, 404)
  assert.equal((await load(kit, 'below')).parent, '')
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, only, { types: ['user.delete'], limit: 5 })
  assert.deepEqual(
    events.map(({ actorKind, data }) => [actorKind, data]),
    [['managementKey', { tenantId: 'a' }]],
  )
})

onEveryDatabase('cascade takes along more members than one transaction does', async (kit) => {
  const { storage } = kit.auth.deps
  await change(kit, 'tenant/create', { id: 'a', name: 'A' })
  const { user } = await kit.signUp('template@example.com')
  const template = await storage.users.byId(kit.projectId, user.userId)
  assert.ok(template)
  for (let index = 0; index < 230; index++) {
    const loginId = `member${index}@example.com`
    await storage.users.insert({ ...template.user, id: `Umember${index}` }, [{ canonical: loginId, shown: loginId }])
    await storage.grants.join(kit.projectId, `Umember${index}`, 'a')
  }
  await change(kit, 'tenant/delete', { id: 'a', cascade: true })
  const left = await storage.users.list(kit.projectId, { limit: 10 })
  assert.deepEqual(
    left.items.map((item) => item.user.id),
    [user.userId],
  )
})

onEveryDatabase('default roles follow renames and are gone with their role', async (kit) => {
  await change(kit, 'tenant/create', { id: 'a', name: 'A' })
  await change(kit, 'role/create/batch', { roles: [{ name: 'shared' }, { name: 'own', tenantId: 'a' }] })
  await change(kit, 'tenant/updateDefaultRoles', { id: 'a', defaultRoles: ['own', 'shared'] })
  await change(kit, 'role/update', { name: 'shared', newName: 'common' })
  assert.deepEqual((await load(kit, 'a')).defaultRoles, ['own', 'common'])
  await change(kit, 'role/delete', { name: 'own', tenantId: 'a' })
  assert.deepEqual((await load(kit, 'a')).defaultRoles, ['common'])
})

onEveryDatabase('a key that is limited to tenants sees these, and changes neither them nor who comes in', async (kit) => {
  for (const id of ['a', 'b']) await change(kit, 'tenant/create', { id, name: id, selfProvisioningDomains: [`${id}.example`] })
  const token = await limitedKey(kit, { tenantIds: ['a'] })
  const call = (path: string, body?: object) => kit.call(`/v1/mgmt/${path}`, { token, ...(body ? { body } : {}) })
  assert.equal((await call('tenant?id=a')).body.name, 'a')
  assert.deepEqual(told(await call('tenant?id=b')), [403, 'E111120'])
  assert.deepEqual(namesOf((await call('tenant/all')).body.tenants), ['a'])
  assert.deepEqual((await call('tenant/search', { tenantIds: ['b'] })).body, { tenants: [] })
  for (const [path, body] of [
    ['tenant/create', { name: 'C' }],
    ['tenant/update', { id: 'a', name: 'A' }],
    ['tenant/delete', { id: 'a' }],
    ['tenant/updateDefaultRoles', { id: 'a', defaultRoles: [] }],
    ['tenant/settings', { tenantId: 'b', enabled: true }],
    ['tenant/settings', { tenantId: 'a', selfProvisioningDomains: ['a.example', 'b.example'] }],
    ['tenant/settings', { tenantId: 'a', domains: ['a.example'] }],
    ['tenant/settings', { tenantId: 'a', enforceSSO: true }],
  ] as const) {
    assert.deepEqual(told(await call(path, body)), [403, 'E111120'], `${path} ${JSON.stringify(body)}`)
  }
  const settings = { tenantId: 'a', enabled: true, sessionTokenExpiration: 5, selfProvisioningDomains: ['a.example'] }
  assert.equal((await call('tenant/settings', settings)).status, 200)
})

onEveryDatabase('every change of a tenant is in the audit trail', async (kit) => {
  await change(kit, 'tenant/create', { id: 'a', name: 'A' })
  await change(kit, 'tenant/update', { id: 'a', name: 'B' })
  await change(kit, 'tenant/settings', { tenantId: 'a', enabled: true })
  await change(kit, 'tenant/delete', { id: 'a' })
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { limit: 50 })
  const mine = events.filter(({ type }) => type.startsWith('tenant.'))
  assert.deepEqual(new Set(mine.map(({ type }) => type)), new Set(['tenant.create', 'tenant.update', 'tenant.settings', 'tenant.delete']))
  for (const { actorKind, actorId, data } of mine) {
    assert.deepEqual([actorKind, actorId, data.tenantId], ['managementKey', kit.managementKey.split('.')[0], 'a'])
  }
})

onEveryDatabase('a search by more attributes than a database takes conditions is refused', async (kit) => {
  const attributes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, index]))
  assert.equal((await kit.manage('/v1/mgmt/tenant/search', { body: { customAttributes: attributes(100) } })).status, 200)
  assert.deepEqual(told(await kit.manage('/v1/mgmt/tenant/search', { body: { customAttributes: attributes(1500) } })), [400, 'E011003'])
})

onEveryDatabase('a key that is limited to tenants finds them however many others there are', async (kit) => {
  const { storage, projects } = kit.auth.deps
  const [project, asked] = [await projects.byId(kit.projectId), [] as unknown[]]
  assert.ok(project)
  const search: Storage['tenants']['search'] = async (_projectId, { ids }) => {
    asked.push(ids)
    return []
  }
  const rights = Rights.parse({ tenantIds: ['a', 'b'] })
  for (const query of [{}, { ids: ['b', 'c'] }])
    await searchTenants({ storage: { ...storage, tenants: { ...storage.tenants, search } } }, { project, rights, query })
  assert.deepEqual(asked, [['a', 'b'], ['b']])
})

onEveryDatabase('cascade spares a user who comes into another tenant meanwhile', async (kit) => {
  const { deps } = kit.auth
  for (const id of ['a', 'b']) await change(kit, 'tenant/create', { id, name: id })
  const comes = await member(kit, 'comes@example.com', ['a', 'b'])
  let isStale = true
  const transaction: Storage['transaction'] = (run) =>
    deps.storage.transaction((tx) => {
      // As it was a moment ago.
      const soleMembers: Storage['tenants']['soleMembers'] = async (...query) =>
        isStale ? { userIds: [comes], accessKeyIds: [] } : tx.tenants.soleMembers(...query)
      return run({ ...tx, tenants: { ...tx.tenants, soleMembers } }).finally(() => {
        isStale = false
      })
    })
  const actor = { kind: 'commandLine', id: '' } as const
  await deleteTenant({ ...deps, storage: { ...deps.storage, transaction } }, { projectId: kit.projectId, actor, id: 'a', cascade: true })
  const left = await deps.storage.users.byId(kit.projectId, comes)
  assert.deepEqual(
    left?.tenants.map(({ tenantId }) => tenantId),
    ['b'],
  )
})
