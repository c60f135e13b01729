import assert from 'node:assert/strict'
import { goodPassword, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { call, create, done, eventsOf, load, makeRole, makeTenant, patch, refused } from './test-world.ts'

const everything = {
  ...{ email: 'ada@example.com', phone: '+15555555555', displayName: 'Ada', givenName: 'A', middleName: 'B', familyName: 'C' },
  ...{ picture: 'https://example.com/p.png', customAttributes: { tier: 'gold', n: 1 }, roleNames: ['Editor'] },
}

onEveryDatabase('update: what is not sent is emptied; login IDs, status, password and recovery stay', async (kit) => {
  await makeRole(kit, 'Editor')
  const tenant = await makeTenant(kit, 'Acme')
  const userTenants = [{ tenantId: tenant, roleNames: ['Editor'] }]
  const more = { additionalLoginIds: ['lovelace'], password: goodPassword, status: 'enabled' }
  const before = await create(kit, { loginId: 'ada', ...everything, userTenants, ...more })
  await done(kit, 'update/recovery/email', { loginId: 'ada', recoveryEmail: 'r@example.com', verified: true })
  kit.clock.advance(10)

  const whole = await done(kit, 'update', { loginId: 'ada', ...everything, displayName: 'Ada L.', userTenants })
  assert.deepEqual({ ...whole, modifiedTime: 0 }, { ...before, name: 'Ada L.', modifiedTime: 0 })
  assert.equal(whole.modifiedTime, before.modifiedTime + 10)

  const bare = await done(kit, 'update', { loginId: 'ada' })
  const empty = { name: '', givenName: '', middleName: '', familyName: '', picture: '', email: '', verifiedEmail: false, phone: '' }
  const nothing = { ...empty, verifiedPhone: false, customAttributes: {}, roleNames: [], permissions: [], userTenants: [] }
  assert.deepEqual({ ...bare, modifiedTime: 0 }, { ...before, ...nothing, modifiedTime: 0 })
  assert.deepEqual([bare.loginIds, bare.status, bare.password], [['ada', 'lovelace'], 'enabled', true])
  const { user } = await kit.auth.api.showUser({ projectId: kit.projectId, loginId: 'ada' })
  assert.deepEqual([user.recoveryEmail, user.isRecoveryEmailVerified], ['r@example.com', true])
})

onEveryDatabase('patch: only what is sent changes', async (kit) => {
  await makeRole(kit, 'Editor')
  await makeRole(kit, 'Reader')
  const before = await create(kit, { loginId: 'ada', ...everything, verifiedEmail: false })
  const same = async (change: object, expected: object) => {
    const changed = await patch(kit, { loginId: 'ada', ...change })
    assert.deepEqual({ ...changed, modifiedTime: 0 }, { ...before, modifiedTime: 0, ...expected }, JSON.stringify(change))
    await patch(kit, { loginId: 'ada', ...everything, verifiedEmail: false, roleNames: ['Editor'] })
  }
  await same({}, {})
  await same({ middleName: 'M' }, { middleName: 'M' })
  await same({ name: 'As Go says it' }, { name: 'As Go says it' })
  await same({ givenName: '', picture: '' }, { givenName: '', picture: '' })
  await same({ phone: '' }, { phone: '', verifiedPhone: false })
  await same({ verifiedEmail: true }, { verifiedEmail: true })
  await same({ email: 'ada@example.com' }, {})
  await same({ roleNames: [] }, { roleNames: [], permissions: [] })
  await same({ roleNames: ['Reader', 'Editor'] }, { roleNames: ['Editor', 'Reader'], permissions: ['may Editor', 'may Reader'] })
  await same({ customAttributes: { n: 2 } }, { customAttributes: { tier: 'gold', n: 2 } })
  await same({ scim: true, password: 'ignored here', loginIds: ['x'], userId: 'U', test: true }, {})
  kit.clock.advance(1)
  await patch(kit, { loginId: 'ada', roleNames: [], displayName: '' })
  const [newest] = await eventsOf(kit, before.userId)
  assert.deepEqual(newest, ['user.update', { fields: ['name', 'roleNames'] }])
})

onEveryDatabase('patch: an address without a flag is proven, and one that stays keeps its flag', async (kit) => {
  await create(kit, { loginId: 'ada', email: 'ada@example.com', verifiedEmail: false })
  const number = await patch(kit, { loginId: 'ada', phone: '+1234567890' })
  assert.deepEqual([number.phone, number.verifiedPhone, number.verifiedEmail], ['+1234567890', true, false])
  for (const [change, flag] of [
    [{ email: 'Ada@Example.com' }, true],
    [{ email: 'ada@example.org', verifiedEmail: false }, false],
    [{ displayName: 'x' }, false],
    [{ email: 'ada@example.org', verifiedEmail: 'true' }, true],
    [{ email: '' }, false],
    [{ verifiedEmail: true }, false],
  ] as const) {
    assert.equal((await patch(kit, { loginId: 'ada', ...change })).verifiedEmail, flag, JSON.stringify(change))
  }
})

onEveryDatabase('patch and update: additional login IDs that are sent are those that are there', async (kit) => {
  await create(kit, { loginId: 'ada', additionalLoginIds: ['a1', 'a2'] })
  await create(kit, { loginId: 'bob' })
  const set = async (body: object) => (await patch(kit, body)).loginIds
  assert.deepEqual(await set({ loginId: 'ada', additionalIdentifiers: ['a2', 'a3'] }), ['ada', 'a2', 'a3'])
  assert.deepEqual(await set({ loginId: 'A2', additionalLoginIds: ['a4'] }), ['a2', 'a4'], 'the one by which they were named stays')
  await refused(kit, [400, 'E062107'], 'update', { loginId: 'a2', additionalLoginIds: ['a5', 'Bob'] })
  assert.deepEqual((await load(kit, 'a2')).loginIds, ['a2', 'a4'], 'a refusal changes nothing')
  assert.deepEqual((await done(kit, 'update', { loginId: 'a2', additionalLoginIds: ['ADA'] })).loginIds, ['a2', 'ADA'])
  assert.deepEqual(await set({ loginId: 'a2', additionalLoginIds: [] }), ['a2'])
  for (const gone of ['ada', 'a1', 'a3', 'a4', 'a5']) await refused(kit, [404, 'E112102'], `?loginId=${gone}`)
})

onEveryDatabase('update/loginid: replaces, removes, and never the last one', async (kit) => {
  const { userId } = await create(kit, { loginId: 'ada@example.com', password: goodPassword })
  const renamed = await done(kit, 'update/loginid', { loginId: 'ada@example.com', newLoginId: 'bane@example.com' })
  assert.deepEqual([renamed.loginIds, renamed.email], [['bane@example.com'], 'ada@example.com'], 'the address is another matter')
  const signIn = (loginId: string) => kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })
  assert.equal((await signIn('ada@example.com')).status, 401)
  assert.equal((await signIn('bane@example.com')).status, 200)

  await refused(kit, [400, 'E112103'], 'update/loginid', { loginId: 'bane@example.com' })
  await refused(kit, [400, 'E112103'], 'update/loginid', { loginId: 'bane@example.com', newLoginId: '' })
  await create(kit, { loginId: 'bob' })
  await refused(kit, [400, 'E062107'], 'update/loginid', { loginId: 'bob', newLoginId: 'BANE@example.com' })
  await refused(kit, [404, 'E112102'], 'update/loginid', { loginId: 'nobody', newLoginId: 'x' })
  await refused(kit, [400, 'E011003'], 'update/loginid', { loginId: 'bob', newLoginId: 'a@b@c' })

  await patch(kit, { loginId: userId, additionalLoginIds: ['b1', 'b2'] })
  assert.deepEqual((await done(kit, 'update/loginid', { loginId: 'b1', newLoginId: 'B1 too' })).loginIds, [
    'bane@example.com',
    'B1 too',
    'b2',
  ])
  await refused(kit, [400, 'E011003'], 'update/loginid', { loginId: userId, newLoginId: 'x' })
  await refused(kit, [400, 'E062107'], 'update/loginid', { loginId: 'b2', newLoginId: 'b1 TOO' })
  assert.deepEqual((await done(kit, 'update/loginid', { loginId: 'b2', newLoginId: 'B2' })).loginIds, ['bane@example.com', 'B1 too', 'B2'])
  assert.deepEqual((await done(kit, 'update/loginid', { loginId: 'b1 too' })).loginIds, ['bane@example.com', 'B2'])
  await create(kit, { loginId: 'b1 too' })
})

