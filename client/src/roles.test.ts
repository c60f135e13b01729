import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as roles from './roles.ts'
import type { AuthenticationInfo } from './tokens.ts'

const info: AuthenticationInfo = {
  jwt: '',
  token: {
    sub: 'U1',
    exp: 1,
    iss: 'P',
    drn: 'DS',
    permissions: ['read', 'write'],
    roles: ['editor'],
    tenants: { T1: { permissions: ['read'], roles: ['viewer', 'clerk'] }, T2: {}, T3: { roles: 'viewer' } },
  },
}
const bare: AuthenticationInfo = { jwt: '', token: { sub: 'U1', exp: 1, iss: 'P', drn: 'DS' } }

for (const [name, actual, expected] of [
  ['all permissions', roles.validatePermissions(info, ['read', 'write']), true],
  ['one permission missing', roles.validatePermissions(info, ['read', 'delete']), false],
  ['no claim', roles.validatePermissions(bare, ['read']), false],
  ['matched permissions', roles.getMatchedPermissions(info, ['read', 'delete']), ['read']],
  ['roles', roles.validateRoles(info, ['editor']), true],
  ['a role of a tenant is none of the project', roles.validateRoles(info, ['viewer']), false],
  ['matched roles', roles.getMatchedRoles(info, ['viewer', 'editor']), ['editor']],
  ['permission in a tenant', roles.validateTenantPermissions(info, 'T1', ['read']), true],
  ['a permission of the project is none of a tenant', roles.validateTenantPermissions(info, 'T1', ['write']), false],
  ['matched permissions in a tenant', roles.getMatchedTenantPermissions(info, 'T1', ['write', 'read']), ['read']],
  ['roles in a tenant', roles.validateTenantRoles(info, 'T1', ['viewer', 'clerk']), true],
  ['matched roles in a tenant', roles.getMatchedTenantRoles(info, 'T1', ['clerk', 'editor']), ['clerk']],
  ['nothing asked, member', roles.validateTenantRoles(info, 'T2', []), true],
  ['nothing asked, no member', roles.validateTenantRoles(info, 'T9', []), false],
  ['a tenant from a prototype', roles.validateTenantRoles(info, 'constructor', []), false],
  ['a claim of a wrong type', roles.validateTenantRoles(info, 'T3', ['viewer']), false],
  ['no tenants', roles.validateTenantPermissions(bare, 'T1', []), false],
] as const) {
  test(`roles: ${name}`, () => assert.deepEqual(actual, expected))
}
