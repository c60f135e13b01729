import { aLink, freshLink, freshLinkToken, freshLoginId, freshUser, type Rows, type World } from './row.ts'

const signIn = async (world: World) => ({ body: { loginId: await freshUser(world) } })
const newEmail = ({ user }: World) => ({ body: { loginId: user.loginId, email: freshLoginId() } })
const newPhone = ({ user }: World) => ({ body: { loginId: user.loginId, phone: '+15555550142' } })
const signUp = () => ({ body: { loginId: freshLoginId() } })

export const rows: Rows = {
  'POST /v1/auth/magiclink/verify': { access: 'project', request: freshLink },
  'POST /v1/auth/magiclink/signin/{method}': { access: 'project', request: signIn },
  'POST /v1/auth/magiclink/signup/{method}': { access: 'project', request: signUp },
  'POST /v1/auth/magiclink/signup-in/{method}': { access: 'project', request: signUp },
  'POST /v1/auth/magiclink/update/email': { access: 'refresh', request: newEmail },
  'POST /v1/auth/magiclink/update/phone': { access: 'refresh', request: newPhone },
  'POST /v1/auth/magiclink/update/phone/{method}': { access: 'refresh', request: newPhone },
  'GET /signin/{projectId}': { access: 'open', request: () => ({ path: `?t=${aLink}` }) },
  'POST /signin/{projectId}': { access: 'open', request: async (world) => ({ form: { t: await freshLinkToken(world) } }) },
  'GET /verify/{projectId}': { access: 'open', request: () => ({ path: `?t=${aLink}` }) },
  'POST /verify/{projectId}': { access: 'open', request: () => ({ form: { t: aLink } }) },
}
