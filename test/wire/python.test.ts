import assert from 'node:assert/strict'
import { onEveryDatabase } from '../kit.ts'

/** What the official Python SDK (2.16) sends that others do not. `conformance/python/` drives the SDK itself. */

const login = 'ada@example.com'

onEveryDatabase('Python: no address, sent as null, takes the address away', async ({ manage }) => {
  await manage('/v1/mgmt/user/create', { body: { loginId: login, phone: '+15555550100' } })
  for (const field of ['email', 'phone']) {
    const body = { loginId: login, [field]: null, verified: null, failOnConflict: null }
    const answer = await manage(`/v1/mgmt/user/update/${field}`, { body })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.body.user[field], '')
  }
})

onEveryDatabase('Python: options of a custom attribute are texts, and required is dropped', async ({ manage }) => {
  const attribute = { name: 'tier', displayName: 'Tier', type: 'singleselect', required: true, options: ['gold', 'free'] }
  const answer = await manage('/v1/mgmt/user/customattribute/create', { body: { attributes: [attribute] } })
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(answer.body.data[0].options, [
    { value: 'gold', label: 'gold' },
    { value: 'free', label: 'free' },
  ])
  const tooLong = { ...attribute, name: 'long', options: ['x'.repeat(257)] }
  assert.equal((await manage('/v1/mgmt/user/customattribute/create', { body: { attributes: [tooLong] } })).status, 400)
})

onEveryDatabase('Python: impersonate with stepup answers a session token after a step-up', async ({ call, manage }) => {
  await manage('/v1/mgmt/role/create', { body: { name: 'Support', permissionNames: ['Impersonate'] } })
  await manage('/v1/mgmt/user/create', { body: { loginId: 'helper', roleNames: ['Support'] } })
  await manage('/v1/mgmt/user/create', { body: { loginId: login } })
  const body = { impersonatorId: 'helper', loginId: login, validateConsent: false, customClaims: null, stepup: true }
  const { jwt } = (await manage('/v1/mgmt/impersonate', { body })).body
  const claims = (await call('/v1/auth/validate', { token: jwt, body: {} })).body
  assert.deepEqual([claims.drn, claims.su], ['DS', true])
  const without = (await manage('/v1/mgmt/impersonate', { body: { ...body, stepup: null } })).body
  assert.equal((await call('/v1/auth/refresh', { token: without.jwt, body: {} })).status, 200)
})

onEveryDatabase('Python: the user of a sign-up link has the names that its own members have', async (kit) => {
  const user = { email: login, phone: null, name: 'Ada', given_name: 'A', middle_name: null, family_name: 'L' }
  const loginOptions = { stepup: false, customClaims: null, mfa: false }
  const body = { loginId: login, user, loginOptions, emailVerified: true, phoneVerified: false, timeout: 0 }
  const { token } = (await kit.manage('/v1/mgmt/user/signup/embeddedlink', { body })).body
  const session = await kit.call('/v1/auth/magiclink/verify', { body: { token } })
  assert.equal(session.status, 200, session.text)
  assert.deepEqual([session.body.user.givenName, session.body.user.middleName, session.body.user.familyName], ['A', '', 'L'])
})
