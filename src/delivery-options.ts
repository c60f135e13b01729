import type { Fields } from './option-fields.ts'

/** A problem of options together: the option that it is told of, and the sentence. */
export type Together = readonly [name: keyof Fields, sentence: string]

/** What the options about delivery say together. Looks at those that could be parsed. */
export function deliveryProblems(fields: Partial<Fields>): readonly Together[] {
  const { smtpUrl, mailWebhookUrl, mailWebhookSecrets, textWebhookUrl, textWebhookSecrets, textWebhookChannels } = fields
  const { twilioAccountSid, twilioAuthToken, twilioSmsFrom, twilioMessagingServiceSid } = fields
  const senders = ['twilioSmsFrom', 'twilioMessagingServiceSid', 'twilioVoiceFrom', 'twilioWhatsappFrom'] as const
  const sender = senders.find((name) => fields[name] !== undefined)
  const overlap = textWebhookChannels?.filter((channel) => twilioChannels(fields).includes(channel)) ?? []
  const isBare = textWebhookUrl !== undefined && textChannels(fields).length === 0
  const found: readonly (readonly [boolean, Together])[] = [
    [both(smtpUrl, mailWebhookUrl), ['mailWebhookUrl', 'smtpUrl is set as well. Set one of them.']],
    ...paired('mailWebhookUrl', 'mailWebhookSecrets', mailWebhookUrl, mailWebhookSecrets),
    ...paired('textWebhookUrl', 'textWebhookSecrets', textWebhookUrl, textWebhookSecrets),
    [textWebhookChannels !== undefined && !textWebhookUrl, ['textWebhookChannels', 'it is of no use without textWebhookUrl.']],
    ...paired('twilioAccountSid', 'twilioAuthToken', twilioAccountSid, twilioAuthToken),
    [
      twilioAccountSid !== undefined && !sender,
      [
        'twilioAccountSid',
        'nothing goes out by it. Set one of twilioSmsFrom, twilioMessagingServiceSid, twilioVoiceFrom, twilioWhatsappFrom.',
      ],
    ],
    [sender !== undefined && !twilioAccountSid, [sender ?? 'twilioSmsFrom', 'it is of no use without twilioAccountSid.']],
    [both(twilioSmsFrom, twilioMessagingServiceSid), ['twilioMessagingServiceSid', 'twilioSmsFrom is set as well. Set one of them.']],
    [overlap.length > 0, ['textWebhookChannels', `Twilio carries ${overlap.join(', ')} as well. Take it from one of them.`]],
    [isBare, ['textWebhookUrl', 'Twilio carries every channel. Leave it out.']],
  ]
  return found.filter(([isSo]) => isSo).map(([, problem]) => problem)
}

const both = (one: unknown, other: unknown) => one !== undefined && other !== undefined

function paired(name: keyof Fields, partner: keyof Fields, value: unknown, other: unknown): readonly (readonly [boolean, Together])[] {
  return [
    [value !== undefined && other === undefined, [name, `it needs ${partner}.`]],
    [value === undefined && other !== undefined, [partner, `it is of no use without ${name}.`]],
  ]
}

/** Whether anything is handed to somebody. */
export function hasTransport({ smtpUrl, mailWebhookUrl, textWebhookUrl, twilioAccountSid }: Partial<Fields>): boolean {
  return [smtpUrl, mailWebhookUrl, textWebhookUrl, twilioAccountSid].some((value) => value !== undefined)
}

type TextChannel = NonNullable<Fields['textWebhookChannels']>[number]

/** Channels that Twilio carries. */
export function twilioChannels(fields: Partial<Fields>): readonly TextChannel[] {
  const { twilioAccountSid, twilioSmsFrom, twilioMessagingServiceSid, twilioVoiceFrom, twilioWhatsappFrom } = fields
  if (!twilioAccountSid) return []
  return [
    ...(twilioSmsFrom || twilioMessagingServiceSid ? (['sms'] as const) : []),
    ...(twilioVoiceFrom ? (['voice'] as const) : []),
    ...(twilioWhatsappFrom ? (['whatsapp'] as const) : []),
  ]
}

/** Channels that go to the webhook for texts. */
export function textChannels(fields: Partial<Fields>): readonly TextChannel[] {
  const { textWebhookUrl, textWebhookChannels } = fields
  if (!textWebhookUrl) return []
  const others = twilioChannels(fields)
  return textWebhookChannels ?? (['sms', 'voice', 'whatsapp', 'im'] as const).filter((channel) => !others.includes(channel))
}
