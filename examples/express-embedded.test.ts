import type { AddressInfo } from 'node:net'
import { checkEmbedded } from './embedded-suite.ts'
import { createApp } from './express-embedded.ts'

checkEmbedded('express', async (auth, projectId) => {
  const app = createApp(auth, { projectId, baseUrl: 'http://127.0.0.1/auth' })
  const server = await new Promise<ReturnType<typeof app.listen>>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
})
