import assert from 'node:assert/strict'
import { openStorage } from '../../src/storage/open.ts'
import { contract, credential, loginId, now, race, user, winners } from './records.ts'

/** What the storage promises to the administration of users. */

contract('users: login IDs are added behind the others, and taken away', async ({ storage, here, there }) => {
  await storage.users.insert(user(here, 'U1'), [loginId('z', 'Z'), loginId('m')])
  await storage.users.insert(user(here, 'U2'), [loginId('other')])
  await storage.users.insert(user(there, 'U1'), [loginId('elsewhere')])
  const shown = async () => (await storage.users.byId(here, 'U1'))?.loginIds
  assert.equal(await storage.users.addLoginId(here, 'U1', loginId('a', 'A')), true)
  assert.deepEqual(await shown(), [loginId('z', 'Z'), loginId('m'), loginId('a', 'A')])
  for (const taken of ['a', 'z', 'other']) assert.equal(await storage.users.addLoginId(here, 'U1', loginId(taken)), false, taken)
  assert.equal(await storage.users.addLoginId(here, 'U1', loginId('elsewhere')), true, 'projects are walls')
  assert.equal(await storage.users.addLoginId(here, 'missing', loginId('free')), false)
  assert.equal(await storage.users.removeLoginId(here, 'U1', 'other'), false, 'not theirs')
  assert.equal(await storage.users.removeLoginId(here, 'U2', 'z'), false)
  assert.equal(await storage.users.removeLoginId(here, 'U1', 'm'), true)
  assert.equal(await storage.users.removeLoginId(here, 'U1', 'm'), false)
  assert.equal(await storage.users.byLoginId(here, 'm'), undefined)
  assert.equal(await storage.users.addLoginId(here, 'U1', loginId('m')), true)
  assert.deepEqual(await shown(), [loginId('z', 'Z'), loginId('a', 'A'), loginId('elsewhere'), loginId('m')])
  assert.equal((await storage.users.byLoginId(there, 'elsewhere'))?.loginIds.length, 1)
  await assert.rejects(storage.users.addLoginId(here, 'U1', loginId('x', 'a\u001eb')), /control character/)
})

contract('users: a login ID that is taken inside a transaction dooms nothing', async ({ storage, here }) => {
  await storage.users.insert(user(here, 'U1'), [loginId('a')])
  await storage.users.insert(user(here, 'U2'), [loginId('b')])
  await storage.transaction(async (tx) => {
    assert.equal(await tx.users.addLoginId(here, 'U1', loginId('b')), false)
    assert.equal(await tx.users.addLoginId(here, 'U1', loginId('c')), true)
  })
  assert.equal((await storage.users.byLoginId(here, 'c'))?.user.id, 'U1')
})

contract('RL-03: of many who add or insert one login ID one wins, also over two processes', async ({ storage, url, here }) => {
  const second = await openStorage({ database: url })
  try {
    for (let index = 0; index < 4; index++) await storage.users.insert(user(here, `U${index}`), [loginId(`own-${index}`)])
    const won = await race(16, (index) => {
      const on = index % 2 === 0 ? storage : second
      if (index % 4 < 3) return on.users.addLoginId(here, `U${index % 4}`, loginId('contested'))
      return on.users.insert(user(here, `N${index}`), [loginId(`new-${index}`), loginId('contested')])
    })
    assert.equal(winners(won), 1)
    const owner = await storage.users.byLoginId(here, 'contested')
    const winner = won.indexOf(true)
    assert.equal(owner?.user.id, winner % 4 < 3 ? `U${winner % 4}` : `N${winner}`)
  } finally {
    await second.close()
  }
})

contract('users: many are loaded by their IDs, of this project and that are there', async ({ storage, here, there }) => {
  for (const id of ['U1', 'U2']) await storage.users.insert(user(here, id), [loginId(`of-${id}`)])
  await storage.users.insert(user(there, 'U3'), [loginId('of-U3')])
  assert.deepEqual(await storage.users.byIds(here, []), [])
  const found = await storage.users.byIds(here, ['U2', 'missing', 'U1', 'U3', "'); drop table users;--", 'U1'])
  assert.deepEqual(found.map((account) => account.user.id).toSorted(), ['U1', 'U2'])
  for (const account of found) assert.deepEqual(account, await storage.users.byId(here, account.user.id))
})

