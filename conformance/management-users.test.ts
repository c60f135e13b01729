import assert from 'node:assert/strict'
import { claimsOf, goodPassword, onEveryDatabase, refused, type Sdk, succeeded, type Target, tokenOf } from './fixture.ts'

const check = onEveryDatabase()

/** The part of the SDK that works with a management key. */
const usersOf = ({ newSdk, managementKey }: Target): Sdk['management']['user'] => newSdk({ managementKey }).management.user
const managementOf = ({ newSdk, managementKey }: Target): Sdk['management'] => newSdk({ managementKey }).management

check('management.user.create: a login ID that is an address', async (target) => {
  const users = usersOf(target)
  const user = succeeded(await users.create('create@example.com'))
  assert.deepEqual([user.email, user.verifiedEmail, user.status, user.test], ['create@example.com', true, 'invited', false])
  refused(await users.create('create@example.com'), 400, 'E062107')
})

check('management.user.create: with every option, and with the older list of arguments', async (target) => {
  const management = managementOf(target)
  const users = management.user
  const tenant = succeeded(await management.tenant.create('Create'))
  succeeded(await management.role.create('create role'))
  const names = { displayName: 'Ada Lovelace', givenName: 'Ada', middleName: 'K', familyName: 'Lovelace' }
  const userTenants = [{ tenantId: tenant.id, roleNames: ['create role'] }]
  const options = { ...names, email: 'ada@create.example', phone: '+15550001111', picture: 'https://example.com/p.png', userTenants }
  const more = { verifiedEmail: false, verifiedPhone: false, customAttributes: { tier: 'gold', n: 1, on: true, list: ['a'] } }
  const user = succeeded(await users.create('create all', { ...options, ...more, additionalLoginIds: ['create all 2'], ssoAppIds: [] }))
  assert.deepEqual(user.loginIds, ['create all', 'create all 2'])
  assert.deepEqual([user.name, user.givenName, user.middleName, user.familyName], Object.values(names))
  assert.deepEqual([user.email, user.verifiedEmail, user.phone, user.verifiedPhone], ['ada@create.example', false, '+15550001111', false])
  assert.deepEqual([user.customAttributes, user.picture], [more.customAttributes, options.picture])
  assert.deepEqual(user.userTenants, [{ tenantId: tenant.id, tenantName: 'Create', roleNames: ['create role'], permissions: [] }])
  const older = succeeded(await users.create('create older', 'older@create.example', undefined, 'Older', ['create role']))
  assert.deepEqual([older.email, older.name, older.roleNames], ['older@create.example', 'Older', ['create role']])
})

check('management.user.create: invited until the first sign-in', async (target) => {
  const { sdk } = target
  const users = usersOf(target)
  const { userId } = succeeded(await users.create('first-seen@example.com'))
  succeeded(await users.setActivePassword('first-seen@example.com', goodPassword))
  const session = succeeded(await sdk.password.signIn('first-seen@example.com', goodPassword))
  assert.deepEqual([session.user?.userId, session.user?.status, session.firstSeen], [userId, 'enabled', true])
  assert.equal(succeeded(await users.load('first-seen@example.com')).status, 'enabled')
})

check('management.user.createTestUser, deleteAllTestUsers', async (target) => {
  const users = usersOf(target)
  const user = succeeded(await users.createTestUser('test user', { email: 'doron@example.com', phone: '+972-52-5554321' }))
  assert.deepEqual([user.test, user.loginIds, user.phone], [true, ['test user'], '+972525554321'])
  const other = succeeded(await users.createTestUser('test user 2', 'older@example.com'))
  succeeded(await users.deleteAllTestUsers())
  for (const { userId } of [user, other]) refused(await users.loadByUserId(userId), 404, 'E112102')
})

