import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { assertWhollyInReach, findManagedUser } from '../../core/managed-users.ts'
import { route } from '../../http/route.ts'
import { CustomClaims, LoginId, LoginOptions, LooseBoolean, SignUpUser, synonyms } from '../../http/schemas.ts'
import { createSignInToken, createSignUpToken, maxEmbeddedSeconds } from './create.ts'

/** Tokens that a back end hands to a user by its own means (`protocol/core.md` 7.6); redeemed at `magiclink/verify`. Making them is a right of its own (MG-05). */

const identifiers = { identifier: 'loginId' }
/** The Python SDK sends the names of its own members. */
const names = { displayName: 'name', given_name: 'givenName', middle_name: 'middleName', family_name: 'familyName' }
const right = 'embeddedLinks'
const { InvalidArguments, SignInMethodDisabled, ManagedUserNotFound } = coreErrors

const Timeout = z
  .int()
  .min(0)
  .optional()
  .meta({ description: `Seconds that the token lives, at most ${maxEmbeddedSeconds}; 0 or absent is what the settings say.` })
const TokenReply = z.object({ token: z.string() })

export const embeddedLinkRoutes = [
  route({
    method: 'POST',
    path: '/v1/mgmt/user/signin/embeddedlink',
    access: 'management',
    right,
    isTenantAware: true,
    summary: 'Make a token that signs a user in, once',
    body: synonyms(
      identifiers,
      z.object({
        loginId: LoginId.meta({ description: 'Login ID, or user ID where no such login ID exists.' }),
        customClaims: CustomClaims.meta({ description: 'Claims for the top level of the tokens.' }).optional(),
        timeout: Timeout,
      }),
    ),
    reply: TokenReply,
    errors: [ManagedUserNotFound, coreErrors.UserDisabled, InvalidArguments, SignInMethodDisabled],
    run: async ({ deps, caller: { project, actor, rights }, body: { loginId, customClaims, timeout: timeoutSeconds } }) => {
      const account = await findManagedUser(deps, { projectId: project.id, loginId, rights })
      assertWhollyInReach(rights, project, account)
      return { token: await createSignInToken(deps, { project, actor, rights, account, customClaims, timeoutSeconds }) }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/user/signup/embeddedlink',
    access: 'management',
    right,
    summary: 'Make a token that makes a user and signs them in, once',
    body: synonyms(
      identifiers,
      z.object({
        loginId: LoginId,
        user: synonyms(names, SignUpUser).optional(),
        emailVerified: LooseBoolean.optional(),
        phoneVerified: LooseBoolean.optional(),
        loginOptions: LoginOptions.optional().meta({ description: 'Of these, `customClaims`: for the top level of the tokens.' }),
        timeout: Timeout,
      }),
    ),
    reply: TokenReply,
    errors: [coreErrors.UserAlreadyExists, coreErrors.InvalidRequest, ManagedUserNotFound, InvalidArguments, SignInMethodDisabled],
    run: async ({ deps, caller: { project, actor }, body }) => {
      const { loginId, user: details = {}, emailVerified: isEmailVerified, phoneVerified: isPhoneVerified, loginOptions } = body
      const user = { loginId, details, isEmailVerified, isPhoneVerified }
      const options = { customClaims: loginOptions?.customClaims, timeoutSeconds: body.timeout }
      return { token: await createSignUpToken(deps, { project, actor, user, ...options }) }
    },
  }),
]
