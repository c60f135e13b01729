import { createApp } from './fastify.ts'
import { checkExample } from './suite.ts'

checkExample('fastify', async (client) => {
  const app = createApp(client)
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
})
