import assert from 'node:assert/strict'
import { call, create, done, load, makeKey, makeRole, makeTenant, patch, refused } from '../../src/features/users/test-world.ts'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../kit.ts'

/** Users in the hands of administrators: what a narrow key reaches, and what happens at the same time. */

interface Shop {
  readonly mine: string
  readonly other: string
  /** Limited to the tenant `mine`. */
  readonly key: string
}

/** Two tenants with a user each, one who is in both, one who is in none, and an administrator of the project who is in mine. */
async function makeShop(kit: Kit): Promise<Shop> {
  const [mine, other] = [await makeTenant(kit, 'Mine'), await makeTenant(kit, 'Other')]
  await makeRole(kit, 'Clerk')
  await makeRole(kit, 'Owner')
  await makeRole(kit, 'Member', { isDefault: true })
  const clerk = (tenantId: string) => ({ tenantId, roleNames: ['Clerk'] })
  for (const [loginId, userTenants, roleNames] of [
    ['mine', [clerk(mine)], ['Member']],
    ['other', [clerk(other)], []],
    ['both', [clerk(mine), clerk(other)], []],
    ['none', [], []],
    ['owner', [clerk(mine)], ['Owner']],
  ] as const) {
    await create(kit, { loginId, email: `${loginId}@example.com`, password: goodPassword, userTenants, roleNames })
  }
  return { mine, other, key: await makeKey(kit, { tenantIds: [mine] }) }
}

/** Calls about a user that change them beyond their tenants. */
const wholeCalls: Readonly<Record<string, (loginId: string) => readonly [path: string, body: object, method?: string]>> = {
  update: (loginId) => ['update', { loginId, email: 'evil@example.com' }],
  patch: (loginId) => ['patch', { loginId, email: 'evil@example.com' }, 'PATCH'],
  'patch of attributes': (loginId) => ['patch', { loginId, customAttributes: { a: 1 } }, 'PATCH'],
  status: (loginId) => ['update/status', { loginId, status: 'disabled' }],
  'login ID': (loginId) => ['update/loginid', { loginId, newLoginId: 'evil' }],
  email: (loginId) => ['update/email', { loginId, email: 'evil@example.com', verified: true }],
  phone: (loginId) => ['update/phone', { loginId, phone: '+15555555555', verified: true }],
  name: (loginId) => ['update/name', { loginId, displayName: 'evil' }],
  picture: (loginId) => ['update/picture', { loginId, picture: 'https://evil.example' }],
  attribute: (loginId) => ['update/customAttribute', { loginId, attributeKey: 'a', attributeValue: 1 }],
  'recovery email': (loginId) => ['update/recovery/email', { loginId, recoveryEmail: 'evil@example.com', verified: true }],
  'recovery phone': (loginId) => ['update/recovery/phone', { loginId, recoveryPhone: '+15555555555', verified: true }],
  invite: (loginId) => ['create', { loginId, invite: true }],
  logout: (loginId) => ['logout', { loginId }],
  'all passkeys': (loginId) => ['passkeys/delete', { loginId }],
  passkey: (loginId) => ['passkey/delete', { loginId, credentialId: 'k' }],
  totp: (loginId) => ['totp/delete', { loginId }],
  devices: (loginId) => ['trusteddevices/remove', { loginId, deviceIds: ['d'] }],
  delete: (loginId) => ['delete', { loginId }],
}

