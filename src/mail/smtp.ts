import { PassThrough } from 'node:stream'
import { createTransport } from 'nodemailer'
import { type MailTransport, MessageRefused, type RenderedMail } from '../core/ports.ts'
import { isLoopbackHost } from '../core/redirect.ts'
import { isPlainAddress, parseMailFrom } from './address.ts'
import { refusalOf } from './refusal.ts'

/** Where mails are handed over, as read from a URL. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte (`smtps:`), instead of STARTTLS. */
  readonly isTlsFromStart: boolean
  readonly user: string
  readonly password: string
  /** What the URL says with `?requireTls=`; `undefined` when it does not. */
  readonly requireTls: boolean | undefined
}

/** Times in milliseconds. */
export interface SmtpTimeouts {
  /** From the look-up of the name to the end of TLS. */
  readonly connect: number
  readonly greeting: number
  /** Longest silence of the peer. RFC 5321, 4.5.3.2 asks for minutes; see `MessageUnanswered` for what happens after it. */
  readonly silence: number
  /** The whole of one attempt, for peers that trickle. */
  readonly whole: number
}

export interface SmtpOptions {
  /** `smtps://USER:PASSWORD@HOST:465` or `smtp://USER:PASSWORD@HOST:587`, percent-encoded; see `parseSmtpUrl`. */
  readonly url: string
  /** Refuse to send without TLS. Without it the URL decides, and if that says nothing: true but for loopback hosts (RL-12). */
  readonly requireTls?: boolean
  /** Certificates of authorities in PEM, in place of those that the runtime knows. */
  readonly trustedCertificates?: string
  readonly timeouts?: Partial<SmtpTimeouts>
}

/** A transport that holds connections. */
export type SmtpTransport = Required<MailTransport>

const maxConnections = 4
const messagesPerConnection = 100
const idleMilliseconds = 10_000
const defaultTimeouts: SmtpTimeouts = { connect: 10_000, greeting: 10_000, silence: 60_000, whole: 90_000 }

/**
 * Sends through an SMTP server, over a few connections that are kept for the next mail. Where TLS is required, a server without STARTTLS or
 * with a certificate that does not hold gets neither credentials nor a mail. Each mail has exactly one recipient (IN-05). `send` throws
 * `MessageRefused` or `MessageUnanswered`, without addresses or texts of the peer in them. Throws when the URL is not one.
 */
export function createSmtpTransport({ url, requireTls, trustedCertificates, timeouts }: SmtpOptions): SmtpTransport {
  const server = parseSmtpUrl(url)
  const times = { ...defaultTimeouts, ...timeouts }
  const isOnThisMachine = isLoopbackHost(server.host.includes(':') ? `[${server.host}]` : server.host)
  const isTlsRequired = requireTls ?? server.requireTls ?? !isOnThisMachine
  const pool = createTransport({
    pool: true,
    host: server.host,
    port: server.port,
    secure: server.isTlsFromStart,
    requireTLS: isTlsRequired && !server.isTlsFromStart,
    // Inside one machine there is nobody to listen, and local servers offer STARTTLS with certificates that nobody signed.
    ignoreTLS: isOnThisMachine && !isTlsRequired,
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(trustedCertificates ? { ca: trustedCertificates } : {}) },
    ...(server.user ? { auth: { user: server.user, pass: server.password }, forceAuth: true } : {}),
    connectionTimeout: times.connect,
    dnsTimeout: times.connect,
    greetingTimeout: times.greeting,
    socketTimeout: times.silence,
    idleTimeout: idleMilliseconds,
    maxConnections,
    maxMessages: messagesPerConnection,
    // A kept connection may have died meanwhile: a mail of which no byte was sent is tried once on a new one.
    maxRequeues: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  })
  const written = new WeakSet<AbortSignal>()
  pool.use('stream', ({ message, data: { signal } }, done) => {
    message.transform(() => new PassThrough().once('end', () => signal && written.add(signal)))
    done()
  })
  return {
    async send(mail) {
      const message = messageOf(mail)
      const signal = AbortSignal.timeout(times.whole)
      try {
        await pool.sendMail({ ...message, signal })
      } catch (error) {
        throw refusalOf(error, written.has(signal))
      }
    },
    close: () => pool.close({ force: true }),
  }
}

/**
 * The mail as the library takes it: addresses as parsed objects and an envelope of our own, so that nothing is parsed once more. Throws a permanent
 * `MessageRefused` for what `render.ts` and `openMessage` never make.
 */
function messageOf({ id, from, to, subject, text, html }: RenderedMail) {
  const sender = parseMailFrom(from)
  const isHeaderText = /^\P{Cc}*$/u.test(subject) && /^[A-Za-z0-9]{1,64}$/.test(id)
  if (!sender || !isPlainAddress(to) || !isHeaderText || /\0/.test(text + html))
    throw new MessageRefused('The mail is not fit to be sent', true)
  return {
    from: sender,
    to: { name: '', address: to },
    envelope: { from: sender.address, to: [to] },
    messageId: `<${id}@${sender.address.slice(sender.address.indexOf('@') + 1)}>`,
    subject,
    text,
    html,
    // RFC 3834, 5: no answers from programs, please.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

const urlRemedy = 'The mail server must be given as smtps://USER:PASSWORD@HOST:465 or smtp://USER:PASSWORD@HOST:587, percent-encoded'

/**
 * Reads the URL of a mail server. Ports are 465 for `smtps:` and 587 for `smtp:` unless given; `?requireTls=false` allows a server without
 * STARTTLS, and `?requireTls=true` insists also on this machine. Throws an error that names the remedy and not the URL, which may hold a
 * password.
 */
export function parseSmtpUrl(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const host = url?.hostname.toLowerCase() ?? ''
  const isScheme = url?.protocol === 'smtp:' || url?.protocol === 'smtps:'
  const isHost = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/.test(host)
  if (!url || !isScheme || !isHost || !/^\/?$/.test(url.pathname) || url.hash) throw new Error(urlRemedy)
  const isTlsFromStart = url.protocol === 'smtps:'
  const port = Number(url.port || (isTlsFromStart ? 465 : 587))
  const [user, password] = [decoded(url.username), decoded(url.password)]
  if (port < 1 || (user === '') !== (password === '')) throw new Error(urlRemedy)
  return { host: host.replace(/^\[|\]$/g, ''), port, isTlsFromStart, user, password, requireTls: requireTlsOf(url.searchParams) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error(urlRemedy)
  }
}

function requireTlsOf(parameters: URLSearchParams): boolean | undefined {
  const value = parameters.get('requireTls')
  const isKnown = [...parameters.keys()].every((name) => name === 'requireTls') && parameters.size <= 1
  if (!isKnown || (value !== null && value !== 'true' && value !== 'false')) {
    throw new Error('The URL of the mail server knows one parameter: requireTls, with the value true or false')
  }
  return value === null ? undefined : value === 'true'
}
