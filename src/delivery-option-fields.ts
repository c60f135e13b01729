import { z } from 'zod'
import { facts } from './option-facts.ts'

/** Options that say whom messages are handed to. They are checked together in `delivery-options.ts`. */

const WebhookUrl = (what: string) =>
  z
    .url({ protocol: /^https?$/, hostname: /./ })
    .max(2048)
    .refine(isProtected)
    .optional()
    .meta(
      facts({
        description: `Where ${what} are posted, signed with the secrets beside it. Redirects are not followed.`,
        remedy: 'Give an https URL (http on this machine only) without user, password or fragment.',
        isSecret: true,
      }),
    )

const secretPattern = 'whsec_[A-Za-z0-9+/]{32,86}={0,2}'

const WebhookSecrets = (url: string) =>
  z
    .string()
    .regex(new RegExp(`^${secretPattern}(?:[\\s,]+${secretPattern}){0,4}$`))
    .refine((text) => secretsOf(text).every(hasKeyLength))
    .optional()
    .meta(
      facts({
        description: `Secrets that what goes to \`${url}\` is signed with, by Standard Webhooks; each of several signs, so that one can take the place of another.`,
        remedy: 'Give whsec_ and 24 to 64 random bytes in base64; at most five of them, with commas or white space between.',
        isSecret: true,
      }),
    )

const PhoneNumber = z.string().regex(/^\+[1-9][0-9]{6,14}$/)

const senderFacts = (channel: string, more = '') =>
  facts({
    description: `Number that Twilio sends ${channel} from; without it Twilio sends none.${more}`,
    remedy: 'Give a phone number of the account: +15555550100.',
  })

const sidRemedy = (letters: string) => `Give ${letters} and 32 hexadecimal digits, as the console of Twilio shows it.`

/** By name, for `OptionFields`. */
export const deliveryOptionFields = {
  mailWebhookUrl: WebhookUrl('mails'),
  mailWebhookSecrets: WebhookSecrets('mailWebhookUrl'),
  textWebhookUrl: WebhookUrl('messages of `textWebhookChannels`'),
  textWebhookSecrets: WebhookSecrets('textWebhookUrl'),
  textWebhookChannels: z
    .array(z.enum(['sms', 'voice', 'whatsapp', 'im']))
    .min(1)
    .max(4)
    .refine((names) => new Set(names).size === names.length)
    .optional()
    .meta(
      facts({
        description: 'Channels that go to `textWebhookUrl`. Default: those that Twilio does not carry.',
        remedy: 'Give some of sms, voice, whatsapp, im (a list in the file, commas elsewhere).',
        form: 'list',
      }),
    ),
  twilioAccountSid: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/)
    .optional()
    .meta(facts({ description: 'Account at Twilio that sends texts, calls and WhatsApp messages.', remedy: sidRemedy('AC') })),
  twilioAuthToken: z
    .string()
    .regex(/^[\x21-\x7e]{16,256}$/)
    .optional()
    .meta(facts({ description: 'Token of that account.', remedy: 'Give the token that the console of Twilio shows.', isSecret: true })),
  twilioSmsFrom: PhoneNumber.or(z.string().regex(/^(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}$/))
    .optional()
    .meta(
      facts({
        description: 'Number or sender name that Twilio sends SMS from; without it, and without a messaging service, Twilio sends none.',
        remedy: 'Give a phone number of the account, +15555550100, or a name of at most 11 letters and digits.',
      }),
    ),
  twilioMessagingServiceSid: z
    .string()
    .regex(/^MG[0-9a-f]{32}$/)
    .optional()
    .meta(facts({ description: 'Messaging service that sends SMS in place of `twilioSmsFrom`.', remedy: sidRemedy('MG') })),
  twilioVoiceFrom: PhoneNumber.optional().meta(senderFacts('calls')),
  twilioWhatsappFrom: PhoneNumber.optional().meta(
    senderFacts('WhatsApp messages', ' Texts of ours go out as free text, which WhatsApp takes within 24 hours of a message of the user.'),
  ),
  twilioUrl: z
    .url({ protocol: /^https?$/, hostname: /./ })
    .max(2048)
    .refine(isProtected)
    .refine((text) => !/[?#]/.test(text))
    .default('https://api.twilio.com')
    .meta(
      facts({
        description: 'Where the API of Twilio is, for regions and proxies.',
        remedy: 'Give an https URL (http on this machine only) without user, password, query or fragment.',
      }),
    ),
} as const

/** The single secrets of the option. */
export function secretsOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((secret) => secret !== '')
}

function hasKeyLength(secret: string): boolean {
  const { length } = Buffer.from(secret.slice('whsec_'.length), 'base64')
  return length >= 24 && length <= 64
}

/** As `mail/http-post.ts` checks it again. */
function isProtected(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, hash } = new URL(text)
  const isOnThisMachine = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return (protocol === 'https:' || isOnThisMachine) && username === '' && password === '' && hash === ''
}
