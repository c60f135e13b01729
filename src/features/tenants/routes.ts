import { coreErrors } from '../../core/errors.ts'
import { type Callers, route } from '../../http/route.ts'
import { Empty } from '../../http/schemas.ts'
import { tenantErrors } from './errors.ts'
import { createTenant, deleteTenant, setDefaultRoles, type TenantCaller, updateTenant } from './manage.ts'
import {
  ChangeTenantSettings,
  CreatedTenant,
  CreateTenant,
  DefaultRoles,
  DeleteTenant,
  givenFacts,
  PatchTenant,
  SearchTenants,
  SettingsOfTenant,
  settingsChanges,
  settingsReply,
  TenantById,
  TenantReply,
  TenantSettingsReply,
  TenantsReply,
  tenantQuery,
  tenantReply,
  UpdateTenant,
  wholeFacts,
} from './schemas.ts'
import { loadTenant, searchTenants } from './search.ts'
import { changeTenantSettings, settingsOf } from './settings.ts'

const { InvalidArguments, ManagementForbidden, RoleNotFound, TenantNotFound } = coreErrors
const { TenantAlreadyExists } = tenantErrors

function from({ project, actor }: Callers['management']): TenantCaller {
  return { projectId: project.id, actor }
}

const write = { method: 'POST', access: 'management', reply: Empty } as const
const read = { access: 'management', effect: 'read', isTenantAware: true } as const

export const tenantRoutes = [
  route({
    ...write,
    path: '/v1/mgmt/tenant/create',
    summary: 'Make a tenant',
    body: CreateTenant,
    reply: CreatedTenant,
    errors: [TenantAlreadyExists, TenantNotFound, RoleNotFound],
    run: async ({ deps, caller, body: { id = '', parent = '', defaultRoles = [], ...facts } }) => {
      const tenant = { id, parentId: parent, defaultRoleNames: defaultRoles, facts: wholeFacts(facts) }
      return { id: (await createTenant(deps, { ...from(caller), ...tenant })).id }
    },
  }),
  route({
    ...write,
    path: '/v1/mgmt/tenant/update',
    summary: 'Overwrite a tenant: what is not sent is emptied',
    body: UpdateTenant,
    errors: [TenantNotFound, TenantAlreadyExists],
    run: async ({ deps, caller, body: { id, ...facts } }) => {
      await updateTenant(deps, { ...from(caller), id, facts: wholeFacts(facts) })
      return {}
    },
  }),
  route({
    ...write,
    method: 'PATCH',
    path: '/v1/mgmt/tenant/patch',
    summary: 'Change what is sent of a tenant',
    body: PatchTenant,
    errors: [TenantNotFound, TenantAlreadyExists],
    run: async ({ deps, caller, body: { id, ...facts } }) => {
      await updateTenant(deps, { ...from(caller), id, facts: givenFacts(facts) })
      return {}
    },
  }),
  route({
    ...write,
    path: '/v1/mgmt/tenant/updateDefaultRoles',
    summary: 'Set the roles that users get who come into a tenant',
    body: DefaultRoles,
    errors: [TenantNotFound, RoleNotFound],
    run: async ({ deps, caller, body: { id, defaultRoles } }) => {
      await setDefaultRoles(deps, { ...from(caller), id, roleNames: defaultRoles })
      return {}
    },
  }),
  route({
    ...write,
    path: '/v1/mgmt/tenant/delete',
    summary: 'Delete a tenant, on request with the users and access keys that are in no other',
    body: DeleteTenant,
    errors: [TenantNotFound],
    run: async ({ deps, caller, body: { id, cascade = false } }) => {
      await deleteTenant(deps, { ...from(caller), id, cascade })
      return {}
    },
  }),
  route({
    ...read,
    method: 'GET',
    path: '/v1/mgmt/tenant',
    summary: 'A tenant by its ID',
    query: TenantById,
    reply: TenantReply,
    errors: [TenantNotFound, ManagementForbidden],
    run: async ({ deps, caller, query: { id } }) => tenantReply(await loadTenant(deps, { ...caller, id })),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/v1/mgmt/tenant/all',
    summary: 'All tenants by name, at most 10 000',
    reply: TenantsReply,
    errors: [],
    run: async ({ deps, caller }) => ({ tenants: (await searchTenants(deps, { ...caller, query: {} })).map(tenantReply) }),
  }),
  route({
    ...read,
    method: 'POST',
    path: '/v1/mgmt/tenant/search',
    summary: 'Tenants that match by name, at most 10 000',
    body: SearchTenants,
    reply: TenantsReply,
    errors: [],
    run: async ({ deps, caller, body }) => ({
      tenants: (await searchTenants(deps, { ...caller, query: tenantQuery(body) })).map(tenantReply),
    }),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/v1/mgmt/tenant/settings',
    summary: 'Session settings of a tenant',
    query: SettingsOfTenant,
    reply: TenantSettingsReply,
    errors: [TenantNotFound, ManagementForbidden],
    run: async ({ deps, caller, query: { id } }) => settingsReply(settingsOf(caller, await loadTenant(deps, { ...caller, id }))),
  }),
  route({
    ...write,
    isTenantAware: true,
    path: '/v1/mgmt/tenant/settings',
    summary: 'Change session settings of a tenant: what is not sent stays',
    body: ChangeTenantSettings,
    errors: [TenantNotFound, InvalidArguments, ManagementForbidden],
    run: async ({ deps, caller, body }) => {
      await changeTenantSettings(deps, { ...caller, id: body.tenantId, changesFrom: (now) => settingsChanges(body, now) })
      return {}
    },
  }),
]