onEveryDatabase('MG-05: a key for one tenant does not see users who are not in it', async (kit) => {
  const { mine, key } = await makeShop(kit)
  const everybody = await Promise.all(['mine', 'other', 'both', 'none'].map((name) => load(kit, name)))
  const ids: string[] = everybody.map((user) => user.userId)
  for (const loginId of ['other', 'none', ids[1] ?? '', 'nobody']) {
    await refused(kit, [404, 'E112102'], `?loginId=${loginId}`, undefined, { key })
    for (const [name, callOf] of Object.entries(wholeCalls)) {
      const [path, body, method] = callOf(loginId)
      // Whoever is not seen is made, and for that the key has to name its tenant.
      const expected = name === 'invite' && loginId === 'nobody' ? ([403, 'E111120'] as const) : ([404, 'E112102'] as const)
      await refused(kit, expected, path, body, { key, ...(method ? { method } : {}) })
    }
    for (const path of ['role/add', 'role/set', 'role/remove']) {
      await refused(kit, [404, 'E112102'], `update/${path}`, { loginId, tenantId: mine, roleNames: ['Clerk'] }, { key })
    }
    for (const path of ['tenant/add', 'tenant/remove'])
      await refused(kit, [404, 'E112102'], `update/${path}`, { loginId, tenantId: mine }, { key })
    for (const path of ['passkeys/list']) await refused(kit, [404, 'E112102'], path, { loginId }, { key })
    await refused(kit, [404, 'E112102'], 'trusteddevices/list', { identifiers: ['mine', loginId] }, { key })
  }
  const loaded = await done(kit, '/v1/mgmt/users/load', { userIds: ids }, { key })
  assert.deepEqual(
    loaded.users.map((user: Json) => user.loginIds[0]),
    ['mine', 'both'],
  )
  await done(kit, 'delete/batch', { userIds: [ids[1], ids[3]] }, { key })
  for (const name of ['other', 'none']) await load(kit, name)
})

onEveryDatabase('MG-05: of users who are in other tenants too it sees its own part', async (kit) => {
  const { mine, key } = await makeShop(kit)
  const shown = await done(kit, '?loginId=both', undefined, { key })
  assert.deepEqual(
    shown.userTenants.map((tenant: Json) => tenant.tenantId),
    [mine],
  )
  assert.equal((await load(kit, 'both')).userTenants.length, 2)
  const added = await done(kit, 'update/role/set', { loginId: 'both', tenantId: mine, roleNames: [] }, { key })
  assert.deepEqual(added.userTenants, [{ tenantId: mine, tenantName: 'Mine', roleNames: [], permissions: [] }])
})

onEveryDatabase('MG-05: who is in another tenant too, or has a role of the project, is not its to change', async (kit) => {
  const { key } = await makeShop(kit)
  for (const loginId of ['both', 'owner']) {
    const before = await load(kit, loginId)
    for (const [name, callOf] of Object.entries(wholeCalls)) {
      const [path, body, method] = callOf(loginId)
      const answer = await call(kit, path, body, { key, ...(method ? { method } : {}) })
      assert.deepEqual([answer.status, answer.body.errorCode], [403, 'E111120'], `${name} of ${loginId}: ${answer.text}`)
    }
    await refused(kit, [403, 'E111120'], 'delete/batch', { userIds: [before.userId] }, { key })
    assert.deepEqual(await load(kit, loginId), before)
  }
})

onEveryDatabase('MG-05: its own users it may change in every way', async (kit) => {
  const { mine, key } = await makeShop(kit)
  for (const [name, callOf] of Object.entries(wholeCalls)) {
    const loginId = `subject ${name}`
    await create(kit, { loginId, email: 'subject@example.com', userTenants: [{ tenantId: mine }] })
    const [path, body, method] = callOf(loginId)
    const answer = await call(kit, path, body, { key, ...(method ? { method } : {}) })
    assert.equal(answer.status, name === 'passkey' ? 404 : 200, `${name}: ${answer.text}`)
    if (name === 'login ID') await done(kit, 'delete', { loginId: 'evil' })
    kit.clock.advance(86_400)
  }
})

