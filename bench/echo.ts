/** The same stack with nothing in it: Hono and its Node adapter answer fixed JSON. The answers come as one argument, JSON by path. */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const answers = JSON.parse(process.argv[2] ?? '{}') as Readonly<Record<string, object>>
const app = new Hono()
for (const [path, answer] of Object.entries(answers)) app.get(path, (context) => context.json(answer))
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  process.on('message', ({ id }: { readonly id: number }) => process.send?.({ id, port }))
})
process.on('SIGTERM', () => server.close())
