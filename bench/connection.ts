import { once } from 'node:events'
import { connect } from 'node:net'

/** One answer as the load generator sees it. */
export interface Answered {
  readonly status: number
  readonly body: string
}

/** A keep-alive connection that has one request under way at a time. */
export interface Connection {
  /** Sends a whole request. Resolves with the whole answer; rejects when the connection breaks. */
  send(request: Uint8Array): Promise<Answered>
  readonly isOpen: boolean
  close(): void
}

/**
 * Opens a connection that speaks just enough HTTP/1.1 for measuring. Node's own client costs more than the servers that are measured here do, so that with it the
 * generator would be what is measured. Answers need a `content-length`, which the servers always send.
 */
export async function openConnection(address: { readonly host: string; readonly port: number }): Promise<Connection> {
  const socket = connect({ ...address, noDelay: true })
  let received = Buffer.alloc(0)
  let underWay: { resolve(answered: Answered): void; reject(error: Error): void } | undefined
  let isOpen = true
  const fail = (error: Error) => {
    isOpen = false
    underWay?.reject(error)
    underWay = undefined
  }
  await once(socket, 'connect')
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('The server closed the connection')))
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const answered = wholeAnswer(received)
    if (!answered) return
    received = Buffer.alloc(0)
    const waiting = underWay
    underWay = undefined
    waiting?.resolve(answered)
  })
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        if (!isOpen) return reject(new Error('The connection is closed'))
        underWay = { resolve, reject }
        socket.write(request)
      }),
    get isOpen() {
      return isOpen
    },
    close: () => socket.destroy(),
  }
}

const headEnd = Buffer.from('\r\n\r\n')

function wholeAnswer(bytes: Buffer): Answered | undefined {
  const end = bytes.indexOf(headEnd)
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
  if (!Number.isInteger(length)) throw new Error(`An answer without content-length: ${head.slice(0, 40)}`)
  const start = end + headEnd.length
  if (bytes.length < start + length) return undefined
  return { status: Number(head.slice(9, 12)), body: bytes.toString('utf8', start, start + length) }
}

/** A request before it is bytes. */
export interface RequestSpec {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

/** The bytes of a request. */
export function requestBytes({ method, path, headers = {}, body }: RequestSpec): Uint8Array {
  const text = body === undefined ? '' : JSON.stringify(body)
  const all = {
    host: '127.0.0.1',
    ...headers,
    ...(method === 'POST' ? { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) } : {}),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`)
}