onEveryDatabase('MG-05: it gives roles and memberships in its tenant, and nowhere else', async (kit) => {
  const { mine, other, key } = await makeShop(kit)
  const before = await load(kit, 'mine')
  for (const path of ['update/role/set', 'update/role/add', '/v2/mgmt/user/update/role/add', 'update/role/remove']) {
    await refused(kit, [403, 'E111120'], path, { loginId: 'mine', roleNames: ['Owner'] }, { key })
    await refused(kit, [403, 'E111120'], path, { loginId: 'mine', roleNames: [] }, { key })
    await refused(kit, [403, 'E111120'], path, { loginId: 'mine', tenantId: other, roleNames: ['Clerk'] }, { key })
  }
  for (const path of ['update/tenant/add', 'update/tenant/remove']) {
    await refused(kit, [403, 'E111120'], path, { loginId: 'mine', tenantId: other }, { key })
  }
  for (const change of [{ roleNames: ['Owner'] }, { userTenants: [{ tenantId: mine }, { tenantId: other }] }]) {
    await refused(kit, [403, 'E111120'], 'patch', { loginId: 'mine', ...change }, { key, method: 'PATCH' })
    await refused(kit, [403, 'E111120'], 'update', { loginId: 'mine', ...change }, { key })
  }
  assert.deepEqual(await load(kit, 'mine'), before)
  const patched = await patch(kit, { loginId: 'both', userTenants: [{ tenantId: mine, roleNames: [] }] }, key)
  assert.equal(patched.userTenants.length, 1)
  const both = await load(kit, 'both')
  assert.deepEqual(
    both.userTenants.map(({ tenantId, roleNames }: Json) => [tenantId, roleNames]).toSorted(),
    [
      [mine, []],
      [other, ['Clerk']],
    ].toSorted(),
    'the other tenant is as before',
  )
  const updated = await done(kit, 'update', { loginId: 'mine', userTenants: [{ tenantId: mine }] }, { key })
  assert.deepEqual(updated.roleNames, ['Member'], 'roles of the project are not its to take')
  await done(kit, 'update/tenant/remove', { loginId: 'both', tenantId: mine }, { key })
  await refused(kit, [404, 'E112102'], '?loginId=both', undefined, { key })
})

onEveryDatabase('MG-05: it makes users in its tenant only, without roles of the project', async (kit) => {
  const { mine, other, key } = await makeShop(kit)
  for (const path of ['create', 'create/test']) {
    for (const more of [
      {},
      { userTenants: [] },
      { userTenants: [{ tenantId: other }] },
      { userTenants: [{ tenantId: mine }, { tenantId: other }] },
      { userTenants: [{ tenantId: mine }], roleNames: ['Owner'] },
    ]) {
      await refused(kit, [403, 'E111120'], path, { loginId: 'new', ...more }, { key })
    }
  }
  await refused(kit, [404, 'E112102'], '?loginId=new')
  const made = await create(kit, { loginId: 'new', userTenants: [{ tenantId: mine, roleNames: ['Clerk'] }] }, key)
  assert.deepEqual([made.userTenants.length, made.roleNames], [1, []])
  const batch = await done(kit, 'create/batch', { users: [{ loginId: 'x' }, { loginId: 'y', userTenants: [{ tenantId: mine }] }] }, { key })
  assert.deepEqual([batch.createdUsers.length, batch.failedUsers.length], [1, 1])
  for (const [path, method] of [
    ['test/delete/all', 'DELETE'],
    ['customattributes', 'GET'],
  ] as const) {
    assert.equal((await call(kit, path, undefined, { key, method })).status, 403, path)
  }
})

onEveryDatabase('RL-03: of many who make a user with one login ID one wins, however they spell it', async (kit) => {
  for (let round = 0; round < 5; round++) {
    const spellings = [`Ada${round}@example.com`, `ada${round}@EXAMPLE.com`, ` ada${round}@example.com `, `ADA${round}@example.COM`]
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const loginId = spellings[index % 4] ?? ''
        return call(kit, 'create', index % 3 === 0 ? { loginId: `other ${round} ${index}`, additionalLoginIds: [loginId] } : { loginId })
      }),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.ok(answers.every(({ status, body }) => status === 200 || body.errorCode === 'E062107'))
  }
})

