import { coreErrors } from '../../core/errors.ts'
import { batchLimits } from '../../http/body.ts'
import { type Callers, route } from '../../http/route.ts'
import { Empty } from '../../http/schemas.ts'
import { only } from './change.ts'
import { roleErrors } from './errors.ts'
import { createPermissions, deletePermissions, listPermissions, type PermissionCaller, updatePermissions } from './permissions.ts'
import {
  CreatePermission,
  CreatePermissions,
  DeletePermission,
  DeletePermissions,
  PermissionReply,
  PermissionsReply,
  permissionReply,
  UpdatePermission,
  UpdatePermissions,
} from './schemas.ts'

const { PermissionNotFound, PermissionAlreadyExists, PermissionIsBuiltIn } = roleErrors

function from({ project, actor }: Callers['management']): PermissionCaller {
  return { projectId: project.id, actor }
}

const write = { method: 'POST', access: 'management' } as const
const batch = { ...write, bodyLimits: batchLimits } as const
const creation = { errors: [PermissionAlreadyExists, coreErrors.InvalidArguments] } as const
const update = { errors: [PermissionNotFound, PermissionAlreadyExists, PermissionIsBuiltIn] } as const
const deletion = { reply: Empty, errors: [PermissionNotFound, PermissionIsBuiltIn, coreErrors.InvalidArguments] } as const

export const permissionRoutes = [
  route({
    ...write,
    ...creation,
    path: '/v1/mgmt/permission/create',
    summary: 'Make a permission',
    body: CreatePermission,
    reply: PermissionReply,
    run: async ({ deps, caller, body: { name, description = '' } }) =>
      permissionReply(only(await createPermissions(deps, { ...from(caller), permissions: [{ name, description }] }))),
  }),
  route({
    ...batch,
    ...creation,
    path: '/v1/mgmt/permission/create/batch',
    summary: 'Make permissions, all or none',
    body: CreatePermissions,
    reply: PermissionsReply,
    run: async ({ deps, caller, body }) => {
      const permissions = body.permissions.map(({ name, description = '' }) => ({ name, description }))
      return { permissions: (await createPermissions(deps, { ...from(caller), permissions })).map(permissionReply) }
    },
  }),
  route({
    ...write,
    ...update,
    path: '/v1/mgmt/permission/update',
    summary: 'Rename and describe a permission; roles that hold it follow',
    body: UpdatePermission,
    reply: PermissionReply,
    run: async ({ deps, caller, body }) =>
      permissionReply(only(await updatePermissions(deps, { ...from(caller), permissions: [updateOf(body)] }))),
  }),
  route({
    ...batch,
    ...update,
    path: '/v1/mgmt/permission/update/batch',
    summary: 'Rename and describe permissions, all or none',
    body: UpdatePermissions,
    reply: PermissionsReply,
    run: async ({ deps, caller, body }) => ({
      permissions: (await updatePermissions(deps, { ...from(caller), permissions: body.permissions.map(updateOf) })).map(permissionReply),
    }),
  }),
  route({
    ...write,
    ...deletion,
    path: '/v1/mgmt/permission/delete',
    summary: 'Delete a permission; no role holds it afterwards',
    body: DeletePermission,
    run: async ({ deps, caller, body }) => {
      await deletePermissions(deps, { ...from(caller), permissions: [body] })
      return {}
    },
  }),
  route({
    ...batch,
    ...deletion,
    path: '/v1/mgmt/permission/delete/batch',
    summary: 'Delete permissions, all or none',
    body: DeletePermissions,
    run: async ({ deps, caller, body: { names = [], ids = [] } }) => {
      const permissions = [...names.map((name) => ({ name })), ...ids.map((id) => ({ id }))]
      await deletePermissions(deps, { ...from(caller), permissions })
      return {}
    },
  }),
  route({
    method: 'GET',
    access: 'management',
    isTenantAware: true,
    path: '/v1/mgmt/permission/all',
    summary: 'Permissions, those first that are built in',
    reply: PermissionsReply,
    errors: [],
    run: async ({ deps, caller }) => ({ permissions: (await listPermissions(deps, caller.project.id)).map(permissionReply) }),
  }),
]

function updateOf(body: {
  id?: string | undefined
  name?: string | undefined
  newName?: string | undefined
  description?: string | undefined
}) {
  const { id, name, newName, description = '' } = body
  return { id, name, newName: newName || undefined, description }
}
