import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { type Answer, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { narrowKey } from '../../../test/management-key.ts'
import { tenant } from '../../../test/storage-contract/records.ts'
import { Rights } from '../../core/management-keys.ts'
import { createSignInToken } from './create.ts'

const loginId = 'ada@example.com'
const told = ({ status, body }: Answer) => [status, body.errorCode]
const signIn = (kit: Kit, body: object = {}) => kit.manage('/v1/mgmt/user/signin/embeddedlink', { body: { loginId, ...body } })
const signUp = (kit: Kit, body: object = {}) => kit.manage('/v1/mgmt/user/signup/embeddedlink', { body: { loginId, ...body } })
const verify = (kit: Kit, token: string) => kit.call('/v1/auth/magiclink/verify', { body: { token } })

onEveryDatabase('MG-05: an embedded link signs in, once, and proves no mailbox', async (kit) => {
  const { user } = await kit.signUp(loginId, undefined, { isVerified: false })
  const made = await signIn(kit, { customClaims: { plan: 'gold' } })
  assert.deepEqual([made.status, Object.keys(made.body)], [200, ['token']])
  const answer = await verify(kit, made.body.token)
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual([answer.body.user.userId, answer.body.user.verifiedEmail, answer.body.firstSeen], [user.userId, false, false])
  const { plan, nsec, amr } = decodeJwt(answer.body.refreshJwt)
  assert.deepEqual([plan, nsec, amr], ['gold', undefined, []])
  assert.deepEqual(told(await verify(kit, made.body.token)), [401, 'E062504'])
  const [event] = await kit.auth.deps.storage.events.forUser(kit.projectId, user.userId, { types: ['embeddedLink.create'], limit: 1 })
  assert.deepEqual([event?.actorId, event?.data], [kit.managementKey.split('.')[0], { purpose: 'embeddedSignIn', ttlSeconds: 60 }])
})

onEveryDatabase('RC-03: of fifty uses of one embedded link one wins', async (kit) => {
  await kit.signUp(loginId)
  for (const token of [(await signIn(kit)).body.token, (await signUp(kit, { loginId: 'grace@example.com' })).body.token]) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => verify(kit, token)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(new Set(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).size, 1)
  }
})

for (const [name, body, settings, seconds] of [
  ['the default', {}, {}, 60],
  ['0', { timeout: 0 }, {}, 60],
  ['1 second', { timeout: 1 }, {}, 1],
  ['ten minutes', { timeout: 600 }, {}, 600],
  ['the setting', {}, { expirationTime: 5 }, 300],
] as const) {
  onEveryDatabase(`RC-04: with ${name} it lives ${seconds} seconds`, async (kit) => {
    await kit.set({ embeddedLink: settings })
    await kit.signUp(loginId)
    const inTime = (await signIn(kit, body)).body.token
    kit.clock.advance(seconds - 1)
    assert.equal((await verify(kit, inTime)).status, 200)
    const late = [(await signIn(kit, body)).body.token, (await signUp(kit, { ...body, loginId: 'grace' })).body.token]
    kit.clock.advance(seconds)
    for (const token of late) assert.deepEqual(told(await verify(kit, token)), [401, 'E062504'])
  })
}

onEveryDatabase('RC-05: a newer link, a password, a disabled user void an embedded link', async (kit) => {
  const { projectId } = kit
  await kit.signUp(loginId)
  const older = (await signIn(kit)).body.token
  const newer = (await signIn(kit)).body.token
  assert.equal((await verify(kit, older)).status, 401)
  await kit.auth.api.setPassword({ projectId, loginId, password: 'another good passphrase 2' })
  assert.equal((await verify(kit, newer)).status, 401)
  const last = (await signIn(kit)).body.token
  await kit.auth.api.setUserStatus({ projectId, loginId, status: 'disabled' })
  assert.equal((await verify(kit, last)).status, 401)
  assert.deepEqual(told(await signIn(kit)), [403, 'E062110'])
})

onEveryDatabase('a sign-up link makes its user when it is redeemed, with what was vouched for', async (kit) => {
  const user = { name: 'Ada', phone: '+15555555555' }
  const options = { user, emailVerified: true, loginOptions: { customClaims: { plan: 'gold' } } }
  const { token } = (await signUp(kit, options)).body
  assert.equal((await kit.auth.deps.storage.users.list(kit.projectId, { limit: 9 })).items.length, 0)
  const { body, status, text } = await verify(kit, token)
  assert.equal(status, 200, text)
  const { email, verifiedEmail, phone, verifiedPhone, name, status: state } = body.user
  assert.deepEqual([email, verifiedEmail, phone, verifiedPhone, name], [loginId, true, '+15555555555', false, 'Ada'])
  assert.deepEqual([state, body.firstSeen, decodeJwt(body.sessionJwt).plan], ['enabled', true, 'gold'])
  assert.equal((await kit.call('/v1/auth/refresh', { token: body.refreshJwt, body: {} })).status, 200)
  assert.deepEqual(told(await signUp(kit)), [400, 'E062107'])
})