onEveryDatabase('SE-06: a status is set; disabling ends sessions and links at once, by every call that can disable', async (kit) => {
  for (const [index, disable] of [
    (loginId: string) => done(kit, 'update/status', { loginId, status: 'disabled' }),
    (loginId: string) => patch(kit, { loginId, status: 'disabled' }),
    (loginId: string) => done(kit, 'update', { loginId, email: loginId, status: 'disabled' }),
  ].entries()) {
    const loginId = `user${index}@example.com`
    const { refreshJwt, user } = await kit.signUp(loginId)
    await kit.call('/v1/auth/password/reset', { body: { loginId } })
    const token = await kit.linkToken(loginId, 'password.reset')
    assert.equal((await disable(loginId)).status, 'disabled')
    assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 401)
    assert.equal((await kit.call('/v1/auth/magiclink/verify', { body: { token } })).status, 401)
    assert.equal((await kit.auth.deps.storage.sessions.listForUser(kit.projectId, user.userId, kit.clock.nowSeconds())).length, 0)
    for (const status of ['enabled', 'invited', 'enabled']) {
      assert.equal((await done(kit, 'update/status', { identifier: loginId, status })).status, status)
    }
    assert.equal((await kit.call('/v1/auth/magiclink/verify', { body: { token } })).status, 401, 'the link stays void')
    assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId, password: goodPassword } })).status, 200)
  }
  await refused(kit, [400, 'E011003'], 'update/status', { loginId: 'user0@example.com', status: 'expired' })
})

