import { z } from 'zod'
import { route } from '../../http/route.ts'
import { EmailUpdate, MaskedReply, maskedReply, PhoneUpdate, updateErrors, updateOptions } from '../../http/start-schemas.ts'
import { startUpdate } from './update.ts'

const shared = { method: 'POST', access: 'refresh', reply: MaskedReply, errors: updateErrors, limit: { max: 100, perSeconds: 60 } } as const

/** A code is sent that proves a new address of the signed-in user; it is redeemed at `otp/verify` by the same method. */
export const otpUpdateRoutes = [
  route({
    ...shared,
    path: '/v1/auth/otp/update/email',
    summary: 'Send a code that proves a new e-mail address',
    body: EmailUpdate,
    run: async ({ deps, caller: { project, source, live }, body }) => {
      const input = { project, source, live, channel: 'email', address: body.email, ...updateOptions(body) } as const
      return maskedReply('email', await startUpdate(deps, input))
    },
  }),
  route({
    ...shared,
    path: '/v1/auth/otp/update/phone/{method}',
    summary: 'Send a code that proves a new phone number',
    params: z.object({ method: z.enum(['sms', 'voice', 'whatsapp', 'im']) }),
    body: PhoneUpdate,
    run: async ({ deps, caller: { project, source, live }, params: { method: channel }, body }) => {
      const input = { project, source, live, channel, address: body.phone, ...updateOptions(body) }
      return maskedReply(channel, await startUpdate(deps, input))
    },
  }),
]
