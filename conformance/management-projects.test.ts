import assert from 'node:assert/strict'
import { goodPassword, onEveryDatabase, refused, succeeded, type Target } from './fixture.ts'

const check = onEveryDatabase()

/** Each check gets a project of its own, because some change or delete it. */
async function freshProject({ newSdk, managementKey, url, projectId }: Target) {
  const response = await fetch(`${url}/v1/mgmt/project/create`, {
    method: 'POST',
    headers: { authorization: `Bearer ${projectId}:${managementKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Fresh' }),
  })
  assert.equal(response.status, 200)
  const made: { readonly projectId: string; readonly managementKey: string } = JSON.parse(await response.text())
  const sdk = newSdk(made)
  return { ...made, sdk, project: sdk.management.project }
}

check('management.project.updateName, updateTags, listProjects', async (target) => {
  const { project, projectId } = await freshProject(target)
  succeeded(await project.updateName('Renamed'))
  succeeded(await project.updateTags(['a', 'b']))
  assert.deepEqual(succeeded(await project.listProjects()), [{ id: projectId, name: 'Renamed', environment: '', tags: ['a', 'b'] }])
  const { errorMessage } = refused(await project.updateName(''), 400, 'E011003')
  assert.equal(errorMessage, 'The name field is required')
})

check('management.project.clone: the configuration without users and keys', async (target) => {
  const { project, sdk } = await freshProject(target)
  succeeded(await sdk.password.signUp('cloned@example.com', goodPassword))
  const copy = succeeded(await project.clone('Copy', 'production', ['x']))
  assert.partialDeepStrictEqual(copy, { projectName: 'Copy', environment: 'production', tags: ['x'] })
  const there = target.newSdk({ projectId: copy.projectId, managementKey: String(Reflect.get(copy, 'managementKey')) })
  refused(await there.password.signIn('cloned@example.com', goodPassword), 401, 'E062903')
  assert.deepEqual(
    succeeded(await there.management.project.listProjects()).map(({ id }) => id),
    [copy.projectId],
  )
})

check('management.project.exportSnapshot, importSnapshot, validateSnapshot, export, import', async (target) => {
  const [from, to] = [await freshProject(target), await freshProject(target)]
  succeeded(await from.sdk.management.permission.create('Read', 'may read'))
  succeeded(await from.sdk.management.role.create('Reader', 'reads', ['Read']))
  const snapshot = succeeded(await from.project.exportSnapshot())
  const validation = succeeded(await to.project.validateSnapshot(snapshot))
  assert.deepEqual([validation.ok, validation.failures], [true, []])
  succeeded(await to.project.importSnapshot(snapshot))
  assert.deepEqual(succeeded(await to.project.exportSnapshot()), snapshot)
  assert.deepEqual(succeeded(await to.project.export()), snapshot.files)
  succeeded(await to.project.import(snapshot.files))

  const wrong = { files: { ...snapshot.files, 'settings.json': { password: { minLength: 1 } } } }
  const { ok, failures } = succeeded(await to.project.validateSnapshot(wrong))
  assert.deepEqual([ok, failures?.length], [false, 1])
  refused(await to.project.importSnapshot(wrong), 400, 'E111701')
  assert.deepEqual(succeeded(await to.project.exportSnapshot()), snapshot)
})

check('management.project.delete: nothing of it works afterwards', async (target) => {
  const { project, sdk } = await freshProject(target)
  const { refreshJwt = '' } = succeeded(await sdk.password.signUp('deleted@example.com', goodPassword))
  succeeded(await project.delete())
  refused(await project.listProjects(), 401, 'E011010')
  refused(await sdk.refresh(refreshJwt), 401, 'E011010')
  succeeded(await target.sdk.password.policy())
})
