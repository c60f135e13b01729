import { defineErrors } from '../../core/errors.ts'

/** Failures of one-time codes (`protocol/core.md` 5.2). */
export const otpErrors = defineErrors({
  WrongCode: { status: 401, wire: 'E061102', text: 'Invalid code', message: 'The code is wrong or has expired' },
  TooManyCodes: { status: 401, wire: 'E061103', text: 'Too many tries', message: 'The code was tried too often; ask for a new one' },
})
