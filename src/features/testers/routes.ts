import { z } from 'zod'
import { deliveryMethods } from '../../core/delivery-methods.ts'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { LoginId, LoginOptions, synonyms, UrlText } from '../../http/schemas.ts'
import { testUserErrors } from './errors.ts'
import { generateCode, generateEnchantedLink, generateMagicLink, type TestOptions } from './generate.ts'

/** Codes and links of test users, for the tests of an application (`protocol/core.md` 7.6). Getting them is a right of its own (MG-05). */

const right = 'testCodes'
const names = { identifier: 'loginId', redirectUrl: 'URI', uri: 'URI' }

/** Written with a capital in some SDKs. */
const Method = z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(deliveryMethods))

const ForUser = z.object({
  loginId: LoginId.meta({ description: 'Login ID, or user ID where no such login ID exists.' }),
  loginOptions: LoginOptions.optional().meta({
    description: 'As the user would send them; `jwt` is the session that `stepup` and `mfa` build on.',
  }),
})
const WithUri = { URI: UrlText.optional().meta({ description: 'Where the link leads.' }) }

const errors = [
  ...[coreErrors.ManagedUserNotFound, testUserErrors.NotTestUser, coreErrors.UserDisabled, coreErrors.SignInMethodDisabled],
  ...[coreErrors.InvalidSession, coreErrors.SessionEnded],
]

function optionsOf(given: LoginOptions | undefined): TestOptions {
  const { customClaims, stepup: stepUp, mfa, revokeOtherSessions, jwt: refreshToken, tenantId } = given ?? {}
  return { customClaims, stepUp, mfa, revokeOtherSessions, refreshToken, tenantId }
}

export const testUserRoutes = [
  route({
    method: 'POST',
    path: '/v1/mgmt/tests/generate/otp',
    access: 'management',
    right,
    summary: 'A one-time code for a test user',
    body: synonyms(names, ForUser.extend({ deliveryMethod: Method })),
    reply: z.object({ loginId: z.string(), code: z.string() }),
    errors,
    run: async ({ deps, caller: { project, actor }, body: { loginId, deliveryMethod: method, loginOptions } }) => ({
      loginId,
      code: await generateCode(deps, { project, actor, loginId, method, options: optionsOf(loginOptions) }),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/tests/generate/magiclink',
    access: 'management',
    right,
    summary: 'A magic link for a test user',
    body: synonyms(names, ForUser.extend({ deliveryMethod: Method, ...WithUri })),
    reply: z.object({ loginId: z.string(), link: z.string() }),
    errors: [...errors, coreErrors.InvalidArguments],
    run: async ({ deps, caller: { project, actor }, body: { loginId, deliveryMethod: method, loginOptions, URI: uri } }) => ({
      loginId,
      link: await generateMagicLink(deps, { project, actor, loginId, method, uri, options: optionsOf(loginOptions) }),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/tests/generate/enchantedlink',
    access: 'management',
    right,
    summary: 'An enchanted link for a test user, and the reference to wait with',
    body: synonyms(names, ForUser.extend(WithUri)),
    reply: z.object({ loginId: z.string(), link: z.string(), pendingRef: z.string() }),
    errors: [...errors, coreErrors.InvalidArguments],
    run: async ({ deps, caller: { project, actor }, body: { loginId, loginOptions, URI: uri } }) => {
      const options = optionsOf(loginOptions)
      return { loginId, ...(await generateEnchantedLink(deps, { project, actor, loginId, method: 'email', uri, options })) }
    },
  }),
]
