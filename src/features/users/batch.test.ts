import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { call, create, done, load, makeRole, refused } from './test-world.ts'

const namesOf = (users: Json[]) => users.map((user) => user.loginIds[0])
const failuresOf = (failed: Json[]) => failed.map(({ user, failure }) => [user.loginIds[0], failure])
const patchBatch = (kit: Kit, body: object) => done(kit, 'patch/batch', body, { method: 'PATCH' })
const md5 = { md5: { hash: '5f4dcc3b5aa765d61d8327deb882cf99' } }

onEveryDatabase('create/batch: everybody but those who cannot be, with the reason beside them', async (kit) => {
  await makeRole(kit, 'Editor')
  await create(kit, { loginId: 'taken' })
  const answer = await done(kit, 'create/batch', {
    users: [
      { loginId: 'a@example.com', verifiedEmail: true, status: 'enabled', roleNames: ['Editor'] },
      { loginId: 'taken' },
      { loginId: 'b@example.com', verifiedEmail: false, status: 'disabled', createdTime: 1_600_000_000 },
      { email: 'nobody@example.com' },
      { loginId: 'c', email: 'c@example.com', status: 'invited', additionalLoginIds: ['c2'] },
      { loginId: 'a@example.com' },
      'text',
      { loginId: 'weak', password: 'password' },
      { loginId: 'bad', hashedPassword: { bcrypt: { hash: 'x' } } },
      { loginId: 'role', roleNames: ['Nobody'] },
      { loginId: 7 },
      { loginId: 'attribute', customAttributes: { 'a\u0001b': 1 } },
      { identifier: 'd', password: goodPassword },
      { loginId: 'e', hashedPassword: md5, seed: 'JBSW Y3DP EHPK 3PXP' },
      { loginId: 'seed', seed: 'not base32!' },
    ],
  })
  assert.deepEqual(namesOf(answer.createdUsers), ['a@example.com', 'b@example.com', 'c', 'd', 'e'])
  assert.deepEqual(failuresOf(answer.failedUsers), [
    ['taken', 'User already exists'],
    ['', 'The loginId field is required'],
    ['a@example.com', 'User already exists'],
    ['', 'The request must be an object'],
    ['weak', answer.failedUsers[4].failure],
    ['bad', 'The hashedPassword.bcrypt field is malformed'],
    ['role', 'Role not found: Nobody'],
    ['', 'The loginId field is invalid'],
    ['attribute', 'The customAttributes field is invalid'],
    ['seed', 'The seed field is not a Base32 text of 16 to 256 characters'],
  ])
  assert.deepEqual(answer.additionalErrors, {})
  const [a, b, c, d, e] = answer.createdUsers
  assert.deepEqual([a.status, a.verifiedEmail, a.roleNames], ['enabled', true, ['Editor']])
  assert.deepEqual([b.status, b.verifiedEmail, b.createdTime], ['disabled', false, 1_600_000_000])
  assert.deepEqual([c.status, c.loginIds, d.password, e.password, e.TOTP, d.TOTP], ['invited', ['c', 'c2'], true, true, true, false])
  for (const user of answer.createdUsers) assert.deepEqual(await load(kit, user.loginIds[0]), user)
  for (const name of ['weak', 'bad', 'role', 'attribute', 'seed']) await refused(kit, [404, 'E112102'], `?loginId=${name}`)
  assert.equal((await kit.call('/v1/auth/password/signin', { body: { loginId: 'e', password: 'password' } })).status, 200)
  assert.deepEqual(await kit.mails(), [])
})

onEveryDatabase('CR-01: the seed of an authenticator app is sealed', async (kit) => {
  const { createdUsers } = await done(kit, 'create/batch', { users: [{ loginId: 'a', seed: 'JBSWY3DPEHPK3PXP' }] })
  const [row] = await kit.auth.deps.storage.credentials.list(kit.projectId, createdUsers[0].userId, 'totp')
  const sealedSeed = String(Reflect.get(Object(row?.data), 'sealedSeed'))
  assert.doesNotMatch(JSON.stringify(row), /JBSWY3DPEHPK3PXP/)
  assert.equal(kit.auth.deps.sealer.open(`totp/${kit.projectId}/${createdUsers[0].userId}`, sealedSeed), 'JBSWY3DPEHPK3PXP')
})

