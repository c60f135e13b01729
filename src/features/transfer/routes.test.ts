import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type Answer, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { newManagementKey } from '../../core/management-keys.ts'

const fixture = (file: string) => readFileSync(new URL(`../../../test/moving/fixtures/${file}`, import.meta.url))

const call = (kit: Kit, path: string, body: object, token = kit.managementKey): Promise<Answer> =>
  kit.call(`/v1/mgmt/user/${path}`, { body, token })

const base64 = (file: string) => fixture(file).toString('base64')

/** A file as SDKs write it into the body. */
const forms: readonly (readonly [sdk: string, of: (content: Buffer) => unknown])[] = [
  ['base64, Go', (content) => content.toString('base64')],
  ['text, Node.js', (content) => content.toString()],
  ['a Uint8Array, Node.js', (content) => ({ ...new Uint8Array(content) })],
  ['a Buffer, Node.js', (content) => content.toJSON()],
]

for (const [sdk, of] of forms) {
  onEveryDatabase(`import by API: ${sdk}`, async (kit) => {
    const { status, body, text } = await call(kit, 'import', { source: 'auth0', users: of(fixture('auth0-import.json')), dryrun: false })
    assert.equal(status, 200, text)
    assert.deepEqual(
      body.users.map(({ loginIds }: { loginIds: string[] }) => loginIds[0]),
      ['ada', 'pbkdf2', 'sha256', 'argon2', 'scrypt'].map((name) => `${name}@example.com`),
    )
    assert.deepEqual(body.failures[0], {
      user: 'prefix@example.com',
      reason: 'custom_password_hash: a salt in front of the password is not known here',
    })
    assert.equal(
      (await kit.call('/v1/auth/password/signin', { body: { loginId: 'pbkdf2@example.com', password: 'correct horse battery 1' } })).status,
      200,
    )
  })
}

onEveryDatabase('import by API: a second file, a dry run, and the fields of the users', async (kit) => {
  const body = { source: 'auth0', users: base64('auth0-users.ndjson'), hashes: base64('auth0-hashes.ndjson') }
  const dry = await call(kit, 'import', { ...body, dryrun: true })
  assert.equal(await kit.auth.deps.storage.accounts.count(kit.projectId), 0)
  const { body: answer } = await call(kit, 'import', body)
  const shown = (users: readonly { userId: string }[]) => users.map((user) => ({ ...user, modifiedTime: 0 }))
  assert.deepEqual(shown(answer.users), shown(dry.body.users))
  assert.deepEqual([answer.users[0].password, answer.users[0].verifiedEmail, answer.users[2].password], [true, true, false])
  const loaded = await kit.call('/v1/mgmt/user?loginId=ada@example.com', { token: kit.managementKey })
  assert.deepEqual(loaded.body.user, answer.users[0], 'as it is loaded')
  const again = await call(kit, 'import', body)
  assert.deepEqual([again.body.users, again.body.existing], [[], 4])
})

onEveryDatabase('import by API: hash parameters of Firebase go where hashes go', async (kit) => {
  const body = { source: 'firebase', users: base64('firebase-users.json'), hashes: base64('firebase-hash-config.txt') }
  assert.equal((await call(kit, 'import', body)).status, 200)
  const signIn = await kit.call('/v1/auth/password/signin', { body: { loginId: 'ada@example.com', password: 'user1password' } })
  assert.equal(signIn.status, 200)
})

onEveryDatabase('import by API: roles and tenants that are not there, made if asked for', async (kit) => {
  const body = { source: 'descope', users: base64('descope-users.json') }
  assert.equal((await call(kit, 'import', body)).body.failures.length, 1)
  const made = await call(kit, 'import', { ...body, createMissing: true })
  assert.deepEqual(made.body.users[0].userTenants, [
    { tenantId: 'T2RFvFexVaxxNFK6rhP0ePtaGf77', tenantName: 'Acme', roleNames: ['tenant-admin'], permissions: [] },
  ])
})

const refusals: readonly (readonly [name: string, body: object, code: string, message: RegExp])[] = [
  ['no source', { users: '' }, 'E011003', /source/],
  ['a source that is not there', { source: 'excel', users: 'a' }, 'E011004', /Users come from/],
  ['no users', { source: 'csv' }, 'E011004', /users field is missing/],
  ['a broken file', { source: 'descope', users: '[{"loginId":"a"}' }, 'E112150', /ends in the middle/],
  ['too many users', { source: 'csv', users: `loginId\n${'a\n'.repeat(10_001)}` }, 'E011004', /more than 10000 users/],
  ['numbers that are no bytes', { source: 'csv', users: { 0: 256 } }, 'E011003', /users/],
]

for (const [name, body, code, message] of refusals) {
  onEveryDatabase(`import by API: refused: ${name}`, async (kit) => {
    const answer = await call(kit, 'import', body)
    assert.deepEqual([answer.status, answer.body.errorCode], [400, code], answer.text)
    assert.match(answer.body.errorMessage, message)
  })
}

onEveryDatabase('import by API: a body beyond 5 MiB is refused', async (kit) => {
  const answer = await call(kit, 'import', { source: 'csv', users: 'a'.repeat(5_300_000) })
  assert.equal(answer.status, 413)
})

async function keyWith(kit: Kit, extra: readonly ('hashExport' | 'allProjects')[]): Promise<{ id: string; key: string }> {
  const rights = { isReadOnly: true, denied: [], extra: [...extra], tenantIds: [], networks: [] }
  const { record, key } = newManagementKey(kit.auth.deps, { projectId: kit.projectId, name: 'test', rights })
  await kit.auth.deps.storage.managementKeys.insert(record)
  return { id: record.id, key }
}

onEveryDatabase('export by API: pages in the order of IDs, as the lines of the export', async (kit) => {
  await call(kit, 'import', { source: 'csv', users: base64('users.csv'), createMissing: true })
  const seen = new Set<string>()
  for (let after: string | undefined; ; ) {
    const { body, status } = await call(kit, 'export', { limit: 2, ...(after && { after }) })
    assert.equal(status, 200)
    for (const user of body.users) {
      assert.equal(user.password, undefined)
      seen.add(user.loginIds[0])
    }
    after = body.next
    if (after === undefined) break
  }
  assert.deepEqual(seen, new Set(['ada@example.com', 'alan@example.com', 'grace@example.com']))
  for (const limit of [0, 201, 1e9]) assert.equal((await call(kit, 'export', { limit })).status, 400)
})

onEveryDatabase('MG-05: hashes go out to a key that was given that right, and each page is in the audit trail', async (kit) => {
  await call(kit, 'import', { source: 'csv', users: base64('users.csv'), createMissing: true })
  for (const token of [kit.managementKey, (await keyWith(kit, [])).key]) {
    const refused = await call(kit, 'export', { withHashes: true }, token)
    assert.equal(refused.status, 403)
    assert.doesNotMatch(refused.text, /\$2y\$/)
  }
  const { id, key } = await keyWith(kit, ['hashExport'])
  const { status, body } = await call(kit, 'export', { withHashes: true }, key)
  assert.equal(status, 200)
  const ada = body.users.find(({ loginIds }: { loginIds: string[] }) => loginIds[0] === 'ada@example.com')
  assert.match(ada.password.hash, /^\$2y\$10\$/)
  const events = await kit.auth.deps.storage.events.forUser(kit.projectId, '', { types: ['transfer.export'], limit: 10 })
  assert.deepEqual(
    events.map(({ actorKind, actorId, data }) => ({ actorKind, actorId, data })),
    [{ actorKind: 'managementKey', actorId: id, data: { users: 3, withHashes: true } }],
  )
})
