import { goodPassword } from '../../kit.ts'
import { aLink, freshLoginId, freshName, freshUser, newPassword, type Rows, type World } from './row.ts'

const freshOwner = async (world: World) => ({ body: { loginId: await freshUser(world), password: newPassword } })

/** Settings of a tenant that was just made: those of the project ask for a right. */
async function ownTenant({ kit }: World) {
  const { body } = await kit.manage('/v1/mgmt/tenant/create', { body: { name: freshName('tenant') } })
  return { body: { tenantId: body.id, minLength: 9 } }
}

export const rows: Rows = {
  'POST /v1/auth/password/signup': { access: 'project', request: () => ({ body: { loginId: freshLoginId(), password: goodPassword } }) },
  'POST /v1/auth/password/signin': {
    access: 'project',
    request: ({ user }) => ({ body: { loginId: user.loginId, password: goodPassword } }),
  },
  'POST /v1/auth/password/reset': { access: 'project', request: ({ user }) => ({ body: { loginId: user.loginId } }) },
  'POST /v1/auth/password/update': { access: 'refresh', request: ({ user }) => ({ body: { loginId: user.loginId, newPassword } }) },
  'POST /v1/auth/password/replace': {
    access: 'project',
    request: async (world) => ({ body: { loginId: await freshUser(world), oldPassword: goodPassword, newPassword } }),
  },
  'POST /v1/mgmt/user/password/set': { access: 'management', right: 'activePasswords', isTenantAware: true, request: freshOwner },
  'POST /v1/mgmt/user/password/set/temporary': { access: 'management', right: 'activePasswords', isTenantAware: true, request: freshOwner },
  'POST /v1/mgmt/user/password/set/active': {
    access: 'management',
    right: 'activePasswords',
    isTenantAware: true,
    request: freshOwner,
  },
  'POST /v1/mgmt/user/password/expire': { access: 'management', isTenantAware: true, request: freshOwner },
  'GET /v1/auth/password/policy': { access: 'project' },
  'GET /v1/mgmt/password/settings': { access: 'management', isTenantAware: true },
  'POST /v1/mgmt/password/settings': { access: 'management', isTenantAware: true, request: ownTenant },
  'GET /v1/mgmt/password/hashes': { access: 'management' },
  'GET /reset/{projectId}': { access: 'open', request: () => ({ path: `?t=${aLink}` }) },
  'POST /reset/{projectId}': { access: 'open', request: () => ({ form: { t: aLink, password: newPassword } }) },
}
