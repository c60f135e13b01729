import type { Channel } from '../core/messages.ts'
import { MessageRefused, type RenderedText, type TextTransport } from '../core/ports.ts'
import { escapeHtml } from './defuse.ts'
import { createHttpPeer, type HttpAnswer, type HttpPeer, type HttpPeerOptions } from './http-post.ts'
import { httpRefusal } from './http-refusal.ts'
import { isRecipient } from './sealed-message.ts'

export interface TwilioOptions extends HttpPeerOptions {
  readonly accountSid: string
  readonly authToken: string
  /** Where the API is; `https://api.twilio.com` but for tests and proxies. */
  readonly url: string
  /** Phone numbers in E.164 form, or for `sms` also a sender name, that messages come from; a channel without one is not carried. */
  readonly from: Readonly<Partial<Record<'sms' | 'whatsapp' | 'voice', string>>>
  /** Sends `sms` in place of a number of its own. */
  readonly messagingServiceSid?: string | undefined
}

/**
 * Sends through Twilio's public API (REST API of 2010-04-01: Messages, Calls). 201 is taken as sent. Twilio knows no key by which it could drop a duplicate. Throws when the URL is not one.
 */
export function createTwilioTransport(options: TwilioOptions): Required<TextTransport> {
  const { accountSid, authToken, url, from, messagingServiceSid, ...peerOptions } = options
  const base = `${url.replace(/\/+$/, '')}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}`
  const peers = {
    messages: createHttpPeer(`${base}/Messages.json`, peerOptions),
    calls: createHttpPeer(`${base}/Calls.json`, peerOptions),
  }
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`
  const senders: Readonly<Partial<Record<Channel, Sending>>> = sendersOf(options, peers)

  return {
    channels: Object.keys(senders) as Channel[],
    async send(text) {
      const sending = senders[text.channel]
      if (!sending || !isRecipient(text.channel, text.to)) throw new MessageRefused('The message is not fit to be sent', true)
      const body = new URLSearchParams(sending.fields(text)).toString()
      const answer = await sending.peer.post({ authorization, 'content-type': 'application/x-www-form-urlencoded' }, body)
      const refused = refusalOf(answer)
      if (refused) throw refused
    },
    close() {
      for (const peer of Object.values(peers)) peer.close()
    },
  }
}

/** How messages of a channel are posted. */
interface Sending {
  readonly peer: HttpPeer
  readonly fields: (text: RenderedText) => Record<string, string>
}

function sendersOf(
  { from: { sms, whatsapp, voice }, messagingServiceSid }: TwilioOptions,
  { messages, calls }: { readonly messages: HttpPeer; readonly calls: HttpPeer },
): Readonly<Partial<Record<Channel, Sending>>> {
  const smsSender = sms ? { From: sms } : messagingServiceSid ? { MessagingServiceSid: messagingServiceSid } : undefined
  return {
    ...(smsSender ? { sms: { peer: messages, fields: ({ to, text }) => ({ To: to, ...smsSender, Body: text }) } } : {}),
    ...(whatsapp
      ? { whatsapp: { peer: messages, fields: ({ to, text }) => ({ To: `whatsapp:${to}`, From: `whatsapp:${whatsapp}`, Body: text }) } }
      : {}),
    ...(voice ? { voice: { peer: calls, fields: ({ to, text, locale }) => ({ To: to, From: voice, Twiml: spoken(text, locale) }) } } : {}),
  }
}

/** Where Twilio wants a region beside the language ("<Say>", attribute `language`). */
const regions: Readonly<Record<string, string>> = {
  en: 'en-US',
  de: 'de-DE',
  fr: 'fr-FR',
  es: 'es-ES',
  pt: 'pt-BR',
  ja: 'ja-JP',
  he: 'he-IL',
}

/** Twilio takes TwiML of 4 000 characters, and the text is in it twice. */
const maxSpokenLength = 1_800

/** TwiML that says the text twice: who picks up misses the beginning. */
function spoken(text: string, locale: string): string {
  const language = regions[locale] ?? (/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/.test(locale) ? locale : 'en-US')
  const plain = text.toWellFormed().replace(/[\p{Cc}\uFFFE\uFFFF]+/gu, ' ')
  let words = ''
  for (const character of plain) {
    const escaped = escapeHtml(character)
    if (words.length + escaped.length > maxSpokenLength) break
    words += escaped
  }
  const say = `<Say language="${language}">${words}</Say>`
  return `<Response>${say}<Pause length="1"/>${say}</Response>`
}

/**
 * Twilio's numbers for errors that are not about this message but pass or are mended ("Error and Warning Dictionary"): wrong or foreign senders (21212, 21603, 21606, 21659, 21660, 21701, 21703, 63007),
 * regions that the account did not open (21215, 21408), a full queue (21611), too many at once (20429, 63018), an account that is not active or not allowed (20003, 20005, 20008, 30002).
 */
const mended = new Set([
  20003, 20005, 20008, 20429, 21212, 21215, 21408, 21603, 21606, 21611, 21659, 21660, 21701, 21703, 30002, 63007, 63018,
])

function refusalOf(answer: HttpAnswer): MessageRefused | undefined {
  const refused = httpRefusal(answer)
  if (!refused) return undefined
  const { status, retryAfterSeconds } = answer
  const code = codeIn(answer.body)
  // The path names the account and nothing of the message: without it the account is wrong.
  const isPermanent = refused.isPermanent && status !== 404 && !mended.has(code)
  return new MessageRefused(code === 0 ? refused.message : `The peer answered ${status}, error ${code}`, isPermanent, retryAfterSeconds)
}

/** The number of an error; 0 when the answer has none. */
function codeIn(body: string): number {
  try {
    const code: unknown = Reflect.get(JSON.parse(body), 'code')
    return typeof code === 'number' && Number.isInteger(code) && code >= 10_000 && code <= 99_999 ? code : 0
  } catch {
    return 0
  }
}
