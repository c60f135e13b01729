import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { type Answer, goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { narrowKey } from '../../../test/management-key.ts'
import { tenant } from '../../../test/storage-contract/records.ts'

const support = 'support@example.com'
const loginId = 'ada@example.com'
const told = ({ status, body }: Answer) => [status, body.errorCode]
const impersonate = (kit: Kit, body: object = {}, how = 'impersonate') =>
  kit.manage(`/v1/mgmt/${how}`, { body: { impersonatorId: support, loginId, ...body } })
const refresh = (kit: Kit, token: string) => kit.call('/v1/auth/refresh', { token, body: {} })
const me = (kit: Kit, token: string) => kit.call('/v1/auth/me', { token })

/** A role of the project with the permission to impersonate, which the project's own storage gives. */
async function giveRole(kit: Kit, userId: string, tenantId = '', permissionNames: readonly string[] = ['Impersonate']): Promise<void> {
  const { storage } = kit.auth.deps
  const { projectId } = kit
  const id = `R-${userId}-${tenantId}-${permissionNames.join('')}`
  const facts = { description: '', isDefault: false, isPrivate: false, createdAt: kit.clock.nowSeconds() }
  await storage.roles.insert({ projectId, id, tenantId: '', name: id, permissionNames, ...facts })
  await storage.grants.give(projectId, userId, [{ tenantId, roleId: id }])
}

async function addTenant(kit: Kit, id: string, ...userIds: readonly string[]): Promise<void> {
  await kit.auth.deps.storage.tenants.insert(tenant(kit.projectId, id))
  for (const userId of userIds) await kit.auth.deps.storage.grants.join(kit.projectId, userId, id)
}

/** Two users, of whom one may act as anybody. */
async function twoUsers(kit: Kit, isPermitted = true): Promise<{ ada: Json; agent: Json }> {
  const ada = await kit.signUp(loginId)
  const agent = await kit.signUp(support)
  if (isPermitted) await giveRole(kit, agent.user.userId)
  return { ada, agent }
}

onEveryDatabase('impersonate answers a refresh token of the user that names who acts, and refreshes keep that', async (kit) => {
  await kit.set({ project: { rotateJwt: true } })
  const { ada, agent } = await twoUsers(kit)
  await addTenant(kit, 'T1', ada.user.userId)
  const answer = await impersonate(kit, { customClaims: { ticket: 42 }, selectedTenant: 'T1', refreshDuration: 900 })
  assert.equal(answer.status, 200, answer.text)
  const { drn, sub, act, ticket, exp, dct } = decodeJwt(answer.body.jwt)
  assert.deepEqual([drn, sub, act, ticket, dct], ['DSR', ada.user.userId, { sub: agent.user.userId }, 42, 'T1'])
  assert.equal(exp, kit.clock.nowSeconds() + 900)
  let token = answer.body.jwt
  for (let round = 0; round < 3; round++) {
    const { body } = await refresh(kit, token)
    for (const one of [body.sessionJwt, body.refreshJwt]) assert.deepEqual(decodeJwt(one).act, { sub: agent.user.userId })
    token = body.refreshJwt
  }
  assert.equal((await me(kit, token)).body.userId, ada.user.userId)
  const history = await kit.call('/v1/auth/me/history', { token: ada.refreshJwt })
  assert.equal(history.body.length, 1, 'it is no sign-in of the user')
})

onEveryDatabase('impersonate/stepup answers a session token with the step-up claim', async (kit) => {
  const { ada, agent } = await twoUsers(kit)
  const { body } = await impersonate(kit, { impersonatorId: agent.user.userId, loginId: ada.user.userId }, 'impersonate/stepup')
  const { drn, sub, act, su } = decodeJwt(body.jwt)
  assert.deepEqual([drn, sub, act, su], ['DS', ada.user.userId, { sub: agent.user.userId }, true])
})

onEveryDatabase('MG-05: impersonations, refused ones too, are audited with key, impersonator and user', async (kit) => {
  const { ada, agent } = await twoUsers(kit, false)
  assert.deepEqual(told(await impersonate(kit)), [403, 'E111801'])
  await giveRole(kit, agent.user.userId)
  kit.clock.advance(1)
  await impersonate(kit)
  const query = { types: ['jwt.impersonate'], limit: 9 }
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, ada.user.userId, query)
  assert.deepEqual(
    events.map(({ outcome, actorKind, actorId, data }) => [outcome, actorKind, actorId, data.impersonatorId]),
    ['success', 'failure'].map((outcome) => [outcome, 'managementKey', kit.managementKey.split('.')[0], agent.user.userId]),
  )
})

