import { freshLoginId, freshUser, type Rows, type World } from './row.ts'

/** Two users, of whom one may act as the other. */
async function impersonation(world: World) {
  const { kit } = world
  const [impersonatorId, loginId] = [freshLoginId(), await freshUser(world)]
  const { user } = await kit.signUp(impersonatorId)
  const facts = { description: '', isDefault: false, isPrivate: false, createdAt: kit.clock.nowSeconds() }
  const role = {
    projectId: kit.projectId,
    id: `R${user.userId}`,
    tenantId: '',
    name: user.userId,
    permissionNames: ['Impersonate'],
    ...facts,
  }
  await kit.auth.deps.storage.roles.insert(role)
  await kit.auth.deps.storage.grants.give(kit.projectId, user.userId, [{ tenantId: '', roleId: role.id }])
  return { body: { impersonatorId, loginId } }
}

const row = { access: 'management', right: 'impersonation' } as const

export const rows: Rows = {
  'POST /v1/mgmt/jwt/update': { access: 'management', request: ({ user }) => ({ body: { jwt: user.refreshJwt, customClaims: { a: 1 } } }) },
  'POST /v1/mgmt/impersonate': { ...row, request: impersonation },
  'POST /v1/mgmt/impersonate/stepup': { ...row, request: impersonation },
  'POST /v1/mgmt/stop/impersonation': {
    ...row,
    request: async (world) => {
      const { body } = await world.kit.manage('/v1/mgmt/impersonate', await impersonation(world))
      return { body: { jwt: body.jwt } }
    },
  },
  'POST /v1/mgmt/auth/signin': { ...row, request: async (world) => ({ body: { loginId: await freshUser(world) } }) },
  'POST /v1/mgmt/auth/signup': { ...row, request: () => ({ body: { loginId: freshLoginId() } }) },
  'POST /v1/mgmt/auth/signup-in': { ...row, request: () => ({ body: { loginId: freshLoginId() } }) },
  'POST /v1/mgmt/auth/anonymous': { ...row, request: () => ({ body: {} }) },
}
