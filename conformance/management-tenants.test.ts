import assert from 'node:assert/strict'
import { onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

function setUp({ newSdk, managementKey }: Target) {
  return newSdk({ managementKey }).management
}

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name)

check('management.tenant.create, createWithId, load, loadAll', async (target) => {
  const { tenant } = setUp(target)
  const { id } = succeeded(await tenant.create('First', ['first.example'], { plan: 'gold' }))
  const loaded = succeeded(await tenant.load(id))
  assert.partialDeepStrictEqual(loaded, {
    ...{ id, name: 'First', selfProvisioningDomains: ['first.example'], customAttributes: { plan: 'gold' } },
    ...{ domains: [], authType: 'none', enforceSSO: false, disabled: false, defaultRoles: [] },
  })
  assert.ok(loaded.createdTime > 1_700_000_000)
  succeeded(await tenant.createWithId('second', 'Second', [], {}, true, true, id, 'userOnly'))
  assert.partialDeepStrictEqual(succeeded(await tenant.load('second')), {
    enforceSSO: true,
    disabled: true,
    parent: id,
    roleInheritance: 'userOnly',
  })
  const all = names(succeeded(await tenant.loadAll()))
  assert.ok(all.includes('First') && all.includes('Second'))
})

check('management.tenant: names and IDs are taken once, what is not there is told', async (target) => {
  const { tenant } = setUp(target)
  succeeded(await tenant.createWithId('taken', 'Taken'))
  refused(await tenant.create('Taken'), 400, 'E111402')
  refused(await tenant.createWithId('taken', 'Other'), 400, 'E111402')
  const { errorMessage } = refused(await tenant.create(''), 400, 'E011003')
  assert.equal(errorMessage, 'The name field is required')
  refused(await tenant.load('none'), 404, 'E111401')
  refused(await tenant.update('none', 'None'), 404, 'E111401')
  refused(await tenant.delete('none'), 404, 'E111401')
})

check('management.tenant.update: overwrites', async (target) => {
  const { tenant } = setUp(target)
  succeeded(await tenant.createWithId('updated', 'Updated', ['a.example'], { plan: 'gold' }, true, true))
  succeeded(await tenant.update('updated', 'Renamed', ['b.example', 'c.example']))
  assert.partialDeepStrictEqual(succeeded(await tenant.load('updated')), {
    ...{ name: 'Renamed', selfProvisioningDomains: ['b.example', 'c.example'], customAttributes: {}, enforceSSO: false, disabled: false },
  })
})

check('management.tenant.searchAll: by ID, name, domain, attribute and parent', async (target) => {
  const { tenant } = setUp(target)
  succeeded(await tenant.createWithId('s1', 'Search 1', ['search.example'], { tier: 1 }))
  succeeded(await tenant.createWithId('s2', 'Search 2', [], { tier: 2 }, false, false, 's1'))
  const found = async (...query: Parameters<typeof tenant.searchAll>) => names(succeeded(await tenant.searchAll(...query)))
  assert.deepEqual(await found(['s1', 's2']), ['Search 1', 'Search 2'])
  assert.deepEqual(await found([], ['Search 2']), ['Search 2'])
  assert.deepEqual(await found(undefined, undefined, ['search.example']), ['Search 1'])
  assert.deepEqual(await found(undefined, undefined, undefined, { tier: 2 }), ['Search 2'])
  assert.deepEqual(await found(undefined, undefined, undefined, undefined, 's1'), ['Search 2'])
})

check('management.tenant.getSettings, configureSettings: what is not sent stays', async (target) => {
  const { tenant } = setUp(target)
  succeeded(await tenant.createWithId('set', 'Settings', ['set.example']))
  assert.partialDeepStrictEqual(succeeded(await tenant.getSettings('set')), {
    ...{ selfProvisioningDomains: ['set.example'], enabled: false, authType: 'none', sessionTokenExpiration: 10, InactivityTime: 12 },
  })
  const sent: Parameters<typeof tenant.configureSettings>[1] = {
    ...{ selfProvisioningDomains: ['domain1.example'], domains: ['domain1.example'] },
    ...{ enabled: true, enableInactivity: true, JITDisabled: false },
    refreshTokenExpiration: 12,
    refreshTokenExpirationUnit: 'days',
    sessionTokenExpiration: 20,
    sessionTokenExpirationUnit: 'minutes',
    InactivityTime: 15,
    InactivityTimeUnit: 'minutes',
  }
  succeeded(await tenant.configureSettings('set', sent))
  const written = succeeded(await tenant.getSettings('set'))
  assert.partialDeepStrictEqual(written, sent)
  succeeded(await tenant.configureSettings('set', { selfProvisioningDomains: ['domain1.example'], stepupTokenExpiration: 5 }))
  assert.deepEqual(succeeded(await tenant.getSettings('set')), { ...written, stepupTokenExpiration: 5 })
  refused(await tenant.configureSettings('set', { ...sent, sessionTokenExpiration: 1 }), 400, 'E011004')
  refused(await tenant.getSettings('none'), 404, 'E111401')
})

check('management.tenant.updateDefaultRoles', async (target) => {
  const { tenant, role } = setUp(target)
  succeeded(await role.create('Newcomer'))
  succeeded(await tenant.createWithId('defaults', 'Defaults'))
  succeeded(await tenant.updateDefaultRoles('defaults', ['Newcomer']))
  assert.deepEqual(succeeded(await tenant.load('defaults')).defaultRoles, ['Newcomer'])
  refused(await tenant.updateDefaultRoles('defaults', ['none']), 404, 'E111301')
})

check('management.tenant.delete: with cascade, users go who are in no other tenant', async (target) => {
  const { tenant, accessKey } = setUp(target)
  succeeded(await tenant.createWithId('doomed', 'Doomed'))
  succeeded(await tenant.createWithId('other', 'Other'))
  const make = async (tenantIds: readonly string[]) => {
    const tenants = tenantIds.map((tenantId) => ({ tenantId, roleNames: [] }))
    return succeeded(await accessKey.create('member', 0, [], tenants)).key.id
  }
  const [only, both] = [await make(['doomed']), await make(['doomed', 'other'])]
  succeeded(await tenant.delete('doomed', true))
  refused(await tenant.load('doomed'), 404, 'E111401')
  refused(await accessKey.load(only), 404, 'E111501')
  const { keyTenants } = succeeded(await accessKey.load(both))
  assert.deepEqual(
    keyTenants?.map(({ tenantId }) => tenantId),
    ['other'],
  )
})
