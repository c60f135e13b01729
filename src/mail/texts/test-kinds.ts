import { messageKinds } from '../../auth.ts'
import { channels, codeVariable, domainVariable, lifetimeVariable, type MessageKind } from '../../core/messages.ts'

const variables = { code: codeVariable, lifetime: lifetimeVariable, domain: domainVariable }

/** Kinds with texts that no feature sends yet. */
const laterKinds: Readonly<Record<string, MessageKind>> = {
  'otp.signIn': { about: '', channels, variables },
  'otp.signUp': { about: '', channels, variables },
  'otp.update': { about: '', channels, variables },
}

/** Every kind that has texts. */
export const allKinds: Readonly<Record<string, MessageKind>> = { ...laterKinds, ...messageKinds }
