import { z } from 'zod'
import { deliveryMethods } from '../../core/delivery-methods.ts'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { AuthReply, LoginId, Text } from '../../http/schemas.ts'
import { authReply, refreshCookieHeader, refreshCookieName } from '../../http/session-reply.ts'
import { otpErrors } from './errors.ts'
import { otpStartRoutes } from './start-routes.ts'
import { otpUpdateRoutes } from './update-routes.ts'
import { verifyCode } from './verify.ts'

export const otpRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/otp/verify/{method}',
    access: 'project',
    summary: 'Redeem a one-time code and sign in',
    params: z.object({ method: z.enum(deliveryMethods) }),
    body: z.object({ loginId: LoginId, code: Text(16).min(1).meta({ description: 'Six digits.' }) }),
    reply: AuthReply,
    errors: [
      ...[otpErrors.WrongCode, otpErrors.TooManyCodes, coreErrors.RateLimited],
      ...[coreErrors.SignInMethodDisabled, coreErrors.UserDisabled, coreErrors.InvalidSession, coreErrors.SessionEnded],
    ],
    limit: { max: 100, perSeconds: 60 },
    run: async ({ deps, caller: { project, source }, params: { method }, body: { loginId, code }, header }) => {
      const issued = await verifyCode(deps, { project, source, method, loginId, code })
      return authReply(issued, project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
    },
  }),
  ...otpStartRoutes,
  ...otpUpdateRoutes,
]
