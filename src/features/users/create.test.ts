import assert from 'node:assert/strict'
import { goodPassword, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { passwordKind, readPassword } from '../../core/password/credential.ts'
import { vectors } from '../../core/password/foreign/test-vectors.ts'
import { call, create, done, eventsOf, load, makeKey, makeRole, makeTenant, refused } from './test-world.ts'

const signIn = (kit: Kit, loginId: string, password = goodPassword) => kit.call('/v1/auth/password/signin', { body: { loginId, password } })

onEveryDatabase('create: a login ID is enough; an address fills the e-mail, which is proven', async (kit) => {
  const user = await create(kit, { loginId: 'Ada@Example.com' })
  assert.deepEqual([user.loginIds, user.email, user.verifiedEmail, user.status], [['Ada@example.com'], 'Ada@example.com', true, 'invited'])
  assert.match(user.userId, /^U[A-Za-z0-9]{27}$/)
  assert.deepEqual([user.phone, user.verifiedPhone, user.password, user.test, user.name], ['', false, false, false, ''])
  assert.deepEqual(await load(kit, 'ada@EXAMPLE.com'), user)
  assert.deepEqual(await done(kit, `?userId=${user.userId}`), user)
  assert.deepEqual(await done(kit, `?loginId=${user.userId}`), user, 'a user ID in the place of a login ID')
  assert.deepEqual(await done(kit, `?loginId=&userId=${user.userId}`), user, 'as Go sends it')
  assert.deepEqual(await done(kit, '?identifier=ada%40example.com'), user, 'as .NET sends it')
  const [[type, data] = []] = await eventsOf(kit, user.userId)
  assert.deepEqual([type, data], ['user.create', { status: 'invited', isTest: false, isInvited: false, isMailed: false }])
  assert.deepEqual(await kit.mails(), [], 'nobody is told')
})

onEveryDatabase('create: a number as login ID fills the phone; a name fills neither', async (kit) => {
  const byPhone = await create(kit, { loginId: '+1-555-555-5555' })
  assert.deepEqual([byPhone.loginIds, byPhone.phone, byPhone.verifiedPhone, byPhone.email], [['+15555555555'], '+15555555555', true, ''])
  const byName = await create(kit, { loginId: 'ada', verifiedEmail: true, verifiedPhone: true })
  assert.deepEqual([byName.email, byName.verifiedEmail, byName.phone, byName.verifiedPhone], ['', false, '', false])
})

onEveryDatabase('create: everything that can be said, in the names of every client', async (kit) => {
  await makeRole(kit, 'Editor')
  const tenant = await makeTenant(kit, 'Acme Inc')
  const names = { givenName: 'Ada', middleName: 'K.', familyName: 'Lovelace' }
  const user = await create(kit, {
    ...{ loginId: 'ada', email: 'ada@example.com', phone: '+44 20 7946 0000', displayName: 'Ada Lovelace', ...names },
    ...{ picture: 'https://example.com/ada.png', verifiedEmail: false, verifiedPhone: false, customAttributes: { tier: 'gold', n: 1 } },
    ...{ additionalLoginIds: ['ada@example.com', '+442079460000'], ssoAppIds: ['app'], status: 'enabled', unknownField: { deep: [1] } },
    ...{ roleNames: ['Editor'], userTenants: [{ tenantId: tenant, tenantName: 'whatever', roleNames: ['Editor'] }] },
  })
  assert.deepEqual(
    [user.loginIds, user.externalIds],
    [
      ['ada', 'ada@example.com', '+442079460000'],
      ['ada', 'ada@example.com', '+442079460000'],
    ],
  )
  assert.deepEqual([user.email, user.verifiedEmail, user.phone, user.verifiedPhone], ['ada@example.com', false, '+442079460000', false])
  assert.deepEqual([user.name, user.givenName, user.middleName, user.familyName], ['Ada Lovelace', 'Ada', 'K.', 'Lovelace'])
  assert.deepEqual([user.picture, user.customAttributes, user.status], ['https://example.com/ada.png', { tier: 'gold', n: 1 }, 'enabled'])
  assert.deepEqual([user.roleNames, user.permissions], [['Editor'], ['may Editor']])
  const inTenant = { tenantId: tenant, tenantName: 'Acme Inc', roleNames: ['Editor'], permissions: ['may Editor'] }
  assert.deepEqual(user.userTenants, [inTenant])
  assert.deepEqual(await load(kit, '+44 (20) 7946 0000'), user, 'what is answered is what is stored')

  const other = await create(kit, {
    ...{ identifier: 'bob', name: 'Bob', phoneNumber: '+15550000001', additionalIdentifiers: ['bob2'], ssoAppIDs: [] },
    ...{
      verifiedEmail: 'true',
      verifiedPhone: 'false',
      customAttributes: [],
      hashedPassword: [],
      email: null,
      roleNames: null,
      status: '',
    },
  })
  assert.deepEqual([other.loginIds, other.name, other.phone, other.verifiedPhone], [['bob', 'bob2'], 'Bob', '+15550000001', false])
  assert.deepEqual([other.customAttributes, other.status, other.password], [{}, 'invited', false])
})

onEveryDatabase('create: a password is usable at once, and the first sign-in ends the invitation', async (kit) => {
  const user = await create(kit, { loginId: 'ada@example.com', password: goodPassword })
  assert.deepEqual([user.password, user.status], [true, 'invited'])
  const session = await signIn(kit, 'ada@example.com')
  assert.deepEqual([session.status, session.body.firstSeen, session.body.user.status], [200, true, 'enabled'])
  assert.equal((await load(kit, 'ada@example.com')).status, 'enabled')
  assert.equal((await signIn(kit, 'ada@example.com')).body.firstSeen, false)
  const weak = { loginId: 'bob@example.com', password: 'password' }
  await refused(kit, [400, 'E062904'], 'create', weak)
  await refused(kit, [404, 'E112102'], '?loginId=bob%40example.com')
})

onEveryDatabase('create: a hash of another system signs in, is made anew, and keeps its origin', async (kit) => {
  for (const scheme of ['bcrypt', 'pbkdf2-sha256', 'sha256-salted']) {
    const vector = vectors.find((one) => one.scheme === scheme)
    assert.ok(vector)
    const user = await create(kit, { loginId: scheme, hashedPassword: vector.wire })
    assert.equal(user.password, true)
    const before = await kit.auth.deps.storage.credentials.get(kit.projectId, user.userId, passwordKind, '')
    assert.deepEqual([before?.origin, before?.isForeign], [scheme, true])
    assert.equal((await signIn(kit, scheme, `${vector.password}x`)).status, 401)
    assert.equal((await signIn(kit, scheme, vector.password)).status, 200)
    const after = await kit.auth.deps.storage.credentials.get(kit.projectId, user.userId, passwordKind, '')
    assert.match(readPassword(after)?.hash ?? '', /^\$argon2id\$/)
  }
  for (const hashedPassword of [{ bcrypt: { hash: 'nonsense' } }, { bcrypt: { hash: '$2b$31$' } }, { md5: {} }, 'text', { bcrypt: 1 }]) {
    await refused(kit, [400, 'E011003'], 'create', { loginId: 'bad', hashedPassword })
  }
  const both = { loginId: 'bad', password: goodPassword, hashedPassword: { md5: { hash: '5f4dcc3b5aa765d61d8327deb882cf99' } } }
  await refused(kit, [400, 'E011003'], 'create', both)
  await refused(kit, [404, 'E112102'], '?loginId=bad')
})

onEveryDatabase("create: a login ID that is somebody's is refused, also as an additional one, and leaves nothing", async (kit) => {
  await create(kit, { loginId: 'ada@example.com', additionalLoginIds: ['ada'] })
  for (const body of [{ loginId: 'ADA@example.com' }, { loginId: 'ada' }, { loginId: 'new', additionalLoginIds: ['free', 'Ada'] }]) {
    await refused(kit, [400, 'E062107'], 'create', body)
  }
  for (const name of ['new', 'free']) await refused(kit, [404, 'E112102'], `?loginId=${name}`)
  const twice = await create(kit, { loginId: 'bob', additionalLoginIds: ['BOB', 'bob', 'rob'] })
  assert.deepEqual(twice.loginIds, ['bob', 'rob'], 'each once')
})

onEveryDatabase('create: what cannot be is refused, and says why', async (kit) => {
  const name = { loginId: 'x' }
  for (const [body, message] of [
    [{}, /loginId field is required/],
    [{ loginId: '' }, /loginId field/],
    [{ loginId: ['a', 'b'] }, /loginId field is invalid/],
    [{ loginId: 'a@b@c' }, /loginId field is not a valid e-mail address/],
    [{ loginId: 'a\u202eb' }, /characters that are not allowed/],
    [{ ...name, email: 'nonsense' }, /email field/],
    [{ ...name, email: 'a@x.org,b@x.org' }, /email field/],
    [{ ...name, phone: '555-1234' }, /phone field/],
    [{ ...name, status: 'expired' }, /status field/],
    [{ ...name, roleNames: 'Editor' }, /roleNames field/],
    [{ ...name, userTenants: [{}] }, /userTenants\.0\.tenantId field is required/],
    [{ ...name, customAttributes: 'x' }, /customAttributes field/],
    [{ ...name, additionalLoginIds: Array.from({ length: 50 }, (_, index) => `a${index}`) }, /additionalLoginIds field/],
    [{ ...name, displayName: 'n'.repeat(257) }, /displayName field/],
    [{ ...name, verifiedEmail: 'yes' }, /verifiedEmail field/],
  ] as const) {
    assert.match(await refused(kit, [400, 'E011003'], 'create', body), message)
  }
  await refused(kit, [404, 'E111301'], 'create', { ...name, roleNames: ['Nobody'] })
  await refused(kit, [404, 'E111401'], 'create', { ...name, userTenants: [{ tenantId: 'T-none' }] })
  await refused(kit, [404, 'E112102'], '?loginId=x')
  await refused(kit, [400, 'E011003'], '?loginId=&userId=')
  await refused(kit, [400, 'E011003'], '')
})

onEveryDatabase('create: default roles go to those who are given none by name', async (kit) => {
  await makeRole(kit, 'Member', { isDefault: true })
  await makeRole(kit, 'Editor')
  const tenant = await makeTenant(kit, 'Acme')
  assert.deepEqual((await create(kit, { loginId: 'a' })).roleNames, ['Member'])
  assert.deepEqual((await create(kit, { loginId: 'b', userTenants: [{ tenantId: tenant }] })).roleNames, ['Member'])
  assert.deepEqual((await create(kit, { loginId: 'c', roleNames: ['Editor'] })).roleNames, ['Editor'])
  const inTenant = await create(kit, { loginId: 'd', userTenants: [{ tenantId: tenant, roleNames: ['Editor'] }] })
  assert.deepEqual([inTenant.roleNames, inTenant.userTenants[0].roleNames], [[], ['Editor']])
  for (const name of ['a', 'b', 'c', 'd']) await load(kit, name)
})

onEveryDatabase('create: test users, by the call, by its flag, and by the pattern of the project', async (kit) => {
  await kit.set({ project: { testUserRegex: '^test-|@test\\.example$' } })
  for (const [path, body, isTest] of [
    ['create/test', { loginId: 'a' }, true],
    ['create/test', { loginId: 'b', test: false }, true],
    ['create', { loginId: 'c', test: true }, true],
    ['create', { loginId: 'test-d' }, true],
    ['create', { loginId: 'e', additionalLoginIds: ['e@test.example'] }, true],
    ['create', { loginId: 'f', test: false }, false],
    ['create', { loginId: 'not-test-g' }, false],
  ] as const) {
    assert.equal((await done(kit, path, body)).test, isTest, JSON.stringify(body))
  }
  const [up, down] = await Promise.all([kit.signUp('h@test.example', goodPassword, { isVerified: false }), kit.signUp('i@example.com')])
  assert.deepEqual([up.user.test, down.user.test], [true, false])
  assert.deepEqual(
    (await kit.mails()).map(({ to }) => to),
    ['i@example.com'],
    'test users get no mail',
  )
  await done(kit, 'test/delete/all', undefined, { method: 'DELETE' })
  for (const name of ['a', 'test-d', 'e', 'h@test.example']) assert.equal((await call(kit, `?loginId=${name}`)).status, 404, name)
  for (const name of ['f', 'not-test-g', 'i@example.com']) await load(kit, name)
})

onEveryDatabase('MG-05: a key that may set no active passwords makes users without one', async (kit) => {
  const key = await makeKey(kit, { denied: ['activePasswords'] })
  const hashedPassword = { md5: { hash: '5f4dcc3b5aa765d61d8327deb882cf99' } }
  await refused(kit, [403, 'E111120'], 'create', { loginId: 'a', password: goodPassword }, { key })
  await refused(kit, [403, 'E111120'], 'create', { loginId: 'a', hashedPassword }, { key })
  await create(kit, { loginId: 'a' }, key)
  const answer = await call(kit, 'create/batch', { users: [{ loginId: 'b', password: goodPassword }, { loginId: 'c' }] }, { key })
  assert.deepEqual(
    [answer.body.createdUsers.length, answer.body.failedUsers.length, answer.body.failedUsers[0]?.user.loginIds],
    [1, 1, ['b']],
  )
})