onEveryDatabase('update/name, picture, customAttribute: one field each', async (kit) => {
  await create(kit, { loginId: 'ada', ...everything, roleNames: [] })
  const names = async (body: object) => {
    const { name, givenName, middleName, familyName } = await done(kit, 'update/name', { loginId: 'ada', ...body })
    return [name, givenName, middleName, familyName]
  }
  assert.deepEqual(await names({ displayName: 'Ada L.' }), ['Ada L.', 'A', 'B', 'C'])
  assert.deepEqual(await names({ name: 'As .NET says it', middleName: '' }), ['As .NET says it', 'A', '', 'C'])
  assert.deepEqual(await names({ displayName: '', givenName: '1', familyName: '2' }), ['', '1', '', '2'])
  assert.equal((await done(kit, 'update/picture', { loginId: 'ada', picture: 'https://example.com/b' })).picture, 'https://example.com/b')
  assert.equal((await done(kit, 'update/picture', { loginId: 'ada', picture: '' })).picture, '')
  const attribute = async (body: object) => (await done(kit, 'update/customAttribute', { loginId: 'ada', ...body })).customAttributes
  assert.deepEqual(await attribute({ attributeKey: 'n', attributeValue: 2 }), { tier: 'gold', n: 2 })
  assert.deepEqual(await attribute({ attributeKey: 'list', attributeVal: ['a'] }), { tier: 'gold', n: 2, list: ['a'] }, 'as Ruby says it')
  assert.deepEqual(await attribute({ attributeKey: 'tier', attributeValue: null }), { n: 2, list: ['a'] })
  assert.deepEqual(await attribute({ attributeKey: 'missing' }), { n: 2, list: ['a'] })
  await refused(kit, [400, 'E011003'], 'update/customAttribute', { loginId: 'ada', attributeValue: 1 })
})

