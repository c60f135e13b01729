import assert from 'node:assert/strict'
import { onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

function setUp({ newSdk, managementKey }: Target) {
  return newSdk({ managementKey }).management
}

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name)

/** IDs are in the answers, though the types of this SDK do not say so. */
async function permissionId(management: ReturnType<typeof setUp>, name: string): Promise<string> {
  const found = succeeded(await management.permission.loadAll()).find((one) => one.name === name)
  const id: unknown = found && Reflect.get(found, 'id')
  assert.ok(typeof id === 'string' && id !== '', 'a permission has an ID')
  return id
}

check('management.permission.create, update, delete, loadAll', async (target) => {
  const management = setUp(target)
  succeeded(await management.permission.create('read', 'Reads'))
  const all = succeeded(await management.permission.loadAll())
  assert.partialDeepStrictEqual(
    all.find(({ name }) => name === 'read'),
    { description: 'Reads', systemDefault: false },
  )
  assert.ok(
    all.some(({ name, systemDefault }) => name === 'User Admin' && systemDefault),
    'built-in permissions are listed',
  )
  succeeded(await management.permission.update('read', 'see', 'Sees'))
  refused(await management.permission.create('see'), 400, 'E111202')
  refused(await management.permission.update('read', 'look'), 404, 'E111201')
  refused(await management.permission.delete('User Admin'), 400, 'E111203')
  succeeded(await management.permission.delete('see'))
  refused(await management.permission.delete('see'), 404, 'E111201')
})

check('management.permission.updateWithId, deleteWithId', async (target) => {
  const management = setUp(target)
  succeeded(await management.permission.create('by id'))
  const id = await permissionId(management, 'by id')
  succeeded(await management.permission.updateWithId(id, 'by id, renamed', 'described'))
  assert.equal(await permissionId(management, 'by id, renamed'), id)
  succeeded(await management.permission.deleteWithId(id))
  refused(await management.permission.deleteWithId(id), 404, 'E111201')
})

check('management.permission.createBatch, updateBatch, deleteBatch: all or none', async (target) => {
  const { permission } = setUp(target)
  const facts = { description: '', systemDefault: false }
  succeeded(
    await permission.createBatch([
      { name: 'b1', ...facts },
      { name: 'b2', ...facts },
    ]),
  )
  refused(
    await permission.createBatch([
      { name: 'b3', ...facts },
      { name: 'b1', ...facts },
    ]),
    400,
    'E111202',
  )
  succeeded(await permission.updateBatch([{ id: await permissionId(setUp(target), 'b1'), newName: 'b4' }]))
  const left = names(succeeded(await permission.loadAll()))
  assert.deepEqual(
    ['b1', 'b2', 'b3', 'b4'].map((name) => left.includes(name)),
    [false, true, false, true],
  )
  succeeded(await permission.deleteBatch(['b2'], [await permissionId(setUp(target), 'b4')]))
  refused(await permission.deleteBatch([]), 400, 'E011004')
})

check('management.role.create, update, delete, loadAll', async (target) => {
  const { role, permission } = setUp(target)
  succeeded(await permission.create('write'))
  succeeded(await role.create('Writer', 'Writes', ['write', 'User Admin'], undefined, true))
  refused(await role.create('Writer'), 400, 'E111302')
  refused(await role.create('Other', '', ['no such permission']), 404, 'E111201')
  const found = succeeded(await role.loadAll()).find(({ name }) => name === 'Writer')
  assert.partialDeepStrictEqual(found, {
    ...{ description: 'Writes', permissionNames: ['write', 'User Admin'], default: true, private: false, tenantId: '' },
  })
  assert.ok((found?.createdTime ?? 0) > 1_700_000_000)
  succeeded(await role.update('Writer', 'Author', 'Still writes', ['write'], undefined, false))
  refused(await role.update('Writer', 'x'), 404, 'E111301')
  const renamed = succeeded(await role.loadAll()).find(({ name }) => name === 'Author')
  assert.deepEqual(renamed, { ...found, name: 'Author', description: 'Still writes', permissionNames: ['write'], default: false })
  succeeded(await role.delete('Author'))
  refused(await role.delete('Author'), 404, 'E111301')
})

check('management.role: of a tenant, by ID', async (target) => {
  const { role, tenant } = setUp(target)
  succeeded(await tenant.createWithId('role-tenant', 'Role tenant'))
  succeeded(await role.create('Local', 'Here only', [], 'role-tenant'))
  refused(await role.create('Local', '', [], 'no-such-tenant'), 404, 'E111401')
  const [found] = succeeded(await role.search({ tenantIds: ['role-tenant'] }))
  assert.partialDeepStrictEqual(found, { name: 'Local', tenantId: 'role-tenant' })
  succeeded(await role.updateWithId(found?.id ?? '', 'Local 2', 'Renamed', [], 'role-tenant'))
  refused(await role.deleteWithId(found?.id ?? '', 'another-tenant'), 404, 'E111301')
  succeeded(await role.deleteWithId(found?.id ?? '', 'role-tenant'))
  assert.deepEqual(succeeded(await role.search({ tenantIds: ['role-tenant'] })), [])
})

check('management.role.createBatch, updateBatch, deleteBatch: all or none', async (target) => {
  const { role } = setUp(target)
  const facts = { description: '', permissionNames: [], createdTime: 0 }
  const made = succeeded(
    await role.createBatch([
      { name: 'r1', ...facts },
      { name: 'r2', ...facts, default: true },
    ]),
  )
  assert.deepEqual(names(made), ['r1', 'r2'])
  refused(
    await role.createBatch([
      { name: 'r3', ...facts },
      { name: 'r1', ...facts },
    ]),
    400,
    'E111302',
  )
  const updated = succeeded(await role.updateBatch([{ id: made[0]?.id ?? '', newName: 'r4', description: 'four' }]))
  assert.partialDeepStrictEqual(updated, [{ name: 'r4', description: 'four' }])
  succeeded(await role.deleteBatch(['r4'], undefined, [made[1]?.id ?? '']))
  refused(await role.deleteBatch([]), 400, 'E011004')
  assert.deepEqual(succeeded(await role.search({ roleNames: ['r1', 'r2', 'r3', 'r4'] })), [])
})

check('management.role.search: by name, part of it, permission and tenant', async (target) => {
  const { role, tenant, permission } = setUp(target)
  succeeded(await permission.create('find'))
  succeeded(await tenant.createWithId('search-tenant', 'Search tenant'))
  succeeded(await role.create('Finder', '', ['find']))
  succeeded(await role.create('finding', '', [], 'search-tenant'))
  const found = async (options: Parameters<typeof role.search>[0]) => names(succeeded(await role.search(options)))
  assert.deepEqual(await found({ roleNameLike: 'FIND' }), ['Finder', 'finding'])
  assert.deepEqual(await found({ roleNames: ['Finder'] }), ['Finder'])
  assert.deepEqual(await found({ permissionNames: ['find'] }), ['Finder'])
  assert.deepEqual(await found({ tenantIds: ['search-tenant'] }), ['finding'])
  assert.deepEqual(await found({ tenantIds: ['search-tenant'], includeProjectRoles: true, roleNameLike: 'find' }), ['Finder', 'finding'])
})