onEveryDatabase('a sign-up link for a login ID that was taken meanwhile does nothing', async (kit) => {
  const { token } = (await signUp(kit, { loginOptions: { customClaims: { a: 1 } } })).body
  const { user } = await kit.signUp(loginId)
  assert.deepEqual(told(await verify(kit, token)), [401, 'E062504'])
  assert.deepEqual(await kit.auth.deps.storage.events.forUser(kit.projectId, user.userId, { types: ['magicLink.verify'], limit: 1 }), [])
})

onEveryDatabase('what cannot be is refused', async (kit) => {
  await kit.signUp(loginId)
  const other = { loginId: 'grace@example.com' }
  for (const call of [signIn, (k: Kit, body: object) => signUp(k, { ...other, ...body })]) {
    assert.deepEqual(told(await call(kit, { timeout: 601 })), [400, 'E011004'])
    assert.deepEqual(told(await call(kit, { timeout: -1 })), [400, 'E011003'])
  }
  assert.deepEqual(told(await signIn(kit, { loginId: 'nobody' })), [404, 'E112102'])
  assert.deepEqual(told(await signUp(kit, { loginId: 'a@b@c' })), [400, 'E011003'])
  const forged = { act: { sub: 'U0' } }
  assert.deepEqual(told(await signIn(kit, { customClaims: forged })), [400, 'E011004'])
  assert.deepEqual(told(await signUp(kit, { ...other, loginOptions: { customClaims: forged } })), [400, 'E011004'])
  const [first, second] = [(await signIn(kit)).body.token, (await signUp(kit, other)).body.token]
  await kit.set({ embeddedLink: { enabled: false } })
  for (const token of [first, second]) assert.deepEqual(told(await verify(kit, token)), [401, 'E062504'])
  assert.deepEqual(told(await signIn(kit)), [403, 'E061001'])
  assert.deepEqual(told(await signUp(kit, other)), [403, 'E061001'])
})

onEveryDatabase('MG-05: keys without the right, or for another tenant, make none', async (kit) => {
  const { user } = await kit.signUp(loginId)
  const { storage } = kit.auth.deps
  const call = (token: string, how: string) => kit.call(`/v1/mgmt/user/${how}/embeddedlink`, { token, body: { loginId } })
  const denied = await narrowKey(kit, { denied: ['embeddedLinks'] })
  for (const how of ['signin', 'signup']) assert.deepEqual(told(await call(denied, how)), [403, 'E111120'])
  for (const id of ['T1', 'T2']) await storage.tenants.insert(tenant(kit.projectId, id))
  const ofTenant = await narrowKey(kit, { tenantIds: ['T1'] })
  assert.deepEqual(told(await call(ofTenant, 'signin')), [404, 'E112102'])
  await storage.grants.join(kit.projectId, user.userId, 'T1')
  assert.equal((await call(ofTenant, 'signin')).status, 200)
  await storage.grants.join(kit.projectId, user.userId, 'T2')
  assert.deepEqual(told(await call(ofTenant, 'signin')), [403, 'E111120'])
})

onEveryDatabase('MG-05: none is made for a user who came into another tenant after they were found', async (kit) => {
  const { deps } = kit.auth
  await kit.signUp(loginId)
  for (const id of ['T1', 'T2']) await deps.storage.tenants.insert(tenant(kit.projectId, id))
  const account = await deps.storage.users.byLoginId(kit.projectId, loginId)
  const project = await deps.projects.byId(kit.projectId)
  assert.ok(account && project)
  const call = { project, account, actor: { kind: 'managementKey', id: 'K' }, rights: Rights.parse({ tenantIds: ['T1'] }) } as const
  await deps.storage.grants.join(kit.projectId, account.user.id, 'T1')
  assert.ok(await createSignInToken(deps, call))
  await deps.storage.grants.join(kit.projectId, account.user.id, 'T2')
  await assert.rejects(createSignInToken(deps, call), { name: 'ManagementForbidden' })
})
