import { channels, codeVariable, domainVariable, lifetimeVariable, type MessageKind } from '../../core/messages.ts'

const variables = { code: codeVariable, lifetime: lifetimeVariable, domain: domainVariable }

/** Kinds of messages of this feature. */
export const otpMessages = {
  'otp.signIn': { about: 'The code that signs in.', channels, variables },
  'otp.signUp': { about: 'The code that signs up somebody who is no user yet.', channels, variables },
  'otp.update': { about: 'The code that proves a new address or phone number.', channels, variables },
} as const satisfies Readonly<Record<string, MessageKind>>
