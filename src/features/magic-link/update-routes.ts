import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { EmailUpdate, MaskedReply, maskedReply, PhoneUpdate, updateErrors, updateOptions } from '../../http/start-schemas.ts'
import { startUpdate } from './update.ts'

const shared = {
  method: 'POST',
  access: 'refresh',
  reply: MaskedReply,
  errors: [...updateErrors, coreErrors.RedirectRefused],
  limit: { max: 100, perSeconds: 60 },
} as const

/** A link is sent that proves a new address of the signed-in user; it is redeemed at `magiclink/verify`. */
export const magicLinkUpdateRoutes = [
  route({
    ...shared,
    path: '/v1/auth/magiclink/update/email',
    summary: 'Send a link that proves a new e-mail address',
    body: EmailUpdate,
    run: async ({ deps, caller: { project, source, live }, body }) => {
      const input = { project, source, live, channel: 'email', address: body.email, ...updateOptions(body) } as const
      return maskedReply('email', await startUpdate(deps, input))
    },
  }),
  route({
    ...shared,
    path: '/v1/auth/magiclink/update/phone',
    summary: 'Send a link that proves a new phone number, by text message',
    body: PhoneUpdate,
    run: async ({ deps, caller: { project, source, live }, body }) => {
      const input = { project, source, live, channel: 'sms', address: body.phone, ...updateOptions(body) } as const
      return maskedReply('sms', await startUpdate(deps, input))
    },
  }),
  route({
    ...shared,
    path: '/v1/auth/magiclink/update/phone/{method}',
    summary: 'Send a link that proves a new phone number',
    params: z.object({ method: z.enum(['sms', 'whatsapp']) }),
    body: PhoneUpdate,
    run: async ({ deps, caller: { project, source, live }, params: { method: channel }, body }) => {
      const input = { project, source, live, channel, address: body.phone, ...updateOptions(body) }
      return maskedReply(channel, await startUpdate(deps, input))
    },
  }),
]
