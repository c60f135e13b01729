import { once } from 'node:events'
import { Agent, createServer, get, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** A proxy for HTTP in front of some servers, as a load balancer does it. */
export interface Balancer {
  readonly url: string
  /** Servers that requests go to, in turn, while they say that they are ready. Resolves when each was asked. */
  use(...servers: readonly { readonly port: number }[]): Promise<void>
  close(): Promise<void>
}

const checkMilliseconds = 100

/**
 * Asks each server for its readiness ten times a second, as balancers do less often. Keeps connections to them, and passes each request on over one. A server that takes no connection is passed over: nothing was sent. Anything else that goes wrong is a 502, since a request
 * that may have happened must not be sent twice.
 */
export async function startBalancer(): Promise<Balancer> {
  let ports: readonly number[] = []
  let unready: ReadonlySet<number> = new Set()
  const check = async () => {
    const asked = await Promise.all(ports.map(async (port) => ((await isReady(port)) ? [] : [port])))
    unready = new Set(asked.flat())
  }
  const checks = setInterval(check, checkMilliseconds)
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const first = turn++
      const turns = ports.map((_, index) => ports[(first + index) % ports.length] ?? 0)
      const ready = turns.filter((port) => !unready.has(port))
      const choice = [...ready, ...turns.filter((port) => unready.has(port))]
      pass({ incoming, outgoing, body: Buffer.concat(chunks), agent }, choice)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The balancer has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    use: async (...servers) => {
      ports = servers.map(({ port }) => port)
      await check()
    },
    async close() {
      clearInterval(checks)
      agent.destroy()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (answer) => {
      answer.resume().on('error', () => undefined)
      resolve(answer.statusCode === 200)
    }).on('error', () => resolve(false))
  })
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly body: Buffer
  readonly agent: Agent
}

/** Without what is between two neighbours only. */
function passedOn({ connection, 'keep-alive': _, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers
}

function pass(exchange: Exchange, [port, ...others]: readonly number[]): void {
  const { incoming, outgoing, body, agent } = exchange
  if (port === undefined) return void outgoing.writeHead(502).end('{"errorCode":"no server"}')
  const upstream = request({
    host: '127.0.0.1',
    port,
    method: incoming.method,
    path: incoming.url,
    headers: passedOn(incoming.headers),
    agent,
  })
  upstream.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
    answer.on('error', () => outgoing.destroy()).pipe(outgoing)
  })
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') pass(exchange, others)
    else if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end(JSON.stringify({ errorCode: error.code ?? 'failed' }))
  })
  upstream.end(body)
}
