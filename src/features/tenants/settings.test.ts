import assert from 'node:assert/strict'
import { type Answer, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const told = ({ status, body }: Answer) => [status, body.errorCode]
const set = (kit: Kit, body: object) => kit.manage('/v1/mgmt/tenant/settings', { body: { tenantId: 'a', ...body } })
const get = async (kit: Kit): Promise<Json> => (await kit.manage('/v1/mgmt/tenant/settings?id=a')).body

async function tenant(kit: Kit): Promise<void> {
  const { status } = await kit.manage('/v1/mgmt/tenant/create', { body: { id: 'a', name: 'A', selfProvisioningDomains: ['a.example'] } })
  assert.equal(status, 200)
}

const initial = {
  ...{ domains: [], selfProvisioningDomains: ['a.example'], authType: 'none', enforceSSO: false, enforceSSOExclusions: [], enabled: false },
  ...{ refreshTokenExpiration: 4, refreshTokenExpirationUnit: 'weeks', sessionTokenExpiration: 10, sessionTokenExpirationUnit: 'minutes' },
  ...{ stepupTokenExpiration: 10, stepupTokenExpirationUnit: 'minutes', enableInactivity: false, inactivityTime: 12 },
  ...{ inactivityTimeUnit: 'minutes', InactivityTime: 12, InactivityTimeUnit: 'minutes', JITDisabled: false, ssoSetupSuiteSettings: {} },
}

const whole = {
  ...{ domains: ['sso.example'], selfProvisioningDomains: ['b.example'], authType: 'saml', enabled: true, JITDisabled: true },
  ...{ refreshTokenExpiration: 12, refreshTokenExpirationUnit: 'days', sessionTokenExpiration: 5, sessionTokenExpirationUnit: 'minutes' },
  ...{
    stepupTokenExpiration: 3,
    stepupTokenExpirationUnit: 'minutes',
    enableInactivity: true,
    inactivityTime: 1,
    inactivityTimeUnit: 'hours',
  },
  ssoSetupSuiteSettings: { enabled: true, styleId: 's', disabledFeatures: { saml: true } },
}

onEveryDatabase('what was written comes back equal, under every name that clients read', async (kit) => {
  await tenant(kit)
  assert.deepEqual(await get(kit), initial)
  assert.deepEqual((await kit.manage('/v1/mgmt/tenant/settings?tenantId=a')).body, initial)
  assert.equal((await set(kit, whole)).status, 200)
  assert.deepEqual(await get(kit), { ...initial, ...whole, InactivityTime: 1, InactivityTimeUnit: 'hours' })
  assert.partialDeepStrictEqual((await kit.manage('/v1/mgmt/tenant?id=a')).body, {
    ...{ domains: ['sso.example'], authType: 'saml', selfProvisioningDomains: ['b.example'] },
  })
})

onEveryDatabase('a write by a client that knows fewer fields clears none', async (kit) => {
  await tenant(kit)
  await set(kit, whole)
  const before = await get(kit)
  for (const [client, body, changed] of [
    ['nothing', {}, {}],
    [
      'Go, with its zero values',
      {
        ...{ selfProvisioningDomains: null, domains: null, authType: '', enabled: true, JITDisabled: true, enableInactivity: true },
        ...{ refreshTokenExpiration: 0, refreshTokenExpirationUnit: '', sessionTokenExpiration: 0, sessionTokenExpirationUnit: '' },
        ...{ stepupTokenExpiration: 0, stepupTokenExpirationUnit: '', inactivityTime: 0, inactivityTimeUnit: '', rotateJwt: false },
      },
      {},
    ],
    ['Python', { selfProvisioningDomains: [] }, { selfProvisioningDomains: [] }],
    ['Java', { sessionSettingsEnabled: false, sessionTokenExpiration: 7 }, { enabled: false, sessionTokenExpiration: 7 }],
    ['Node', { InactivityTime: 20, InactivityTimeUnit: 'minutes' }, { inactivityTime: 20, inactivityTimeUnit: 'minutes' }],
  ] as const) {
    const expected = { ...(await get(kit)), ...changed }
    assert.equal((await set(kit, body)).status, 200, client)
    const both = { InactivityTime: expected.inactivityTime, InactivityTimeUnit: expected.inactivityTimeUnit }
    assert.deepEqual(await get(kit), { ...expected, ...both }, client)
  }
  assert.notDeepEqual(await get(kit), before)
})

onEveryDatabase('of two names of a field the one that says something new counts, whichever it is', async (kit) => {
  await tenant(kit)
  for (const name of ['inactivityTime', 'InactivityTime']) {
    const read = await get(kit)
    await set(kit, { ...read, [name]: read.inactivityTime + 3 })
    const { inactivityTime, InactivityTime } = await get(kit)
    assert.deepEqual([inactivityTime, InactivityTime], [read.inactivityTime + 3, read.inactivityTime + 3], name)
  }
})

onEveryDatabase('lifetimes that make no sense are refused with every problem, and nothing is changed', async (kit) => {
  await tenant(kit)
  for (const [body, named] of [
    [{ sessionTokenExpiration: 1 }, ['sessionTokenExpiration']],
    [{ refreshTokenExpiration: 1, refreshTokenExpirationUnit: 'minutes' }, ['refreshTokenExpiration', 'sessionTokenExpiration']],
    [{ inactivityTime: 9, stepupTokenExpiration: 2 }, ['stepupTokenExpiration', 'inactivityTime']],
    [{ refreshTokenExpiration: 600, refreshTokenExpirationUnit: 'weeks' }, ['refreshTokenExpiration']],
  ] as const) {
    const answer = await set(kit, { enabled: true, ...body })
    assert.deepEqual(told(answer), [400, 'E011004'])
    for (const field of named) assert.match(answer.body.errorMessage, new RegExp(field))
  }
  for (const body of [{ sessionTokenExpirationUnit: 'months' }, { enabled: 'yes' }, { authType: 'ldap' }, { domains: ['a b'] }]) {
    assert.deepEqual(told(await set(kit, body)), [400, 'E011003'], JSON.stringify(body))
  }
  assert.deepEqual(told(await set(kit, { tenantId: 'none' })), [404, 'E111401'])
  assert.deepEqual(await get(kit), initial)
})

onEveryDatabase('what a tenant does not say itself the project says, also later', async (kit) => {
  await tenant(kit)
  await set(kit, { enabled: true, stepupTokenExpiration: 10 })
  await kit.set({ project: { sessionTokenExpiration: 7, stepupTokenExpiration: 20, enableInactivity: true } })
  const { sessionTokenExpiration, stepupTokenExpiration, enableInactivity } = await get(kit)
  assert.deepEqual([sessionTokenExpiration, stepupTokenExpiration, enableInactivity], [7, 10, true])
})

onEveryDatabase('changes of different fields at the same time all hold', async (kit) => {
  await tenant(kit)
  await Promise.all([
    set(kit, { sessionTokenExpiration: 5 }),
    set(kit, { stepupTokenExpiration: 6 }),
    set(kit, { enabled: true }),
    set(kit, { domains: ['x.example'] }),
  ])
  const { sessionTokenExpiration, stepupTokenExpiration, enabled, domains } = await get(kit)
  assert.deepEqual([sessionTokenExpiration, stepupTokenExpiration, enabled, domains], [5, 6, true, ['x.example']])
})
