import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textChannels, twilioChannels } from './delivery-options.ts'
import { OptionsProblem, parseOptions } from './options.ts'
import { channelsOf, openTransports } from './transports.ts'

const secret = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`
const sid = (letters: string) => `${letters}${'0f'.repeat(16)}`
const account = { twilioAccountSid: sid('AC'), twilioAuthToken: 'canary'.repeat(6) }
const textHook = { textWebhookUrl: 'https://hooks.example/texts', textWebhookSecrets: secret(1) }
const mailHook = {
  mailWebhookUrl: 'https://hooks.example/mails?key=canary',
  mailWebhookSecrets: `${secret(1)}, ${secret(2)}\n${secret(3)}`,
}

const parse = (file: object) => parseOptions({ flags: {}, environment: {}, file })

function problemsOf(file: object): readonly string[] {
  try {
    parse(file)
  } catch (error) {
    if (error instanceof OptionsProblem) return error.problems
    throw error
  }
  return []
}

for (const [name, file, channels, isOutboxShown] of [
  ['nothing', {}, [], true],
  ['a mail server', { smtpUrl: 'smtp://localhost:1025' }, ['email'], false],
  ['a webhook for mails', mailHook, ['email'], false],
  ['a webhook for texts', textHook, ['sms', 'voice', 'whatsapp', 'im'], false],
  ['a webhook for some', { ...textHook, textWebhookChannels: ['im', 'sms'] }, ['sms', 'im'], false],
  ['Twilio for SMS', { ...account, twilioSmsFrom: '+15555550100' }, ['sms'], false],
  ['Twilio with a name', { ...account, twilioSmsFrom: 'Acme 24' }, ['sms'], false],
  ['Twilio with a service', { ...account, twilioMessagingServiceSid: sid('MG') }, ['sms'], false],
  [
    'all of them',
    { ...mailHook, ...textHook, ...account, twilioVoiceFrom: '+15555550100', twilioWhatsappFrom: '+15555550101' },
    ['email', 'sms', 'voice', 'whatsapp', 'im'],
    false,
  ],
] as const) {
  test(`options: with ${name}, these channels are carried`, async () => {
    const options = parse(file)
    const transports = await openTransports(options, {}, { nowSeconds: () => 0, nowMilliseconds: () => 0, monotonicMilliseconds: () => 0 })
    assert.deepEqual(channelsOf(transports), channels)
    assert.deepEqual(
      [...textChannels(options), ...twilioChannels(options)].toSorted(),
      channels.filter((channel) => channel !== 'email').toSorted(),
    )
    assert.equal(options.outbox, isOutboxShown)
    transports.mail?.close?.()
    transports.texts?.close?.()
  })
}

const elsewhere = 'http://hooks.example/canary'
for (const [name, file, expected] of [
  ['mails by two ways', { ...mailHook, smtpUrl: 'smtp://localhost' }, /^mailWebhookUrl .*smtpUrl is set as well/],
  ['mails without a secret', { ...mailHook, mailWebhookSecrets: undefined }, /^mailWebhookUrl .*needs mailWebhookSecrets/],
  ['texts without a secret', { ...textHook, textWebhookSecrets: undefined }, /^textWebhookUrl .*needs textWebhookSecrets/],
  ['a secret for nothing', { mailWebhookSecrets: secret(1) }, /^mailWebhookSecrets .*of no use without mailWebhookUrl/],
  ['channels for nothing', { textWebhookChannels: ['sms'] }, /^textWebhookChannels .*of no use without textWebhookUrl/],
  ['mails among the texts', { ...textHook, textWebhookChannels: ['email'] }, /^textWebhookChannels .*Give some of sms/],
  ['a channel twice', { ...textHook, textWebhookChannels: ['sms', 'sms'] }, /^textWebhookChannels /],
  ['a URL without TLS', { ...mailHook, mailWebhookUrl: elsewhere }, /^mailWebhookUrl .*https/],
  ['a URL with a user', { ...mailHook, mailWebhookUrl: 'https://u:canary@hooks.example' }, /^mailWebhookUrl .*https/],
  ['a secret of another kind', { ...mailHook, mailWebhookSecrets: 'canary' }, /^mailWebhookSecrets .*whsec_/],
  ['a short secret', { ...mailHook, mailWebhookSecrets: `whsec_${Buffer.alloc(23).toString('base64')}` }, /^mailWebhookSecrets .*whsec_/],
  ['six secrets', { ...mailHook, mailWebhookSecrets: Array(6).fill(secret(1)).join(' ') }, /^mailWebhookSecrets .*at most five/],
  ['Twilio without a token', { twilioAccountSid: sid('AC'), twilioSmsFrom: '+15555550100' }, /^twilioAccountSid .*needs twilioAuthToken/],
  ['Twilio without a sender', account, /^twilioAccountSid .*nothing goes out by it/],
  ['a sender without Twilio', { twilioVoiceFrom: '+15555550100' }, /^twilioVoiceFrom .*of no use without twilioAccountSid/],
  [
    'a key in place of an account',
    { ...account, twilioAccountSid: sid('SK'), twilioSmsFrom: '+15555550100' },
    /^twilioAccountSid .*AC and 32/,
  ],
  [
    'two senders of SMS',
    { ...account, twilioSmsFrom: '+15555550100', twilioMessagingServiceSid: sid('MG') },
    /^twilioMessagingServiceSid .*twilioSmsFrom is set as well/,
  ],
  ['a number without a plus', { ...account, twilioVoiceFrom: '15555550100' }, /^twilioVoiceFrom .*\+15555550100/],
  ['a long name', { ...account, twilioSmsFrom: 'Acme Company' }, /^twilioSmsFrom .*11 letters/],
  [
    'a channel by two ways',
    { ...account, twilioSmsFrom: '+15555550100', ...textHook, textWebhookChannels: ['sms', 'im'] },
    /^textWebhookChannels .*Twilio carries sms as well/,
  ],
  ['Twilio elsewhere without TLS', { ...account, twilioSmsFrom: '+15555550100', twilioUrl: elsewhere }, /^twilioUrl .*https/],
] as const) {
  test(`CR-02: ${name} stops the start, with its place and no value`, () => {
    const problems = problemsOf(file)
    assert.ok(problems.length >= 1)
    const problem = problems.find((one) => expected.test(one)) ?? problems[0] ?? ''
    assert.match(problem, expected)
    assert.doesNotMatch(problems.join(), /canary|hooks/)
  })
}
