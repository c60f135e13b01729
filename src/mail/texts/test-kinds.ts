import { messageKinds } from '../../auth.ts'
import { codeVariable, domainVariable, lifetimeVariable, linksVariable, type MessageKind } from '../../core/messages.ts'

const links = { links: linksVariable, lifetime: lifetimeVariable }
const code = { code: codeVariable, lifetime: lifetimeVariable }

function three(method: string, kind: Pick<MessageKind, 'channels' | 'variables'>): Readonly<Record<string, MessageKind>> {
  return Object.fromEntries(['signIn', 'signUp', 'update'].map((purpose) => [`${method}.${purpose}`, { about: '', ...kind }]))
}

/** Kinds with texts that no feature sends yet. */
export const laterKinds: Readonly<Record<string, MessageKind>> = {
  ...three('otp', { channels: ['email', 'sms', 'voice', 'whatsapp', 'im'], variables: { ...code, domain: domainVariable } }),
  ...three('enchantedLink', { channels: ['email'], variables: links }),
  'password.resetEnchanted': { about: '', channels: ['email'], variables: links },
  'password.resetCode': { about: '', channels: ['email'], variables: code },
}

/** Every kind that has texts. */
export const allKinds: Readonly<Record<string, MessageKind>> = { ...laterKinds, ...messageKinds }
