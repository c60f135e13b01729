/**
 * A Hono application with Postern inside: one process, one port, the authentication server below `/auth`.
 * Run it: `npm run -s postern -- init --public-url http://127.0.0.1:3000/auth`, then
 * `POSTERN_PUBLIC_URL=http://127.0.0.1:3000/auth DESCOPE_PROJECT_ID=P... node examples/hono.ts`
 */
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { createClient, TokenError } from '@postern/client'
import { Hono } from 'hono'
// In a program of your own: from 'postern'.
import { type Auth, createAuth, parseOptions } from '../src/index.ts'

/** The application. The client asks the server in this process, without a socket: once, for the keys. */
export function createApp(auth: Auth, { projectId, baseUrl }: { readonly projectId: string; readonly baseUrl: string }): Hono {
  const client = createClient({ projectId, baseUrl, fetch: (url, init) => auth.handler(new Request(url, init)) })
  const app = new Hono()
  app.all('/auth/*', (context) => auth.handler(context.req.raw, { remoteAddress: getConnInfo(context).remote.address }))
  app.get('/hello', async (context) => {
    const session = context.req.header('authorization')?.replace(/^Bearer /, '')
    try {
      const { token } = await client.validateSession(session ?? '')
      return context.json({ hello: token.sub })
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      return context.json({ error: 'Sign in first' }, 401)
    }
  })
  return app
}

if (import.meta.main) {
  const options = parseOptions({ flags: {}, environment: process.env, file: undefined })
  const auth = await createAuth(options)
  const app = createApp(auth, { projectId: process.env.DESCOPE_PROJECT_ID ?? '', baseUrl: auth.deps.publicUrl() })
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 3000 })
  auth.start()
  process.once('SIGTERM', () => server.close(() => void auth.close()))
}
