import { defineErrors } from '../../core/errors.ts'

/** `E062503` is how Go tells a link that was not clicked yet from a failure (`protocol/core.md` 6.5). */
export const enchantedLinkErrors = defineErrors({
  PendingSession: { status: 401, wire: 'E062503', text: 'Enchanted link is pending', message: 'The link has not been clicked yet' },
})
