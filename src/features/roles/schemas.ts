import { z } from 'zod'
import type { RoleRecord } from '../../core/storage.ts'
import { GivenName, OptionalGivenName, orEmptyArray, Text } from '../../http/schemas.ts'
import type { Permission } from './permissions.ts'
import type { NewRole, RoleName, RoleQuery, RoleUpdate } from './roles.ts'

/** Most roles or permissions of one call, most permissions of one role. */
const maxBatch = 200

const Name = Text(128).min(1)
const Id = Text(64)
/** Names as clients send them that have none: absent or empty. */
const OptionalName = Text(128).optional()
const Description = Text(1024).optional()
const Names = z.array(Name).max(maxBatch)
const Ids = z.array(Id.min(1)).max(maxBatch)

const RoleFacts = {
  description: Description,
  permissionNames: Names.optional(),
  tenantId: Id.optional(),
  default: z.boolean().optional(),
  private: z.boolean().optional(),
}

export const CreateRole = z.object({ name: GivenName(128), ...RoleFacts })
export const CreateRoles = z.object({ roles: z.array(CreateRole).max(maxBatch) })
export const UpdateRole = z.object({ id: Id.optional(), name: OptionalName, newName: OptionalGivenName(128), ...RoleFacts })
export const UpdateRoles = z.object({ roles: z.array(UpdateRole).max(maxBatch) })
export const DeleteRole = z.object({ id: Id.optional(), name: OptionalName, tenantId: Id.optional() })
export const DeleteRoles = z.object({ roleNames: Names.optional(), roleIds: Ids.optional(), tenantId: Id.optional() })

export const SearchRoles = orEmptyArray(
  z.object({
    tenantIds: z.array(Id).max(maxBatch).optional(),
    roleIds: Ids.optional(),
    roleNames: Names.optional(),
    roleNameLike: Text(128).optional(),
    permissionNames: Names.optional(),
    includeProjectRoles: z.boolean().optional(),
  }),
)

export const RoleReply = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    permissionNames: z.array(z.string()),
    tenantId: z.string().meta({ description: 'Empty for a role of the project.' }),
    default: z
      .boolean()
      .meta({ description: 'Given to new users, or in a tenant to those who come into it, who are given no role by name.' }),
    private: z.boolean(),
    createdTime: z.int().meta({ description: 'Epoch seconds.' }),
  })
  .meta({ id: 'Role', description: 'A role of the project or of a tenant.' })
export const RolesReply = z.object({ roles: z.array(RoleReply) })

export function roleReply(role: RoleRecord): z.input<typeof RoleReply> {
  const { id, name, description, permissionNames, tenantId, isDefault, isPrivate, createdAt } = role
  return {
    id,
    name,
    description,
    permissionNames: [...permissionNames],
    tenantId,
    default: isDefault,
    private: isPrivate,
    createdTime: createdAt,
  }
}

export function newRole({ name, ...facts }: z.output<typeof CreateRole>): NewRole {
  return { name, ...factsOf(facts) }
}

export function roleUpdate({ id, name, newName, ...facts }: z.output<typeof UpdateRole>): RoleUpdate {
  return { id, name, newName: newName || undefined, ...factsOf(facts) }
}

function factsOf(facts: Omit<z.output<typeof CreateRole>, 'name'>) {
  const { description = '', permissionNames = [], tenantId = '', default: isDefault, private: isPrivate } = facts
  return { description, permissionNames, tenantId, isDefault, isPrivate }
}

export function roleName({ id, name, tenantId = '' }: z.output<typeof DeleteRole>): RoleName {
  return { id, name, tenantId }
}

export function roleNames({ roleNames: names = [], roleIds: ids = [], tenantId = '' }: z.output<typeof DeleteRoles>): readonly RoleName[] {
  return [...names.map((name) => ({ name, tenantId })), ...ids.map((id) => ({ id, tenantId }))]
}

/** An empty list or text is what clients send for no condition. */
export function roleQuery(body: z.output<typeof SearchRoles>): RoleQuery {
  const given = <T>(list: readonly T[] | undefined) => (list?.length ? list : undefined)
  return {
    tenantIds: given(body.tenantIds?.filter((id) => id !== '')),
    ids: given(body.roleIds),
    names: given(body.roleNames),
    nameLike: body.roleNameLike,
    permissionNames: body.permissionNames,
    includesProjectRoles: body.includeProjectRoles,
  }
}

export const CreatePermission = z.object({ name: GivenName(128), description: Description })
export const CreatePermissions = z.object({ permissions: z.array(CreatePermission).max(maxBatch) })
export const UpdatePermission = z.object({
  id: Id.optional(),
  name: OptionalName,
  newName: OptionalGivenName(128),
  description: Description,
})
export const UpdatePermissions = z.object({ permissions: z.array(UpdatePermission).max(maxBatch) })
export const DeletePermission = z.object({ id: Id.optional(), name: OptionalName })
export const DeletePermissions = z.object({ names: Names.optional(), ids: Ids.optional() })

export const PermissionReply = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    systemDefault: z.boolean().meta({ description: 'Built in: every project has it, and nobody changes it.' }),
  })
  .meta({ id: 'Permission', description: 'What a role lets its holders do.' })
export const PermissionsReply = z.object({ permissions: z.array(PermissionReply) })

export function permissionReply({ id, name, description, isBuiltIn }: Permission): z.input<typeof PermissionReply> {
  return { id, name, description, systemDefault: isBuiltIn }
}
