import { lifetimeVariable, linksVariable, type MessageKind } from '../../core/messages.ts'

const channels = ['email'] as const
const variables = { links: linksVariable, lifetime: lifetimeVariable }

/** Kinds of messages of this feature. */
export const enchantedLinkMessages = {
  'enchantedLink.signIn': { about: 'Three numbered links, of which the right one signs in where the sign-in began.', channels, variables },
  'enchantedLink.signUp': { about: 'The same for somebody who is no user yet.', channels, variables },
  'enchantedLink.update': { about: 'Three numbered links, of which the right one proves a new address.', channels, variables },
} as const satisfies Readonly<Record<string, MessageKind>>
