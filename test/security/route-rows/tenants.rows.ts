import { freshName, type Rows, type World } from './row.ts'

/** The ID of a tenant that was just made. */
async function freshTenant({ kit }: World): Promise<string> {
  const { body } = await kit.manage('/v1/mgmt/tenant/create', { body: { name: freshName('tenant') } })
  return body.id
}

const ofTenants = { access: 'management', isTenantAware: true } as const
const ofProject = { access: 'management' } as const

export const rows: Rows = {
  'POST /v1/mgmt/tenant/create': { ...ofProject, request: () => ({ body: { name: freshName('tenant') } }) },
  'POST /v1/mgmt/tenant/update': {
    ...ofProject,
    request: async (world) => ({ body: { id: await freshTenant(world), name: freshName('tenant') } }),
  },
  'PATCH /v1/mgmt/tenant/patch': { ...ofProject, request: async (world) => ({ body: { id: await freshTenant(world) } }) },
  'POST /v1/mgmt/tenant/updateDefaultRoles': {
    ...ofProject,
    request: async (world) => ({ body: { id: await freshTenant(world), defaultRoles: [] } }),
  },
  'POST /v1/mgmt/tenant/delete': { ...ofProject, request: async (world) => ({ body: { id: await freshTenant(world), cascade: true } }) },
  'GET /v1/mgmt/tenant': { ...ofTenants, request: async (world) => ({ path: `?id=${await freshTenant(world)}` }) },
  'GET /v1/mgmt/tenant/all': ofTenants,
  'POST /v1/mgmt/tenant/search': { ...ofTenants, effect: 'read', request: () => ({ body: {} }) },
  'GET /v1/mgmt/tenant/settings': { ...ofTenants, request: async (world) => ({ path: `?id=${await freshTenant(world)}` }) },
  'POST /v1/mgmt/tenant/settings': { ...ofTenants, request: async (world) => ({ body: { tenantId: await freshTenant(world) } }) },
}
