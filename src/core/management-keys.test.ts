import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRights, deniableRights, type NeededRights, Rights } from './management-keys.ts'

const needed = (given: Partial<NeededRights> = {}): NeededRights => ({ effect: 'read', isTenantAware: false, ...given })

for (const [name, rights, route, isAllowed] of [
  ['a key without limits reads', {}, {}, true],
  ['a key without limits writes', {}, { effect: 'write' }, true],
  ['a key without limits has every right of the contract', {}, { effect: 'write', right: 'impersonation' }, true],
  ['a key without limits cannot export hashes', {}, { right: 'hashExport' }, false],
  ['a key without limits does not see other projects', {}, { right: 'allProjects' }, false],
  ['hash export is given', { extra: ['hashExport'] }, { right: 'hashExport' }, true],
  ['one extra right is not another', { extra: ['hashExport'] }, { right: 'allProjects' }, false],
  ['a read-only key reads', { isReadOnly: true }, {}, true],
  ['a read-only key does not write', { isReadOnly: true }, { effect: 'write' }, false],
  ['a denied right is denied', { denied: ['impersonation'] }, { right: 'impersonation' }, false],
  ['other rights stay', { denied: ['impersonation'] }, { right: 'embeddedLinks' }, true],
  ['a key for a tenant is refused where nobody keeps to tenants', { tenantIds: ['T1'] }, {}, false],
  ['a key for a tenant is taken where the route keeps to tenants', { tenantIds: ['T1'] }, { isTenantAware: true }, true],
] as const) {
  test(`MG-05: ${name}`, () => {
    const check = () => assertRights(Rights.parse(rights), needed(route))
    if (isAllowed) check()
    else assert.throws(check, { name: 'ManagementForbidden' })
  })
}

test('MG-05: every deniable right can be denied alone', () => {
  for (const right of deniableRights) {
    const rights = Rights.parse({ denied: [right] })
    for (const other of deniableRights) {
      const check = () => assertRights(rights, needed({ right: other }))
      if (other === right) assert.throws(check, { name: 'ManagementForbidden' })
      else check()
    }
  }
})

test('rights that are not known are refused when they are read: fail closed', () => {
  assert.equal(Rights.safeParse({ denied: ['everything'] }).success, false)
  assert.equal(Rights.safeParse({ isAdmin: true }).success, false)
})
