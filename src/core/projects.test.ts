import assert from 'node:assert/strict'
import { type Kit, onEveryDatabase } from '../../test/kit.ts'
import { coreErrors } from './errors.ts'
import { changeSettings, type SettingsChanges } from './projects.ts'
import type { Storage } from './storage.ts'

const actor = { kind: 'managementKey', id: 'K1' } as const

const change = ({ auth, projectId }: Kit, changes: SettingsChanges) => changeSettings(auth.deps, { projectId, changes, actor })

/** A storage that fails where the event is written. */
function withoutEvents(storage: Storage): Storage {
  const events = { ...storage.events, insert: () => Promise.reject(new Error('no event')) }
  return { ...storage, transaction: (run) => storage.transaction((tx) => run({ ...tx, events })) }
}

onEveryDatabase('settings: changes of different fields at the same time all hold', async (kit) => {
  await Promise.all([
    change(kit, { password: { minLength: 12 } }),
    change(kit, { password: { number: true } }),
    change(kit, { project: { rotateJwt: true } }),
  ])
  const { password, project } = await kit.auth.api.showSettings({ projectId: kit.projectId })
  assert.deepEqual([password.minLength, password.number, project.rotateJwt], [12, true, true])
})

onEveryDatabase('settings: a change and its event commit together or not at all', async (kit) => {
  const deps = { ...kit.auth.deps, storage: withoutEvents(kit.auth.deps.storage) }
  const changes = { password: { minLength: 20 } }
  await assert.rejects(changeSettings(deps, { projectId: kit.projectId, changes, actor }), /no event/)
  assert.equal((await kit.auth.api.showSettings({ projectId: kit.projectId })).password.minLength, 8)
})

onEveryDatabase('settings: what does not fit changes nothing', async (kit) => {
  await assert.rejects(change(kit, { password: { minLength: 1, number: true } }), { name: coreErrors.InvalidArguments.errorName })
  assert.equal((await kit.auth.api.showSettings({ projectId: kit.projectId })).password.number, false)
})
