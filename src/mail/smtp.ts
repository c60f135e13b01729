import { createTransport } from 'nodemailer'
import { MailRefused, type MailTransport, type RenderedMail } from '../core/ports.ts'
import { isPlainAddress } from './address.ts'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Sends over SMTP. `smtps://` is TLS from the start; `smtp://` demands STARTTLS unless the host is this machine. Certificates are checked, and a peer that offers no TLS
 * gets nothing (RL-12). Errors say what kind they are and never hold an address, a credential or the peer's words.
 */
export function createSmtpTransport(options: { readonly url: string; readonly timeoutMilliseconds?: number }): MailTransport {
  const url = new URL(options.url)
  const isSecure = url.protocol === 'smtps:'
  const timeout = options.timeoutMilliseconds ?? 20_000
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (isSecure ? 465 : 587)),
    secure: isSecure,
    requireTLS: !isSecure && !loopback.has(url.hostname),
    ...(url.username ? { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } } : {}),
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    dnsTimeout: timeout,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { minVersion: 'TLSv1.2' },
  })
  return {
    async send(mail) {
      if (!isPlainAddress(mail.to)) throw new MailRefused('Not one plain address', true)
      try {
        await transport.sendMail(messageOf(mail))
      } catch (error) {
        throw refusalOf(error)
      }
    },
  }
}

function messageOf(mail: RenderedMail) {
  const domain = /@([^>@]+)>?$/.exec(mail.from)?.[1] ?? 'localhost'
  return {
    from: mail.from,
    to: mail.to,
    // The envelope is given, so that no parser reads the header again and finds more recipients (IN-05).
    envelope: { from: /<([^>]+)>/.exec(mail.from)?.[1] ?? mail.from, to: mail.to },
    messageId: `<${mail.id}@${domain}>`,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

/** The peer's answer tells whether to try again: 5xx is for good, all else may pass. */
function refusalOf(error: unknown): MailRefused {
  const { responseCode, code } = (error ?? {}) as { responseCode?: unknown; code?: unknown }
  const status = typeof responseCode === 'number' ? responseCode : 0
  const isPermanent = status >= 500 && status < 600 && code !== 'EAUTH' && code !== 'ETLS'
  return new MailRefused(`SMTP ${status || ''} ${typeof code === 'string' ? code : ''}`.trim(), isPermanent)
}
