import { defineErrors } from '../../core/errors.ts'

/** The contract knows the refusal and leaves its code open (`protocol/core.md` 7.6). */
export const testUserErrors = defineErrors({
  NotTestUser: { status: 400, wire: 'E112170', text: 'Not a test user', message: 'Codes and links are generated for test users only' },
})