onEveryDatabase('create/batch: invitations, also to those who are invited already', async (kit) => {
  await create(kit, { loginId: 'old@example.com' })
  await kit.signUp('active@example.com')
  const users = ['new@example.com', 'old@example.com', 'active@example.com', 'name'].map((loginId) => ({ loginId }))
  const answer = await done(kit, 'create/batch', { users, invite: true })
  assert.deepEqual(namesOf(answer.createdUsers), ['new@example.com', 'old@example.com', 'name'])
  assert.deepEqual(failuresOf(answer.failedUsers), [['active@example.com', 'User already exists']])
  const invited = (await kit.mails()).filter(({ kind }) => kind === 'user.invite').map(({ to }) => to)
  assert.deepEqual(invited.toSorted(), ['new@example.com', 'old@example.com'])
  await done(kit, 'create/batch', { users: [{ loginId: 'quiet@example.com' }], invite: true, sendMail: false, sendSMS: true })
  const bad = await done(kit, 'create/batch', { users: [{ loginId: 'x@example.com' }], invite: true, inviteUrl: 'https://evil.example' })
  assert.match(bad.failedUsers[0].failure, /not on the list of approved domains/)
  assert.ok(!(await kit.mails()).some(({ to }) => to === 'quiet@example.com' || to === 'x@example.com'))
})

onEveryDatabase('patch/batch: each user for themselves', async (kit) => {
  for (const loginId of ['a', 'b', 'c']) await create(kit, { loginId, displayName: 'before', phone: '+15555555555' })
  const answer = await patchBatch(kit, {
    users: [
      { loginId: 'a', displayName: 'after' },
      { loginId: 'nobody', displayName: 'x' },
      { loginId: 'b', phone: 'nonsense', displayName: 'x' },
      { loginId: 'c', phone: '', name: 'after' },
      { displayName: 'x' },
      { loginId: 'c', additionalIdentifiers: ['b'] },
    ],
  })
  assert.deepEqual(namesOf(answer.patchedUsers), ['a', 'c'])
  assert.deepEqual(failuresOf(answer.failedUsers), [
    ['nobody', 'Cannot find user'],
    ['b', 'The phone field is not a valid phone number'],
    ['', 'The loginId field is required'],
    ['c', 'User already exists'],
  ])
  assert.deepEqual([(await load(kit, 'a')).name, (await load(kit, 'b')).name, (await load(kit, 'c')).name], ['after', 'before', 'after'])
  assert.deepEqual([(await load(kit, 'a')).phone, (await load(kit, 'c')).phone], ['+15555555555', ''])
})

onEveryDatabase('batches: 500 at most, and a body that is large is taken', async (kit) => {
  const users = Array.from({ length: 501 }, (_, index) => ({ loginId: `user${index}`, displayName: 'n'.repeat(250), hashedPassword: md5 }))
  assert.match(await refused(kit, [400, 'E011003'], 'create/batch', { users }), /501 users in one call; at most 500/)
  // What is in there is not looked at: that would take minutes.
  const manyMore = Array(2_600_000).fill(1)
  assert.match(await refused(kit, [400, 'E011003'], 'create/batch', { users: manyMore }), /lists of more than 100000 entries/)
  await refused(kit, [400, 'E011003'], 'patch/batch', { users }, { method: 'PATCH' })
  assert.ok(JSON.stringify(users.slice(0, 250)).length > 65_536)
  const { createdUsers, failedUsers } = await done(kit, 'create/batch', { users: users.slice(0, 250) })
  assert.deepEqual([createdUsers.length, failedUsers], [250, []])
  await refused(kit, [400, 'E011003'], 'create/batch', {})
  const userIds: string[] = createdUsers.map((user: Json) => user.userId)
  await refused(kit, [400, 'E011003'], 'delete/batch', { userIds: users.map(({ loginId }) => loginId) })
  const loaded = await done(kit, '/v1/mgmt/users/load', { userIds: userIds.slice(0, 200).toReversed() })
  assert.deepEqual(
    loaded.users.map((user: Json) => user.userId),
    userIds.slice(0, 200).toReversed(),
  )
  assert.deepEqual(await done(kit, 'delete/batch', { userIds: [...userIds.slice(1), 'U-none'] }), {})
  assert.deepEqual(
    (await done(kit, '/v1/mgmt/users/load', { userIds, includeInvalidUsers: true })).users.map((user: Json) => user.userId),
    userIds.slice(0, 1),
  )
  assert.deepEqual((await done(kit, '/v1/mgmt/users/load', { userIds: [] })).users, [])
  assert.equal((await call(kit, 'delete/batch', { userIds: 'all' })).status, 400)
})
