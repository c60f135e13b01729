import { lifetimeVariable, linkVariable, type MessageKind } from '../../core/messages.ts'

const channels = ['email', 'sms', 'whatsapp'] as const
const variables = { link: linkVariable, lifetime: lifetimeVariable }

/** Kinds of messages of this feature. */
export const magicLinkMessages = {
  'email.verify': { about: 'The link that proves the address of a fresh sign-up.', channels: ['email'], variables },
  'magicLink.signIn': { about: 'The link that signs in.', channels, variables },
  'magicLink.signUp': { about: 'The link that signs up somebody who is no user yet.', channels, variables },
  'magicLink.update': { about: 'The link that proves a new address or phone number.', channels, variables },
} as const satisfies Readonly<Record<string, MessageKind>>
