import { empty, freshName, type RowRequest, type Rows, type World } from './row.ts'

/** A tenant that the user of the cell is in. */
async function ownTenant({ kit, user }: World): Promise<RowRequest> {
  const { body } = await kit.manage('/v1/mgmt/tenant/create', { body: { name: freshName('tenant') } })
  await kit.auth.deps.storage.grants.join(kit.projectId, user.userId, body.id)
  return { body: { tenant: body.id } }
}

export const rows: Rows = {
  'POST /v1/auth/refresh': { access: 'refreshToken', request: empty },
  'POST /v1/auth/try-refresh': { access: 'refreshToken', request: empty },
  'POST /v1/auth/logout': { access: 'refreshToken', request: empty },
  'POST /v1/auth/logoutall': { access: 'refreshToken', request: empty },
  'GET /v1/auth/me': { access: 'refresh' },
  'GET /v1/auth/me/history': { access: 'refresh' },
  'POST /v1/auth/me/tenants': { access: 'refresh', request: empty },
  'POST /v1/auth/tenant/select': { access: 'refresh', request: ownTenant },
  'POST /v1/auth/validate': { access: 'session', request: empty },
}
