/**
 * Postern inside a Next.js application: this file is `app/auth/[...path]/route.ts`. `docs/embedding.md` says what else the application needs.
 */
// In an application of your own: from 'postern'.
import { type Auth, createAuth, parseOptions } from '../src/index.ts'

export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

/** Next.js loads a module once for each bundle, and again after each edit; the server is one for the process. */
const shared = globalThis as { postern?: Promise<Auth> }

async function open(): Promise<Auth> {
  const auth = await createAuth(parseOptions({ flags: {}, environment: process.env, file: undefined }))
  auth.start()
  return auth
}

async function answer(request: Request): Promise<Response> {
  shared.postern ??= open().catch((error: unknown) => {
    delete shared.postern
    throw error
  })
  // Next.js does not say where a connection comes from: the address is taken from the header that the proxy in front adds.
  return (await shared.postern).handler(request)
}

export { answer as DELETE, answer as GET, answer as HEAD, answer as OPTIONS, answer as PATCH, answer as POST, answer as PUT }
