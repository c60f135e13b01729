import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { checkEmbedded } from './embedded-suite.ts'
import { createApp } from './hono.ts'

checkEmbedded('hono', async (auth, projectId) => {
  const app = createApp(auth, { projectId, baseUrl: 'http://127.0.0.1/auth' })
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const listening = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(listening))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
})
