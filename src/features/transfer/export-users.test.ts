import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type DatabaseKind, databases, type TestDatabase } from '../../../test/databases.ts'
import { createKit, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { credential, loginId, role, tenant, user } from '../../../test/storage-contract/records.ts'
import { exportUsers } from './export-users.ts'
import { importUsers } from './import-users.ts'
import type { SourceBytes } from './reading/source-record.ts'

const actor = { kind: 'commandLine', id: '' } as const

async function exported(kit: Kit, withHashes = true, projectId = kit.projectId): Promise<string> {
  let text = ''
  const write = async (part: string) => {
    text += part
  }
  await exportUsers(kit.auth.deps, { projectId, actor, withHashes, write })
  return text
}

async function* bytes(text: string): SourceBytes {
  yield Buffer.from(text)
}

const imported = (kit: Kit, text: string, projectId = kit.projectId) =>
  importUsers(kit.auth.deps, { projectId, actor, from: 'postern', source: bytes(text) })

const argon2 = '$argon2id$v=19$m=19456,t=2,p=1$ASNFZ4mrze8BI0VniavN7w$EB85WsnMhznUxiwDjEoyocm5+R7U0IssKE5C6w8IZOw'
const bcrypt = '$2b$10$9LcA/by8KNg5suYAa8pZ0uA6Kow19xdpnOkO1oxV7WINqU3oQD44C'

const password = (hash: string, given: object = {}) => ({
  hash,
  setAt: 1_600_000_000,
  serial: 4,
  mustChange: false,
  previous: [],
  ...given,
})

/** A project in which every field of everything that is exported has a value of its own. */
async function fill({ auth, projectId }: Kit): Promise<void> {
  const { storage } = auth.deps
  await storage.permissions.insert({ projectId, id: 'PERM1', name: 'read', description: 'Ünï', createdAt: 5 })
  const closed = { isDisabled: true, isSsoEnforced: true, ssoExclusions: ['U1'], roleInheritance: 'userOnly' } as const
  const settings = { sessionSettings: { enabled: true, sessionTokenExpiration: 5 }, passwordSettings: { minLength: 12 } }
  const lists = { selfProvisioningDomains: ['a.example'], defaultRoleNames: ['everybody'], customAttributes: { z: 1, a: [null, 'x'] } }
  await storage.tenants.insert(tenant(projectId, 'Tchild', { name: 'A child', parentId: 'Troot', ...closed, ...settings, ...lists }))
  await storage.tenants.insert(tenant(projectId, 'Troot', { name: 'Root', createdAt: 7, modifiedAt: 8 }))
  await storage.roles.insert(role(projectId, 'R1', { permissionNames: ['read'], isDefault: true, description: 'D', createdAt: 9 }))
  await storage.roles.insert(role(projectId, 'R2', { tenantId: 'Troot', isPrivate: true }))
  const definition = { type: 'string', displayName: 'Plan', options: [], defaultValue: null, viewPermissions: [], editPermissions: ['x'] }
  for (const subject of ['user', 'tenant', 'accessKey'] as const) {
    await storage.attributes.put({ projectId, subject, name: 'plan', definition, createdAt: 3 })
  }
  const whole = user(projectId, 'U-whole|1', {
    ...{ status: 'disabled', email: 'Ada@example.com', isEmailVerified: true, phone: '+15555550101', isPhoneVerified: true },
    ...{ name: 'Ada "🐎" Lovelace\\', givenName: 'A', middleName: 'M', familyName: 'L', picture: 'https://example.com/?a=1&b=2' },
    ...{ recoveryEmail: 'r@example.com', isRecoveryEmailVerified: true, recoveryPhone: '+15555550102', isRecoveryPhoneVerified: true },
    ...{ isTest: true, customAttributes: { plan: 'gold', nested: { b: [1, { c: null }], a: 'ü' } } },
    ...{ createdAt: 1_500_000_000, modifiedAt: 1_500_000_001, lastSignInAt: 1_500_000_002 },
  })
  const data = password(bcrypt, { mustChange: true, previous: [argon2, bcrypt] })
  const foreign = credential(projectId, whole.id, { data, origin: 'bcrypt', isForeign: true })
  const rehashed = credential(projectId, 'U2', { data: password(argon2), origin: 'md5' })
  const roles = [
    { tenantId: '', roleId: 'R1' },
    { tenantId: 'Troot', roleId: 'R2' },
    { tenantId: 'Troot', roleId: 'R1' },
  ]
  const none = { tenantIds: [], assignments: [] }
  await storage.transaction((tx) =>
    tx.accounts.insertMany([
      {
        ...{ user: whole, loginIds: [loginId('zoë', 'Zoë'), loginId('ada@example.com', 'Ada@example.com'), loginId('+15555550101')] },
        ...{ credentials: [foreign], tenantIds: ['Troot', 'Tchild'], assignments: roles },
      },
      { user: user(projectId, 'U2', { createdAt: 0, modifiedAt: 0 }), loginIds: [loginId('u2')], credentials: [rehashed], ...none },
      { user: user(projectId, 'U3', { status: 'invited' }), loginIds: [loginId('u3')], credentials: [], ...none },
    ]),
  )
}

onEveryDatabase('export: what it writes comes back equal, byte for byte', async (kit) => {
  await fill(kit)
  const first = await exported(kit)
  const other = await kit.auth.api.createProject({ name: 'Another' })
  const report = await imported(kit, first, other.projectId)
  assert.deepEqual([report.imported, report.rejected, report.notes], [3, 0, []])
  assert.equal(await exported(kit, true, other.projectId), first)
  assert.deepEqual((await imported(kit, first, other.projectId)).existing, 3, 'again it changes nothing')
  assert.equal(await exported(kit, true, other.projectId), first)
  assert.deepEqual(
    (await kit.auth.deps.storage.credentials.countImported(other.projectId)).toSorted((a, b) => (a.origin < b.origin ? -1 : 1)),
    [
      { origin: 'bcrypt', isForeign: true, count: 1 },
      { origin: 'md5', isForeign: false, count: 1 },
    ],
  )
})

test('export: every field of a user is in one of the lines', async () => {
  const database = await databases[0]?.open()
  assert.ok(database)
  try {
    const kit = await createKit(database.storage)
    await fill(kit)
    const [header, ...lines] = (await exported(kit))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const whole = lines.find((line) => line.userId === 'U-whole|1')
    assert.deepEqual(Object.keys(whole), ['kind', ...header.userFields])
    assert.deepEqual(header.counts, { permissions: 1, tenants: 2, roles: 2, attributes: 3, users: 3 })
    assert.deepEqual([header.format, header.version, header.withHashes], ['postern', 1, true])
  } finally {
    await database.close()
  }
})

onEveryDatabase('export: without hashes unless they are asked for', async (kit) => {
  await fill(kit)
  const text = await exported(kit, false)
  assert.doesNotMatch(text, /argon2id|\$2b\$|"password":/)
  const other = await kit.auth.api.createProject({ name: 'Another' })
  await imported(kit, text, other.projectId)
  assert.equal(await exported(kit, false, other.projectId), text)
})

const opened: TestDatabase[] = []
after(async () => {
  for (const database of opened) await database.close()
})

async function open(kind: DatabaseKind): Promise<Kit> {
  const database = await kind.open()
  opened.push(database)
  return createKit(database.storage)
}

const [sqlite, postgres] = databases
if (sqlite && postgres) {
  test('export: from one database into the other and back it stays the same', async () => {
    const [here, there, back] = [await open(sqlite), await open(postgres), await open(sqlite)]
    await fill(here)
    const text = await exported(here)
    await imported(there, text)
    assert.equal(await exported(there), text)
    await imported(back, await exported(there))
    assert.equal(await exported(back), text)
  })
}

onEveryDatabase('export: is one state of the database, while users come and change', async (kit) => {
  const { storage } = kit.auth.deps
  const accounts = Array.from({ length: 450 }, (_, index) => {
    const id = `U${String(index).padStart(4, '0')}`
    return { user: user(kit.projectId, id, { name: 'old' }), loginIds: [loginId(id)], credentials: [], tenantIds: [], assignments: [] }
  })
  await storage.transaction((tx) => tx.accounts.insertMany(accounts))
  let text = ''
  let pages = 0
  const write = async (part: string) => {
    text += part
    // After the first page of users somebody renames one of the last, deletes one and adds one.
    if (++pages !== 2) return
    await storage.users.update(kit.projectId, 'U0449', { name: 'new' })
    await storage.transaction((tx) => tx.users.delete(kit.projectId, 'U0448'))
    await storage.users.insert(user(kit.projectId, 'U0447x'), [loginId('late')])
  }
  await exportUsers(kit.auth.deps, { projectId: kit.projectId, actor, withHashes: true, write })
  const [header, ...users] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(header.counts.users, 450)
  assert.equal(users.length, 450)
  assert.ok(users.every(({ name }) => name === 'old'))
  const events = await storage.events.forUser(kit.projectId, '', { types: ['transfer.export'], limit: 10 })
  assert.deepEqual(events[0]?.data, { users: 450, withHashes: true })
})

onEveryDatabase('export: definitions that are not right are refused with their line, and the rest comes in', async (kit) => {
  await fill(kit)
  const [header, ...lines] = (await exported(kit)).trim().split('\n')
  const broken = [
    { kind: 'tenant', id: 'T', name: 'x' },
    { ...JSON.parse(lines.find((line) => line.includes('Tchild')) ?? ''), sessionSettings: { sessionTokenExpiration: 'soon' } },
    { kind: 'attribute', subject: 'user', name: 'a', definition: { type: 'nothing' }, createdAt: 1 },
    { kind: 'surprise' },
    { kind: 'user', loginIds: ['x'], surprise: 1 },
    { kind: 'user', loginIds: ['y'], phone: 'not a number' },
  ]
  const other = await kit.auth.api.createProject({ name: 'Another' })
  const rest = lines.filter((line) => line.includes('"U3"'))
  const report = await imported(kit, [header, ...broken.map((one) => JSON.stringify(one)), ...rest].join('\n'), other.projectId)
  assert.deepEqual(
    report.rejects.map(({ line }) => line),
    [2, 3, 4, 5, 6, 7],
  )
  assert.equal(report.imported, 1)
})
