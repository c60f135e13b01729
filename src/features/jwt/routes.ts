import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { AuthReply, CustomClaims, LoginId, LooseBoolean, orEmptyArray, SignUpUser, synonyms, Text } from '../../http/schemas.ts'
import { backEndReply } from '../../http/session-reply.ts'
import { startAnonymous } from './anonymous.ts'
import { jwtErrors } from './errors.ts'
import { impersonate, stopImpersonation } from './impersonate.ts'
import { signInVouched, signUpOrInVouched, signUpVouched } from './sign-in.ts'
import { updateToken } from './update.ts'

/** Tokens as a back end makes and changes them (`protocol/core.md` 7.5). Who can sign anybody in without a factor has a right of its own (MG-05). */

const { InvalidSession, SessionEnded, InvalidArguments, InvalidRequest, ManagedUserNotFound, UserDisabled, UserAlreadyExists } = coreErrors
const { TenantNotFound, RoleNotFound } = coreErrors

const TopLevelClaims = CustomClaims.meta({ description: 'Claims for the top level of the tokens.' }).optional()

/** Ten years, so that no expiry leaves 32 bits before 2028. */
const maxRefreshSeconds = 315_360_000
const RefreshDuration = z
  .int()
  .min(0)
  .max(maxRefreshSeconds)
  .optional()
  .meta({ description: 'Lifetime of the session in seconds; 0 or absent is that of the settings, or leaves the end as it is.' })

/** A token of ours; one with many tenants is longer than texts usually may be. */
const Token = Text(8192).min(1)
const tokenLimits = { maxBytes: 65_536, maxTextLength: 8192 }

const JwtReply = z.object({ jwt: z.string() })
const right = 'impersonation'
const identifiers = { identifier: 'loginId' }

/** The lifetime that a call asks for, if it asks for one. */
const secondsOf = (refreshDuration: number | undefined) => refreshDuration || undefined

const Session = {
  customClaims: TopLevelClaims,
  selectedTenant: Text(64).optional(),
  refreshDuration: RefreshDuration,
}

const impersonateRoutes = (['refresh', 'session'] as const).map((kind) =>
  route({
    method: 'POST',
    path: kind === 'refresh' ? '/v1/mgmt/impersonate' : '/v1/mgmt/impersonate/stepup',
    access: 'management',
    right,
    summary: kind === 'refresh' ? 'A refresh token of one user, for another who acts' : 'The same as a session token after a step-up',
    body: synonyms(
      identifiers,
      z.object({
        impersonatorId: LoginId.meta({ description: 'Login ID or user ID of who acts; needs the permission `Impersonate`.' }),
        loginId: LoginId.meta({ description: 'Login ID or user ID of the user who is acted as.' }),
        validateConsent: LooseBoolean.optional().meta({ description: 'Refused when true, because consent cannot be recorded.' }),
        stepup: LooseBoolean.optional().meta({ description: 'Answer a session token after a step-up, as the other path always does.' }),
        ...Session,
      }),
    ),
    reply: JwtReply,
    errors: [jwtErrors.ImpersonationRefused, jwtErrors.NoConsent, ManagedUserNotFound, UserDisabled, InvalidArguments],
    run: async ({ deps, caller: { project, actor }, body: { refreshDuration, stepup: wantsStepUp = false, ...body } }) => {
      const isStepUp = kind === 'session' || wantsStepUp
      const issued = await impersonate(deps, { ...body, project, actor, isStepUp, refreshSeconds: secondsOf(refreshDuration) })
      return { jwt: isStepUp ? issued.sessionJwt : issued.refreshJwt }
    },
  }),
)

/** Node has the flags in here, others beside it. */
const Verified = orEmptyArray(z.object({ verifiedEmail: LooseBoolean.optional(), verifiedPhone: LooseBoolean.optional() }))
const VouchedUser = synonyms({ displayName: 'name' }, z.intersection(SignUpUser, Verified))

const SignUpBody = synonyms(
  identifiers,
  z.object({
    loginId: LoginId,
    user: VouchedUser.optional(),
    emailVerified: LooseBoolean.optional(),
    phoneVerified: LooseBoolean.optional(),
    ssoAppId: Text(128).optional(),
    customClaims: TopLevelClaims,
    refreshDuration: RefreshDuration,
  }),
)

