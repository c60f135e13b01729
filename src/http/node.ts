/** Serves a handler on a socket, with Node's own HTTP server set to strict limits (WB-07, WB-08). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener, RequestError } from '@hono/node-server'
import { coreErrors } from '../core/errors.ts'
import type { Log } from '../core/ports.ts'
import type { Handler } from './handler.ts'
import { securityHeaders } from './headers.ts'
import { errorBody } from './reply.ts'

/** Limits on connections. The defaults are those of WB-07. */
export interface ListenLimits {
  /** All headers of a request, in bytes. */
  readonly maxHeaderBytes: number
  /** Time for the headers to arrive. */
  readonly headersTimeoutMilliseconds: number
  /** Time for the whole request to arrive. */
  readonly requestTimeoutMilliseconds: number
  /** How often those two are checked. */
  readonly checkIntervalMilliseconds: number
  /** How long an idle connection stays open. */
  readonly keepAliveMilliseconds: number
  readonly maxConnections: number
}

/** Node keeps an idle connection one second longer than it says, so 64 seconds make 65. */
export const defaultListenLimits: ListenLimits = Object.freeze({
  maxHeaderBytes: 16_384,
  headersTimeoutMilliseconds: 10_000,
  requestTimeoutMilliseconds: 30_000,
  checkIntervalMilliseconds: 1000,
  keepAliveMilliseconds: 64_000,
  maxConnections: 10_000,
})

export interface ListenInput {
  readonly handler: Handler
  readonly log: Log
  /** Address of this machine to listen on, for example `127.0.0.1`. */
  readonly address: string
  /** 0 takes any free port. */
  readonly port: number
  readonly limits?: Partial<ListenLimits>
}

export interface Listening {
  readonly address: string
  readonly port: number
  /** `http://address:port`, without a slash at the end. */
  readonly url: string
  /** From now on each answer is the last one on its connection. New connections are still taken, so that whoever is in front has time to see that this server leaves. */
  drain(): void
  /**
   * Stops accepting, closes idle connections, lets what is under way finish for at most `graceMilliseconds`, then cuts the rest (RL-08).
   * Resolves when every connection is closed; a second call waits for the same end.
   */
  close(graceMilliseconds: number): Promise<void>
}

interface Connections {
  readonly sockets: Set<Socket>
  /** Responses that are not done. */
  readonly underWay: Set<ServerResponse>
  /** Whether each answer is the last one on its connection. */
  isDraining: boolean
  /** Whether connections without a request are closed. */
  isClosing: boolean
}

