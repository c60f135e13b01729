import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const ada = 'ada@example.com'
const fresh = 'ada@new.example'

const update = (kit: Kit, token: string | undefined, body: object = {}, what = 'email') =>
  kit.call(`/v1/auth/magiclink/update/${what}`, {
    ...(token === undefined ? {} : { token }),
    body: { loginId: ada, email: fresh, ...body },
  })
const verify = (kit: Kit, token: string) => kit.call('/v1/auth/magiclink/verify', { body: { token } })
const load = async (kit: Kit, loginId: string) => (await kit.manage(`/v1/mgmt/user?loginId=${encodeURIComponent(loginId)}`)).body.user
const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

async function newestToken(kit: Kit): Promise<string> {
  const mail = (await kit.mails()).find(({ kind }) => kind === 'magicLink.update')
  return new URL(mail?.link ?? '').searchParams.get('t') ?? ''
}

async function through(kit: Kit, token: string, body: object = {}): Promise<Json> {
  const started = await update(kit, token, body)
  assert.deepEqual([started.status, started.body], [200, { maskedEmail: 'a*****@n*****.example' }])
  const session = await verify(kit, await newestToken(kit))
  assert.equal(session.status, 200, session.text)
  return session.body
}

onEveryDatabase('a new address is the user’s once it is proven, and not before', async (kit) => {
  const { refreshJwt, user } = await kit.signUp(ada)
  await update(kit, refreshJwt)
  assert.equal((await load(kit, ada)).email, ada)
  const session = (await verify(kit, await newestToken(kit))).body
  assert.deepEqual([session.user.userId, session.user.email, session.user.verifiedEmail], [user.userId, fresh, true])
  assert.deepEqual([session.user.loginIds, claimsOf(session.sessionJwt).amr], [[ada], ['email']])
  assert.equal((await load(kit, ada)).email, fresh)
  const notices = (await kit.mails()).filter(({ kind }) => kind === 'email.changed')
  assert.deepEqual(new Set(notices.map(({ to }) => to)), new Set([ada, fresh]), 'RC-13: both addresses are told')
  assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 200)
})

onEveryDatabase('mfa keeps the methods of the session; addToLoginIDs makes a login ID', async (kit) => {
  const { refreshJwt } = await kit.signUp(ada)
  const session = await through(kit, refreshJwt, { mfa: true, addToLoginIDs: true })
  assert.deepEqual(
    [claimsOf(session.sessionJwt).amr, session.user.loginIds],
    [
      ['pwd', 'email'],
      [ada, fresh],
    ],
  )
  const signIn = await kit.call('/v1/auth/password/signin', { body: { loginId: fresh, password: goodPassword } })
  assert.equal(signIn.status, 200)
})

for (const [what, path] of [
  ['without a method', 'phone'],
  ['by sms', 'phone/sms'],
  ['by whatsapp', 'phone/whatsapp'],
] as const) {
  onEveryDatabase(`a new phone number, ${what}`, async (kit) => {
    const { refreshJwt } = await kit.signUp(ada)
    const started = await update(kit, refreshJwt, { email: undefined, phone: '+1 (555) 555-0177' }, path)
    assert.deepEqual([started.status, started.body], [200, { maskedPhone: '+*********77' }])
    const { user } = (await verify(kit, await newestToken(kit))).body
    assert.deepEqual([user.phone, user.verifiedPhone, user.email, user.verifiedEmail], ['+15555550177', true, ada, true])
  })
}

onEveryDatabase('who may not: no session, another user’s login ID, an old sign-in, an address that is none', async (kit) => {
  const { refreshJwt, sessionJwt } = await kit.signUp(ada)
  await kit.signUp('bob@example.com')
  assert.equal((await update(kit, undefined)).status, 401)
  assert.equal((await update(kit, sessionJwt)).status, 401)
  assert.equal((await update(kit, refreshJwt, { loginId: 'bob@example.com' })).body.errorCode, 'E011004')
  assert.equal((await update(kit, refreshJwt, { email: 'a@b, c@d' })).body.errorCode, 'E011003')
  await kit.set({ password: { updateMaxAgeSeconds: 600 } })
  kit.clock.advance(601)
  assert.equal((await update(kit, refreshJwt)).body.errorCode, 'E064003')
  assert.deepEqual(
    (await kit.mails()).filter(({ kind }) => kind === 'magicLink.update'),
    [],
  )
})

