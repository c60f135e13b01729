import { builtInPermissions } from '../../core/access.ts'
import type { Deps } from '../../core/deps.ts'
import { coreErrors, naming } from '../../core/errors.ts'
import { type Actor, adminEvent, type NewEvent, recordEvent } from '../../core/events.ts'
import { newId } from '../../core/secrets.ts'
import type { PermissionRecord, Storage } from '../../core/storage.ts'
import { assertRoom, changeRoles } from './change.ts'
import { roleErrors } from './errors.ts'

/** A permission as administrators see it. */
export type Permission = Pick<PermissionRecord, 'id' | 'name' | 'description'> & { readonly isBuiltIn: boolean }

/** Who asks, and in which project. */
export interface PermissionCaller {
  readonly projectId: string
  readonly actor: Actor
}

/** How a call names a permission: by ID where one is given, else by name. */
export interface PermissionName {
  readonly id?: string | undefined
  readonly name?: string | undefined
}

/** Their IDs are made of their names, so that they are the same in every project. */
const builtIn: readonly Permission[] = Object.entries(builtInPermissions).map(([name, description]) => {
  return { id: `PERM${name.replaceAll(' ', '')}`, name, description, isBuiltIn: true }
})

/** The built-in ones first, then those of the project by name. */
export async function listPermissions(
  deps: { readonly storage: Pick<Storage, 'permissions'> },
  projectId: string,
): Promise<readonly Permission[]> {
  const own = await deps.storage.permissions.list(projectId)
  return [...builtIn, ...own.map(({ id, name, description }) => ({ id, name, description, isBuiltIn: false }))]
}

/** Throws `PermissionNotFound` unless there are permissions of all these names. */
export async function assertPermissions(tx: Storage, projectId: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  const known = new Set((await listPermissions({ storage: tx }, projectId)).map(({ name }) => name))
  const missing = names.find((name) => !known.has(name))
  if (missing !== undefined) throw naming(roleErrors.PermissionNotFound, missing)
}

/** Makes permissions, all or none. Throws `PermissionAlreadyExists`, also for a name that is built in; `InvalidArguments` beyond 2 000. */
export async function createPermissions(
  deps: Deps,
  input: PermissionCaller & { readonly permissions: readonly { readonly name: string; readonly description: string }[] },
): Promise<readonly Permission[]> {
  const createdAt = deps.clock.nowSeconds()
  const records = input.permissions.map((permission) => {
    return { projectId: input.projectId, id: newId(deps, 'PERM'), ...permission, createdAt }
  })
  await changeRoles(deps, input.projectId, async (tx) => {
    assertRoom('permissions', (await tx.permissions.list(input.projectId)).length, records.length)
    for (const record of records) {
      if (isBuiltInName(record.name) || !(await tx.permissions.insert(record)))
        throw naming(roleErrors.PermissionAlreadyExists, record.name)
      await recordEvent(deps, tx, eventOf(input, 'permission.create', record))
    }
  })
  return records.map((record) => ({ ...record, isBuiltIn: false }))
}

/**
 * Renames and describes permissions, all or none; roles that hold them follow. Throws `PermissionNotFound`, `PermissionAlreadyExists`, `PermissionIsBuiltIn`.
 */
export async function updatePermissions(
  deps: Deps,
  input: PermissionCaller & {
    readonly permissions: readonly (PermissionName & { readonly newName?: string | undefined; readonly description: string })[]
  },
): Promise<readonly Permission[]> {
  const { projectId } = input
  return changeRoles(deps, projectId, async (tx) => {
    const updated: Permission[] = []
    const all = [...(await listPermissions({ storage: tx }, projectId))]
    for (const { newName, description, ...named } of input.permissions) {
      const found = findOwn(all, named)
      const name = newName ?? found.name
      const isTaken = isBuiltInName(name) || (await tx.permissions.update(projectId, found.name, { name, description })) === 'taken'
      if (isTaken) throw naming(roleErrors.PermissionAlreadyExists, name)
      const permission = { ...found, name, description }
      all[all.indexOf(found)] = permission
      await recordEvent(deps, tx, eventOf(input, 'permission.update', permission))
      updated.push(permission)
    }
    return updated
  })
}

/** Deletes permissions, all or none, and takes them out of every role. Throws `PermissionNotFound`, `PermissionIsBuiltIn`; `InvalidArguments` when none is named. */
export async function deletePermissions(
  deps: Deps,
  input: PermissionCaller & { readonly permissions: readonly PermissionName[] },
): Promise<void> {
  const { projectId } = input
  if (input.permissions.length === 0) throw coreErrors.InvalidArguments({ message: 'No permission is named' })
  await changeRoles(deps, input.projectId, async (tx) => {
    const found = new Map<string, Permission>()
    const all = await listPermissions({ storage: tx }, projectId)
    for (const named of input.permissions) {
      const permission = findOwn(all, named)
      found.set(permission.id, permission)
    }
    for (const permission of found.values()) {
      await tx.permissions.delete(projectId, permission.name)
      await recordEvent(deps, tx, eventOf(input, 'permission.delete', permission))
    }
  })
}

function eventOf({ projectId, actor }: PermissionCaller, type: string, { id, name }: Pick<Permission, 'id' | 'name'>): NewEvent {
  return adminEvent({ projectId, actor, type, data: { permissionId: id, name } })
}

function isBuiltInName(name: string): boolean {
  return Object.hasOwn(builtInPermissions, name)
}

function findOwn(all: readonly Permission[], { id, name }: PermissionName): Permission {
  const found = all.find((one) => (id ? one.id === id : one.name === name))
  if (!found) throw naming(roleErrors.PermissionNotFound, id || (name ?? ''))
  if (found.isBuiltIn) throw roleErrors.PermissionIsBuiltIn()
  return found
}
