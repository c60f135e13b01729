import assert from 'node:assert/strict'
import { onEveryDatabase } from './kit.ts'

onEveryDatabase('nothing gets a name that nobody can see', async (kit) => {
  const sent = async (path: string, body: object) => (await kit.manage(`/v1/mgmt/${path}`, { body })).body
  const tenant = await sent('tenant/create', { name: 'Acme' })
  await sent('role/create', { name: 'Editor' })
  await sent('permission/create', { name: 'read' })
  for (const [path, body, field] of [
    ['accesskey/create', {}, 'name'],
    ['managementkey', {}, 'name'],
    ['tenant/create', {}, 'name'],
    ['tenant/update', { id: tenant.id }, 'name'],
    ['role/create', {}, 'name'],
    ['role/update', { name: 'Editor' }, 'newName'],
    ['permission/create', {}, 'name'],
    ['permission/update', { name: 'read' }, 'newName'],
  ] as const) {
    for (const blank of [' ', ' \u00a0\u3000 ']) {
      const method = path === 'managementkey' ? 'PUT' : 'POST'
      const answer = await kit.manage(`/v1/mgmt/${path}`, { method, body: { ...body, [field]: blank } })
      assert.deepEqual([answer.status, answer.body.errorMessage], [400, `The ${field} field is required`], path)
    }
  }
  assert.equal((await sent('role/update', { name: 'Editor', newName: '' })).name, 'Editor')
})