onEveryDatabase('RC-05: a newer update, a password change and the update itself void what was sent before', async (kit) => {
  const { refreshJwt } = await kit.signUp(ada)
  await update(kit, refreshJwt)
  const first = await newestToken(kit)
  kit.clock.advance(1)
  await update(kit, refreshJwt, { email: 'other@new.example' })
  assert.equal((await verify(kit, first)).status, 401)
  const second = await newestToken(kit)
  await kit.manage('/v1/mgmt/user/password/set/active', { body: { loginId: ada, password: 'another good passphrase 2' } })
  assert.equal((await verify(kit, second)).status, 401)
  assert.equal((await load(kit, ada)).email, ada)
})

async function twoUsers(kit: Kit, isVerified = true) {
  await kit.manage('/v1/mgmt/role/create', { body: { name: 'Editor' } })
  await kit.manage('/v1/mgmt/tenant/create', { body: { id: 'T1', name: 'One' } })
  const asker = await kit.signUp(ada)
  const owner = await kit.signUp(fresh, goodPassword, { isVerified })
  await kit.manage('/v1/mgmt/user/update/role/set', { body: { loginId: fresh, roleNames: ['Editor'] } })
  await kit.manage('/v1/mgmt/user/update/tenant/add', { body: { loginId: fresh, tenantId: 'T1' } })
  await kit.manage('/v1/mgmt/user/update/name', { body: { loginId: fresh, displayName: 'Ada L.' } })
  return { asker, owner }
}

onEveryDatabase('an address that is somebody else’s login ID: the user who asks stays, with what the other had', async (kit) => {
  const { asker, owner } = await twoUsers(kit)
  const { user, sessionJwt } = await through(kit, asker.refreshJwt, { addToLoginIDs: true })
  assert.deepEqual([user.userId, user.loginIds, user.email, user.name], [asker.user.userId, [ada, fresh], fresh, 'Ada L.'])
  assert.deepEqual([user.roleNames, user.userTenants.map(({ tenantId }: Json) => tenantId)], [['Editor'], ['T1']])
  assert.deepEqual(claimsOf(sessionJwt).roles, ['Editor'])
  assert.equal((await kit.manage(`/v1/mgmt/user/userid?userid=${owner.user.userId}`)).status, 404)
  assert.equal((await kit.call('/v1/auth/refresh', { token: owner.refreshJwt, body: {} })).status, 401)
  const stored = await load(kit, fresh)
  assert.deepEqual([stored.userId, stored.roleNames], [asker.user.userId, ['Editor']])
})

onEveryDatabase('onMergeUseExisting: the other one stays, unless nobody ever proved that address (RC-11)', async (kit) => {
  const { asker, owner } = await twoUsers(kit)
  const { user } = await through(kit, asker.refreshJwt, { addToLoginIDs: true, onMergeUseExisting: true })
  assert.deepEqual([user.userId, user.loginIds], [owner.user.userId, [fresh, ada]])
  assert.equal((await kit.call('/v1/auth/refresh', { token: asker.refreshJwt, body: {} })).status, 401)
  assert.equal((await load(kit, ada)).userId, owner.user.userId)
})

onEveryDatabase('RC-11: an account whose address was never proven does not stay in a merge', async (kit) => {
  const { asker, owner } = await twoUsers(kit, false)
  const { user } = await through(kit, asker.refreshJwt, { addToLoginIDs: true, onMergeUseExisting: true })
  assert.equal(user.userId, asker.user.userId)
  assert.equal((await kit.call('/v1/auth/refresh', { token: owner.refreshJwt, body: {} })).status, 401)
})

onEveryDatabase('nobody is merged who is disabled, or has another address than the one that was proven', async (kit) => {
  const { asker, owner } = await twoUsers(kit)
  await kit.manage('/v1/mgmt/user/update/status', { body: { loginId: fresh, status: 'disabled' } })
  await update(kit, asker.refreshJwt, { addToLoginIDs: true })
  assert.equal((await verify(kit, await newestToken(kit))).status, 401)
  await kit.manage('/v1/mgmt/user/update/status', { body: { loginId: fresh, status: 'enabled' } })
  await kit.manage('/v1/mgmt/user/update/email', { body: { loginId: fresh, email: 'elsewhere@example.com', verified: true } })
  await update(kit, asker.refreshJwt, { addToLoginIDs: true })
  assert.equal((await verify(kit, await newestToken(kit))).status, 401)
  assert.equal((await load(kit, fresh)).userId, owner.user.userId)
})
