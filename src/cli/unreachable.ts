import type { Channel } from '../core/messages.ts'
import type { Settings } from '../core/settings.ts'

/** Channels of each way to sign in, by its section of the settings. */
const methods = {
  magicLink: ['email', 'sms', 'whatsapp'],
  otp: ['email', 'sms', 'voice', 'whatsapp', 'im'],
  enchantedLink: ['email'],
} as const satisfies Readonly<Partial<Record<keyof Settings, readonly Channel[]>>>

/** Ways to sign in that are enabled and have channels by which nobody is reached, a sentence each. */
export function unreachable(settings: Settings, carries: (channel: Channel) => boolean): readonly string[] {
  return Object.entries(methods).flatMap(([name, channels]) => {
    const missing = channels.filter((channel) => !carries(channel))
    const isEnabled = settings[name as keyof typeof methods].enabled
    const way = missing.length === channels.length ? `${name} reaches nobody` : `${name} reaches nobody by ${missing.join(', ')}`
    return isEnabled && missing.length > 0 ? [`${way}: nothing takes such messages, and calls are refused with E061002.`] : []
  })
}
