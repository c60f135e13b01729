/**
 * An Express 5 application whose users sign in with Postern.
 * Run it: `POSTERN_URL=http://127.0.0.1:8787 DESCOPE_PROJECT_ID=P... node examples/express.ts`
 */
import { type AuthenticationInfo, type Client, createClient, RefusedError, TokenError } from '@postern/client'
import express, { type Express, type RequestHandler } from 'express'
import { readTokens } from './tokens.ts'

/** Lets requests with a valid session pass, 401 otherwise. A session that has expired is refreshed when the refresh cookie is there. */
export function requireSession(client: Client): RequestHandler {
  return async (request, response, next) => {
    const { session, refresh } = readTokens(request.headers)
    try {
      const info = await client.validateAndRefreshSession(session, refresh)
      response.locals.session = info
      // The new session token; and the new refresh token, if the project rotates them.
      if (info.jwt !== session) response.set('x-session-token', info.jwt)
      for (const cookie of info.cookies ?? []) response.append('set-cookie', cookie)
    } catch (error) {
      const isRefused = error instanceof TokenError || (error instanceof RefusedError && error.code < 500)
      // Anything else means that nobody could say: that is no reason to sign the user out.
      response.status(isRefused ? 401 : 503).json({ error: isRefused ? 'Sign in first' : 'Try again later' })
      return
    }
    next()
  }
}

/** The application. */
export function createApp(client: Client): Express {
  const app = express()
  app.use(express.json())
  app.post('/sign-in', async (request, response) => {
    const { loginId, password } = (request.body ?? {}) as { loginId: string; password: string }
    const { ok, code, data, error } = await client.password.signIn(loginId, password)
    if (!ok) {
      response.status(code).json({ error: error.errorCode })
      return
    }
    response.set('set-cookie', [...(data.cookies ?? [])]).json({ session: data.sessionJwt })
  })
  app.get('/hello', requireSession(client), (_request, response) => {
    const { token } = response.locals.session as AuthenticationInfo
    response.json({ hello: token.sub })
  })
  return app
}

if (import.meta.main) {
  const { POSTERN_URL = 'http://127.0.0.1:8787', DESCOPE_PROJECT_ID = '' } = process.env
  const client = createClient({ projectId: DESCOPE_PROJECT_ID, baseUrl: POSTERN_URL })
  createApp(client).listen(3000, '127.0.0.1', () => console.log('http://127.0.0.1:3000/hello'))
}
