import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { AuthReply, LinkToken } from '../../http/schemas.ts'
import { authReply, refreshCookieHeader, refreshCookieName } from '../../http/session-reply.ts'
import { verifyPages } from './page.ts'
import { signInPages } from './sign-in-page.ts'
import { magicLinkStartRoutes } from './start-routes.ts'
import { magicLinkUpdateRoutes } from './update-routes.ts'
import { verifyLink } from './verify.ts'

export const magicLinkRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/magiclink/verify',
    access: 'project',
    summary: 'Redeem the token of a link and sign in',
    body: z.object({ token: LinkToken }),
    reply: AuthReply,
    errors: [coreErrors.InvalidLinkToken, coreErrors.InvalidSession],
    limit: { max: 100, perSeconds: 60 },
    run: async ({ deps, caller: { project, source, token: refreshToken }, body, header }) => {
      const issued = await verifyLink(deps, { project, source, token: body.token, refreshToken })
      return authReply(issued, project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
    },
  }),
  ...magicLinkStartRoutes,
  ...magicLinkUpdateRoutes,
  ...verifyPages,
  ...signInPages,
]
