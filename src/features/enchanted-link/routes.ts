import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { AuthReply, Empty, LinkToken, Text } from '../../http/schemas.ts'
import { authReply, refreshCookieHeader, refreshCookieName } from '../../http/session-reply.ts'
import { enchantedLinkErrors } from './errors.ts'
import { confirmPages } from './page.ts'
import { enchantedLinkStartRoutes } from './start-routes.ts'
import { confirmSignIn, takePendingSession } from './verify.ts'

export const enchantedLinkRoutes = [
  ...enchantedLinkStartRoutes,
  ...confirmPages,
  route({
    method: 'POST',
    path: '/v1/auth/enchantedlink/verify',
    access: 'project',
    summary: 'Confirm a sign-in by the token of its link; the session goes to whoever waits for it',
    body: z.object({ token: LinkToken }),
    reply: Empty,
    errors: [coreErrors.InvalidLinkToken],
    limit: { max: 100, perSeconds: 60 },
    run: async ({ deps, caller: { project, source }, body: { token } }) => {
      await confirmSignIn(deps, { project, source, token })
      return {}
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/enchantedlink/pending-session',
    access: 'project',
    summary: 'Ask whether the link was clicked; the session, once it was',
    body: z.object({ pendingRef: Text(512).min(1) }),
    reply: AuthReply,
    errors: [enchantedLinkErrors.PendingSession, coreErrors.InvalidSession, coreErrors.SessionEnded],
    // Clients ask every second or so and Go gives up on any other error, so that too many questions are answered like one that came too early (RC-12).
    limit: { max: 600, perSeconds: 60, refusal: enchantedLinkErrors.PendingSession },
    run: async ({ deps, caller: { project, source }, body: { pendingRef }, header }) => {
      const issued = await takePendingSession(deps, { project, source, pendingRef })
      return authReply(issued, project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
    },
  }),
]
