import type { Deps } from '../../core/deps.ts'
import { coreErrors, naming } from '../../core/errors.ts'
import { type Actor, adminEvent, type NewEvent, recordEvent } from '../../core/events.ts'
import { assertTenantInReach } from '../../core/managed-users.ts'
import type { Rights } from '../../core/management-keys.ts'
import { newId } from '../../core/secrets.ts'
import type { RoleRecord, Storage } from '../../core/storage.ts'
import { assertRoom, changeRoles } from './change.ts'
import { roleErrors } from './errors.ts'
import { assertPermissions } from './permissions.ts'

/** Who asks, and in which project. A key that is limited to tenants changes the roles of these and sees them and those of the project. */
export interface RoleCaller {
  readonly projectId: string
  readonly actor: Actor
  readonly rights: Rights
}

/** How a call names a role: by ID where one is given, else by name in a tenant, or with `tenantId` `''` in the project. */
export interface RoleName {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly tenantId: string
}

export interface NewRole extends Pick<RoleRecord, 'name' | 'tenantId' | 'description' | 'permissionNames'> {
  readonly isDefault?: boolean | undefined
  readonly isPrivate?: boolean | undefined
}

export interface RoleUpdate extends RoleName, Pick<RoleRecord, 'description' | 'permissionNames'> {
  /** Absent keeps the name. */
  readonly newName?: string | undefined
  /** Absent keeps what it is: clients that do not know it must not clear it. */
  readonly isDefault?: boolean | undefined
  readonly isPrivate?: boolean | undefined
}

/** Makes roles, all or none. Throws `RoleAlreadyExists`, `PermissionNotFound`, `TenantNotFound`, `ManagementForbidden`; `InvalidArguments` beyond 2 000. */
export async function createRoles(deps: Deps, input: RoleCaller & { readonly roles: readonly NewRole[] }): Promise<readonly RoleRecord[]> {
  const { projectId, rights } = input
  const createdAt = deps.clock.nowSeconds()
  const records = input.roles.map(({ isDefault = false, isPrivate = false, permissionNames, ...role }): RoleRecord => {
    assertTenantInReach(rights, role.tenantId)
    return { projectId, id: newId(deps, 'R'), ...role, permissionNames: unique(permissionNames), isDefault, isPrivate, createdAt }
  })
  await changeRoles(deps, projectId, async (tx) => {
    assertRoom('roles', (await tx.roles.list(projectId)).length, records.length)
    await assertPermissions(
      tx,
      projectId,
      records.flatMap((record) => record.permissionNames),
    )
    const tenantIds = [...new Set(records.map(({ tenantId }) => tenantId))].filter((id) => id !== '')
    const tenants = await tx.tenants.byIds(projectId, tenantIds)
    const missing = tenantIds.find((id) => !tenants.some((tenant) => tenant.id === id))
    if (missing !== undefined) throw naming(coreErrors.TenantNotFound, missing)
    for (const record of records) {
      if (!(await tx.roles.insert(record))) throw naming(roleErrors.RoleAlreadyExists, record.name)
      await recordEvent(deps, tx, eventOf(input, 'role.create', record))
    }
  })
  return records
}

/**
 * Changes roles, all or none; description and permissions that are not given are emptied. Whoever holds a role keeps it under its new name. Throws `RoleNotFound`,
 * `RoleAlreadyExists`, `PermissionNotFound`, `ManagementForbidden`.
 */
export async function updateRoles(
  deps: Deps,
  input: RoleCaller & { readonly roles: readonly RoleUpdate[] },
): Promise<readonly RoleRecord[]> {
  const { projectId } = input
  return changeRoles(deps, projectId, async (tx) => {
    const updated: RoleRecord[] = []
    await assertPermissions(
      tx,
      projectId,
      input.roles.flatMap((update) => update.permissionNames),
    )
    const all = await rolesById(tx, projectId)
    for (const update of input.roles) {
      const found = await findRole(tx, all, input, update)
      const role = {
        ...found,
        name: update.newName ?? found.name,
        description: update.description,
        permissionNames: unique(update.permissionNames),
        isDefault: update.isDefault ?? found.isDefault,
        isPrivate: update.isPrivate ?? found.isPrivate,
      }
      const { name, description, permissionNames, isDefault, isPrivate } = role
      const result = await tx.roles.update(projectId, role.id, { name, description, permissionNames, isDefault, isPrivate })
      if (result === 'taken') throw naming(roleErrors.RoleAlreadyExists, name)
      await recordEvent(deps, tx, eventOf(input, 'role.update', role))
      all.set(role.id, role)
      updated.push(role)
    }
    return updated
  })
}