contract('users: test users are listed by ID, and go one by one', async ({ storage, here, there }) => {
  for (const id of ['U1', 'U2', 'U3']) await storage.users.insert(user(here, id, { isTest: id !== 'U2' }), [loginId(id)])
  await storage.users.insert(user(there, 'U4', { isTest: true }), [loginId('U4')])
  assert.deepEqual(await storage.users.listTestIds(here, 10), ['U1', 'U3'])
  assert.deepEqual(await storage.users.listTestIds(here, 1), ['U1'])
  await storage.transaction((tx) => tx.users.delete(here, 'U1'))
  assert.deepEqual(await storage.users.listTestIds(here, 10), ['U3'])
})

contract('credentials: listed by kind, and deleted by kind or by name', async ({ storage, here, there }) => {
  for (const projectId of [here, there]) await storage.users.insert(user(projectId, 'U1'), [loginId('a')])
  await storage.users.insert(user(here, 'U2'), [loginId('b')])
  const keys = ['k2', 'k1'].map((lookup) => credential(here, 'U1', { kind: 'webauthn', lookup, data: { of: lookup } }))
  for (const one of [...keys, credential(here, 'U1'), credential(here, 'U2', { kind: 'webauthn', lookup: 'k1' })]) {
    assert.equal(await storage.credentials.insert(one), true)
  }
  await storage.credentials.insert(credential(there, 'U1', { kind: 'webauthn', lookup: 'k1' }))
  assert.deepEqual(await storage.credentials.list(here, 'U1', 'webauthn'), keys.toReversed(), 'by their look-up')
  assert.deepEqual(await storage.credentials.list(here, 'U1', 'totp'), [])
  assert.equal(await storage.credentials.delete(here, 'U1', 'webauthn', 'missing'), 0)
  assert.equal(await storage.credentials.delete(here, 'U1', 'webauthn', 'k1'), 1)
  assert.equal(await storage.credentials.delete(here, 'U1', 'webauthn', ''), 0)
  assert.equal(await storage.credentials.delete(here, 'U1', 'webauthn'), 1)
  assert.equal(await storage.credentials.delete(here, 'U1', 'webauthn'), 0)
  assert.deepEqual((await storage.users.byId(here, 'U1'))?.credentialKinds, ['password'])
  for (const [projectId, userId] of [
    [here, 'U2'],
    [there, 'U1'],
  ] as const) {
    assert.equal((await storage.credentials.list(projectId, userId, 'webauthn')).length, 1)
  }
})

contract('attributes: one definition of a name for each kind of subject', async ({ storage, here, there }) => {
  const define = (name: string, given: object = {}) => {
    const attribute = { projectId: here, subject: 'user', name, definition: { type: name }, createdAt: now, ...given } as const
    return storage.attributes.put(attribute)
  }
  await define('b')
  await define('a')
  await define('a', { subject: 'tenant', definition: { of: 'a tenant' } })
  await define('a', { projectId: there })
  await define('b', { definition: { type: 'other' }, createdAt: now + 5 })
  const listed = await storage.attributes.list(here, 'user')
  assert.deepEqual(
    listed.map(({ name, definition }) => [name, definition]),
    [
      ['a', { type: 'a' }],
      ['b', { type: 'other' }],
    ],
  )
  assert.equal(await storage.attributes.delete(here, 'user', []), 0)
  assert.equal(await storage.attributes.delete(here, 'user', ['b', 'missing', "' or 1=1--"]), 1)
  assert.deepEqual(
    (await storage.attributes.list(here, 'user')).map(({ name }) => name),
    ['a'],
  )
  assert.equal((await storage.attributes.list(here, 'tenant')).length, 1)
  assert.equal((await storage.attributes.list(there, 'user')).length, 1)
})
