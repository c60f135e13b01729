import { z } from 'zod'
import { coreErrors } from '../../core/errors.ts'
import { type Feature, reply, route } from '../../http/route.ts'

const State = z.object({ status: z.string() })

/** Liveness, readiness and figures for whoever runs the server. */
export const health: Feature = {
  name: 'health',
  errors: {},
  messages: {},
  events: {},
  routes: [
    route({
      method: 'GET',
      path: '/healthz',
      access: 'open',
      summary: 'Whether the process is alive',
      reply: State,
      errors: [],
      run: async () => ({ status: 'ok' }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      access: 'open',
      summary: 'Whether requests are wanted now: the database answers, and the server is not about to end',
      reply: State,
      errors: [coreErrors.Unavailable],
      run: async ({ deps }) => {
        if (deps.isDraining()) throw coreErrors.Unavailable({ retryAfterSeconds: 1 })
        try {
          await deps.storage.ping()
        } catch (cause) {
          deps.log.error('readiness.failed', cause)
          throw coreErrors.Unavailable({ retryAfterSeconds: 1 })
        }
        return { status: 'ready' }
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      access: 'local',
      kind: 'page',
      summary: 'Figures in the Prometheus text format',
      reply: z.string(),
      errors: [],
      run: async ({ deps }) => {
        const { contentType, text } = await deps.metrics.render()
        return reply({ body: text, headers: { 'content-type': contentType } })
      },
    }),
  ],
}
