import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { type Answer, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'
import { permission, role, tenant } from '../../../test/storage-contract/records.ts'
import { newManagementKey, Rights } from '../../core/management-keys.ts'

const loginId = 'ada@example.com'
const told = ({ status, body }: Answer) => [status, body.errorCode]

async function change(kit: Kit, path: string, body: object): Promise<Json> {
  const answer = await kit.manage(`/v1/mgmt/${path}`, { body })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const search = async (kit: Kit, query: object): Promise<readonly Json[]> => (await change(kit, 'role/search', query)).roles
const namesOf = (roles: readonly Json[]) => roles.map((role) => role.name)

async function limitedKey(kit: Kit, rights: object): Promise<string> {
  const made = newManagementKey(kit.auth.deps, { projectId: kit.projectId, name: 'limited', rights: Rights.parse(rights) })
  await kit.auth.deps.storage.managementKeys.insert(made.record)
  return made.key
}

async function withTenants(kit: Kit): Promise<void> {
  for (const id of ['T1', 'T2']) await kit.auth.deps.storage.tenants.insert(tenant(kit.projectId, id))
}

/** Gives a role of the project by name, in a tenant or without. */
async function give(kit: Kit, userId: string, roleId: string, tenantId = ''): Promise<void> {
  if (tenantId) await kit.auth.deps.storage.grants.join(kit.projectId, userId, tenantId)
  await kit.auth.deps.storage.grants.give(kit.projectId, userId, [{ tenantId, roleId }])
}

/** What the next session token of a session says of roles and permissions. */
async function claims(kit: Kit, refreshJwt: string): Promise<Json> {
  const { body } = await kit.call('/v1/auth/refresh', { token: refreshJwt, body: {} })
  return decodeJwt(body.sessionJwt)
}

onEveryDatabase('roles are made with every field, and shown by all and search', async (kit) => {
  await withTenants(kit)
  await change(kit, 'permission/create', { name: 'read', description: 'Reads' })
  const whole = { name: 'Editor', description: 'Edits', permissionNames: ['read', 'User Admin', 'read'], default: true, private: true }
  const made = await change(kit, 'role/create', whole)
  assert.match(made.id, /^R[A-Za-z0-9]{27}$/)
  const shown = { ...whole, id: made.id, permissionNames: ['read', 'User Admin'], tenantId: '', createdTime: kit.clock.nowSeconds() }
  assert.deepEqual(made, shown)
  const bare = await change(kit, 'role/create', { name: 'Editor', tenantId: 'T1' })
  assert.deepEqual([bare.tenantId, bare.description, bare.permissionNames, bare.default, bare.private], ['T1', '', [], false, false])
  assert.deepEqual((await kit.manage('/v1/mgmt/role/all')).body, { roles: [shown, bare] })
  await change(kit, 'role/create', { name: 'Viewer', tenantId: 'T2', permissionNames: ['read'] })
  await change(kit, 'role/create', { name: 'viewing' })
  for (const [query, found] of [
    [{}, ['Editor', 'viewing', 'Editor', 'Viewer']],
    [{ tenantIds: [], roleNames: [], roleNameLike: '', permissionNames: [] }, ['Editor', 'viewing', 'Editor', 'Viewer']],
    [{ tenantIds: ['T1'] }, ['Editor']],
    [{ tenantIds: ['T1', 'T2'], includeProjectRoles: true }, ['Editor', 'viewing', 'Editor', 'Viewer']],
    [{ includeProjectRoles: false }, ['Editor', 'Viewer']],
    [{ roleNames: ['Viewer', 'editor'] }, ['Viewer']],
    [{ roleNameLike: 'VIEW' }, ['viewing', 'Viewer']],
    [{ permissionNames: ['read'] }, ['Editor', 'Viewer']],
    [{ permissionNames: ['read', 'User Admin'] }, ['Editor']],
    [{ roleIds: [bare.id] }, ['Editor']],
    [{ tenantIds: ['none'] }, []],
  ] as const) {
    assert.deepEqual(namesOf(await search(kit, query)), found, JSON.stringify(query))
  }
})

onEveryDatabase('what is wrong with a role is said, and nothing is changed', async (kit) => {
  await withTenants(kit)
  await change(kit, 'role/create', { name: 'A' })
  await change(kit, 'role/create', { name: 'B' })
  for (const [path, body, refusal] of [
    ['role/create', {}, [400, 'E011003']],
    ['role/create', { name: '' }, [400, 'E011003']],
    ['role/create', { name: 'x'.repeat(129) }, [400, 'E011003']],
    ['role/create', { name: 'line\nbreak' }, [400, 'E011003']],
    ['role/create', { name: 'A' }, [400, 'E111302']],
    ['role/create', { name: 'C', permissionNames: ['none'] }, [404, 'E111201']],
    ['role/create', { name: 'C', tenantId: 'none' }, [404, 'E111401']],
    ['role/update', { name: 'none', newName: 'C' }, [404, 'E111301']],
    ['role/update', { name: 'A', newName: 'C', tenantId: 'T1' }, [404, 'E111301']],
    ['role/update', { name: 'A', newName: 'B' }, [400, 'E111302']],
    ['role/update', { name: 'A', permissionNames: ['none'] }, [404, 'E111201']],
    ['role/delete', { name: 'none' }, [404, 'E111301']],
    ['role/delete', {}, [404, 'E111301']],
    ['role/delete/batch', {}, [400, 'E011004']],
    ['role/delete/batch', { roleNames: [], roleIds: [] }, [400, 'E011004']],
  ] as const) {
    assert.deepEqual(told(await kit.manage(`/v1/mgmt/${path}`, { body })), refusal, `${path} ${JSON.stringify(body)}`)
  }
  assert.deepEqual(namesOf(await search(kit, {})), ['A', 'B'])
})

onEveryDatabase('an update empties what is not given, but what a client may not know stays', async (kit) => {
  await withTenants(kit)
  const made = await change(kit, 'role/create', {
    name: 'A',
    description: 'of A',
    permissionNames: ['Impersonate'],
    default: true,
    private: true,
  })
  const renamed = await change(kit, 'role/update', { name: 'A', newName: 'B' })
  assert.deepEqual(renamed, { ...made, name: 'B', description: '', permissionNames: [] })
  const byId = await change(kit, 'role/update', {
    id: made.id,
    newName: 'C',
    default: false,
    private: false,
    permissionNames: ['SSO Admin'],
  })
  assert.deepEqual(byId, { ...renamed, name: 'C', default: false, private: false, permissionNames: ['SSO Admin'] })
  assert.deepEqual(told(await kit.manage('/v1/mgmt/role/update', { body: { id: made.id, tenantId: 'T1' } })), [404, 'E111301'])
  await change(kit, 'role/delete', { id: made.id })
  assert.deepEqual(await search(kit, {}), [])
})

onEveryDatabase('batches do all or nothing', async (kit) => {
  const tryAll = async (path: string, body: object) => told(await kit.manage(`/v1/mgmt/${path}`, { body }))
  const made = await change(kit, 'role/create/batch', { roles: [{ name: 'A' }, { name: 'B', default: true }] })
  assert.deepEqual(namesOf(made.roles), ['A', 'B'])
  assert.deepEqual(await tryAll('role/create/batch', { roles: [{ name: 'C' }, { name: 'A' }] }), [400, 'E111302'])
  const updates = (last: string) => ({
    roles: [
      { name: 'A', newName: 'A2' },
      { name: last, newName: 'B2' },
    ],
  })
  assert.deepEqual(await tryAll('role/update/batch', updates('none')), [404, 'E111301'])
  assert.deepEqual(namesOf(await search(kit, {})), ['A', 'B'])
  assert.deepEqual(namesOf((await change(kit, 'role/update/batch', updates('B'))).roles), ['A2', 'B2'])
  assert.deepEqual(await tryAll('role/delete/batch', { roleNames: ['A2', 'none'] }), [404, 'E111301'])
  assert.equal((await search(kit, {})).length, 2)
  await change(kit, 'role/delete/batch', { roleNames: ['A2', 'A2'], roleIds: [made.roles[1].id] })
  assert.deepEqual(await search(kit, {}), [])
  assert.deepEqual(await tryAll('permission/create/batch', { permissions: [{ name: 'p' }, { name: 'Impersonate' }] }), [400, 'E111202'])
  const permissions = await change(kit, 'permission/create/batch', { permissions: [{ name: 'p', systemDefault: true }, { name: 'q' }] })
  assert.deepEqual(
    permissions.permissions.map((one: Json) => [one.name, one.systemDefault]),
    [
      ['p', false],
      ['q', false],
    ],
  )
  const rename = (last: string) => ({
    permissions: [
      { name: 'p', newName: 'p2' },
      { name: last, newName: 'q2' },
    ],
  })
  assert.deepEqual(await tryAll('permission/update/batch', rename('Impersonate')), [400, 'E111203'])
  assert.deepEqual(await tryAll('permission/delete/batch', { names: ['p', 'SSO Admin'] }), [400, 'E111203'])
  await change(kit, 'permission/update/batch', rename('q'))
  await change(kit, 'permission/delete/batch', { names: ['p2'], ids: [permissions.permissions[1].id] })
  assert.deepEqual(await tryAll('permission/delete/batch', { names: [] }), [400, 'E011004'])
  assert.equal((await kit.manage('/v1/mgmt/permission/all')).body.permissions.length, 3)
})

onEveryDatabase('permissions: the built-in ones are listed first and nobody changes them', async (kit) => {
  const made = await change(kit, 'permission/create', { name: 'read', description: 'Reads' })
  const { permissions } = (await kit.manage('/v1/mgmt/permission/all')).body
  assert.deepEqual(
    permissions.map(({ name, systemDefault }: Json) => [name, systemDefault]),
    [
      ['Impersonate', true],
      ['User Admin', true],
      ['SSO Admin', true],
      ['read', false],
    ],
  )
  assert.deepEqual(permissions[3], { id: made.id, name: 'read', description: 'Reads', systemDefault: false })
  assert.match(made.id, /^PERM[A-Za-z0-9]{27}$/)
  for (const [path, body, refusal] of [
    ['create', { name: 'read' }, [400, 'E111202']],
    ['create', { name: 'User Admin' }, [400, 'E111202']],
    ['create', { name: '' }, [400, 'E011003']],
    ['update', { name: 'User Admin', newName: 'x' }, [400, 'E111203']],
    ['update', { name: 'read', newName: 'User Admin' }, [400, 'E111202']],
    ['update', { name: 'none', newName: 'x' }, [404, 'E111201']],
    ['update', { id: permissions[0].id, newName: 'x' }, [400, 'E111203']],
    ['delete', { name: 'Impersonate' }, [400, 'E111203']],
    ['delete', { id: permissions[1].id }, [400, 'E111203']],
    ['delete', { name: 'none' }, [404, 'E111201']],
  ] as const) {
    assert.deepEqual(told(await kit.manage(`/v1/mgmt/permission/${path}`, { body })), refusal, `${path} ${JSON.stringify(body)}`)
  }
  assert.deepEqual(await change(kit, 'permission/update', { id: made.id, newName: 'see' }), { ...made, name: 'see', description: '' })
  await change(kit, 'permission/delete', { id: made.id })
  assert.equal((await kit.manage('/v1/mgmt/permission/all')).body.permissions.length, 3)
})

onEveryDatabase('SE-06: the next session token says what the roles say then', async (kit) => {
  await withTenants(kit)
  await change(kit, 'permission/create', { name: 'read' })
  const role = await change(kit, 'role/create', { name: 'Reader', permissionNames: ['read'] })
  const { user, refreshJwt } = await kit.signUp(loginId)
  await give(kit, user.userId, role.id)
  await give(kit, user.userId, role.id, 'T1')
  const said = async () => {
    const { roles, permissions, tenants } = await claims(kit, refreshJwt)
    return { roles, permissions, tenants }
  }
  const held = (roles: readonly string[], permissions: readonly string[]) => {
    return { roles, permissions, tenants: { T1: { roles, permissions } } }
  }
  assert.deepEqual(await said(), held(['Reader'], ['read']))
  await change(kit, 'role/update', { name: 'Reader', newName: 'Looker', permissionNames: ['read'] })
  await change(kit, 'permission/update', { name: 'read', newName: 'see' })
  assert.deepEqual(await said(), held(['Looker'], ['see']))
  await change(kit, 'permission/delete', { name: 'see' })
  assert.deepEqual((await said()).roles, ['Looker'])
  assert.equal((await said()).permissions, undefined)
  await change(kit, 'role/delete', { name: 'Looker' })
  assert.deepEqual(await said(), { roles: undefined, permissions: undefined, tenants: { T1: {} } })
})

onEveryDatabase('a default role is given to those who sign up from then on, at once', async (kit) => {
  await kit.signUp('before@example.com')
  await change(kit, 'role/create', { name: 'Member', default: true })
  const { user, sessionJwt } = await kit.signUp('after@example.com')
  assert.deepEqual([user.roleNames, decodeJwt(sessionJwt).roles], [['Member'], ['Member']])
  await change(kit, 'role/delete', { name: 'Member' })
  assert.deepEqual((await kit.signUp('later@example.com')).user.roleNames, [])
})

onEveryDatabase('a key that is limited to tenants changes their roles, sees those of the project too, and no others', async (kit) => {
  await withTenants(kit)
  await change(kit, 'role/create/batch', { roles: [{ name: 'P' }, { name: 'One', tenantId: 'T1' }, { name: 'Two', tenantId: 'T2' }] })
  const [two] = await search(kit, { tenantIds: ['T2'] })
  const token = await limitedKey(kit, { tenantIds: ['T1'] })
  const call = (path: string, body?: object) => kit.call(`/v1/mgmt/${path}`, { token, ...(body ? { body } : {}) })
  assert.deepEqual(namesOf((await call('role/all')).body.roles), ['P', 'One'])
  assert.deepEqual(namesOf((await call('role/search', { tenantIds: ['T1', 'T2'] })).body.roles), ['One'])
  for (const [path, body, refusal] of [
    ['role/create', { name: 'X' }, [403, 'E111120']],
    ['role/create', { name: 'X', tenantId: 'T2' }, [403, 'E111120']],
    ['role/create/batch', { roles: [{ name: 'X', tenantId: 'T1' }, { name: 'X' }] }, [403, 'E111120']],
    ['role/update', { name: 'P', newName: 'X' }, [403, 'E111120']],
    ['role/update', { id: two.id, newName: 'X' }, [403, 'E111120']],
    ['role/delete', { name: 'Two', tenantId: 'T2' }, [403, 'E111120']],
    ['role/delete/batch', { roleIds: [two.id] }, [403, 'E111120']],
    ['permission/create', { name: 'X' }, [403, 'E111120']],
  ] as const) {
    assert.deepEqual(told(await call(path, body)), refusal, `${path} ${JSON.stringify(body)}`)
  }
  assert.equal((await call('role/create', { name: 'X', tenantId: 'T1' })).status, 200)
  assert.equal((await call('role/update', { name: 'X', newName: 'Y', tenantId: 'T1' })).status, 200)
  assert.equal((await call('role/delete', { name: 'Y', tenantId: 'T1' })).status, 200)
})

onEveryDatabase('every change of a role or a permission is in the audit trail', async (kit) => {
  const role = await change(kit, 'role/create', { name: 'A' })
  await change(kit, 'role/update', { name: 'A', newName: 'B' })
  await change(kit, 'role/delete', { name: 'B' })
  await change(kit, 'permission/create', { name: 'p' })
  await change(kit, 'permission/update', { name: 'p', newName: 'q' })
  await change(kit, 'permission/delete', { name: 'q' })
  const events = (await kit.auth.deps.storage.events.forUser(kit.projectId, '', { limit: 50 })).filter(({ type }) =>
    /^(role|perm)/.test(type),
  )
  assert.deepEqual(events.map(({ type }) => type).toSorted(), [
    ...['permission.create', 'permission.delete', 'permission.update'],
    ...['role.create', 'role.delete', 'role.update'],
  ])
  for (const { actorKind, actorId } of events) assert.deepEqual([actorKind, actorId], ['managementKey', kit.managementKey.split('.')[0]])
  assert.deepEqual(events.find(({ type }) => type === 'role.update')?.data, { roleId: role.id, name: 'B' })
})

onEveryDatabase('an administrator is told which name is not there or taken, cut to 100 characters', async (kit) => {
  await change(kit, 'role/create', { name: 'Editor' })
  await change(kit, 'permission/create', { name: 'read' })
  const long = `${'n'.repeat(83)}\u{1f600}`
  const cases: readonly [string, object, string][] = [
    ['role/create', { name: 'Editor' }, 'Role already exists: Editor'],
    ['role/delete', { name: 'Nobody' }, 'Role not found: Nobody'],
    ['role/delete', { name: long }, `Role not found: ${'n'.repeat(83)}\ufffd`],
    ['role/create', { name: 'Other', permissionNames: ['read', 'write'] }, 'Permission not found: write'],
    ['role/create', { name: 'Other', tenantId: 'Tnone' }, 'Tenant not found: Tnone'],
    ['permission/create', { name: 'read' }, 'Permission already exists: read'],
    ['permission/delete', { name: 'write' }, 'Permission not found: write'],
    ['user/create', { loginId, email: loginId, roleNames: ['Editor', 'Nobody'] }, 'Role not found: Nobody'],
    ['user/create', { loginId, email: loginId, userTenants: [{ tenantId: 'Tnone' }] }, 'Tenant not found: Tnone'],
    ['tenant/delete', { id: 'Tnone' }, 'Tenant not found: Tnone'],
  ]
  for (const [path, body, message] of cases) {
    const answer = await kit.manage(`/v1/mgmt/${path}`, { body })
    assert.equal(answer.body.errorMessage, message, path)
  }
})

onEveryDatabase('WB-06: a project has at most 2000 roles, and 2000 permissions', async (kit) => {
  const { storage } = kit.auth.deps
  await storage.transaction(async (tx) => {
    for (let index = 0; index < 1999; index += 1) {
      await tx.roles.insert(role(kit.projectId, `R${index}`))
      await tx.permissions.insert(permission(kit.projectId, `P${index}`))
    }
  })
  for (const [what, batch] of [
    ['role', 'roles'],
    ['permission', 'permissions'],
  ] as const) {
    const two = await kit.manage(`/v1/mgmt/${what}/create/batch`, { body: { [batch]: [{ name: 'one' }, { name: 'two' }] } })
    assert.deepEqual([told(two), two.body.errorMessage], [[400, 'E011004'], `A project has at most 2000 ${batch}`])
    assert.equal((await kit.manage(`/v1/mgmt/${what}/create`, { body: { name: 'one' } })).status, 200)
    assert.deepEqual(told(await kit.manage(`/v1/mgmt/${what}/create`, { body: { name: 'two' } })), [400, 'E011004'])
  }
})

onEveryDatabase('in a batch each change sees those before it, by ID and by name', async (kit) => {
  const { id } = await change(kit, 'role/create', { name: 'first', description: 'kept' })
  const { roles } = await change(kit, 'role/update/batch', {
    roles: [
      { id, newName: 'second', default: true },
      { id, newName: 'third' },
      { name: 'third', newName: 'fourth' },
    ],
  })
  assert.deepEqual([namesOf(roles), roles.at(-1)?.default], [['second', 'third', 'fourth'], true])
})
