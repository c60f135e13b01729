import { defineErrors } from '../../core/errors.ts'

/** Failures of the password operations. `E062903` and `E062909` are the contract's; the rest it leaves open, see `docs/errors.md`. */
export const passwordErrors = defineErrors({
  WrongPassword: { status: 401, wire: 'E062903', text: 'Password signin failed', message: 'Invalid signin credentials' },
  AccountLocked: { status: 403, wire: 'E062906', text: 'Account is locked' },
  MethodDisabled: { status: 403, wire: 'E062907', text: 'Password authentication is disabled' },
  WrongTypedCode: { status: 401, wire: 'E062912', text: 'The code of the mail is wrong' },
  PasswordExpired: { status: 401, wire: 'E062909', text: 'Password expired', message: 'The password has expired and must be replaced' },
  ChangedMeanwhile: { status: 400, wire: 'E062911', text: 'Password was changed at the same time' },
})
