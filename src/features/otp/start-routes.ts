import { z } from 'zod'
import { channels } from '../../core/messages.ts'
import { route } from '../../http/route.ts'
import { MaskedReply, maskedReply, SignInStart, SignUpStart, startDetails, startErrors, startOptions } from '../../http/start-schemas.ts'
import { startOtp } from './start.ts'

const params = z.object({ method: z.enum(channels) })
const shared = {
  method: 'POST',
  access: 'project',
  params,
  reply: MaskedReply,
  errors: startErrors,
  limit: { max: 100, perSeconds: 60 },
} as const

/** A code is sent; it is redeemed at `otp/verify` by the same method. */
export const otpStartRoutes = [
  route({
    ...shared,
    path: '/v1/auth/otp/signin/{method}',
    summary: 'Send a code that signs in',
    body: SignInStart,
    run: async ({ deps, caller: { project, source, token: refreshToken }, params: { method: channel }, body }) => {
      const input = { project, source, refreshToken, channel, loginId: body.loginId, options: startOptions(body) }
      return maskedReply(channel, await startOtp(deps, { ...input, mode: 'signIn' }))
    },
  }),
  route({
    ...shared,
    path: '/v1/auth/otp/signup/{method}',
    summary: 'Send a code that signs up',
    body: SignUpStart,
    run: async ({ deps, caller: { project, source }, params: { method: channel }, body }) => {
      const input = { project, source, channel, loginId: body.loginId, details: startDetails(body), options: startOptions(body) }
      return maskedReply(channel, await startOtp(deps, { ...input, mode: 'signUp' }))
    },
  }),
  route({
    ...shared,
    path: '/v1/auth/otp/signup-in/{method}',
    summary: 'Send a code that signs in, or up whom nobody knows',
    body: SignUpStart,
    run: async ({ deps, caller: { project, source, token: refreshToken }, params: { method: channel }, body }) => {
      const details = startDetails(body)
      const input = { project, source, refreshToken, channel, loginId: body.loginId, details, options: startOptions(body) }
      return maskedReply(channel, await startOtp(deps, { ...input, mode: 'signUpOrIn' }))
    },
  }),
]