/** Deletes roles, all or none; nobody holds them afterwards. Throws `RoleNotFound`, `ManagementForbidden`; `InvalidArguments` when none is named. */
export async function deleteRoles(deps: Deps, input: RoleCaller & { readonly roles: readonly RoleName[] }): Promise<void> {
  const { projectId } = input
  if (input.roles.length === 0) throw coreErrors.InvalidArguments({ message: 'No role is named' })
  await changeRoles(deps, projectId, async (tx) => {
    const all = await rolesById(tx, projectId)
    const found = new Map<string, RoleRecord>()
    for (const name of input.roles) {
      const role = await findRole(tx, all, input, name)
      found.set(role.id, role)
    }
    for (const role of found.values()) {
      await tx.roles.delete(projectId, role.id)
      await recordEvent(deps, tx, eventOf(input, 'role.delete', role))
    }
  })
}

/** What roles are searched by; absent is no condition. */
export interface RoleQuery {
  readonly tenantIds?: readonly string[] | undefined
  readonly ids?: readonly string[] | undefined
  readonly names?: readonly string[] | undefined
  /** Part of the name, whatever the case. */
  readonly nameLike?: string | undefined
  /** Permissions that the role has, all of them. */
  readonly permissionNames?: readonly string[] | undefined
  /** Whether roles of the project are meant too; absent, they are unless tenants are named. */
  readonly includesProjectRoles?: boolean | undefined
}

/** Roles of the project and of all tenants that match, by tenant and name. */
export async function searchRoles(
  deps: Pick<Deps, 'storage'>,
  input: Pick<RoleCaller, 'projectId' | 'rights'> & { readonly query: RoleQuery },
): Promise<readonly RoleRecord[]> {
  const { projectId, rights, query } = input
  const all = await deps.storage.roles.list(projectId)
  const isInReach = ({ tenantId }: RoleRecord) => tenantId === '' || rights.tenantIds.length === 0 || rights.tenantIds.includes(tenantId)
  return all.filter((role) => isInReach(role) && isMatch(role, query))
}

function isMatch(
  role: RoleRecord,
  { tenantIds, ids, names, nameLike = '', permissionNames = [], includesProjectRoles }: RoleQuery,
): boolean {
  const isOfProject = role.tenantId === ''
  const isThere = isOfProject ? (includesProjectRoles ?? tenantIds === undefined) : (tenantIds?.includes(role.tenantId) ?? true)
  return (
    isThere &&
    (ids?.includes(role.id) ?? true) &&
    (names?.includes(role.name) ?? true) &&
    role.name.toLowerCase().includes(nameLike.toLowerCase()) &&
    permissionNames.every((name) => role.permissionNames.includes(name))
  )
}

async function rolesById(tx: Storage, projectId: string): Promise<Map<string, RoleRecord>> {
  return new Map((await tx.roles.list(projectId)).map((role) => [role.id, role]))
}

/** `all` is what the caller read once, for all the names of its batch. */
async function findRole(
  tx: Storage,
  all: ReadonlyMap<string, RoleRecord>,
  { projectId, rights }: RoleCaller,
  { id, name = '', tenantId }: RoleName,
): Promise<RoleRecord> {
  if (!id) assertTenantInReach(rights, tenantId)
  const role = id ? all.get(id) : await tx.roles.byName(projectId, tenantId, name)
  if (!role || (tenantId !== '' && role.tenantId !== tenantId)) throw naming(coreErrors.RoleNotFound, id || name)
  assertTenantInReach(rights, role.tenantId)
  return role
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}

function eventOf({ projectId, actor }: RoleCaller, type: string, { id, name, tenantId }: RoleRecord): NewEvent {
  return adminEvent({ projectId, actor, type, data: { roleId: id, name, ...(tenantId ? { tenantId } : {}) } })
}
