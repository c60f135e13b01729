import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { MaskedReply, maskedReply, SignInStart, SignUpStart, startDetails, startErrors, startOptions } from '../../http/start-schemas.ts'
import { startMagicLink } from './start.ts'

const params = z.object({ method: z.enum(['email', 'sms', 'whatsapp']) })
const shared = {
  method: 'POST',
  access: 'project',
  params,
  reply: MaskedReply,
  errors: [...startErrors, coreErrors.RedirectRefused],
  limit: { max: 100, perSeconds: 60 },
} as const

/** A link is sent; what comes of it is redeemed at `magiclink/verify`. */
export const magicLinkStartRoutes = [
  route({
    ...shared,
    path: '/v1/auth/magiclink/signin/{method}',
    summary: 'Send a link that signs in',
    body: SignInStart,
    run: async ({ deps, caller: { project, source, token: refreshToken }, params: { method: channel }, body }) => {
      const { loginId, URI: uri } = body
      const input = { project, source, refreshToken, channel, loginId, uri, options: startOptions(body) }
      return maskedReply(channel, await startMagicLink(deps, { ...input, mode: 'signIn' }))
    },
  }),
  route({
    ...shared,
    path: '/v1/auth/magiclink/signup/{method}',
    summary: 'Send a link that signs up',
    body: SignUpStart,
    run: async ({ deps, caller: { project, source }, params: { method: channel }, body }) => {
      const { loginId, URI: uri } = body
      const input = { project, source, channel, loginId, uri, details: startDetails(body), options: startOptions(body) }
      return maskedReply(channel, await startMagicLink(deps, { ...input, mode: 'signUp' }))
    },
  }),
  route({
    ...shared,
    path: '/v1/auth/magiclink/signup-in/{method}',
    summary: 'Send a link that signs in, or up whom nobody knows',
    body: SignUpStart,
    run: async ({ deps, caller: { project, source, token: refreshToken }, params: { method: channel }, body }) => {
      const { loginId, URI: uri } = body
      const input = { project, source, refreshToken, channel, loginId, uri, details: startDetails(body), options: startOptions(body) }
      return maskedReply(channel, await startMagicLink(deps, { ...input, mode: 'signUpOrIn' }))
    },
  }),
]
