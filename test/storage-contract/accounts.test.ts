import assert from 'node:assert/strict'
import type { NewAccount, Storage } from '../../src/core/storage.ts'
import { contract, contractAlone, credential, loginId, now, race, role, session, tenant, user, winners } from './records.ts'

function account(projectId: string, id: string, given: Partial<NewAccount> = {}): NewAccount {
  return { user: user(projectId, id), loginIds: [loginId(`${id}-login`)], credentials: [], tenantIds: [], assignments: [], ...given }
}

const insert = (storage: Storage, accounts: readonly NewAccount[]) => storage.transaction((tx) => tx.accounts.insertMany(accounts))

contract('accounts: many come in with everything that is theirs', async ({ storage, here }) => {
  await storage.tenants.insert(tenant(here, 'T1'))
  await storage.roles.insert(role(here, 'R1'))
  await storage.roles.insert(role(here, 'R2', { tenantId: 'T1' }))
  const hostile = {
    name: "Robert'); drop table users;--",
    givenName: '🐎\t\\N\\.\n\r\\',
    familyName: '\\.',
    customAttributes: { list: [1, 'two', null], quote: '"\\' },
  }
  const list = Array.from({ length: 99 }, (_, index) => {
    const id = `U${String(index).padStart(3, '0')}`
    return account(here, id, {
      user: user(here, id, { ...hostile, email: `${id}@example.com`, isEmailVerified: index % 2 === 0, createdAt: now - index }),
      loginIds: [loginId(`z${id}`, `Z${id}`), loginId(`a${id}`)],
      credentials: [credential(here, id, { version: 7, data: { hash: id }, origin: 'bcrypt', isForeign: true })],
      tenantIds: ['T1'],
      assignments: [
        { tenantId: '', roleId: 'R1' },
        { tenantId: 'T1', roleId: 'R2' },
      ],
    })
  })
  assert.deepEqual(
    await insert(storage, list),
    list.map(() => true),
  )
  const first = await storage.accounts.page(here, { limit: 60, credentialKind: 'password' })
  const rest = await storage.accounts.page(here, { limit: 60, credentialKind: 'password', after: first.at(-1)?.user.id ?? '' })
  const found = [...first, ...rest]
  assert.deepEqual(
    found.map((one) => one.user),
    list.map((one) => one.user),
  )
  for (const [index, one] of found.entries()) {
    assert.deepEqual(one.loginIds, list[index]?.loginIds)
    assert.deepEqual(one.credential, { ...list[index]?.credentials[0], version: 1 })
    assert.deepEqual(
      one.roles.map(({ tenantId, name }) => [tenantId, name]),
      [
        ['', 'name-R1'],
        ['T1', 'name-R2'],
      ],
    )
    assert.deepEqual(
      one.tenants.map(({ tenantId }) => tenantId),
      ['T1'],
    )
  }
  assert.equal(await storage.accounts.count(here), 99)
  await storage.accounts.insertMany([])
})

contract('accounts: whoever has a login ID or an ID that is taken stays out whole', async ({ storage, here, there }) => {
  await insert(storage, [account(here, 'U1', { loginIds: [loginId('old')] }), account(there, 'U2')])
  const list = [
    account(here, 'U2', { credentials: [credential(here, 'U2')] }),
    account(here, 'U3', { loginIds: [loginId('new'), loginId('old')], credentials: [credential(here, 'U3')] }),
    account(here, 'U1', { loginIds: [loginId('free')], credentials: [credential(here, 'U1')] }),
    account(here, 'U4', { loginIds: [loginId('twice')] }),
    account(here, 'U5', { loginIds: [loginId('twice')] }),
    account(here, 'U4', { loginIds: [loginId('other')], credentials: [credential(here, 'U4')] }),
  ]
  const inserted = await insert(storage, list)
  assert.deepEqual(inserted.slice(0, 3), [true, false, false])
  assert.equal(winners(inserted.slice(3, 5)), 1)
  assert.equal(inserted[5], false)
  assert.deepEqual((await storage.users.byLoginId(here, 'old'))?.user.id, 'U1')
  for (const free of ['new', 'free', 'other']) assert.equal(await storage.users.byLoginId(here, free), undefined, free)
  assert.equal(await storage.users.byId(here, 'U3'), undefined)
  assert.equal(await storage.credentials.get(here, 'U1', 'password', ''), undefined, 'nothing is added to the one who was there')
  assert.equal(await storage.accounts.count(here), 3)
})

