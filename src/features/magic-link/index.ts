import type { Feature } from '../../http/route.ts'
import { magicLinkMessages } from './messages.ts'
import { magicLinkRoutes } from './routes.ts'

/** Links with a one-time token: proof of an address, and the first half of a password reset (`protocol/core.md` 6.1, 6.3). */
export const magicLink: Feature = {
  name: 'magic-link',
  routes: magicLinkRoutes,
  errors: {},
  messages: magicLinkMessages,
  events: {
    'magicLink.send': 'A link was asked for; failure is one that went to nobody.',
    'magicLink.verify': 'A link was redeemed; `purpose` says which kind.',
    'user.updateAddress': 'Users proved a new address or phone number of theirs, which is now the account’s.',
    'user.merge': 'Another account was merged into this one, whose user proved to be both; `mergedUserId` is gone.',
    'user.signUp': 'A link or a code of a sign-up was redeemed, which made the user; `method` says how it came to them.',
    'user.firstProof': 'An address was proven for the first time, which ended what was set up before (RC-11).',
  },
}
