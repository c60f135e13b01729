/**
 * A Fastify 5 application whose users sign in with Postern.
 * Run it: `POSTERN_URL=http://127.0.0.1:8787 DESCOPE_PROJECT_ID=P... node examples/fastify.ts`
 */
import { type AuthenticationInfo, type Client, createClient, RefusedError, TokenError } from '@postern/client'
import fastify, { type FastifyInstance, type preHandlerAsyncHookHandler } from 'fastify'
import { readTokens } from './tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    session: AuthenticationInfo | undefined
  }
}

/** Lets requests with a valid session pass, 401 otherwise. A session that has expired is refreshed when the refresh cookie is there. */
export function requireSession(client: Client): preHandlerAsyncHookHandler {
  return async (request, reply) => {
    const { session, refresh } = readTokens(request.headers)
    try {
      const info = await client.validateAndRefreshSession(session, refresh)
      request.session = info
      // The new session token; and the new refresh token, if the project rotates them.
      if (info.jwt !== session) reply.header('x-session-token', info.jwt)
      for (const cookie of info.cookies ?? []) reply.header('set-cookie', cookie)
      return
    } catch (error) {
      const isRefused = error instanceof TokenError || (error instanceof RefusedError && error.code < 500)
      // Anything else means that nobody could say: that is no reason to sign the user out.
      return reply.code(isRefused ? 401 : 503).send({ error: isRefused ? 'Sign in first' : 'Try again later' })
    }
  }
}

/** The application. */
export function createApp(client: Client): FastifyInstance {
  const app = fastify()
  app.decorateRequest('session', undefined)
  app.post<{ Body: { loginId: string; password: string } }>('/sign-in', async ({ body: { loginId, password } }, reply) => {
    const { ok, code, data, error } = await client.password.signIn(loginId, password)
    if (!ok) return reply.code(code).send({ error: error.errorCode })
    for (const cookie of data.cookies ?? []) reply.header('set-cookie', cookie)
    return { session: data.sessionJwt }
  })
  app.get('/hello', { preHandler: requireSession(client) }, async (request) => ({ hello: request.session?.token.sub }))
  return app
}

if (import.meta.main) {
  const { POSTERN_URL = 'http://127.0.0.1:8787', DESCOPE_PROJECT_ID = '' } = process.env
  const client = createClient({ projectId: DESCOPE_PROJECT_ID, baseUrl: POSTERN_URL })
  console.log(await createApp(client).listen({ host: '127.0.0.1', port: 3000 }))
}