contract('accounts: of racers with one login ID exactly one gets in', async ({ storage, here }) => {
  const shared = Array.from({ length: 20 }, (_, index) => `shared${index}`)
  const answers = await race(4, (racer) =>
    insert(
      storage,
      // In another order each, which must not make them wait for one another for ever.
      (racer % 2 === 0 ? shared : shared.toReversed()).map((name) => account(here, `U-${racer}-${name}`, { loginIds: [loginId(name)] })),
    ),
  )
  assert.equal(winners(answers.flat()), shared.length)
  assert.equal(await storage.accounts.count(here), shared.length)
})

contract('accounts: what fails leaves nothing', async ({ storage, here }) => {
  await assert.rejects(insert(storage, [account(here, 'U1'), account(here, 'U2', { tenantIds: ['Tmissing'] })]))
  assert.equal(await storage.accounts.count(here), 0)
})

contract('accounts: which names are taken', async ({ storage, here, there }) => {
  await insert(storage, [
    account(here, 'U1', { loginIds: [loginId('a'), loginId("o'b"), loginId('\\"{,}')] }),
    account(there, 'U2', { loginIds: [loginId('c')] }),
  ])
  const asked = { canonicals: ['a', 'A', 'c', "o'b", '{a}', '"', '\\"{,}'], userIds: ['U1', 'U2', ''] }
  for (const taken of [await storage.accounts.taken(here, asked), await storage.transaction((tx) => tx.accounts.taken(here, asked))]) {
    assert.deepEqual(taken.canonicals, new Set(['\\"{,}', 'a', "o'b"]))
    assert.deepEqual([...taken.userIds], ['U1'])
  }
  const none = await storage.accounts.taken(here, { canonicals: [], userIds: [] })
  assert.deepEqual([...none.canonicals, ...none.userIds], [])
})

contract('accounts: users of nobody known are in no page and not counted', async ({ storage, here }) => {
  await storage.users.insert(user(here, 'U1', { isAnonymous: true }), [])
  await storage.users.insert(user(here, 'U2'), [loginId('a')])
  const page = await storage.accounts.page(here, { limit: 10, credentialKind: 'password' })
  assert.deepEqual(
    page.map((one) => [one.user.id, one.credential]),
    [['U2', undefined]],
  )
  assert.equal(await storage.accounts.count(here), 1)
})

contractAlone('snapshot: sees one state, while others write, and writes nothing', async ({ storage, here }) => {
  await insert(storage, [account(here, 'U1')])
  await storage.snapshot(async (view) => {
    assert.equal(await view.accounts.count(here), 1)
    await insert(storage, [account(here, 'U2')])
    await storage.users.update(here, 'U1', { name: 'changed' })
    assert.equal(await view.accounts.count(here), 1)
    assert.equal((await view.users.byId(here, 'U1'))?.user.name, '')
    assert.equal(await view.users.byId(here, 'U2'), undefined)
  })
  assert.equal(await storage.accounts.count(here), 2)
  await assert.rejects(storage.snapshot((view) => view.users.update(here, 'U1', { name: 'x' })))
  await assert.rejects(
    storage.snapshot(() => Promise.reject(new Error('its own'))),
    /its own/,
  )
  await storage.analyze()
  assert.equal((await storage.users.byId(here, 'U1'))?.user.name, 'changed')
})

contract('imports: progress is kept, replaced and forgotten', async ({ storage, here, there }) => {
  const record = { projectId: here, fingerprint: 'f', progress: { records: 1 }, modifiedAt: now }
  assert.equal(await storage.imports.get(here, 'f'), undefined)
  await storage.imports.put(record)
  await storage.imports.put({ ...record, progress: { records: 2 }, modifiedAt: now + 1 })
  assert.deepEqual(await storage.imports.get(here, 'f'), { ...record, progress: { records: 2 }, modifiedAt: now + 1 })
  assert.equal(await storage.imports.get(there, 'f'), undefined)
  await storage.imports.delete(here, 'f')
  await storage.imports.delete(here, 'f')
  assert.equal(await storage.imports.get(here, 'f'), undefined)
})

contractAlone('imports: one that nobody takes up again is forgotten in the end', async ({ storage, here }) => {
  await storage.imports.put({ projectId: here, fingerprint: 'f', progress: {}, modifiedAt: now })
  await storage.users.insert(user(here, 'U1'), [loginId('a')])
  await storage.sessions.insert(session(here, 'U1', 'S1', { expiresAt: now + 90 * 86_400 }))
  await storage.purge(now + 29 * 86_400, 1000)
  assert.ok(await storage.imports.get(here, 'f'))
  await storage.purge(now + 30 * 86_400, 1000)
  assert.equal(await storage.imports.get(here, 'f'), undefined)
})