check('management.user.invite: the mail leads to the application, which redeems the link', async (target) => {
  const { sdk, mails, linkToken } = target
  const users = usersOf(target)
  const inviteUrl = 'http://localhost:3000/welcome'
  const user = succeeded(await users.invite('invite@example.com', { displayName: 'Invited', inviteUrl, templateOptions: { a: 'b' } }))
  assert.deepEqual([user.status, user.verifiedEmail], ['invited', true])
  const mail = (await mails()).find(({ to, kind }) => to === 'invite@example.com' && kind === 'user.invite')
  const link = mail?.link ?? ''
  assert.ok(link.startsWith(`${inviteUrl}?t=`))
  const again = succeeded(await users.invite(user.userId, { inviteUrl }))
  assert.equal(again.userId, user.userId)
  refused(await sdk.magicLink.verify(tokenOf(link)), 401, 'E062504')
  const session = succeeded(await sdk.magicLink.verify(await linkToken('invite@example.com', 'user.invite')))
  assert.deepEqual([session.user?.status, session.firstSeen], ['enabled', true])
  refused(await users.invite('invite@example.com', { inviteUrl }), 400, 'E062107')
  refused(await users.invite('refused@example.com', { inviteUrl: 'https://evil.example' }), 400, 'E112105')
})

check('management.user.inviteBatch: one mail each', async (target) => {
  const users = usersOf(target)
  const wanted = ['batch1@invite.example', 'batch2@invite.example'].map((loginId) => ({ loginId }))
  const answer = succeeded(await users.inviteBatch(wanted, 'http://localhost:3000/welcome', true, false))
  assert.deepEqual([answer.createdUsers.length, answer.failedUsers.length], [2, 0])
  for (const created of answer.createdUsers) assert.deepEqual([created.status, created.verifiedEmail], ['invited', true])
  const told = (await target.mails()).filter(({ kind }) => kind === 'user.invite').map(({ to }) => to)
  for (const { loginId } of wanted) assert.ok(told.includes(loginId))
})

check('management.user.createBatch: passwords, hashes, seeds and statuses; failures one by one', async (target) => {
  const { sdk } = target
  const users = usersOf(target)
  succeeded(await users.create('batch taken'))
  const bcrypt = { hash: '$2b$05$xJl2k0ryA9jS9SNO96R.q.biX4U8il3bGJWNQJNot7TBv6XBdOVmq' }
  const answer = succeeded(
    await users.createBatch([
      { loginId: 'batch a', status: 'enabled', password: goodPassword },
      { loginId: 'batch b', status: 'disabled', roles: [], createdTime: 1_600_000_000 },
      { loginIdOrUserId: 'batch c', hashedPassword: { bcrypt }, seed: 'JBSWY3DPEHPK3PXP' },
      { loginId: 'batch taken' },
      { loginId: 'batch d', hashedPassword: { bcrypt: { hash: 'nonsense' } } },
    ]),
  )
  assert.deepEqual(
    answer.createdUsers.map((user) => [user.loginIds[0], user.status, user.password]),
    [
      ['batch a', 'enabled', true],
      ['batch b', 'disabled', false],
      ['batch c', 'invited', true],
    ],
  )
  assert.equal(answer.createdUsers[1]?.createdTime, 1_600_000_000)
  assert.deepEqual(
    answer.failedUsers.map(({ user }) => user.loginIds[0]),
    ['batch taken', 'batch d'],
  )
  for (const { failure } of answer.failedUsers) assert.ok(failure)
  succeeded(await sdk.password.signIn('batch a', goodPassword))
  succeeded(await sdk.password.signIn('batch c', 'correct horse'))
})

check('management.user.load, loadByUserId, loadUsers', async (target) => {
  const users = usersOf(target)
  const one = succeeded(await users.create('load one'))
  const two = succeeded(await users.create('load two'))
  assert.deepEqual(succeeded(await users.load('load one')), one)
  assert.deepEqual(succeeded(await users.load(one.userId)), one)
  assert.deepEqual(succeeded(await users.loadByUserId(one.userId)), one)
  assert.deepEqual(succeeded(await users.loadUsers([two.userId, 'U-none', one.userId])), [two, one])
  refused(await users.load('load nobody'), 404, 'E112102')
  refused(await users.loadByUserId('load one'), 404, 'E112102')
})