onEveryDatabase('who may act as whom: by a permission for the project, or in every tenant that the user is in', async (kit) => {
  const { ada, agent } = await twoUsers(kit, false)
  const [adaId, agentId] = [ada.user.userId, agent.user.userId]
  await addTenant(kit, 'T1', adaId, agentId)
  await addTenant(kit, 'T2', agentId)
  const isAllowed = async (body: object = {}) => (await impersonate(kit, body)).status === 200
  await giveRole(kit, agentId, 'T2')
  assert.equal(await isAllowed(), false, 'in a tenant of their own')
  await giveRole(kit, agentId, 'T1', ['SSO Admin'])
  assert.equal(await isAllowed(), false, 'another permission')
  await giveRole(kit, agentId, 'T1')
  assert.equal(await isAllowed(), true, 'in the one that they share')
  assert.equal(await isAllowed({ selectedTenant: 'T1' }), true)
  await addTenant(kit, 'T3', adaId)
  assert.equal(await isAllowed({ selectedTenant: 'T1' }), false, 'the user has what the impersonator must not get')
  await kit.auth.deps.storage.grants.leave(kit.projectId, adaId, 'T3')
  await giveRole(kit, adaId, '', ['everything'])
  assert.equal(await isAllowed(), false, 'a role of the project is more than the tenant')
  await giveRole(kit, agentId)
  assert.equal(await isAllowed(), true)
})

onEveryDatabase('impersonate refuses what cannot be', async (kit) => {
  const { projectId } = kit
  await twoUsers(kit)
  assert.deepEqual(told(await impersonate(kit, { validateConsent: true })), [403, 'E111802'])
  assert.deepEqual(told(await impersonate(kit, { loginId: support })), [400, 'E011004'])
  assert.deepEqual(told(await impersonate(kit, { loginId: 'nobody' })), [404, 'E112102'])
  assert.deepEqual(told(await impersonate(kit, { impersonatorId: 'nobody' })), [404, 'E112102'])
  assert.deepEqual(told(await impersonate(kit, { selectedTenant: 'T9' })), [400, 'E011004'])
  await kit.auth.api.setUserStatus({ projectId, loginId, status: 'disabled' })
  assert.deepEqual(told(await impersonate(kit)), [403, 'E062110'])
  await kit.auth.api.setUserStatus({ projectId, loginId, status: 'enabled' })
  await kit.auth.api.setUserStatus({ projectId, loginId: support, status: 'disabled' })
  assert.deepEqual(told(await impersonate(kit)), [403, 'E111801'])
})

onEveryDatabase('whoever acts as a user changes no credential and signs nobody out', async (kit) => {
  const { ada } = await twoUsers(kit)
  const token = (await impersonate(kit)).body.jwt
  const refused = [403, 'E064004']
  const newPassword = 'another good passphrase 2'
  assert.deepEqual(told(await kit.call('/v1/auth/password/update', { token, body: { loginId, newPassword } })), refused)
  assert.deepEqual(told(await kit.call('/v1/auth/logoutall', { token, body: {} })), refused)
  for (const loginOptions of [{ mfa: true }, { stepup: true }]) {
    const body = { loginId, password: goodPassword, loginOptions }
    assert.deepEqual(told(await kit.call('/v1/auth/password/signin', { token, body })), [401, 'E064002'])
  }
  assert.equal((await me(kit, token)).status, 200)
  assert.equal((await kit.call('/v1/auth/me/history', { token })).status, 200)
  assert.equal((await kit.call('/v1/auth/me/tenants', { token, body: {} })).status, 200)
  await addTenant(kit, 'T1', ada.user.userId)
  const chosen = await kit.call('/v1/auth/tenant/select', { token, body: { tenant: 'T1' } })
  assert.deepEqual([chosen.status, decodeJwt(chosen.body.sessionJwt).act], [200, decodeJwt(token).act])
  assert.equal((await kit.call('/v1/auth/logout', { token, body: {} })).status, 200)
  assert.equal((await me(kit, token)).status, 401)
  assert.equal((await me(kit, ada.refreshJwt)).status, 200, 'the user did not notice')
  const [event] = await kit.auth.deps.storage.events.forUser(kit.projectId, ada.user.userId, { types: ['session.logout'], limit: 1 })
  assert.ok(event?.data.impersonatorId)
})

