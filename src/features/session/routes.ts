import { z } from 'zod'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { signInsOf } from '../../core/history.ts'
import { reply, route } from '../../http/route.ts'
import { AuthReply, Empty, HistoryReply, Text, UserReply } from '../../http/schemas.ts'
import { authReply, clearCookies, historyReply, refreshCookieHeader, refreshCookieName, userReply } from '../../http/session-reply.ts'
import { endSession } from './end.ts'
import { refresh } from './refresh.ts'

const { InvalidSession, SessionEnded, Impersonating } = coreErrors

/** Browsers say here which cookies they saw (`protocol/core.md` 6.2); nothing depends on it. */
const RefreshQuery = z.object({ dcs: Text(8).optional(), dcr: Text(8).optional() })
const RefreshBody = z.object({ externalToken: Text(4096).optional() })
const LogoutBody = z.object({ logoutType: z.array(Text(64)).max(20).optional() })

const Claims = z.record(z.string(), z.unknown())

export const sessionRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/refresh',
    access: 'refreshToken',
    summary: 'New tokens for a refresh token',
    body: RefreshBody,
    query: RefreshQuery,
    reply: AuthReply,
    errors: [InvalidSession, SessionEnded],
    run: async ({ deps, caller: { project, token, source }, header }) => {
      const issued = await refresh(deps, { project, token, source })
      return authReply(issued, project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
    },
  }),
  route({
    method: 'POST',
    path: '/v1/auth/try-refresh',
    access: 'refreshToken',
    summary: 'New tokens for a refresh token, or an empty object when there is no usable one',
    body: RefreshBody,
    query: RefreshQuery,
    reply: z.union([AuthReply, Empty]),
    errors: [],
    run: async ({ deps, caller: { project, token, source }, header }) => {
      try {
        const issued = await refresh(deps, { project, token, source })
        return authReply(issued, project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
      } catch (error) {
        if (error instanceof AuthError && error.spec.status === 401) return {}
        throw error
      }
    },
  }),
  ...(['one', 'all'] as const).map((scope) =>
    route({
      method: 'POST',
      path: scope === 'one' ? '/v1/auth/logout' : '/v1/auth/logoutall',
      access: 'refreshToken',
      summary: scope === 'one' ? 'End this session' : 'End all sessions of the user',
      body: LogoutBody,
      reply: Empty,
      errors: scope === 'one' ? [InvalidSession] : [InvalidSession, Impersonating],
      run: async ({ deps, caller: { project, token, source }, header }) => {
        const cookies = clearCookies(project, { cookieName: refreshCookieName(header(refreshCookieHeader)) })
        // A browser whose cookie was cleared by the first logout has no token for the second (SE-07).
        if (token !== undefined || cookies.length === 0) await endSession(deps, { project, token, source, scope })
        return reply({ body: {}, cookies })
      },
    }),
  ),
  route({
    method: 'GET',
    path: '/v1/auth/me',
    access: 'refresh',
    summary: 'The user of the session',
    reply: UserReply,
    errors: [InvalidSession, SessionEnded],
    run: async ({ caller: { live } }) => userReply(live),
  }),
  route({
    method: 'GET',
    path: '/v1/auth/me/history',
    access: 'refresh',
    summary: 'The latest sign-ins of the user',
    reply: HistoryReply,
    errors: [InvalidSession, SessionEnded],
    run: async ({ deps, caller: { project, live } }) => historyReply(await signInsOf(deps.storage, project.id, live.user.id)),
  }),
  route({
    method: 'POST',
    path: '/v1/auth/validate',
    access: 'session',
    summary: 'The claims of a session token, after asking whether the session still lives',
    // Documentation and clients disagree about the root (`protocol/core.md` 6.2, 11.8), so both shapes are there.
    reply: Claims,
    errors: [InvalidSession, SessionEnded],
    run: async ({ caller: { live } }) => ({ ...live.claims, parsedJWT: live.claims }),
  }),
]