check('management.user.update: what is not sent is emptied', async (target) => {
  const users = usersOf(target)
  const options = { email: 'update@example.com', phone: '+15550002222', displayName: 'Before', givenName: 'B', customAttributes: { a: 1 } }
  succeeded(await users.create('update', { ...options, verifiedEmail: true, verifiedPhone: false }))
  const changed = succeeded(await users.update('update', { email: 'updated@example.com', verifiedEmail: false, displayName: 'After' }))
  assert.deepEqual(
    [changed.email, changed.verifiedEmail, changed.name, changed.loginIds],
    ['updated@example.com', false, 'After', ['update']],
  )
  assert.deepEqual([changed.phone, changed.givenName, changed.customAttributes], ['', '', {}])
  assert.deepEqual(succeeded(await users.load('update')), changed)
  const older = succeeded(await users.update('update', 'older@example.com', undefined, 'Older'))
  assert.deepEqual([older.email, older.name], ['older@example.com', 'Older'])
})

check('management.user.patch: only what is sent', async (target) => {
  const management = managementOf(target)
  const users = management.user
  succeeded(await management.role.create('patch 1'))
  succeeded(await management.role.create('patch 2'))
  succeeded(await users.create('patch', { displayName: 'Desmond Copeland' }))
  const first = succeeded(await users.patch('patch', { phone: '+1234567890', middleName: 'Middle', roles: ['patch 1'] }))
  assert.deepEqual([first.name, first.middleName, first.phone, first.verifiedPhone], ['Desmond Copeland', 'Middle', '+1234567890', true])
  assert.deepEqual(first.roleNames, ['patch 1'])
  assert.deepEqual(succeeded(await users.patch('patch', { roles: ['patch 1', 'patch 2'] })).roleNames, ['patch 1', 'patch 2'])
  const last = succeeded(await users.patch('patch', { roles: [], status: 'disabled', scim: false, additionalIdentifiers: ['patched'] }))
  assert.deepEqual([last.roleNames, last.status, last.loginIds, last.phone], [[], 'disabled', ['patch', 'patched'], '+1234567890'])
})

check('management.user.patchBatch: each for itself', async (target) => {
  const users = usersOf(target)
  for (const loginId of ['patch batch 1', 'patch batch 2']) succeeded(await users.create(loginId))
  const answer = succeeded(
    await users.patchBatch([
      { loginId: 'patch batch 1', displayName: 'One' },
      { loginIdOrUserId: 'patch batch none', displayName: 'None' },
      { loginIdOrUserId: 'patch batch 2', phone: 'nonsense' },
    ]),
  )
  assert.deepEqual(
    answer.patchedUsers.map(({ name }) => name),
    ['One'],
  )
  assert.equal(answer.failedUsers.length, 2)
})

check('management.user.delete, deleteByUserId, deleteBatch', async (target) => {
  const users = usersOf(target)
  const made = []
  for (const loginId of ['delete 1', 'delete 2', 'delete 3', 'delete 4']) made.push(succeeded(await users.create(loginId)))
  const ids = made.map(({ userId }) => userId)
  succeeded(await users.delete('delete 1'))
  succeeded(await users.deleteByUserId(ids[1] ?? ''))
  succeeded(await users.deleteBatch([ids[2] ?? '', ids[3] ?? '', 'U-none']))
  for (const { userId } of made) refused(await users.loadByUserId(userId), 404, 'E112102')
  refused(await users.delete('delete 1'), 404, 'E112102')
})

check('management.user.logoutUser, logoutUserByUserId: a later refresh fails', async (target) => {
  const { sdk, signUp } = target
  const users = usersOf(target)
  const first = await signUp('logout-user')
  succeeded(await users.logoutUser(first.loginId))
  refused(await sdk.refresh(first.refreshJwt), 401, 'E064001')
  const { refreshJwt = '' } = succeeded(await sdk.password.signIn(first.loginId, first.password))
  succeeded(await users.logoutUserByUserId(first.userId))
  assert.match(refused(await sdk.me(refreshJwt), 401, 'E064001').errorMessage, /Expired due to logout/)
})

