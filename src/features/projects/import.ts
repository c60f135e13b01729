import type { Deps } from '../../core/deps.ts'
import { type AuthError, coreErrors } from '../../core/errors.ts'
import { adminEvent, recordEvent } from '../../core/events.ts'
import { newId } from '../../core/secrets.ts'
import type { Storage } from '../../core/storage.ts'
import type { ProjectCaller } from './change.ts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { projectErrors } from './errors.ts'
import { applyTemplates, templateFailures } from './import-templates.ts'
import { deletionsOf, readFiles, type SnapshotFiles, type Wanted, withoutExcluded, writeFiles } from './snapshot.ts'

export interface SnapshotInput {
  readonly projectId: string
  readonly files: SnapshotFiles
  /** Files that are left alone, with or without `.json`. */
  readonly excludes?: readonly string[] | undefined
}

/** The configuration of the project as files, in one state. */
export async function exportSnapshot(deps: Deps, { projectId }: { readonly projectId: string }): Promise<SnapshotFiles> {
  return writeFiles(await configurationOf(deps, projectId))
}

/** What an import would do: why it cannot be, if it cannot, and what it would take away. Changes nothing. */
export async function validateSnapshot(
  deps: Deps,
  input: SnapshotInput,
): Promise<{ readonly failures: readonly string[]; readonly deletions: readonly string[] }> {
  const current = await configurationOf(deps, input.projectId)
  const unsound = templateFailures(deps, input.files, input.excludes)
  const read = readFiles(input.files, current, input.excludes)
  if ('failures' in read) return { failures: [...read.failures, ...unsound], deletions: [] }
  return unsound.length > 0 ? { failures: unsound, deletions: [] } : { failures: [], deletions: deletionsOf(read.wanted, current) }
}

/**
 * Makes the configuration what the files say, all of it or nothing. What a file does not name goes: roles that are not there any more are taken from their holders. Roles of the
 * same name stay what they are to their holders; settings that the files do not name stay. Throws `InvalidSnapshot` with every reason.
 */
export async function importSnapshot(deps: Deps, input: ProjectCaller & SnapshotInput): Promise<void> {
  const { projectId, actor, files, excludes } = input
  const unsound = templateFailures(deps, files, excludes)
  await deps.storage.transaction(async (tx) => {
    // Whoever else changes roles, permissions or settings waits from here on.
    await tx.projects.lock(projectId)
    const current = await readConfiguration(tx, projectId)
    if (!current) throw coreErrors.InvalidProject()
    const read = readFiles(files, current, excludes)
    if ('failures' in read || unsound.length > 0) throw refused([...('failures' in read ? read.failures : []), ...unsound])
    const isSaved = await tx.projects.saveSettings(projectId, read.wanted.settings, current.settingsVersion)
    if (!isSaved) throw new Error('The settings changed under a lock')
    await applyPermissions(deps, tx, { projectId, current, wanted: read.wanted })
    await applyRoles(deps, tx, { projectId, current, wanted: read.wanted })
    await applyAttributes(deps, tx, { projectId, current, wanted: read.wanted })
    await applyTemplates(deps, tx, { projectId, current: current.messageTemplates, wanted: read.wanted.messageTemplates })
    await tx.changes.tell(projectId)
    const names = withoutExcluded(files, excludes).map(([name]) => name)
    await recordEvent(deps, tx, adminEvent({ projectId, actor, type: 'project.import', data: { files: names } }))
  })
  deps.projects.forget(projectId)
}

function refused(failures: readonly string[]): AuthError {
  return projectErrors.InvalidSnapshot({ message: failures.join('; '), fields: { failures } })
}

async function configurationOf(deps: Deps, projectId: string): Promise<Configuration> {
  const configuration = await deps.storage.transaction((tx) => readConfiguration(tx, projectId))
  if (!configuration) throw coreErrors.InvalidProject()
  return configuration
}

interface Change {
  readonly projectId: string
  readonly current: Configuration
  readonly wanted: Wanted
}

async function applyPermissions(deps: Deps, tx: Storage, { projectId, current, wanted: { permissions } }: Change): Promise<void> {
  if (!permissions) return
  const before = new Map(current.permissions.map((one) => [one.name, one]))
  const after = new Set(permissions.map(({ name }) => name))
  for (const name of before.keys()) if (!after.has(name)) await tx.permissions.delete(projectId, name)
  for (const { name, description } of permissions) {
    const known = before.get(name)
    if (!known) await tx.permissions.insert({ projectId, id: newId(deps, 'PERM'), name, description, createdAt: deps.clock.nowSeconds() })
    else if (known.description !== description) await tx.permissions.update(projectId, name, { name, description })
  }
}

async function applyRoles(deps: Deps, tx: Storage, { projectId, current, wanted: { roles } }: Change): Promise<void> {
  if (!roles) return
  const before = new Map(current.roles.map((one) => [one.name, one]))
  const after = new Set(roles.map(({ name }) => name))
  for (const { name, id } of current.roles) if (!after.has(name)) await tx.roles.delete(projectId, id)
  for (const { name, description, permissionNames, default: isDefault, private: isPrivate } of roles) {
    const facts = { description, permissionNames, isDefault, isPrivate }
    const known = before.get(name)
    if (known) await tx.roles.update(projectId, known.id, facts)
    else await tx.roles.insert({ projectId, id: newId(deps, 'R'), tenantId: '', name, ...facts, createdAt: deps.clock.nowSeconds() })
  }
}

async function applyAttributes(deps: Deps, tx: Storage, { projectId, current, wanted: { attributes } }: Change): Promise<void> {
  if (!attributes) return
  const after = new Set(attributes.map(({ subject, name }) => `${subject} ${name}`))
  for (const { subject, name } of current.attributes)
    if (!after.has(`${subject} ${name}`)) await tx.attributes.delete(projectId, subject, [name])
  for (const entry of attributes) await tx.attributes.put({ projectId, ...entry, createdAt: deps.clock.nowSeconds() })
}
