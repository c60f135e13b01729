import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { route } from '../../http/route.ts'
import { AuthReply, LooseBoolean, synonyms, Text } from '../../http/schemas.ts'
import { authReply, refreshCookieHeader, refreshCookieName } from '../../http/session-reply.ts'
import { sessionErrors } from './errors.ts'
import { listTenants, selectTenant } from './tenants.ts'

const { InvalidSession, SessionEnded, StaleSession } = coreErrors

const Tenant = z.object({ id: z.string(), name: z.string(), customAttributes: z.record(z.string(), z.unknown()) })

/** Ruby's `select_tenant` reads tokens only from an answer that sets a cookie `DS` or `DSR` (`protocol/core.md` 9). No browser has this name. */
const clientHeader = 'x-descope-sdk-name'
const needsCookie = (client: string | undefined) => client === 'ruby'

export const sessionTenantRoutes = [
  route({
    method: 'POST',
    path: '/v1/auth/me/tenants',
    access: 'refresh',
    allowsImpersonation: true,
    summary: 'Tenants of the user of the session',
    body: z.object({
      dct: LooseBoolean.optional().meta({ description: 'Only the current tenant.' }),
      ids: z.array(Text(64)).max(200).optional().meta({ description: 'Only these; none or an empty list is all.' }),
    }),
    reply: z.object({ tenants: z.array(Tenant) }),
    errors: [InvalidSession, SessionEnded],
    run: async ({ deps, caller: { live }, body: { dct = false, ids = [] } }) => ({
      tenants: (await listTenants(deps, { live, isCurrentOnly: dct, ids })).map(({ id, name, customAttributes }) => {
        return { id, name, customAttributes: { ...customAttributes } }
      }),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/auth/tenant/select',
    access: 'refresh',
    allowsImpersonation: true,
    summary: 'Choose the current tenant of the session',
    body: synonyms({ tenantId: 'tenant' }, z.object({ tenant: Text(64).min(1) })),
    reply: AuthReply,
    errors: [sessionErrors.TenantRefused, StaleSession, InvalidSession, SessionEnded],
    run: async ({ deps, caller: { project, live, source }, body, header }) => {
      const issued = await selectTenant(deps, { project, live, source, tenantId: body.tenant })
      const cookieName = refreshCookieName(header(refreshCookieHeader))
      return authReply(issued, project, { cookieName, alsoInCookie: needsCookie(header(clientHeader)) })
    },
  }),
]
