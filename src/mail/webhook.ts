import { createHmac } from 'node:crypto'
import type { Channel } from '../core/messages.ts'
import { type Clock, type MailTransport, MessageRefused, type RenderedMail, type RenderedText, type TextTransport } from '../core/ports.ts'
import { createHttpPeer, type HttpPeerOptions } from './http-post.ts'
import { httpRefusal } from './http-refusal.ts'
import { isRecipient } from './sealed-message.ts'

export interface WebhookOptions extends HttpPeerOptions {
  readonly url: string
  /** `whsec_…` each; every one signs, so that the receiver can change over from one to the next. */
  readonly secrets: readonly string[]
  readonly clock: Clock
}

/**
 * Posts mails to a URL of the operator's, signed by the scheme of Standard Webhooks (standardwebhooks.com, "Signature scheme"): `webhook-id` is the ID of the message and the same for every attempt,
 * `webhook-timestamp` the time of the attempt, `webhook-signature` has one `v1,…` for each secret. 2xx is taken as sent. Throws when URL or secrets are not such.
 */
export function createMailWebhook(options: WebhookOptions): Required<MailTransport> {
  const { send, close } = createWebhook(options)
  return {
    send: ({ id, projectId, kind, to, locale, subject, text, html }: RenderedMail) =>
      send({ id, projectId, kind, channel: 'email', to, locale, subject, text, html }),
    close,
  }
}

/** Posts text and spoken messages as `createMailWebhook` does mails. */
export function createTextWebhook(options: WebhookOptions & { readonly channels: readonly Channel[] }): Required<TextTransport> {
  const { send, close } = createWebhook(options)
  return {
    channels: options.channels,
    send: ({ id, projectId, kind, channel, to, locale, text }: RenderedText) => send({ id, projectId, kind, channel, to, locale, text }),
    close,
  }
}

/** What the receiver gets, and no more. */
type Payload = (Omit<RenderedMail, 'from'> & { readonly channel: 'email' }) | RenderedText

function createWebhook({ url, secrets, clock, ...peerOptions }: WebhookOptions) {
  const keys = secrets.map(webhookKey)
  if (keys.length === 0) throw new Error(secretRemedy)
  const peer = createHttpPeer(url, peerOptions)

  async function send(payload: Payload): Promise<void> {
    const { id, channel, to } = payload
    if (!isRecipient(channel, to) || !/^[A-Za-z0-9]{1,64}$/.test(id)) throw new MessageRefused('The message is not fit to be sent', true)
    const body = JSON.stringify(payload)
    const refused = httpRefusal(
      await peer.post({ 'content-type': 'application/json', ...signatureHeaders(keys, id, clock.nowSeconds(), body) }, body),
    )
    if (refused) throw refused
  }

  return { send, close: peer.close }
}

/** The headers that prove a body: its ID, the time in seconds since the epoch, and a signature by each key. */
export function signatureHeaders(
  keys: readonly Uint8Array[],
  id: string,
  timestamp: number,
  body: string,
): Readonly<Record<string, string>> {
  const signature = (key: Uint8Array) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': keys.map(signature).join(' ') }
}

const secretRemedy = 'The secret of a webhook must be whsec_ and 24 to 64 bytes in base64'

/** The key in a secret. Throws an error that does not hold it. */
function webhookKey(secret: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? ''
  const key = Buffer.from(encoded, 'base64')
  if (key.length < 24 || key.length > 64) throw new Error(secretRemedy)
  return key
}
