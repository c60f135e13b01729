import type { Feature } from '../../http/route.ts'
import { otpErrors } from './errors.ts'
import { otpMessages } from './messages.ts'
import { otpRoutes } from './routes.ts'

/** One-time codes (`protocol/core.md` 6.4). */
export const otp: Feature = {
  name: 'otp',
  routes: otpRoutes,
  errors: otpErrors,
  messages: otpMessages,
  events: {
    'otp.send': 'A code was asked for; failure is one that went to nobody.',
    'otp.verify':
      'A code was redeemed, or refused with the `reason`; `method` says how it came to the user, `isStatic` whether it was the one of test users.',
  },
}
