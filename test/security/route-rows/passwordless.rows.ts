import { aLink, freshLoginId, freshTestUser, freshUser, type Rows, type World } from './row.ts'

async function enchantedLink(world: World): Promise<{ readonly token: string; readonly pendingRef: string }> {
  const { body } = await world.kit.manage('/v1/mgmt/tests/generate/enchantedlink', { body: { loginId: await freshTestUser(world) } })
  return { token: body.link.split('?t=')[1], pendingRef: body.pendingRef }
}

const signIn = async (world: World) => ({ body: { loginId: await freshUser(world) } })
const signUp = () => ({ body: { loginId: freshLoginId() } })

const generate = { access: 'management', right: 'testCodes' } as const
const embedded = { access: 'management', right: 'embeddedLinks' } as const

export const rows: Rows = {
  'POST /v1/auth/enchantedlink/signin/email': { access: 'project', request: signIn },
  'POST /v1/auth/enchantedlink/signup/email': { access: 'project', request: signUp },
  'POST /v1/auth/enchantedlink/signup-in/email': { access: 'project', request: signUp },
  'POST /v1/auth/enchantedlink/update/email': {
    access: 'refresh',
    request: ({ user }) => ({ body: { loginId: user.loginId, email: freshLoginId() } }),
  },
  'POST /v1/auth/otp/update/email': {
    access: 'refresh',
    request: ({ user }) => ({ body: { loginId: user.loginId, email: freshLoginId() } }),
  },
  'POST /v1/auth/otp/update/phone/{method}': {
    access: 'refresh',
    request: ({ user }) => ({ body: { loginId: user.loginId, phone: '+15555550143' } }),
  },
  'GET /confirm/{projectId}': { access: 'open', request: () => ({ path: `?t=${aLink}` }) },
  'POST /confirm/{projectId}': { access: 'open', request: async (world) => ({ form: { t: (await enchantedLink(world)).token } }) },
  'POST /v1/auth/otp/signin/{method}': { access: 'project', request: signIn },
  'POST /v1/auth/otp/signup/{method}': { access: 'project', request: signUp },
  'POST /v1/auth/otp/signup-in/{method}': { access: 'project', request: signUp },
  'POST /v1/auth/otp/verify/{method}': {
    access: 'project',
    request: async (world) => {
      const loginId = await freshTestUser(world)
      const { body } = await world.kit.manage('/v1/mgmt/tests/generate/otp', { body: { loginId, deliveryMethod: 'email' } })
      return { body: { loginId, code: body.code } }
    },
  },
  'POST /v1/auth/enchantedlink/verify': {
    access: 'project',
    request: async (world) => ({ body: { token: (await enchantedLink(world)).token } }),
  },
  'POST /v1/auth/enchantedlink/pending-session': {
    access: 'project',
    request: async (world) => {
      const { token, pendingRef } = await enchantedLink(world)
      await world.kit.call('/v1/auth/enchantedlink/verify', { body: { token } })
      return { body: { pendingRef } }
    },
  },
  'POST /v1/mgmt/user/signin/embeddedlink': {
    ...embedded,
    isTenantAware: true,
    request: async (world) => ({ body: { loginId: await freshUser(world) } }),
  },
  'POST /v1/mgmt/user/signup/embeddedlink': { ...embedded, request: () => ({ body: { loginId: freshLoginId() } }) },
  'POST /v1/mgmt/tests/generate/otp': {
    ...generate,
    request: async (world) => ({ body: { loginId: await freshTestUser(world), deliveryMethod: 'sms' } }),
  },
  'POST /v1/mgmt/tests/generate/magiclink': {
    ...generate,
    request: async (world) => ({ body: { loginId: await freshTestUser(world), deliveryMethod: 'email' } }),
  },
  'POST /v1/mgmt/tests/generate/enchantedlink': {
    ...generate,
    request: async (world) => ({ body: { loginId: await freshTestUser(world) } }),
  },
}
