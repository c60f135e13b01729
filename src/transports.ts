import { type Channel, channels } from './core/messages.ts'
import type { Clock, MailTransport, TextTransport } from './core/ports.ts'
import { secretsOf } from './delivery-option-fields.ts'
import { textChannels } from './delivery-options.ts'
import type { Transports } from './mail/delivery.ts'
import type { Options } from './options.ts'

/** Transports that a program brings itself; each takes the place of those of the options. */
export interface TransportPorts {
  readonly mailTransport?: MailTransport | undefined
  readonly textTransport?: TextTransport | undefined
}

/** What messages are handed to, by the options. Libraries are loaded only where they are needed. Nothing is connected to. */
export async function openTransports(options: Options, ports: TransportPorts, clock: Clock): Promise<Transports> {
  return {
    mail: ports.mailTransport ?? (await mailTransport(options, clock)),
    texts: ports.textTransport ?? oneOf(await textTransports(options, clock)),
  }
}

/** The channels that something takes, in the order in which they are always told. */
export function channelsOf({ mail, texts }: Transports): readonly Channel[] {
  return channels.filter((channel) => (channel === 'email' ? mail !== undefined : texts?.channels.includes(channel)))
}

async function mailTransport(options: Options, clock: Clock): Promise<MailTransport | undefined> {
  const { smtpUrl, mailWebhookUrl, mailWebhookSecrets = '' } = options
  if (smtpUrl) {
    const { createSmtpTransport } = await import('./mail/smtp.ts')
    return createSmtpTransport({ url: smtpUrl })
  }
  if (!mailWebhookUrl) return undefined
  const { createMailWebhook } = await import('./mail/webhook.ts')
  return createMailWebhook({ url: mailWebhookUrl, secrets: secretsOf(mailWebhookSecrets), clock })
}

async function textTransports(options: Options, clock: Clock): Promise<readonly TextTransport[]> {
  const { textWebhookUrl, textWebhookSecrets = '', twilioAccountSid, twilioAuthToken = '', twilioUrl } = options
  const found: TextTransport[] = []
  if (textWebhookUrl) {
    const { createTextWebhook } = await import('./mail/webhook.ts')
    const secrets = secretsOf(textWebhookSecrets)
    found.push(createTextWebhook({ url: textWebhookUrl, secrets, clock, channels: textChannels(options) }))
  }
  if (twilioAccountSid) {
    const { createTwilioTransport } = await import('./mail/twilio.ts')
    const { twilioSmsFrom: sms, twilioVoiceFrom: voice, twilioWhatsappFrom: whatsapp, twilioMessagingServiceSid } = options
    const from = { ...(sms ? { sms } : {}), ...(voice ? { voice } : {}), ...(whatsapp ? { whatsapp } : {}) }
    const account = { accountSid: twilioAccountSid, authToken: twilioAuthToken, messagingServiceSid: twilioMessagingServiceSid }
    found.push(createTwilioTransport({ ...account, url: twilioUrl, from }))
  }
  return found
}

/** Transports with channels of their own each, as one. */
function oneOf(transports: readonly TextTransport[]): TextTransport | undefined {
  if (transports.length <= 1) return transports[0]
  return {
    channels: transports.flatMap((transport) => transport.channels),
    async send(text) {
      const transport = transports.find((one) => one.channels.includes(text.channel))
      if (!transport) throw new Error('Nothing takes messages of this channel')
      await transport.send(text)
    },
    close() {
      for (const transport of transports) transport.close?.()
    },
  }
}
