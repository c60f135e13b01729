import { z } from 'zod'
import { type Feature, route } from '../../http/route.ts'

/** Projects, their keys and settings. Over HTTP so far only the handshake that Node, Python and Go make (`protocol/core.md` 1.8). */
export const projects: Feature = {
  name: 'projects',
  errors: {},
  mails: {},
  events: {
    'signingKey.rotate': 'A signing key was added; `isEmergency` says whether the others were revoked.',
    'settings.change': 'Settings were changed; `fields` names them.',
  },
  routes: [
    route({
      method: 'GET',
      path: '/v1/mgmt/license',
      access: 'management',
      summary: 'The rate-limit tier, asked for when a management client starts',
      reply: z.object({ rateLimitTier: z.string() }),
      errors: [],
      run: async () => ({ rateLimitTier: 'tier4' }),
    }),
  ],
}
