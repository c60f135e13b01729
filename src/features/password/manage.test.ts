import assert from 'node:assert/strict'
import { type Answer, goodPassword, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { narrowKey } from '../../../test/management-key.ts'
import { tenant } from '../../../test/storage-contract/records.ts'
import { Rights } from '../../core/management-keys.ts'
import { expirePassword, setPassword } from './manage.ts'

const loginId = 'ada@example.com'
const newPassword = 'another good passphrase 2'
const signIn = (kit: Kit, password: string) => kit.call('/v1/auth/password/signin', { body: { loginId, password } })
const told = ({ status, body }: Answer) => [status, body.errorCode]
const set = (kit: Kit, how: string, body: object = {}) =>
  kit.manage(`/v1/mgmt/user/password/${how}`, { body: { loginId, password: newPassword, ...body } })

/** Ways to set a password, and whether it can be used at once. */
const ways: readonly (readonly [string, object, boolean])[] = [
  ['set', {}, false],
  ['set', { setActive: false }, false],
  ['set', { setActive: true }, true],
  ['set/temporary', {}, false],
  ['set/active', {}, true],
]

for (const [how, body, isActive] of ways) {
  onEveryDatabase(`${how} ${JSON.stringify(body)} sets a password that is ${isActive ? 'active' : 'temporary'}`, async (kit) => {
    const { refreshJwt, user } = await kit.signUp(loginId)
    const answer = await set(kit, how, body)
    assert.deepEqual([answer.status, answer.text], [200, '{}'], 'the password is not in the answer')
    assert.deepEqual(told(await signIn(kit, newPassword)), isActive ? [200, undefined] : [401, 'E062909'])
    assert.deepEqual(told(await signIn(kit, goodPassword)), [401, 'E062903'])
    assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 401, 'SE-05')
    const [event] = await kit.auth.deps.storage.events.forUser(kit.projectId, user.userId, { types: ['password.set'], limit: 1 })
    assert.deepEqual([event?.actorKind, event?.actorId], ['managementKey', kit.managementKey.split('.')[0]])
    assert.deepEqual(event?.data, { isTemporary: !isActive })
  })
}

onEveryDatabase('a temporary password is replaced, and the new one is active', async (kit) => {
  await kit.signUp(loginId)
  await set(kit, 'set/temporary')
  const last = 'a third good passphrase 3'
  const replaced = await kit.call('/v1/auth/password/replace', { body: { loginId, oldPassword: newPassword, newPassword: last } })
  assert.equal(replaced.status, 200)
  assert.equal((await signIn(kit, last)).status, 200)
})

onEveryDatabase('expire asks for another password at the next sign-in, and ends no session', async (kit) => {
  const { refreshJwt } = await kit.signUp(loginId)
  assert.equal((await set(kit, 'expire')).text, '{}')
  assert.deepEqual(told(await signIn(kit, goodPassword)), [401, 'E062909'])
  assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 200)
  const update = { token: refreshJwt, body: { loginId, newPassword } }
  assert.equal((await kit.call('/v1/auth/password/update', update)).status, 200)
  assert.equal((await signIn(kit, newPassword)).status, 200)
})

onEveryDatabase('who has no password gets a first one, and has none to expire', async (kit) => {
  const { user } = await kit.auth.api.createUser({ projectId: kit.projectId, loginId })
  assert.deepEqual(told(await set(kit, 'expire')), [400, 'E011004'])
  assert.equal((await set(kit, 'set/active', { loginId: undefined, identifier: user.id })).status, 200, 'by user ID, as .NET names it')
  assert.equal((await signIn(kit, newPassword)).status, 200)
})

onEveryDatabase('a password that is set lifts the lock', async (kit) => {
  await kit.set({ password: { lock: true, lockAttempts: 2 } })
  await kit.signUp(loginId)
  for (let i = 0; i < 2; i++) await signIn(kit, 'wrong password 1')
  assert.equal((await signIn(kit, goodPassword)).status, 401)
  await set(kit, 'set/active')
  assert.equal((await signIn(kit, newPassword)).status, 200)
})

onEveryDatabase('PW-07: the policy holds for administrators, and unknown users are not found', async (kit) => {
  await kit.signUp(loginId)
  for (const how of ['set', 'set/temporary', 'set/active']) {
    assert.deepEqual(told(await set(kit, how, { password: 'password' })), [400, 'E062904'])
    assert.deepEqual(told(await set(kit, how, { password: '' })), [400, 'E011003'])
    assert.deepEqual(told(await set(kit, how, { loginId: 'nobody' })), [404, 'E112102'])
  }
  assert.deepEqual(told(await set(kit, 'expire', { loginId: 'nobody' })), [404, 'E112102'])
  assert.equal((await signIn(kit, goodPassword)).status, 200, 'nothing changed')
})

/** A call with a key of these rights. */
async function narrow(kit: Kit, rights: Partial<Rights>): Promise<(how: string, body?: object) => Promise<Answer>> {
  const token = await narrowKey(kit, rights)
  return (how, body = {}) => kit.call(`/v1/mgmt/user/password/${how}`, { token, body: { loginId, password: newPassword, ...body } })
}

/** A temporary password too: whoever knows it may replace it, and is signed in by that. */
onEveryDatabase('MG-05: without the right to active passwords nobody chooses a password for somebody', async (kit) => {
  await kit.signUp(loginId)
  const call = await narrow(kit, { denied: ['activePasswords'] })
  for (const [how, body] of ways) assert.equal((await call(how, body)).status, 403, how)
  assert.equal((await call('expire')).status, 200)
})

onEveryDatabase('a key for a tenant sets passwords of those who are in that tenant and no other', async (kit) => {
  const { storage } = kit.auth.deps
  const { user } = await kit.signUp(loginId)
  for (const id of ['T1', 'T2']) await storage.tenants.insert(tenant(kit.projectId, id))
  const call = await narrow(kit, { tenantIds: ['T1'] })
  const all = ['set', 'set/temporary', 'set/active', 'expire']
  for (const how of all) assert.deepEqual(told(await call(how)), [404, 'E112102'], 'in no tenant')
  await storage.grants.join(kit.projectId, user.userId, 'T1')
  for (const how of all) assert.equal((await call(how)).status, 200, how)
  await storage.grants.join(kit.projectId, user.userId, 'T2')
  for (const how of all) assert.equal((await call(how)).status, 403, 'it would get into the other tenant')
})

onEveryDatabase('MG-05: a user who comes into another tenant after they were found is not taken over', async (kit) => {
  const { deps } = kit.auth
  await kit.signUp(loginId)
  for (const id of ['T1', 'T2']) await deps.storage.tenants.insert(tenant(kit.projectId, id))
  const account = await deps.storage.users.byLoginId(kit.projectId, loginId)
  const project = await deps.projects.byId(kit.projectId)
  assert.ok(account && project)
  await deps.storage.grants.join(kit.projectId, account.user.id, 'T1')
  await deps.storage.grants.join(kit.projectId, account.user.id, 'T2')
  const owner = { project, account, actor: { kind: 'managementKey', id: 'K' }, rights: Rights.parse({ tenantIds: ['T1'] }) } as const
  const refused = { name: 'ManagementForbidden' }
  await assert.rejects(setPassword(deps, { ...owner, password: newPassword }), refused)
  await assert.rejects(expirePassword(deps, owner), refused)
  assert.equal((await signIn(kit, goodPassword)).status, 200)
})
