import assert from 'node:assert/strict'
import { test } from 'node:test'
import { user } from '../../test/storage-contract/records.ts'
import { accessClaims, accessIn, currentTenant, hasPermission, isBarred } from './access.ts'
import type { Grants } from './storage.ts'

const tenant = (tenantId: string, isOpen = true) => {
  return { tenantId, tenantName: `Tenant ${tenantId}`, isOpen, sessionSettings: {}, passwordSettings: {} }
}

const grants: Grants = {
  roles: [
    { tenantId: '', name: 'viewer', permissionNames: ['read'] },
    { tenantId: 'T1', name: 'editor', permissionNames: ['write', 'read'] },
    { tenantId: 'T1', name: 'auditor', permissionNames: ['read'] },
  ],
  tenants: [tenant('T1'), tenant('T2')],
}

test('claims show the project and each tenant apart, every name once and in order', () => {
  assert.deepEqual(accessClaims(grants, undefined), {
    roles: ['viewer'],
    permissions: ['read'],
    tenants: { T1: { roles: ['auditor', 'editor'], permissions: ['read', 'write'] }, T2: {} },
  })
})

test('without anything held there is `tenants` and nothing else', () => {
  assert.deepEqual(accessClaims({ roles: [], tenants: [] }, 'T1'), { tenants: {} })
})

for (const [name, tenantIds, chosen, current] of [
  ['none', [], undefined, undefined],
  ['the only one', ['T1'], undefined, 'T1'],
  ['several and no choice', ['T1', 'T2'], undefined, undefined],
  ['a choice', ['T1', 'T2'], 'T2', 'T2'],
  ['a choice that the user is not in any more', ['T1', 'T2'], 'T3', undefined],
  ['a choice that is gone, and one left', ['T1'], 'T3', 'T1'],
  ['a choice that is no text', ['T1', 'T2'], { T1: true }, undefined],
] as const) {
  test(`current tenant: ${name}`, () => assert.equal(currentTenant({ tenants: tenantIds.map((id) => tenant(id)) }, chosen), current))
}

test('a permission of the project holds in every tenant, one of a tenant in that tenant only', () => {
  assert.equal(hasPermission(grants, 'read', 'T2'), true)
  assert.equal(hasPermission(grants, 'write', 'T1'), true)
  assert.equal(hasPermission(grants, 'write', 'T2'), false)
  assert.equal(hasPermission(grants, 'write'), false)
  assert.deepEqual(accessIn(grants, 'T3'), { roleNames: [], permissions: [] })
})

test('a closed tenant counts for nothing: no claim, no choice, no permission', () => {
  const closed = { ...grants, tenants: [tenant('T1', false), tenant('T2')] }
  assert.deepEqual(accessClaims(closed, 'T1'), { roles: ['viewer'], permissions: ['read'], tenants: { T2: {} }, dct: 'T2' })
  assert.equal(hasPermission(closed, 'write', 'T1'), false)
})

const person = (status: 'enabled' | 'disabled' | 'invited') => user('P1', 'U1', { status })
for (const [name, status, tenants, barred] of [
  ['enabled, in no tenant', 'enabled', [], false],
  ['invited', 'invited', [], false],
  ['disabled', 'disabled', [tenant('T1')], true],
  ['in an open tenant and a closed one', 'enabled', [tenant('T1', false), tenant('T2')], false],
  ['in closed tenants only', 'enabled', [tenant('T1', false), tenant('T2', false)], true],
] as const) {
  test(`barred: ${name}`, () => assert.equal(isBarred({ user: person(status), tenants }), barred))
}

const many = Array.from({ length: 120 }, (_, index) => tenant(`T${String(index).padStart(27, '0')}`))
const busy: Grants = {
  roles: many.map(({ tenantId }) => ({ tenantId, name: 'editor', permissionNames: ['read', 'write'] })),
  tenants: many,
}
const current = many[60]?.tenantId ?? ''
const everything = { roles: ['editor'], permissions: ['read', 'write'] }

test('many tenants: what does not fit is left out, the current one last', () => {
  assert.equal(Object.keys(accessClaims(busy, current, 20_000).tenants).length, 120)
  const bare = accessClaims(busy, current, 6_000).tenants
  assert.equal(Object.keys(bare).length, 120)
  assert.deepEqual([bare[current], bare[many[0]?.tenantId ?? '']], [everything, {}])
  assert.deepEqual(accessClaims(busy, current, 3_000), { tenants: { [current]: everything }, dct: current })
  assert.deepEqual(accessClaims(busy, undefined, 3_000), { tenants: {} })
  assert.deepEqual(accessClaims(busy, current, 0), { tenants: { [current]: everything }, dct: current })
})
