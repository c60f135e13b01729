import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import {
  EmailUpdate,
  SignInStart,
  SignUpStart,
  startDetails,
  startErrors,
  startOptions,
  updateErrors,
  updateOptions,
} from '../../http/start-schemas.ts'
import { startEnchantedLink, startUpdate } from './start.ts'

const shared = {
  method: 'POST',
  reply: z.object({
    linkId: z.string().meta({ description: 'The number to show: the link with it in the mail is the right one.' }),
    pendingRef: z.string().meta({ description: 'What to poll with.' }),
    maskedEmail: z.string(),
  }),
  limit: { max: 100, perSeconds: 60 },
} as const
const errors = [...startErrors, coreErrors.RedirectRefused]

/** Three numbered links are sent; the one who waits polls at `enchantedlink/pending-session`. */
export const enchantedLinkStartRoutes = [
  route({
    ...shared,
    access: 'project',
    path: '/v1/auth/enchantedlink/signin/email',
    summary: 'Send numbered links that sign in',
    body: SignInStart,
    errors,
    run: ({ deps, caller: { project, source, token: refreshToken }, body }) => {
      const { loginId, URI: uri } = body
      return startEnchantedLink(deps, { project, source, refreshToken, mode: 'signIn', loginId, uri, options: startOptions(body) })
    },
  }),
  route({
    ...shared,
    access: 'project',
    path: '/v1/auth/enchantedlink/signup/email',
    summary: 'Send numbered links that sign up',
    body: SignUpStart,
    errors,
    run: ({ deps, caller: { project, source }, body }) => {
      const { loginId, URI: uri } = body
      const input = { project, source, loginId, uri, details: startDetails(body), options: startOptions(body) }
      return startEnchantedLink(deps, { ...input, mode: 'signUp' })
    },
  }),
  route({
    ...shared,
    access: 'project',
    path: '/v1/auth/enchantedlink/signup-in/email',
    summary: 'Send numbered links that sign in, or up whom nobody knows',
    body: SignUpStart,
    errors,
    run: ({ deps, caller: { project, source, token: refreshToken }, body }) => {
      const { loginId, URI: uri } = body
      const input = { project, source, refreshToken, loginId, uri, details: startDetails(body), options: startOptions(body) }
      return startEnchantedLink(deps, { ...input, mode: 'signUpOrIn' })
    },
  }),
  route({
    ...shared,
    access: 'refresh',
    path: '/v1/auth/enchantedlink/update/email',
    summary: 'Send numbered links that prove a new e-mail address',
    body: EmailUpdate,
    errors: [...updateErrors, coreErrors.RedirectRefused],
    run: ({ deps, caller: { project, source, live }, body }) =>
      startUpdate(deps, { project, source, live, address: body.email, ...updateOptions(body) }),
  }),
]