check('management.user.activate, deactivate: disabling ends sessions', async (target) => {
  const { sdk, signUp } = target
  const users = usersOf(target)
  const { loginId, password, refreshJwt } = await signUp('activate')
  assert.equal(succeeded(await users.deactivate(loginId)).status, 'disabled')
  refused(await sdk.refresh(refreshJwt), 401, 'E064001')
  refused(await sdk.password.signIn(loginId, password), 403, 'E062110')
  assert.equal(succeeded(await users.activate(loginId)).status, 'enabled')
  succeeded(await sdk.password.signIn(loginId, password))
})

check('management.user.updateLoginId: replaces, removes, and keeps the last', async (target) => {
  const { sdk, signUp } = target
  const users = usersOf(target)
  const { loginId, password } = await signUp('rename')
  assert.deepEqual(succeeded(await users.updateLoginId(loginId, 'renamed@example.com')).loginIds, ['renamed@example.com'])
  succeeded(await sdk.password.signIn('renamed@example.com', password))
  refused(await users.updateLoginId('renamed@example.com'), 400, 'E112103')
  succeeded(await users.patch('renamed@example.com', { additionalIdentifiers: ['renamed 2'] }))
  assert.deepEqual(succeeded(await users.updateLoginId('renamed@example.com', '')).loginIds, ['renamed 2'])
})

check('management.user.updateEmail, updatePhone: with failOnConflict, and the notice to both addresses', async (target) => {
  const users = usersOf(target)
  const owner = succeeded(await users.create('owner@conflict.example', { additionalLoginIds: ['+15550003333'] }))
  succeeded(await users.create('conflict', { email: 'before@conflict.example' }))
  refused(await users.updateEmail('conflict', 'owner@conflict.example', true, true), 400, 'E111127')
  refused(await users.updatePhone('conflict', '+15550003333', true, true), 400, 'E111127')
  const user = succeeded(await users.updateEmail('conflict', 'after@conflict.example', true, true))
  assert.deepEqual([user.email, user.verifiedEmail, user.loginIds], ['after@conflict.example', true, ['conflict']])
  const told = (await target.mails()).filter(({ kind }) => kind === 'email.changed').map(({ to }) => to)
  for (const to of ['before@conflict.example', 'after@conflict.example']) assert.ok(told.includes(to))
  const phone = succeeded(await users.updatePhone('conflict', '+15550003333', false))
  assert.deepEqual([phone.phone, phone.verifiedPhone], ['+15550003333', false])
  assert.deepEqual(succeeded(await users.load('owner@conflict.example')), owner)
  assert.equal(succeeded(await users.updateEmail('conflict', '', true)).email, '')
})

check('management.user.updateDisplayName, updateUserNames, updatePicture, updateCustomAttribute', async (target) => {
  const users = usersOf(target)
  succeeded(await users.create('fields', { displayName: 'Before', givenName: 'G' }))
  const named = succeeded(await users.updateDisplayName('fields', 'After'))
  assert.deepEqual([named.name, named.givenName], ['After', 'G'])
  const names = succeeded(await users.updateUserNames('fields', 'A', 'B', ''))
  assert.deepEqual([names.name, names.givenName, names.middleName, names.familyName], ['After', 'A', 'B', ''])
  assert.equal(succeeded(await users.updatePicture('fields', 'https://example.com/b')).picture, 'https://example.com/b')
  for (const value of ['text', 5, true, ['a', 'b']]) {
    assert.deepEqual(succeeded(await users.updateCustomAttribute('fields', 'key', value)).customAttributes, { key: value })
  }
  assert.deepEqual(succeeded(await users.updateCustomAttribute('fields', 'key', null)).customAttributes, {})
})

check('management.user.updateRecoveryEmail, updateRecoveryPhone', async (target) => {
  const users = usersOf(target)
  const { userId } = succeeded(await users.create('recovery'))
  assert.equal(succeeded(await users.updateRecoveryEmail('recovery', 'recovery@example.com', true)).userId, userId)
  assert.equal(succeeded(await users.updateRecoveryPhone(userId, '+15550004444')).userId, userId)
  refused(await users.updateRecoveryEmail('recovery', 'nonsense'), 400, 'E011003')
})

