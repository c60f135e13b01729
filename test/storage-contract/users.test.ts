import assert from 'node:assert/strict'
import { openStorage } from '../../src/storage/open.ts'
import { contract, contractAlone, credential, loginId, now, project, race, user, winners } from './records.ts'

contractAlone('projects: what was inserted is found, oldest first', async ({ storage, here, there }) => {
  const older = project({ id: 'Polder', name: 'Älter', settings: { a: [1, null, 'x'] }, createdAt: now - 5 })
  await storage.projects.insert(older)
  assert.deepEqual(await storage.projects.byId('Polder'), older)
  assert.equal(await storage.projects.byId('Pmissing'), undefined)
  const ids = (await storage.projects.list()).map(({ id }) => id)
  assert.deepEqual(
    ids,
    ['Polder', here, there].toSorted((a, b) => (a === 'Polder' ? -1 : b === 'Polder' ? 1 : a < b ? -1 : 1)),
  )
  await assert.rejects(storage.projects.insert(older), 'an ID is unique')
})

contract('projects: settings are saved by one of those who read the same version', async ({ storage, here, there }) => {
  const won = await race(8, (index) => storage.projects.saveSettings(here, { index }, 1))
  assert.equal(winners(won), 1)
  const saved = await storage.projects.byId(here)
  assert.equal(saved?.settingsVersion, 2)
  assert.deepEqual(saved?.settings, { index: won.indexOf(true) })
  assert.deepEqual((await storage.projects.byId(there))?.settings, {})
  assert.equal(await storage.projects.saveSettings('Pmissing', {}, 1), false)
})

contract('users: every field comes back as it was written', async ({ storage, here }) => {
  const whole = user(here, 'U1', {
    status: 'invited',
    email: 'ünï@example.com',
    isEmailVerified: true,
    phone: '+15555555555',
    isPhoneVerified: true,
    name: "Robert'); drop table users;--",
    givenName: '🐎',
    middleName: 'M',
    familyName: 'F',
    picture: 'https://example.com/p.png',
    isTest: true,
    customAttributes: { deep: { list: [1, 'two', null, true] }, __proto: 'x', quote: '"\\\u0001' },
    lastSignInAt: now + 1,
  })
  const loginIds = [loginId('z', 'Z'), loginId('a', 'A'), loginId('+15555555555')]
  assert.equal(await storage.users.insert(whole, loginIds), true)
  const expected = { user: whole, loginIds, credentialKinds: [], roles: [], tenants: [] }
  assert.deepEqual(await storage.users.byId(here, 'U1'), expected, 'login IDs in the order of their making')
  for (const { canonical } of loginIds) assert.deepEqual(await storage.users.byLoginId(here, canonical), expected)
  for (const other of ['Z', 'A', 'b', '', 'a ', '%', '_']) assert.equal(await storage.users.byLoginId(here, other), undefined)
  assert.equal(await storage.users.byId(here, 'u1'), undefined)
})

contract('IN-02: login IDs that look alike are compared by their bytes', async ({ storage, here }) => {
  const alike = ['k', 'K', '\u212a', 'é', 'e\u0301', 'ı', 'i', 'straße', 'strasse', 'a', 'a\u200b']
  for (const [index, canonical] of alike.entries()) {
    assert.equal(await storage.users.insert(user(here, `U${index}`), [loginId(canonical)]), true, canonical)
  }
  for (const [index, canonical] of alike.entries()) {
    assert.equal((await storage.users.byLoginId(here, canonical))?.user.id, `U${index}`, canonical)
  }
})

contract('users: a taken login ID refuses the whole user, also when it is the second', async ({ storage, here }) => {
  assert.equal(await storage.users.insert(user(here, 'U1'), [loginId('taken')]), true)
  for (const loginIds of [[loginId('taken')], [loginId('free'), loginId('taken')], [loginId('twice'), loginId('twice', 'Twice')]]) {
    assert.equal(await storage.users.insert(user(here, 'U2'), loginIds), false)
    assert.equal(await storage.users.byId(here, 'U2'), undefined, 'nothing is left outside a transaction')
    const refused = storage.transaction(async (tx) => {
      assert.equal(await tx.users.insert(user(here, 'U2'), loginIds), false)
      throw new Error('rolled back by the caller')
    })
    await assert.rejects(refused, /rolled back by the caller/)
    assert.equal(await storage.users.byLoginId(here, 'free'), undefined)
  }
  assert.equal(await storage.users.insert(user(here, 'U1'), [loginId('other')]), false, 'a user ID is unique too')
})

contract('RL-03: of many sign-ups with one login ID one wins, also over two processes', async ({ storage, url, here }) => {
  const second = await openStorage({ database: url })
  try {
    const won = await race(20, (index) => {
      const ids = [loginId(`own-${index}`), loginId('contested-1'), loginId('contested-2')]
      const loginIds = index % 3 === 0 ? ids.toReversed() : ids
      const on = index % 2 === 0 ? storage : second
      if (index % 5 === 0) return on.users.insert(user(here, `U${index}`), loginIds)
      return on
        .transaction(async (tx) => {
          if (await tx.users.insert(user(here, `U${index}`), loginIds)) return true
          throw new Error('taken')
        })
        .catch((error: Error) => {
          assert.equal(error.message, 'taken')
          return false
        })
    })
    assert.equal(winners(won), 1)
    const page = await second.users.list(here, { limit: 50 })
    assert.deepEqual(
      page.items.map((item) => item.user.id),
      [`U${won.indexOf(true)}`],
    )
    assert.equal(page.items[0]?.loginIds.length, 3)
  } finally {
    await second.close()
  }
})

