import type { Answer, Json, Kit } from '../../../test/kit.ts'

/** Calls about one test user, for tests. */
export interface TestUserKit {
  readonly user: Json
  generate(what: 'otp' | 'magiclink' | 'enchantedlink', body?: object): Promise<Answer>
  verifyCode(code: string, method?: string, body?: object): Promise<Answer>
  verifyLink(token: string): Promise<Answer>
  confirm(token: string): Promise<Answer>
  poll(pendingRef: string): Promise<Answer>
}

export const loginId = 'test@example.com'

/** The token of a link, whether it has a host or not. */
export const tokenOf = (link: string) => new URL(link, 'http://host.example').searchParams.get('t') ?? ''

/** Makes a test user whose address is not proven. */
export async function testUserKit(kit: Kit, name = loginId): Promise<TestUserKit> {
  const { user } = await kit.signUp(name, undefined, { isVerified: false })
  await kit.auth.deps.storage.users.update(kit.projectId, user.userId, { isTest: true, phone: '+15555555555' })
  return {
    user,
    generate: (what, body = {}) =>
      kit.manage(`/v1/mgmt/tests/generate/${what}`, { body: { loginId: name, deliveryMethod: 'email', ...body } }),
    verifyCode: (code, method = 'email', body = {}) =>
      kit.call(`/v1/auth/otp/verify/${method}`, { body: { loginId: name, code, ...body } }),
    verifyLink: (token) => kit.call('/v1/auth/magiclink/verify', { body: { token } }),
    confirm: (token) => kit.call('/v1/auth/enchantedlink/verify', { body: { token } }),
    poll: (pendingRef) => kit.call('/v1/auth/enchantedlink/pending-session', { body: { pendingRef } }),
  }
}
