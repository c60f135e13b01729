import assert from 'node:assert/strict'
import { claimsOf, onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

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

/** A user who signs in again once they are in these tenants, with these roles there. */
async function member(target: Target, name: string, tenants: Readonly<Record<string, readonly string[]>>) {
  const { user } = setUp(target)
  const account = await target.signUp(name)
  for (const [tenantId, roles] of Object.entries(tenants)) {
    succeeded(await user.addTenant(account.loginId, tenantId))
    if (roles.length > 0) succeeded(await user.setTenantRoles(account.loginId, tenantId, [...roles]))
  }
  const { sessionJwt, refreshJwt } = succeeded(await target.sdk.password.signIn(account.loginId, account.password))
  return { ...account, sessionJwt, refreshJwt: refreshJwt ?? '' }
}

check('myTenants: all, some, the current one', async (target) => {
  const { tenant } = setUp(target)
  succeeded(await tenant.createWithId('my1', 'Mine 1', [], { plan: 'gold' }))
  succeeded(await tenant.createWithId('my2', 'Mine 2'))
  const { refreshJwt } = await member(target, 'my-tenants', { my1: [], my2: [] })
  const mine = async (which: true | string[]) => succeeded(await target.sdk.myTenants(which, refreshJwt)).tenants
  assert.deepEqual(names(await mine([])), ['Mine 1', 'Mine 2'])
  assert.deepEqual(await mine(['my1']), [{ id: 'my1', name: 'Mine 1', customAttributes: { plan: 'gold' } }])
  assert.deepEqual(await mine(true), [])
  succeeded(await target.sdk.selectTenant('my2', refreshJwt))
  assert.deepEqual(names(await mine(true)), ['Mine 2'])
})

check('selectTenant: both tokens carry the tenant, and a refresh keeps it', async (target) => {
  const { tenant } = setUp(target)
  const { sdk } = target
  for (const id of ['sel1', 'sel2', 'sel3']) succeeded(await tenant.createWithId(id, `Select ${id}`))
  const account = await member(target, 'select-tenant', { sel1: [], sel2: [] })
  assert.equal(sdk.getCurrentTenant(account.sessionJwt), '')
  const selected = succeeded(await sdk.selectTenant('sel2', account.refreshJwt))
  assert.equal(sdk.getCurrentTenant(selected.sessionJwt), 'sel2')
  assert.equal(sdk.getCurrentTenant(selected.refreshJwt ?? ''), 'sel2')
  assert.deepEqual(sdk.getTenants(selected.sessionJwt), ['sel1', 'sel2'])
  const { jwt } = await sdk.refreshSession(selected.refreshJwt ?? '')
  assert.equal(sdk.getCurrentTenant(jwt), 'sel2')
  refused(await sdk.selectTenant('sel3', account.refreshJwt), 403, 'E064005')
  refused(await sdk.selectTenant('none', account.refreshJwt), 403, 'E064005')
})

check('selectTenant: the only tenant is the current one by itself', async (target) => {
  succeeded(await setUp(target).tenant.createWithId('only', 'Only'))
  const { sessionJwt } = await member(target, 'only-tenant', { only: [] })
  assert.equal(target.sdk.getCurrentTenant(sessionJwt), 'only')
})

check('validateRoles, validatePermissions and those of tenants: what a token says', async (target) => {
  const { tenant, role, permission, user } = setUp(target)
  const { sdk } = target
  for (const name of ['p-project', 'p-tenant']) succeeded(await permission.create(name))
  succeeded(await role.create('of-project', '', ['p-project']))
  succeeded(await role.create('of-tenant', '', ['p-tenant']))
  for (const id of ['val1', 'val2']) succeeded(await tenant.createWithId(id, `Validate ${id}`))
  const account = await member(target, 'validate-roles', { val1: ['of-tenant'], val2: [] })
  succeeded(await user.addRoles(account.loginId, ['of-project']))
  const info = await sdk.refreshSession(account.refreshJwt)
  assert.equal(sdk.validateRoles(info, ['of-project']), true)
  assert.equal(sdk.validateRoles(info, ['of-project', 'of-tenant']), false)
  assert.equal(sdk.validatePermissions(info, ['p-project']), true)
  assert.equal(sdk.validatePermissions(info, ['p-tenant']), false)
  assert.deepEqual(sdk.getMatchedRoles(info, ['of-tenant', 'of-project']), ['of-project'])
  assert.deepEqual(sdk.getMatchedPermissions(info, ['p-tenant', 'p-project']), ['p-project'])
  assert.equal(sdk.validateTenantRoles(info, 'val1', ['of-tenant']), true)
  assert.equal(sdk.validateTenantRoles(info, 'val2', ['of-tenant']), false)
  assert.equal(sdk.validateTenantRoles(info, 'none', []), false)
  assert.equal(sdk.validateTenantPermissions(info, 'val1', ['p-tenant']), true)
  assert.equal(sdk.validateTenantPermissions(info, 'val1', ['p-project']), false)
  assert.deepEqual(sdk.getMatchedTenantRoles(info, 'val1', ['of-project', 'of-tenant']), ['of-tenant'])
  assert.deepEqual(sdk.getMatchedTenantPermissions(info, 'val1', ['p-tenant', 'p-project']), ['p-tenant'])
  assert.deepEqual(sdk.getJwtRoles(info.jwt, 'val1'), ['of-tenant'])
  assert.deepEqual(sdk.getJwtPermissions(info.jwt), ['p-project'])
  succeeded(await user.removeTenantRoles(account.loginId, 'val1', ['of-tenant']))
  const later = await sdk.refreshSession(account.refreshJwt)
  assert.equal(sdk.validateTenantRoles(later, 'val1', ['of-tenant']), false, 'a role that was taken away is not in the next token')
})

check('management.tenant: who is in disabled tenants only is signed out and not in', async (target) => {
  const { tenant } = setUp(target)
  succeeded(await tenant.createWithId('closing', 'Closing'))
  const account = await member(target, 'closed-tenant', { closing: [] })
  succeeded(await tenant.update('closing', 'Closing', [], {}, false, true))
  refused(await target.sdk.refresh(account.refreshJwt), 401, 'E064002')
  refused(await target.sdk.password.signIn(account.loginId, account.password), 403, 'E062110')
  succeeded(await tenant.update('closing', 'Closing'))
  succeeded(await target.sdk.password.signIn(account.loginId, account.password))
})

check('management.tenant.configureSettings: lifetimes of the current tenant hold', async (target) => {
  const { tenant } = setUp(target)
  succeeded(await tenant.createWithId('lives', 'Lives'))
  succeeded(
    await tenant.configureSettings('lives', {
      selfProvisioningDomains: [],
      enabled: true,
      sessionTokenExpiration: 4,
      refreshTokenExpiration: 1,
      refreshTokenExpirationUnit: 'hours',
    }),
  )
  const { sessionJwt, refreshJwt } = await member(target, 'lifetimes', { lives: [] })
  const lifeOf = ({ exp, iat }: Readonly<Record<string, unknown>>) => Number(exp) - Number(iat)
  assert.deepEqual([lifeOf(claimsOf(sessionJwt)), lifeOf(claimsOf(refreshJwt))], [240, 3600])
})