contract('users: a login ID that could not be told from two is refused', async ({ storage, here }) => {
  for (const bad of ['a\u001eb', 'a\u001fb']) {
    await assert.rejects(storage.users.insert(user(here, 'U1'), [loginId('a', bad)]), /control character/)
  }
})

contract('users: sign-in finds the user, the credential of the kind, and all kinds', async ({ storage, here, there }) => {
  await storage.users.insert(user(here, 'U1'), [loginId('a')])
  await storage.users.insert(user(there, 'U1'), [loginId('a')])
  assert.equal((await storage.users.forSignIn(here, 'a', 'password'))?.credential, undefined)
  const mine = credential(here, 'U1', { data: { hash: 'mine' } })
  await storage.credentials.insert(mine)
  await storage.credentials.insert(credential(here, 'U1', { kind: 'otp', lookup: 'one' }))
  await storage.credentials.insert(credential(here, 'U1', { kind: 'otp', lookup: 'two' }))
  const found = await storage.users.forSignIn(here, 'a', 'password')
  assert.deepEqual(found, { ...(await storage.users.byId(here, 'U1')), credential: mine })
  assert.deepEqual(found?.credentialKinds, ['otp', 'password'])
  assert.equal((await storage.users.forSignIn(here, 'a', 'otp'))?.credential, undefined, 'only that with an empty look-up')
  assert.equal((await storage.users.forSignIn(there, 'a', 'password'))?.credential, undefined)
  assert.equal(await storage.users.forSignIn(here, 'b', 'password'), undefined)
})

contract('users: an update changes the named fields and no others', async ({ storage, here, there }) => {
  const before = user(here, 'U1', { name: 'N', isTest: true })
  await storage.users.insert(before, [loginId('a')])
  await storage.users.insert(user(there, 'U1'), [loginId('a')])
  for (const changes of [
    { lastSignInAt: now + 5, status: 'disabled' },
    { isTest: false, customAttributes: {} },
    { name: '' },
    {},
  ] as const) {
    const current = await storage.users.byId(here, 'U1')
    assert.equal(await storage.users.update(here, 'U1', changes), true)
    assert.deepEqual((await storage.users.byId(here, 'U1'))?.user, { ...current?.user, ...changes })
    assert.equal(await storage.users.update(here, 'U2', changes), false)
  }
  assert.deepEqual((await storage.users.byId(there, 'U1'))?.user, user(there, 'U1'))
})

contract('users: pages are in the order of the IDs, byte by byte', async ({ storage, here, there }) => {
  const ids = ['U1', 'U10', 'U2', 'UB', 'Ua', 'Ub', 'Uß']
  for (const id of ids.toReversed()) await storage.users.insert(user(here, id), [loginId(`login-${id}`)])
  await storage.users.insert(user(there, 'U0'), [loginId('login-U0')])
  const seen: string[] = []
  let after: string | undefined
  do {
    const page = await storage.users.list(here, { limit: 3, ...(after && { after }) })
    assert.ok(page.items.length <= 3)
    seen.push(...page.items.map((item) => item.user.id))
    after = page.next
  } while (after)
  assert.deepEqual(seen, ids)
  assert.deepEqual(await storage.users.list(here, { limit: 3, after: 'Uß' }), { items: [] })
  assert.equal((await storage.users.list(here, { limit: 7 })).next, undefined, 'a full last page has no next')
})

contract('users: a prefix is matched literally', async ({ storage, here }) => {
  const names = ['a', 'ab', 'abc', 'a%c', 'a_c', 'A', 'b', 'a🐎', 'a\u{10fffe}', "a'", 'a\\']
  for (const [index, canonical] of names.entries()) await storage.users.insert(user(here, `U${index + 10}`), [loginId(canonical)])
  await storage.users.insert(user(here, 'U99'), [loginId('zz'), loginId('zy')])
  for (const prefix of ['a', 'ab', 'a%', 'a_', 'A', '%', '_', "a'", 'a\\', 'a🐎', 'zz', 'z', 'none', '*', '']) {
    const page = await storage.users.list(here, { limit: 50, loginIdPrefix: prefix })
    const found = page.items.flatMap((item) => item.loginIds.map(({ canonical }) => canonical))
    const expected = [...names, 'zz', 'zy'].filter((name) => name.startsWith(prefix) || (prefix.startsWith('z') && name.startsWith('z')))
    assert.deepEqual(found, expected, prefix)
  }
})

contract('credentials: one of a name, and one writer of a version', async ({ storage, here, there }) => {
  for (const projectId of [here, there]) await storage.users.insert(user(projectId, 'U1'), [loginId('a')])
  const inserted = await race(8, () => storage.credentials.insert(credential(here, 'U1', { version: 7 })))
  assert.equal(winners(inserted), 1)
  assert.equal(await storage.credentials.insert(credential(there, 'U1')), true)
  assert.deepEqual(await storage.credentials.get(here, 'U1', 'password', ''), credential(here, 'U1'), 'the first version is 1')
  for (const [userId, kind, lookup] of [
    ['U2', 'password', ''],
    ['U1', 'otp', ''],
    ['U1', 'password', 'x'],
  ] as const) {
    assert.equal(await storage.credentials.get(here, userId, kind, lookup), undefined)
  }
  const swapped = await race(8, (index) => storage.credentials.swap(credential(here, 'U1', { data: index, modifiedAt: now + 1 }), 1))
  assert.equal(winners(swapped), 1)
  const after = credential(here, 'U1', { data: swapped.indexOf(true), modifiedAt: now + 1, version: 2 })
  assert.deepEqual(await storage.credentials.get(here, 'U1', 'password', ''), after)
  assert.equal(await storage.credentials.swap(credential(here, 'U1'), 1), false)
  assert.equal((await storage.credentials.get(there, 'U1', 'password', ''))?.version, 1)
})
