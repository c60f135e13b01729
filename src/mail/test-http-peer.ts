import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestCertificate } from './test-certificate.ts'

/** How the peer behaves; without any of it, it answers 200 to everything. */
export interface HttpPeerBehaviour {
  /** After the whole request: no answer at all, the end of the connection, or a line of the answer a second. */
  readonly afterRequest?: 'hang' | 'drop' | 'trickle'
  readonly status?: number | ((count: number) => number)
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly certificate?: TestCertificate
}

/** A request as it came over the wire. */
export interface ReceivedRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly headerNames: readonly string[]
  readonly body: string
}

/** An HTTP server on a free loopback port, with TLS where it has a certificate. */
export interface HttpTestPeer {
  readonly url: string
  /** Requests that were received whole, oldest first. */
  readonly requests: readonly ReceivedRequest[]
  readonly connections: () => number
  close(): Promise<void>
}

/** Starts a peer. It reads nothing but its own socket. */
export async function startHttpPeer(behaviour: HttpPeerBehaviour = {}): Promise<HttpTestPeer> {
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  const { certificate } = behaviour
  const listener = answering(behaviour, requests)
  const server = certificate ? createSecureServer(certificate, listener) : createServer(listener)
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket.on('error', () => undefined))
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${certificate ? 'https' : 'http'}://localhost:${port}`,
    requests,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answering(behaviour: HttpPeerBehaviour, requests: ReceivedRequest[]): RequestListener {
  const { afterRequest, status = 200, headers = {}, body = '' } = behaviour
  return async (incoming, outgoing) => {
    requests.push(await received(incoming))
    if (afterRequest === 'drop') incoming.socket.destroy()
    if (afterRequest === 'hang' || afterRequest === 'drop') return
    outgoing.writeHead(typeof status === 'number' ? status : status(requests.length), headers)
    if (afterRequest === 'trickle') outgoing.write(body)
    else outgoing.end(body)
  }
}

async function received(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const names = incoming.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
  return { method: incoming.method ?? '', target: incoming.url ?? '', headers, headerNames: names, body: await text(incoming) }
}