const isRecipient = (kit: Kit, kind: string) => async () =>
  (await kit.mails())
    .filter((mail) => mail.kind === kind)
    .map(({ to }) => to)
    .toSorted()

onEveryDatabase('RC-13: a changed address is told to the old and to the new one, once, without a secret', async (kit) => {
  const told = isRecipient(kit, 'email.changed')
  await create(kit, { loginId: 'ada', email: 'old@example.com' })
  const user = await done(kit, 'update/email', { loginId: 'ada', email: 'new@example.com', verified: true })
  assert.deepEqual([user.email, user.verifiedEmail, user.loginIds], ['new@example.com', true, ['ada']])
  assert.deepEqual(await told(), ['new@example.com', 'old@example.com'])
  const mails = (await kit.mails()).filter(({ kind }) => kind === 'email.changed')
  for (const { to, text, html, link } of mails) {
    assert.equal(link, undefined)
    const other = to === 'new@example.com' ? 'old@example.com' : 'new@example.com'
    assert.doesNotMatch(`${text}${html}`, new RegExp(other))
  }
  await done(kit, 'update/email', { loginId: 'ada', newEmail: 'new@example.com', verified: 'false' })
  assert.equal((await told()).length, 2, 'no other address, no notice')
  await done(kit, 'update/email', { loginId: 'ada', email: '' })
  assert.equal((await told()).length, 2, 'the old address was not proven')
  await patch(kit, { loginId: 'ada', email: 'third@example.com' })
  await done(kit, 'update', { loginId: 'ada', email: 'fourth@example.com' })
  assert.deepEqual((await told()).slice(0, 1), ['fourth@example.com'])
  assert.equal((await told()).filter((to) => to === 'third@example.com').length, 2, 'as the new one, then as the old one')
  await kit.set({ project: { notifyEmailChange: false } })
  await patch(kit, { loginId: 'ada', email: 'fifth@example.com' })
  assert.ok(!(await told()).includes('fifth@example.com'))
})

onEveryDatabase('RC-05: a changed address voids what was sent before, also when it comes back', async (kit) => {
  const loginId = 'ada@example.com'
  await kit.signUp(loginId)
  for (const change of [
    () => done(kit, 'update/email', { loginId, email: 'new@example.com', verified: true }),
    () => patch(kit, { loginId, email: 'new@example.com' }),
    () => done(kit, 'update', { loginId, email: 'new@example.com' }),
    () => done(kit, 'update/phone', { loginId, phone: '+15555555555', verified: true }),
  ]) {
    await kit.call('/v1/auth/password/reset', { body: { loginId } })
    const token = await kit.linkToken(loginId, 'password.reset')
    await change()
    await done(kit, 'update/email', { loginId, email: loginId, verified: true })
    assert.equal((await kit.call('/v1/auth/magiclink/verify', { body: { token } })).status, 401)
    kit.clock.advance(3600)
  }
})

