import type { Feature } from '../../http/route.ts'
import { otpErrors } from './errors.ts'
import { otpRoutes } from './routes.ts'

/** One-time codes (`protocol/core.md` 6.4): so far they are redeemed; they are made for test users. */
export const otp: Feature = {
  name: 'otp',
  routes: otpRoutes,
  errors: otpErrors,
  messages: {},
  events: {
    'otp.verify':
      'A code was redeemed, or refused with the `reason`; `method` says how it came to the user, `isStatic` whether it was the one of test users.',
  },
}