onEveryDatabase('SE-06: an impersonation ends with the right to it, the impersonator, and the sessions of the user', async (kit) => {
  const { projectId } = kit
  const { storage } = kit.auth.deps
  const { ada, agent } = await twoUsers(kit)
  const isLive = async (token: string, sessionJwt: string) => {
    const statuses = [await me(kit, token), await refresh(kit, token), await kit.call('/v1/auth/validate', { token: sessionJwt, body: {} })]
    assert.equal(new Set(statuses.map(({ status }) => status)).size, 1)
    return statuses.every(({ status }) => status === 200)
  }
  const open = async () => {
    const token = (await impersonate(kit)).body.jwt
    const { sessionJwt } = (await refresh(kit, token)).body
    assert.equal(await isLive(token, sessionJwt), true)
    return [token, sessionJwt] as const
  }
  const first = await open()
  await kit.auth.api.setUserStatus({ projectId, loginId: support, status: 'disabled' })
  assert.equal(await isLive(...first), false, 'disabled')
  await kit.auth.api.setUserStatus({ projectId, loginId: support, status: 'enabled' })
  const second = await open()
  await storage.grants.takeAll(projectId, agent.user.userId, '')
  assert.equal(await isLive(...second), false, 'without the permission')
  await giveRole(kit, agent.user.userId, '', ['Impersonate', 'more'])
  const third = await open()
  await kit.call('/v1/auth/logoutall', { token: ada.refreshJwt, body: {} })
  assert.equal(await isLive(...third), false, 'signed out by the user')
  const fourth = await open()
  await kit.auth.api.deleteUser({ projectId, loginId: support })
  assert.equal(await isLive(...fourth), false, 'deleted')
})

onEveryDatabase('stop answers a refresh token of whoever acted, once', async (kit) => {
  const { agent } = await twoUsers(kit)
  const stop = (jwt: string, body: object = {}) => kit.manage('/v1/mgmt/stop/impersonation', { body: { jwt, ...body } })
  const { jwt } = (await impersonate(kit)).body
  const { sessionJwt } = (await refresh(kit, jwt)).body
  const answers = await Promise.all([jwt, sessionJwt, jwt, sessionJwt].map((token) => stop(token, { customClaims: { back: true } })))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.ok(answers.every(({ status }) => status === 200 || status === 401))
  const own = answers.find(({ status }) => status === 200)?.body.jwt
  const { drn, sub, act, back } = decodeJwt(own)
  assert.deepEqual([drn, sub, act, back], ['DSR', agent.user.userId, undefined, true])
  assert.equal((await refresh(kit, own)).status, 200)
  assert.equal((await refresh(kit, jwt)).status, 401)
  assert.deepEqual(told(await stop(own)), [400, 'E011004'])
  assert.deepEqual(told(await stop(agent.refreshJwt)), [400, 'E011004'])
  const again = (await impersonate(kit)).body.jwt
  assert.deepEqual(told(await stop(again, { selectedTenant: 'T9' })), [400, 'E011004'])
  assert.equal((await me(kit, again)).status, 200, 'what was refused ended nothing')
})

onEveryDatabase('MG-05, SE-09: no way to a session without the right, and none to a forged act', async (kit) => {
  const { ada } = await twoUsers(kit)
  const key = await narrowKey(kit, { denied: ['impersonation'] })
  const body = { impersonatorId: support, loginId, jwt: ada.refreshJwt }
  const paths = [
    'impersonate',
    'impersonate/stepup',
    'stop/impersonation',
    'auth/signin',
    'auth/signup',
    'auth/signup-in',
    'auth/anonymous',
  ]
  for (const path of paths) assert.deepEqual(told(await kit.call(`/v1/mgmt/${path}`, { token: key, body })), [403, 'E111120'], path)

  const customClaims = { act: { sub: ada.user.userId }, sub: ada.user.userId }
  for (const path of ['impersonate', 'impersonate/stepup', 'auth/signin', 'auth/signup', 'auth/signup-in', 'auth/anonymous']) {
    const answer = await kit.manage(`/v1/mgmt/${path}`, { body: { ...body, jwt: undefined, customClaims } })
    assert.ok(told(answer).join() === '400,E011004' || told(answer).join() === '400,E062107', path)
  }
  const unprivileged = { loginId, password: goodPassword, loginOptions: { customClaims: { act: { sub: 'U0' } } } }
  const session = await kit.call('/v1/auth/password/signin', { body: unprivileged })
  assert.equal(decodeJwt(session.body.sessionJwt).act, undefined)
})
