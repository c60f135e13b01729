import assert from 'node:assert/strict'
import { goodPassword, type Json, type Kit, onEveryDatabase } from '../../../test/kit.ts'

const project = '/v1/mgmt/project'
const ok = async (kit: Kit, path: string, body: object = {}, other: object = {}): Promise<Json> => {
  const answer = await kit.manage(path, { body, ...other })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const ownId = (kit: Kit) => kit.managementKey.split('.')[0] ?? ''

onEveryDatabase('a project is renamed, tagged, marked and listed, and nobody sees others without the right', async (kit) => {
  const { projectId, auth } = kit
  assert.deepEqual(await ok(kit, `${project}/update/name`, { name: 'Née' }), {})
  await ok(kit, `${project}/update/tags`, { tags: ['a', 'b'] })
  await ok(kit, `${project}/update/environment`, { environment: 'production' })
  const shown = { id: projectId, name: 'Née', environment: 'production', tags: ['a', 'b'] }
  assert.deepEqual(await ok(kit, '/v1/mgmt/projects/list'), { projects: [shown] })
  assert.equal((await auth.deps.projects.byId(projectId))?.environment, 'production', 'what is cached follows')
  await ok(kit, `${project}/update/tags`, { tags: null })
  await ok(kit, `${project}/update/environment`, { environment: '' })
  assert.deepEqual((await ok(kit, '/v1/mgmt/projects/list')).projects, [{ ...shown, environment: '', tags: [] }])

  const all = await auth.api.createManagementKey({ projectId, name: 'all', rights: { extra: ['allProjects'] } })
  const list = async (body: object) => (await kit.call('/v1/mgmt/projects/list', { token: all.cleartext, body })).body.projects
  const other = await auth.api.createProject({ name: 'Other' })
  const ids = (await list({})).map(({ id }: Json) => id)
  assert.ok(ids.includes(projectId) && ids.includes(other.projectId))
  assert.deepEqual((await list({ limit: 1, page: 1 })).length, 1)
  for (const [path, body] of [
    ['update/name', {}],
    ['update/name', { name: '' }],
    ['update/tags', { tags: [''] }],
    ['update/environment', { environment: 'staging' }],
    ['clone', {}],
  ] as const) {
    assert.equal((await kit.manage(`${project}/${path}`, { body })).status, 400, path)
  }
})

onEveryDatabase('JW-05, JW-08: a clone has the configuration, and neither users nor keys', async (kit) => {
  const { auth, projectId } = kit
  await kit.set({ password: { minLength: 12 }, project: { rotateJwt: true } })
  await ok(kit, '/v1/mgmt/permission/create', { name: 'Read' })
  await ok(kit, '/v1/mgmt/role/create', { name: 'Reader', permissionNames: ['Read', 'User Admin'], default: true })
  const definition = { type: 'number', displayName: '', options: [], defaultValue: null, viewPermissions: [], editPermissions: [] }
  await auth.deps.storage.attributes.put({ projectId, subject: 'user', name: 'size', definition, createdAt: 1 })
  await kit.signUp('ada@example.com', 'correct horse battery 12')
  const clone = await ok(kit, `${project}/clone`, { name: 'Copy', environment: 'production', tags: ['x'] })
  const { managementKey, ...facts } = clone
  const environment = 'production'
  assert.deepEqual(facts, { projectId: clone.projectId, projectName: 'Copy', environment, tag: environment, tags: ['x'] })
  const there = { projectId: clone.projectId, token: managementKey }
  const read = async (path: string, body?: object) => (await kit.call(path, { ...there, ...(body ? { body } : {}) })).body
  const settings = await read(`${project}/settings`)
  assert.deepEqual([settings.password.minLength, settings.project.rotateJwt], [12, true])
  const exported = await read(`${project}/snapshot/export`, {})
  assert.deepEqual(exported, await ok(kit, `${project}/snapshot/export`))
  const [here, copied] = [await kit.call(`/v2/keys/${projectId}`), await kit.call(`/v2/keys/${clone.projectId}`)]
  assert.notEqual(here.body.keys[0].kid, copied.body.keys[0].kid)
  const signIn = { loginId: 'ada@example.com', password: 'correct horse battery 12' }
  assert.equal((await kit.call('/v1/auth/password/signin', { projectId: clone.projectId, body: signIn })).status, 401)
  assert.equal((await kit.call('/v1/mgmt/license', { projectId: clone.projectId, token: kit.managementKey })).status, 401)
  assert.equal((await kit.call('/v1/mgmt/license', { token: managementKey })).status, 401)
  const signUp = { loginId: 'new@example.com', password: 'correct horse battery 12' }
  const fresh = await kit.call('/v1/auth/password/signup', { projectId: clone.projectId, body: signUp })
  assert.deepEqual(fresh.body.user.roleNames, ['Reader'], 'roles of the clone are given')
  const tagged = await ok(kit, `${project}/clone`, { name: 'Ruby', tag: 'production' })
  assert.equal(tagged.environment, 'production')
})

onEveryDatabase(
  'MG-05: the key of a new project is not wider than the one that asked, and its making is in both audit trails',
  async (kit) => {
    kit.clock.advance(1)
    const { auth, projectId } = kit
    const limited = await auth.api.createManagementKey({
      projectId,
      name: 'limited',
      rights: { denied: ['impersonation'], extra: ['allProjects'] },
    })
    const answer = await kit.call(`${project}/create`, { token: limited.cleartext, body: { name: 'Made', tags: ['t'], hardened: true } })
    assert.equal(answer.status, 200, answer.text)
    const made = answer.body
    const [key] = await auth.api.listManagementKeys({ projectId: made.projectId })
    assert.deepEqual([key?.rights.denied, key?.rights.extra], [['impersonation'], []])
    assert.equal((await auth.api.showSettings({ projectId: made.projectId })).password.minLength, 15)
    for (const trail of [projectId, made.projectId]) {
      const [event] = await auth.deps.storage.events.forUser(trail, '', { types: ['project.create'], limit: 1 })
      assert.deepEqual([event?.actorId, event?.data], [limited.key.id, { createdProjectId: made.projectId }])
    }
    const narrow = await auth.api.createManagementKey({ projectId, name: 'narrow', rights: { denied: ['projects'] } })
    for (const path of ['create', 'clone', 'delete', 'update/name', 'snapshot/import']) {
      const refused = await kit.call(`${project}/${path}`, { token: narrow.cleartext, body: { name: 'x', files: {} } })
      assert.equal(refused.status, 403, path)
    }
  },
)

onEveryDatabase('a deleted project is gone at once: keys, tokens, key set, settings; its rows follow', async (kit) => {
  const { auth, projectId } = kit
  const other = await auth.api.createProject({ name: 'Other' })
  const session = await kit.signUp('ada@example.com')
  const access = await ok(kit, '/v1/mgmt/accesskey/create', { name: 'program' })
  for (const path of [`/v2/keys/${projectId}`]) assert.equal((await kit.call(path)).status, 200)
  assert.deepEqual(await ok(kit, `${project}/delete`), {})
  for (const [path, call] of [
    ['/v1/mgmt/license', { token: kit.managementKey }],
    ['/v1/auth/me', { token: session.refreshJwt }],
    ['/v1/auth/refresh', { token: session.refreshJwt, body: {} }],
    ['/v1/auth/validate', { token: session.sessionJwt, body: {} }],
    ['/v1/auth/accesskey/exchange', { token: access.cleartext, body: {} }],
    ['/v1/auth/password/signin', { body: { loginId: 'ada@example.com', password: goodPassword } }],
  ] as const) {
    const answer = await kit.call(path, call)
    assert.deepEqual([answer.status, answer.body.errorCode], [401, 'E011010'], path)
  }
  assert.equal((await kit.call(`/v2/keys/${projectId}`)).status, 404)
  assert.ok(!(await auth.api.listProjects()).some(({ id }) => id === projectId))
  assert.deepEqual(
    kit.log.lines.filter(({ event }) => event === 'project.deleted').map(({ fields }) => fields),
    [{ projectId, actorKind: 'managementKey', actorId: ownId(kit) }],
  )
  while ((await auth.deps.storage.purge(kit.clock.nowSeconds(), 200)) > 0);
  assert.equal(await auth.deps.storage.users.byId(projectId, session.user.userId), undefined)
  assert.equal((await kit.call('/v1/mgmt/license', { projectId: other.projectId, token: other.managementKey })).status, 200)
})
