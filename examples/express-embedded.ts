/**
 * An Express 5 application with Postern inside: one process, one port, the authentication server below `/auth`.
 * Run it: `npm run -s postern -- init --public-url http://127.0.0.1:3000/auth`, then
 * `POSTERN_PUBLIC_URL=http://127.0.0.1:3000/auth DESCOPE_PROJECT_ID=P... node examples/express-embedded.ts`
 */
import { getRequestListener } from '@hono/node-server'
import { createClient } from '@postern/client'
import express, { type Express } from 'express'
// In a program of your own: from 'postern'.
import { type Auth, createAuth, parseOptions } from '../src/index.ts'
import { requireSession } from './express.ts'

/** The application. Postern reads bodies itself, so it stands before `express.json()`. */
export function createApp(auth: Auth, { projectId, baseUrl }: { readonly projectId: string; readonly baseUrl: string }): Express {
  const client = createClient({ projectId, baseUrl, fetch: (url, init) => auth.handler(new Request(url, init)) })
  const answer = getRequestListener((request, { incoming }) => auth.handler(request, { remoteAddress: incoming.socket.remoteAddress }), {
    overrideGlobalObjects: false,
  })
  const app = express()
  app.use('/auth', answer)
  app.use(express.json())
  app.get('/hello', requireSession(client), (_request, response) => {
    response.json({ hello: response.locals.session.token.sub })
  })
  return app
}

if (import.meta.main) {
  const options = parseOptions({ flags: {}, environment: process.env, file: undefined })
  const auth = await createAuth(options)
  const app = createApp(auth, { projectId: process.env.DESCOPE_PROJECT_ID ?? '', baseUrl: auth.deps.publicUrl() })
  const server = app.listen(3000, '127.0.0.1', () => auth.start())
  process.once('SIGTERM', () => server.close(() => void auth.close()))
}
