import { request as plainRequest } from 'node:http'
import { Agent, request } from 'node:https'
import { MessageRefused } from '../core/ports.ts'
import { isLoopbackHost } from '../core/redirect.ts'
import { MessageUnanswered } from './refusal.ts'

/** Times in milliseconds. */
export interface HttpTimeouts {
  /** From the look-up of the name to the end of TLS. */
  readonly connect: number
  /** The whole of one attempt, for peers that trickle. */
  readonly whole: number
}

export interface HttpPeerOptions {
  /** Certificates of authorities in PEM, in place of those that the runtime knows. */
  readonly trustedCertificates?: string
  readonly timeouts?: Partial<HttpTimeouts>
}

/** What a peer answered. */
export interface HttpAnswer {
  readonly status: number
  /** 0 when it does not say. */
  readonly retryAfterSeconds: number
  /** Its first 16 KiB. Text of somebody else: nothing of it is logged. */
  readonly body: string
}

/** Posts to one URL. */
export interface HttpPeer {
  post(headers: Readonly<Record<string, string>>, body: string): Promise<HttpAnswer>
  close(): void
}

const defaultTimeouts: HttpTimeouts = { connect: 10_000, whole: 30_000 }
const maxConnections = 4
const maxAnswerBytes = 16_384
const maxHeaderBytes = 16_384

/**
 * Makes the client of one URL, which is `https:`, or `http:` on this machine. Certificates are checked, redirects are answers like others, and a connection carries one request: on one that is
 * kept nobody can tell whether the peer had the message. `post` throws `MessageRefused` when nothing was handed over, and `MessageUnanswered` when everything was and no answer came.
 * Throws when the URL is not one.
 */
export function createHttpPeer(text: string, { trustedCertificates, timeouts }: HttpPeerOptions = {}): HttpPeer {
  const url = parsePeerUrl(text)
  const times = { ...defaultTimeouts, ...timeouts }
  const isEncrypted = url.protocol === 'https:'
  const agent = new Agent({ keepAlive: false, maxSockets: maxConnections })
  const underWay = new Set<AbortController>()

  async function post(headers: Readonly<Record<string, string>>, body: string): Promise<HttpAnswer> {
    const ending = new AbortController()
    underWay.add(ending)
    const common = { method: 'POST', signal: ending.signal, maxHeaderSize: maxHeaderBytes }
    const secure = {
      agent,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(trustedCertificates ? { ca: trustedCertificates } : {}),
    } as const
    const sent = { ...headers, 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'Postern', connection: 'close' }
    const outgoing = isEncrypted
      ? request(url, { ...common, ...secure, headers: sent })
      : plainRequest(url, { ...common, agent: false, headers: sent })
    const timers = [setTimeout(() => ending.abort(), times.whole)]
    try {
      return await new Promise<HttpAnswer>((resolve, reject) => {
        let isHandedOver = false
        const failed = (error: unknown) => reject(failureOf(error, isHandedOver))
        outgoing.on('socket', (socket) => {
          const timer = setTimeout(() => ending.abort(), times.connect)
          timers.push(timer)
          socket.once(isEncrypted ? 'secureConnect' : 'connect', () => {
            clearTimeout(timer)
            // Neither headers nor body leave before the certificate was checked.
            outgoing.end(body, () => {
              isHandedOver = true
            })
          })
        })
        outgoing.on('error', failed)
        outgoing.on('response', (incoming) => {
          const chunks: Buffer[] = []
          let length = 0
          const facts = { status: incoming.statusCode ?? 0, retryAfterSeconds: secondsOf(incoming.headers['retry-after']) }
          // The status is the answer, also when its text is too long or is cut off.
          const done = () => resolve({ ...facts, body: Buffer.concat(chunks).subarray(0, maxAnswerBytes).toString('utf8') })
          incoming.on('data', (chunk: Buffer) => {
            chunks.push(chunk)
            length += chunk.length
            if (length <= maxAnswerBytes) return
            done()
            incoming.destroy()
          })
          incoming.on('end', done).on('error', done).on('close', done)
          outgoing.off('error', failed).on('error', done)
        })
      })
    } finally {
      for (const timer of timers) clearTimeout(timer)
      underWay.delete(ending)
    }
  }

  return {
    post,
    close() {
      for (const one of underWay) one.abort()
      agent.destroy()
    },
  }
}

/** The text of the runtime's error is left behind: it can hold the host, and with it what the operator keeps in its URL (IN-07). */
function failureOf(error: unknown, isHandedOver: boolean): MessageRefused {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  const code = typeof value === 'string' && /^[A-Z0-9_]{2,60}$/.test(value) ? value : 'no code'
  if (isHandedOver) return new MessageUnanswered(`The peer did not answer after the message (${code})`)
  return new MessageRefused(`The message could not be handed over (${code})`, false)
}

/** Seconds of a `Retry-After`; a date is not read, because our clocks may differ. */
function secondsOf(header: string | undefined): number {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : 0
}

/** Reads the URL of a peer. Throws an error that names the remedy and not the URL, which may hold a secret. */
export function parsePeerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isProtected = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (!url || !isProtected || url.username || url.password || url.hash) {
    throw new Error('The URL must be https, or http on this machine, without user, password or fragment')
  }
  return url
}