/** Starts to listen. Rejects when the address is taken or not ours. */
export async function listen(input: ListenInput): Promise<Listening> {
  const limits = { ...defaultListenLimits, ...input.limits }
  const connections: Connections = { sockets: new Set(), underWay: new Set(), isDraining: false, isClosing: false }
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMilliseconds,
      requestTimeout: limits.requestTimeoutMilliseconds,
      connectionsCheckingInterval: limits.checkIntervalMilliseconds,
      keepAliveTimeout: limits.keepAliveMilliseconds,
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    (incoming, outgoing) => {
      track(server, connections, outgoing)
      respond(incoming, outgoing).catch((error: unknown) => {
        input.log.error('http.responseFailed', error)
        outgoing.destroy()
      })
    },
  )
  const respond = responderOf(input)
  server.maxConnections = limits.maxConnections
  server.on('connection', (socket) => {
    connections.sockets.add(socket)
    socket.once('close', () => connections.sockets.delete(socket))
  })
  server.on('clientError', (error: Error & { readonly code?: string }, socket) => {
    input.log.info('http.refused', { reason: error.code })
    refuseBrokenRequest(error.code, socket)
  })
  const bound = await startListening(server, input)
  // Errors after this point concern single connections (too many open files, for example) and must not end the process.
  server.on('error', (error) => input.log.error('http.serverError', error))
  let closing: Promise<void> | undefined
  return {
    address: bound.address,
    port: bound.port,
    url: `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    drain: () => drain(connections),
    close(graceMilliseconds) {
      closing ??= closeServer(server, connections, graceMilliseconds)
      return closing
    },
  }
}

function responderOf({ handler, log }: ListenInput): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  return getRequestListener((request, env) => handler(request, { remoteAddress: env.incoming.socket.remoteAddress }), {
    errorHandler(error) {
      // A target or host that makes no URL is the client's fault; the handler itself never rejects.
      if (!(error instanceof RequestError)) log.error('http.listenerFailed', error)
      const known = error instanceof RequestError ? coreErrors.MalformedRequest() : coreErrors.Internal()
      log.info('http.refused', { status: known.spec.status, errorCode: known.spec.wire })
      return new Response(JSON.stringify(errorBody(known)), { status: known.spec.status, headers: plainHeaders() })
    },
  })
}

function plainHeaders(): Record<string, string> {
  return { ...securityHeaders('json', { isHttps: false }), 'content-type': 'application/json; charset=utf-8' }
}

/** Notes a response until it is done, and lets go of its connection when the server is closing. */
function track(server: Server, connections: Connections, outgoing: ServerResponse): void {
  const { underWay } = connections
  underWay.add(outgoing)
  if (connections.isDraining) outgoing.shouldKeepAlive = false
  outgoing.once('close', () => {
    underWay.delete(outgoing)
    if (connections.isClosing) server.closeIdleConnections()
  })
}

function startListening(server: Server, { address, port }: ListenInput): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address, port }, () => {
      server.off('error', reject)
      const bound = server.address()
      if (bound === null || typeof bound === 'string') reject(new Error('The server has no address'))
      else resolve(bound)
    })
  })
}

function drain(connections: Connections): void {
  connections.isDraining = true
  for (const outgoing of connections.underWay) if (!outgoing.headersSent) outgoing.shouldKeepAlive = false
}

/** For how long a connection that has sent nothing yet may still begin a request. */
const newcomersMilliseconds = 1_000

function closeServer(server: Server, connections: Connections, graceMilliseconds: number): Promise<void> {
  drain(connections)
  connections.isClosing = true
  return new Promise((resolve, reject) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMilliseconds)
    const stopAccepting = () => {
      server.close((error) => {
        clearTimeout(force)
        if (error) reject(error)
        else resolve()
      })
      server.closeIdleConnections()
      // Node does not count a connection as idle that has sent nothing yet. The request of a proxy may be on its way; browsers open some in advance.
      const endSilent = () => {
        for (const socket of connections.sockets) if (socket.bytesRead === 0) socket.destroy()
      }
      // What has come is read before it is looked for.
      setTimeout(() => setImmediate(endSilent), Math.min(newcomersMilliseconds, graceMilliseconds)).unref()
    }
    afterLast(server, stopAccepting)
  })
}

/** Beyond these the server stops to listen all the same: under a flood there is always one more. */
const quietTurn = { milliseconds: 0.1, waitMilliseconds: 250 }

/**
 * Calls when no connection waits to be taken: those that do are reset by the system when the listening socket closes. The runtime takes one in each turn of its loop, at the
 * turn's beginning, so a turn that took none, and was over at once, says that there is none now: in a longer one others may have come meanwhile.
 */
function afterLast(server: Server, call: () => void): void {
  const giveUpAt = performance.now() + quietTurn.waitMilliseconds
  let hasTaken = true
  const note = () => {
    hasTaken = true
  }
  const look = (began: number) => {
    const now = performance.now()
    const isQuiet = !hasTaken && now - began < quietTurn.milliseconds
    if (!isQuiet && now < giveUpAt) {
      hasTaken = false
      setImmediate(look, now)
      return
    }
    server.off('connection', note)
    call()
  }
  server.on('connection', note)
  // The first look comes after a turn of its own.
  setImmediate(look, performance.now())
}

const brokenRequestStatus: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** What the parser refuses gets one short answer, and its connection is closed: nothing after it can be taken for a request (WB-08). */
function refuseBrokenRequest(code: string | undefined, stream: Duplex): void {
  const socket = stream as Socket
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const body = JSON.stringify(errorBody(coreErrors.MalformedRequest()))
  const headers = Object.entries({ ...plainHeaders(), connection: 'close', 'content-length': String(Buffer.byteLength(body)) })
  const head = [`HTTP/1.1 ${brokenRequestStatus[code ?? ''] ?? '400 Bad Request'}`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