const signUpRoutes = (['signup', 'signup-in'] as const).map((name) =>
  route({
    method: 'POST',
    path: `/v1/mgmt/auth/${name}`,
    access: 'management',
    right,
    summary: name === 'signup' ? 'Sign a user up without a factor' : 'Sign a user up, or in when there is one, without a factor',
    body: SignUpBody,
    reply: AuthReply,
    errors: [
      ...(name === 'signup' ? [] : [UserDisabled, SessionEnded]),
      UserAlreadyExists,
      InvalidRequest,
      InvalidArguments,
      InvalidSession,
    ],
    run: async ({ deps, caller: { project, actor }, body }) => {
      const { loginId, user: details = {}, customClaims } = body
      const isEmailVerified = body.emailVerified ?? details.verifiedEmail
      const isPhoneVerified = body.phoneVerified ?? details.verifiedPhone
      const facts = { loginId, details, isEmailVerified, isPhoneVerified, customClaims, refreshSeconds: secondsOf(body.refreshDuration) }
      const signUp = name === 'signup' ? signUpVouched : signUpOrInVouched
      return backEndReply(await signUp(deps, { project, actor, ...facts }), project)
    },
  }),
)

export const jwtRoutes = [
  route({
    method: 'POST',
    path: '/v1/mgmt/jwt/update',
    access: 'management',
    summary: 'Set custom claims of a session or refresh token, and of those that follow it',
    body: z.object({ jwt: Token, customClaims: TopLevelClaims, refreshDuration: RefreshDuration }),
    bodyLimits: tokenLimits,
    reply: JwtReply,
    errors: [InvalidSession, SessionEnded, InvalidArguments],
    run: async ({ deps, caller: { project, actor }, body: { jwt: token, customClaims, refreshDuration } }) => ({
      jwt: await updateToken(deps, { project, actor, token, customClaims, refreshSeconds: secondsOf(refreshDuration) }),
    }),
  }),
  ...impersonateRoutes,
  route({
    method: 'POST',
    path: '/v1/mgmt/stop/impersonation',
    access: 'management',
    right,
    summary: 'End an impersonation: a refresh token of the user who acted',
    body: z.object({ jwt: Token, ...Session }),
    bodyLimits: tokenLimits,
    reply: JwtReply,
    errors: [InvalidSession, SessionEnded, InvalidArguments, ManagedUserNotFound],
    run: async ({ deps, caller: { project, actor }, body: { jwt: token, refreshDuration, ...body } }) => {
      const issued = await stopImpersonation(deps, { ...body, project, actor, token, refreshSeconds: secondsOf(refreshDuration) })
      return { jwt: issued.refreshJwt }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mgmt/auth/signin',
    access: 'management',
    right,
    summary: 'Sign a user in without a factor',
    body: synonyms(
      identifiers,
      z.object({
        loginId: LoginId,
        stepup: LooseBoolean.optional(),
        mfa: LooseBoolean.optional(),
        revokeOtherSessions: LooseBoolean.optional(),
        revokeOtherSessionsTypes: z.array(Text(64)).max(20).optional(),
        customClaims: TopLevelClaims,
        jwt: Token.optional().meta({ description: 'Refresh token of the session that `stepup` or `mfa` builds on.' }),
        refreshDuration: RefreshDuration,
        ssoAppId: Text(128).optional(),
      }),
    ),
    bodyLimits: tokenLimits,
    reply: AuthReply,
    errors: [ManagedUserNotFound, UserDisabled, InvalidSession, SessionEnded, InvalidArguments],
    run: async ({ deps, caller: { project, actor }, body }) => {
      const { loginId, stepup: stepUp, mfa, revokeOtherSessions, customClaims, jwt: refreshToken } = body
      const refreshSeconds = secondsOf(body.refreshDuration)
      const options = { stepUp, mfa, revokeOtherSessions, customClaims, refreshToken, refreshSeconds }
      return backEndReply(await signInVouched(deps, { project, actor, loginId, ...options }), project)
    },
  }),
  ...signUpRoutes,
  route({
    method: 'POST',
    path: '/v1/mgmt/auth/anonymous',
    access: 'management',
    right,
    summary: 'Open a session for somebody unknown',
    body: synonyms({ roleNames: 'roles' }, z.object({ ...Session, roles: z.array(Text(256).min(1)).max(200).optional() })),
    reply: AuthReply.omit({ user: true, firstSeen: true }),
    errors: [TenantNotFound, RoleNotFound, InvalidArguments, InvalidSession],
    run: async ({ deps, caller: { project, actor }, body: { roles: roleNames, refreshDuration, ...body } }) => {
      const issued = await startAnonymous(deps, { ...body, project, actor, roleNames, refreshSeconds: secondsOf(refreshDuration) })
      return backEndReply(issued, project)
    },
  }),
]
