import type { AddressInfo } from 'node:net'
import { createApp } from './express.ts'
import { checkExample } from './suite.ts'

checkExample('express', async (client) => {
  const app = createApp(client)
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