check('management.user.setRoles, addRoles, removeRoles; with tenants; in the tokens', async (target) => {
  const { sdk, signUp } = target
  const management = managementOf(target)
  const users = management.user
  const { id } = succeeded(await management.tenant.create('Roles'))
  for (const name of ['roles a', 'roles b']) succeeded(await management.role.create(name))
  const { loginId, refreshJwt } = await signUp('roles')
  assert.deepEqual(succeeded(await users.addRoles(loginId, ['roles a'])).roleNames, ['roles a'])
  assert.deepEqual(succeeded(await users.setRoles(loginId, ['roles b', 'roles a'])).roleNames, ['roles a', 'roles b'])
  assert.deepEqual(succeeded(await users.removeRoles(loginId, ['roles b'])).roleNames, ['roles a'])
  refused(await users.addTenantRoles(loginId, id, ['roles a']), 400, 'E112104')
  assert.deepEqual(
    succeeded(await users.addTenant(loginId, id)).userTenants?.map(({ tenantId }) => tenantId),
    [id],
  )
  const inTenant = (user: { userTenants?: { roleNames?: string[] }[] }) => user.userTenants?.[0]?.roleNames
  assert.deepEqual(inTenant(succeeded(await users.addTenantRoles(loginId, id, ['roles a']))), ['roles a'])
  assert.deepEqual(inTenant(succeeded(await users.setTenantRoles(loginId, id, ['roles b']))), ['roles b'])
  const { jwt } = await sdk.refreshSession(refreshJwt)
  assert.deepEqual([claimsOf(jwt).roles, claimsOf(jwt).tenants], [['roles a'], { [id]: { roles: ['roles b'] } }])
  assert.deepEqual(inTenant(succeeded(await users.removeTenantRoles(loginId, id, ['roles b']))), [])
  assert.deepEqual(succeeded(await users.removeTenant(loginId, id)).userTenants, [])
  refused(await users.addTenant(loginId, 'T-none'), 404, 'E111401')
  refused(await users.addRoles(loginId, ['roles none']), 404, 'E111301')
})

check('management.user.listPasskeys, removePasskey, removeAllPasskeys, removeTOTPSeed', async (target) => {
  const users = usersOf(target)
  succeeded(await users.createBatch([{ loginId: 'factors', seed: 'JBSWY3DPEHPK3PXP' }]))
  assert.deepEqual(succeeded(await users.listPasskeys('factors')), [])
  refused(await users.removePasskey('factors', 'none'), 404, 'E112106')
  succeeded(await users.removeAllPasskeys('factors'))
  assert.equal(succeeded(await users.load('factors')).TOTP, true)
  succeeded(await users.removeTOTPSeed('factors'))
  assert.equal(succeeded(await users.load('factors')).TOTP, false)
})

check('management.user.listTrustedDevices, removeTrustedDevices', async (target) => {
  const users = usersOf(target)
  const { userId } = succeeded(await users.create('devices'))
  assert.deepEqual(succeeded(await users.listTrustedDevices(['devices', userId])), [])
  succeeded(await users.removeTrustedDevices('devices', ['none']))
  refused(await users.listTrustedDevices(['devices none']), 404, 'E112102')
})

check('management.user.createCustomAttributes, getCustomAttributes, deleteCustomAttributes', async (target) => {
  const users = usersOf(target)
  const plan = { name: 'plan', type: 4, displayName: 'Plan', options: [{ value: 'free', label: 'Free' }] }
  succeeded(await users.createCustomAttributes([plan, { name: 'seats', type: 2 }]))
  const attributes = succeeded(await users.getCustomAttributes())
  assert.partialDeepStrictEqual(attributes, [plan, { name: 'seats', type: 2 }])
  succeeded(await users.create('attributes', { customAttributes: { plan: 'free', seats: 5, other: true } }))
  refused(await users.updateCustomAttribute('attributes', 'plan', 'gold'), 400, 'E011003')
  refused(await users.patch('attributes', { customAttributes: { seats: 'five' } }), 400, 'E011003')
  assert.deepEqual(
    succeeded(await users.deleteCustomAttributes(['plan', 'seats'])).map(({ name }) => name),
    [],
  )
  succeeded(await users.updateCustomAttribute('attributes', 'plan', 'gold'))
})
