import { coreErrors } from '../../core/errors.ts'
import { batchLimits } from '../../http/body.ts'
import { type Callers, route } from '../../http/route.ts'
import { Empty } from '../../http/schemas.ts'
import { only } from './change.ts'
import { roleErrors } from './errors.ts'
import { createRoles, deleteRoles, type RoleCaller, searchRoles, updateRoles } from './roles.ts'
import {
  CreateRole,
  CreateRoles,
  DeleteRole,
  DeleteRoles,
  newRole,
  RoleReply,
  RolesReply,
  roleName,
  roleNames,
  roleQuery,
  roleReply,
  roleUpdate,
  SearchRoles,
  UpdateRole,
  UpdateRoles,
} from './schemas.ts'

const { InvalidArguments, ManagementForbidden, RoleNotFound, TenantNotFound } = coreErrors
const { RoleAlreadyExists, PermissionNotFound } = roleErrors

function from({ project, actor, rights }: Callers['management']): RoleCaller {
  return { projectId: project.id, actor, rights }
}

const write = { method: 'POST', access: 'management', isTenantAware: true } as const
const batch = { ...write, bodyLimits: batchLimits } as const
const creation = { errors: [RoleAlreadyExists, PermissionNotFound, TenantNotFound, ManagementForbidden, InvalidArguments] } as const
const update = { errors: [RoleNotFound, RoleAlreadyExists, PermissionNotFound, ManagementForbidden] } as const
const deletion = { reply: Empty, errors: [RoleNotFound, InvalidArguments, ManagementForbidden] } as const

export const roleRoutes = [
  route({
    ...write,
    ...creation,
    path: '/v1/mgmt/role/create',
    summary: 'Make a role of the project or of a tenant',
    body: CreateRole,
    reply: RoleReply,
    run: async ({ deps, caller, body }) => roleReply(only(await createRoles(deps, { ...from(caller), roles: [newRole(body)] }))),
  }),
  route({
    ...batch,
    ...creation,
    path: '/v1/mgmt/role/create/batch',
    summary: 'Make roles, all or none',
    body: CreateRoles,
    reply: RolesReply,
    run: async ({ deps, caller, body }) => ({
      roles: (await createRoles(deps, { ...from(caller), roles: body.roles.map(newRole) })).map(roleReply),
    }),
  }),
  route({
    ...write,
    ...update,
    path: '/v1/mgmt/role/update',
    summary: 'Change a role; whoever holds it keeps it',
    body: UpdateRole,
    reply: RoleReply,
    run: async ({ deps, caller, body }) => roleReply(only(await updateRoles(deps, { ...from(caller), roles: [roleUpdate(body)] }))),
  }),
  route({
    ...batch,
    ...update,
    path: '/v1/mgmt/role/update/batch',
    summary: 'Change roles, all or none',
    body: UpdateRoles,
    reply: RolesReply,
    run: async ({ deps, caller, body }) => ({
      roles: (await updateRoles(deps, { ...from(caller), roles: body.roles.map(roleUpdate) })).map(roleReply),
    }),
  }),
  route({
    ...write,
    ...deletion,
    path: '/v1/mgmt/role/delete',
    summary: 'Delete a role; nobody holds it afterwards',
    body: DeleteRole,
    run: async ({ deps, caller, body }) => {
      await deleteRoles(deps, { ...from(caller), roles: [roleName(body)] })
      return {}
    },
  }),
  route({
    ...batch,
    ...deletion,
    path: '/v1/mgmt/role/delete/batch',
    summary: 'Delete roles, all or none',
    body: DeleteRoles,
    run: async ({ deps, caller, body }) => {
      await deleteRoles(deps, { ...from(caller), roles: roleNames(body) })
      return {}
    },
  }),
  route({
    method: 'GET',
    access: 'management',
    isTenantAware: true,
    path: '/v1/mgmt/role/all',
    summary: 'Roles of the project and of all tenants',
    reply: RolesReply,
    errors: [],
    run: async ({ deps, caller }) => ({ roles: (await searchRoles(deps, { ...from(caller), query: {} })).map(roleReply) }),
  }),
  route({
    ...write,
    effect: 'read',
    path: '/v1/mgmt/role/search',
    summary: 'Roles that match',
    body: SearchRoles,
    reply: RolesReply,
    errors: [],
    run: async ({ deps, caller, body }) => ({
      roles: (await searchRoles(deps, { ...from(caller), query: roleQuery(body) })).map(roleReply),
    }),
  }),
]