onEveryDatabase('RL-03: a login ID that is made, added and taken over at the same time has one owner', async (kit) => {
  for (let round = 0; round < 5; round++) {
    const contested = `contested ${round}`
    const names = Array.from({ length: 4 }, (_, index) => `user ${round} ${index}`)
    for (const loginId of names) await create(kit, { loginId })
    const answers = await Promise.all([
      call(kit, 'create', { loginId: contested }),
      call(kit, 'create/test', { loginId: `made ${round}`, additionalLoginIds: [contested] }),
      call(kit, 'update/loginid', { loginId: names[0], newLoginId: contested }),
      call(kit, 'patch', { loginId: names[1], additionalLoginIds: [contested] }, { method: 'PATCH' }),
      call(kit, 'update', { loginId: names[2], additionalLoginIds: ['x', contested].slice(1) }),
      kit.call('/v1/auth/password/signup', { body: { loginId: contested, password: goodPassword } }),
    ])
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ text }) => text).join('\n'))
    assert.ok(answers.every(({ status, body }) => status === 200 || body.errorCode === 'E062107'))
    assert.ok((await load(kit, contested)).userId)
  }
})

onEveryDatabase('RL-03: the last login ID stays when two are taken away at the same time', async (kit) => {
  for (let round = 0; round < 5; round++) {
    await create(kit, { loginId: `one ${round}`, additionalLoginIds: [`two ${round}`] })
    const answers = await Promise.all(['one', 'two'].map((name) => call(kit, 'update/loginid', { loginId: `${name} ${round}` })))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 400])
  }
})

onEveryDatabase('patches at the same time lose nothing of each other', async (kit) => {
  await create(kit, { loginId: 'ada' })
  await makeRole(kit, 'A')
  await makeRole(kit, 'B')
  const attributes = Array.from({ length: 10 }, (_, index) => ({ [`n${index}`]: index }))
  const answers = await Promise.all([
    ...attributes.map((customAttributes) => call(kit, 'patch', { loginId: 'ada', customAttributes }, { method: 'PATCH' })),
    ...['A', 'B'].map((name) => call(kit, 'update/role/add', { loginId: 'ada', roleNames: [name] })),
  ])
  assert.ok(answers.every(({ status }) => status === 200))
  const user = await load(kit, 'ada')
  assert.deepEqual(user.customAttributes, Object.assign({}, ...attributes))
  assert.deepEqual(user.roleNames, ['A', 'B'])
})

onEveryDatabase('SE-06: a user who is deleted while everything happens to them is gone, and nothing fails otherwise', async (kit) => {
  for (let round = 0; round < 5; round++) {
    const { user, refreshJwt } = await kit.signUp('ada@example.com')
    const { userId } = user
    const answers = await Promise.all([
      call(kit, 'update/name', { loginId: userId, displayName: 'x' }),
      call(kit, 'delete', { userId }),
      call(kit, 'update/email', { loginId: userId, email: `new${round}@example.com`, verified: true }),
      call(kit, 'delete/batch', { userIds: [userId] }),
      call(kit, 'logout', { userId }),
      kit.call('/v1/auth/password/signin', { body: { loginId: 'ada@example.com', password: goodPassword } }),
      kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} }),
    ])
    assert.ok(
      answers.every(({ status }) => [200, 401, 404].includes(status)),
      answers.map(({ text }) => text).join('\n'),
    )
    await refused(kit, [404, 'E112102'], `?userId=${userId}`)
    assert.equal((await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })).status, 401)
  }
})

onEveryDatabase('JW-08: users of another project are not there', async (kit) => {
  const other = await kit.auth.api.createProject({ name: 'Other' })
  const mine = await create(kit, { loginId: 'ada' })
  const theirs = { projectId: other.projectId, token: other.managementKey }
  const answers = [
    await kit.call('/v1/mgmt/user?loginId=ada', theirs),
    await kit.call(`/v1/mgmt/user?userId=${mine.userId}`, theirs),
    await kit.call('/v1/mgmt/user/delete', { ...theirs, body: { userId: mine.userId } }),
    await kit.call('/v1/mgmt/user/patch', { ...theirs, method: 'PATCH', body: { loginId: mine.userId, displayName: 'x' } }),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 404, 404, 404],
  )
  assert.equal((await kit.call('/v1/mgmt/user/create', { ...theirs, body: { loginId: 'ada' } })).status, 200)
  assert.deepEqual(await load(kit, 'ada'), mine)
})
