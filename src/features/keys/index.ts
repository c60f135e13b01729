import { z } from 'zod'
import type { Deps } from '../../core/deps.ts'
import { defineErrors } from '../../core/errors.ts'
import { digest } from '../../core/secrets.ts'
import { type Feature, reply, route } from '../../http/route.ts'
import { Text } from '../../http/schemas.ts'

export const keysErrors = defineErrors({
  ProjectNotFound: { status: 404, wire: 'E011011', text: 'No such project' },
})

const PublicKey = z
  .object({ alg: z.string(), e: z.string(), kid: z.string(), kty: z.literal('RSA'), n: z.string(), use: z.literal('sig') })
  .meta({ id: 'PublicKey', description: 'An RSA verification key (RFC 7517).' })

const params = z.object({ projectId: Text(64) })

/** Keys may be cached for five minutes; a new key is published ten minutes before it signs (JW-06, JW-07). */
function cached<Body>(body: Body) {
  return reply({ body, headers: { 'cache-control': 'public, max-age=300', etag: `"${digest(JSON.stringify(body)).slice(0, 22)}"` } })
}

/** The public key sets that every SDK fetches (`protocol/core.md` 3.1). */
export const keys: Feature = {
  name: 'keys',
  errors: keysErrors,
  messages: {},
  events: {},
  routes: [
    route({
      method: 'GET',
      path: '/v2/keys/{projectId}',
      access: 'open',
      summary: 'The key set of a project',
      params,
      // Nothing but `keys` at the root: Go decodes it as a map of arrays.
      reply: z.object({ keys: z.array(PublicKey) }),
      errors: [keysErrors.ProjectNotFound],
      run: async ({ deps, params: { projectId } }) => cached(await keySet(deps, projectId)),
    }),
    route({
      method: 'GET',
      path: '/v1/keys/{projectId}',
      access: 'open',
      summary: 'The keys of a project as a bare array (the older form)',
      params,
      reply: z.array(PublicKey),
      errors: [keysErrors.ProjectNotFound],
      run: async ({ deps, params: { projectId } }) => cached((await keySet(deps, projectId)).keys),
    }),
  ],
}

async function keySet(deps: Deps, projectId: string) {
  const set = await deps.signingKeys.keySet(projectId)
  if (!set) throw keysErrors.ProjectNotFound()
  return { keys: set.keys.map((key) => PublicKey.parse(key)) }
}
