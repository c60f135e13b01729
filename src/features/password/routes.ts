import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { publicWishes } from '../../core/message-wishes.ts'
import { policyAnswer } from '../../core/password/policy.ts'
import { route } from '../../http/route.ts'
import {
  AuthReply,
  Empty,
  LoginId,
  LoginOptions,
  LooseBoolean,
  Password,
  SignUpUser,
  synonyms,
  TemplateOptions,
  Text,
  UrlText,
} from '../../http/schemas.ts'
import { authReply, pendingReply, refreshCookieHeader, refreshCookieName } from '../../http/session-reply.ts'
import { passwordErrors } from './errors.ts'
import { resetPages } from './page.ts'
import { replacePassword } from './replace.ts'
import { sendReset } from './reset.ts'
import { signIn } from './sign-in.ts'
import { signUp } from './sign-up.ts'
import { updatePassword } from './update.ts'

const { WrongPassword, AccountLocked, MethodDisabled, PasswordExpired, ChangedMeanwhile } = passwordErrors
const {
  RateLimited,
  UserAlreadyExists,
  UserNotFound,
  UserDisabled,
  InvalidSession,
  SessionEnded,
  StaleSession,
  InvalidArguments,
  InvalidRequest,
  PolicyViolation,
  PasswordReused,
  RedirectRefused,
} = coreErrors

export const PolicyReply = z
  .object({
    minLength: z.int(),
    maxLength: z.int(),
    lowercase: z.boolean(),
    uppercase: z.boolean(),
    number: z.boolean(),
    nonAlphanumeric: z.boolean(),
    anyLetter: z.boolean(),
    disallowedCharacters: z.string(),
    disallowEmailMatch: z.boolean(),
    blocklist: z.boolean(),
    strengthScoreEnabled: z.boolean(),
    strengthScore: z.int(),
    expiration: z.boolean(),
    expirationWeeks: z.int(),
    reuse: z.boolean(),
    reuseAmount: z.int(),
  })
  .meta({ id: 'PasswordPolicy', description: 'Exactly what is enforced; lengths count Unicode code points.' })

export const passwordRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/password/signup',
    access: 'project',
    summary: 'Sign up with a login ID and a password',
    body: z.object({
      loginId: LoginId,
      password: Password.min(1),
      user: SignUpUser.optional(),
      loginOptions: LoginOptions.optional(),
      providerId: Text(128).optional(),
    }),
    reply: AuthReply,
    errors: [InvalidRequest, InvalidArguments, PolicyViolation, UserAlreadyExists, MethodDisabled, RateLimited],
    run: async ({ deps, caller, body, signal, header }) => {
      const { project, source } = caller
      const { loginId, password, loginOptions } = body
      const details = body.user ?? {}
      const wishes = { customClaims: loginOptions?.customClaims, wishes: publicWishes(loginOptions) }
      const signedUp = await signUp(deps, { project, source, signal, loginId, password, details, ...wishes })
      if ('pending' in signedUp) return pendingReply(signedUp.pending, project)
      return authReply(signedUp.issued, project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/password/signin',
    access: 'project',
    summary: 'Sign in with a login ID and a password',
    body: z.object({
      loginId: LoginId,
      password: Password,
      loginOptions: LoginOptions.optional(),
      providerId: Text(128).optional(),
      ssoAppId: Text(128).optional(),
    }),
    reply: AuthReply,
    errors: [
      WrongPassword,
      PasswordExpired,
      AccountLocked,
      UserNotFound,
      UserDisabled,
      MethodDisabled,
      InvalidSession,
      SessionEnded,
      RateLimited,
    ],
    run: async ({ deps, caller, body, signal, header }) => {
      const { project, source, token } = caller
      const { loginId, password, loginOptions: options } = body
      const issued = await signIn(deps, {
        ...{ project, source, signal, loginId, password, refreshToken: token },
        customClaims: options?.customClaims,
        tenantId: options?.tenantId,
        revokeOtherSessions: options?.revokeOtherSessions,
        stepUp: options?.stepup,
        mfa: options?.mfa,
      })
      return authReply(issued, project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/password/reset',
    access: 'project',
    summary: 'Send a link or a code to reset the password',
    body: synonyms(
      { redirectURL: 'redirectUrl' },
      z.object({
        loginId: LoginId,
        redirectUrl: UrlText.optional(),
        templateOptions: TemplateOptions.optional(),
        templateId: Text(128).optional(),
        providerId: Text(128).optional(),
        locale: Text(35).optional(),
        useRecovery: LooseBoolean.optional(),
      }),
    ),
    reply: z.object({
      resetMethod: z.enum(['magiclink', 'enchantedlink', 'otp']),
      maskedEmail: z.string(),
      pendingRef: z.string().meta({ description: 'With `enchantedlink`: what to poll with.' }),
      linkId: z.string().meta({ description: 'With `enchantedlink`: the number to show.' }),
    }),
    errors: [RedirectRefused, MethodDisabled],
    run: async ({ deps, caller: { project, source }, body }) => {
      const { loginId, redirectUrl } = body
      return sendReset(deps, { project, source, loginId, redirectUrl, wishes: publicWishes(body) })
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/password/update',
    access: 'refresh',
    summary: 'Set a new password with a refresh token',
    body: z.object({ loginId: LoginId, newPassword: Password.min(1) }),
    reply: Empty,
    errors: [
      PolicyViolation,
      PasswordReused,
      ChangedMeanwhile,
      InvalidArguments,
      StaleSession,
      MethodDisabled,
      InvalidSession,
      SessionEnded,
      RateLimited,
    ],
    run: async ({ deps, caller: { project, source, live }, body, signal }) => {
      await updatePassword(deps, { project, source, live, signal, ...body })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/password/replace',
    access: 'project',
    summary: 'Replace the old password with a new one',
    body: z.object({
      loginId: LoginId,
      oldPassword: Password,
      newPassword: Password.min(1),
      revokeOtherSessions: z.boolean().optional(),
      revokeOtherSessionsTypes: z.array(Text(64)).max(20).optional(),
    }),
    reply: AuthReply,
    errors: [
      ...[
        WrongPassword,
        PolicyViolation,
        PasswordReused,
        ChangedMeanwhile,
        AccountLocked,
        UserNotFound,
        UserDisabled,
        MethodDisabled,
        RateLimited,
      ],
      InvalidSession,
    ],
    run: async ({ deps, caller: { project, source }, body, signal, header }) => {
      const { loginId, oldPassword, newPassword } = body
      const issued = await replacePassword(deps, { project, source, signal, loginId, oldPassword, newPassword })
      return authReply(issued, project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
    },
  }),
  route({
    method: 'GET',
    path: '/v1/auth/password/policy',
    access: 'project',
    summary: 'The password policy that is enforced',
    reply: PolicyReply,
    errors: [],
    run: async ({ caller: { project } }) => policyAnswer(project.settings.password),
  }),
  ...resetPages,
]