onEveryDatabase('update/email and phone: conflicts are told to those who ask, and nobody is merged', async (kit) => {
  const owner = await create(kit, { loginId: 'owner@example.com', additionalLoginIds: ['+15550001111'] })
  await create(kit, { loginId: 'ada', additionalLoginIds: ['ada@example.com'] })
  const email = { loginId: 'ada', email: 'Owner@example.com', verified: true }
  const phone = { loginId: 'ada', phone: '+1 555 000 1111', verified: true }
  await refused(kit, [400, 'E111127'], 'update/email', { ...email, failOnConflict: true })
  await refused(kit, [400, 'E111127'], 'update/phone', { ...phone, failOnConflict: 'true' })
  assert.deepEqual([(await load(kit, 'ada')).email, (await load(kit, 'ada')).phone], ['', ''])
  assert.equal((await done(kit, 'update/email', email)).email, 'Owner@example.com')
  assert.equal((await done(kit, 'update/phone', { ...phone, failOnConflict: false })).phone, '+15550001111')
  assert.deepEqual(await load(kit, 'owner@example.com'), owner, 'the owner of the login ID is as before')
  const own = await done(kit, 'update/email', { loginId: 'ada', email: 'ada@example.com', verified: true, failOnConflict: true })
  assert.deepEqual([own.email, own.loginIds], ['ada@example.com', ['ada', 'ada@example.com']], 'their own login ID is no conflict')
  await done(kit, 'update/email', { loginId: 'ada', email: 'free@example.com', verified: true, failOnConflict: true })
  for (const none of [{ email: null }, {}]) {
    await done(kit, 'update/email', { loginId: 'ada', email: 'again@example.com', verified: true })
    assert.equal((await done(kit, 'update/email', { loginId: 'ada', verified: true, ...none })).email, '', 'as Python takes it away')
  }
  await refused(kit, [400, 'E011003'], 'update/email', { loginId: 'ada', email: 'nonsense', verified: true })
  assert.equal(
    (await done(kit, 'update/email', { loginId: 'ada', email: 'flag@example.com' })).verifiedEmail,
    false,
    'no flag is no proof here',
  )
})

onEveryDatabase('update/recovery: stored and proven as said', async (kit) => {
  await create(kit, { loginId: 'ada' })
  const shown = async () => {
    const { user } = await kit.auth.api.showUser({ projectId: kit.projectId, loginId: 'ada' })
    return [user.recoveryEmail, user.isRecoveryEmailVerified, user.recoveryPhone, user.isRecoveryPhoneVerified]
  }
  await done(kit, 'update/recovery/email', { loginId: 'ada', recoveryEmail: 'R@Example.com', verified: true })
  await done(kit, 'update/recovery/phone', { loginId: 'ada', recoveryPhone: '+1-555-555-5555' })
  assert.deepEqual(await shown(), ['R@example.com', true, '+15555555555', false])
  await done(kit, 'update/recovery/email', { loginId: 'ada', recoveryEmail: '', verified: true })
  assert.deepEqual(await shown(), ['', false, '+15555555555', false])
  assert.match(
    await refused(kit, [400, 'E011003'], 'update/recovery/phone', { loginId: 'ada', recoveryPhone: '12' }),
    /recoveryPhone field/,
  )
})

onEveryDatabase('delete and logout: by login ID and by user ID, as every client says it', async (kit) => {
  for (const nameOf of [
    (loginId: string) => ({ loginId }),
    (loginId: string) => ({ identifier: loginId }),
    (_loginId: string, userId: string) => ({ loginId: userId }),
    (_loginId: string, userId: string) => ({ userId }),
    (_loginId: string, userId: string) => ({ loginId: '', userId }),
    (loginId: string) => ({ loginId, userId: '' }),
  ]) {
    const { refreshJwt, user } = await kit.signUp('ada@example.com')
    const name = nameOf('ada@example.com', user.userId)
    assert.deepEqual(await done(kit, 'logout', { ...name, sessionTypes: ['web'] }), {})
    const after = await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })
    assert.deepEqual([after.status, after.body.errorMessage], [401, 'Expired due to logout'])
    assert.deepEqual(await done(kit, 'delete', name), {})
    await refused(kit, [404, 'E112102'], 'delete', name)
    await refused(kit, [404, 'E112102'], 'logout', name)
    const types = (await eventsOf(kit, user.userId)).map(([type]) => type)
    assert.ok(types.includes('user.delete') && types.includes('user.logout'))
  }
  for (const path of ['delete', 'logout']) await refused(kit, [400, 'E011003'], path, { loginId: '', userId: '' })
  assert.equal((await call(kit, 'delete', {})).status, 400)
})
