import { freshName, type Rows, type World } from './row.ts'

/** The name of a role that was just made. */
async function freshRole({ kit }: World): Promise<string> {
  const name = freshName('role')
  await kit.manage('/v1/mgmt/role/create', { body: { name } })
  return name
}

async function freshPermission({ kit }: World): Promise<string> {
  const name = freshName('permission')
  await kit.manage('/v1/mgmt/permission/create', { body: { name } })
  return name
}

const ofTenants = { access: 'management', isTenantAware: true } as const
const ofProject = { access: 'management' } as const

export const rows: Rows = {
  'POST /v1/mgmt/role/create': { ...ofTenants, request: () => ({ body: { name: freshName('role') } }) },
  'POST /v1/mgmt/role/create/batch': { ...ofTenants, request: () => ({ body: { roles: [{ name: freshName('role') }] } }) },
  'POST /v1/mgmt/role/update': { ...ofTenants, request: async (world) => ({ body: { name: await freshRole(world) } }) },
  'POST /v1/mgmt/role/update/batch': { ...ofTenants, request: async (world) => ({ body: { roles: [{ name: await freshRole(world) }] } }) },
  'POST /v1/mgmt/role/delete': { ...ofTenants, request: async (world) => ({ body: { name: await freshRole(world) } }) },
  'POST /v1/mgmt/role/delete/batch': { ...ofTenants, request: async (world) => ({ body: { roleNames: [await freshRole(world)] } }) },
  'GET /v1/mgmt/role/all': ofTenants,
  'POST /v1/mgmt/role/search': { ...ofTenants, effect: 'read', request: () => ({ body: {} }) },
  'POST /v1/mgmt/permission/create': { ...ofProject, request: () => ({ body: { name: freshName('permission') } }) },
  'POST /v1/mgmt/permission/create/batch': {
    ...ofProject,
    request: () => ({ body: { permissions: [{ name: freshName('permission') }] } }),
  },
  'POST /v1/mgmt/permission/update': { ...ofProject, request: async (world) => ({ body: { name: await freshPermission(world) } }) },
  'POST /v1/mgmt/permission/update/batch': {
    ...ofProject,
    request: async (world) => ({ body: { permissions: [{ name: await freshPermission(world) }] } }),
  },
  'POST /v1/mgmt/permission/delete': { ...ofProject, request: async (world) => ({ body: { name: await freshPermission(world) } }) },
  'POST /v1/mgmt/permission/delete/batch': {
    ...ofProject,
    request: async (world) => ({ body: { names: [await freshPermission(world)] } }),
  },
  'GET /v1/mgmt/permission/all': ofTenants,
}
