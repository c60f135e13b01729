import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areWithin, assertRights, deniableRights, type NeededRights, Rights } from './management-keys.ts'

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

for (const [name, inner, outer, isWithin] of [
  ['a key without limits is within another', {}, {}, true],
  [
    'a narrower key is within a wide one',
    { isReadOnly: true, denied: ['impersonation'], tenantIds: ['T1'], networks: ['10.0.0.1'] },
    {},
    true,
  ],
  ['a writing key is not within a reading one', {}, { isReadOnly: true }, false],
  ['a reading key is within a reading one', { isReadOnly: true }, { isReadOnly: true }, true],
  ['what is denied stays denied', {}, { denied: ['impersonation'] }, false],
  ['more may be denied', { denied: ['projects', 'impersonation'] }, { denied: ['impersonation'] }, true],
  ['no extra right comes from nowhere', { extra: ['hashExport'] }, {}, false],
  ['an extra right is passed on', { extra: ['hashExport'] }, { extra: ['hashExport', 'allProjects'] }, true],
  ['a key for everybody is not within one for a tenant', {}, { tenantIds: ['T1'] }, false],
  ['a key for other tenants is not within one for a tenant', { tenantIds: ['T1', 'T2'] }, { tenantIds: ['T1'] }, false],
  ['a key for one of the tenants is', { tenantIds: ['T1'] }, { tenantIds: ['T1', 'T2'] }, true],
  ['a key for everywhere is not within one for a network', {}, { networks: ['10.0.0.0/8'] }, false],
  ['a key for a smaller network is', { networks: ['10.1.0.0/16'] }, { networks: ['10.0.0.0/8'] }, true],
] as const) {
  test(`MG-05: ${name}`, () => assert.equal(areWithin(Rights.parse(inner), Rights.parse(outer)), isWithin))
}
