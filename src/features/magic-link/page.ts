import { z } from 'zod'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { projectById } from '../../core/projects.ts'
import { form, hiddenField, html, linkWithoutToken, notice, ownPath, page } from '../../http/page.ts'
import { route } from '../../http/route.ts'
import { LinkToken, Text } from '../../http/schemas.ts'
import { confirmEmail } from './verify.ts'

const params = z.object({ projectId: Text(64) })

/** Our own page for verification links. Opening it confirms nothing, because mail scanners open links; the button does (RC-10). */
export const verifyPages = [
  route({
    method: 'GET',
    path: '/verify/{projectId}',
    access: 'open',
    kind: 'page',
    summary: 'Page to confirm an e-mail address',
    params,
    query: z.object({ t: LinkToken.optional() }),
    reply: z.string(),
    errors: [coreErrors.InvalidProject],
    run: async ({ deps, params: { projectId }, query }) => {
      const project = await projectById(deps, projectId)
      if (query.t === undefined) return linkWithoutToken(deps)
      const fields = [hiddenField('t', query.t)]
      const action = ownPath(deps, `/verify/${project.id}`)
      const body = html`<p>Press the button to confirm that this e-mail address is yours.</p>${form({ action, button: 'Confirm', fields })}`
      return page(deps, { title: `Confirm your e-mail address for ${project.name}`, dropsQuery: true, body })
    },
  }),
  route({
    method: 'POST',
    path: '/verify/{projectId}',
    access: 'open',
    kind: 'page',
    summary: 'Confirm the address that the page asked about',
    params,
    body: z.object({ t: LinkToken }),
    reply: z.string(),
    errors: [coreErrors.InvalidProject],
    limit: { max: 30, perSeconds: 60 },
    run: async ({ deps, caller: { source }, params: { projectId }, body }) => {
      const project = await projectById(deps, projectId)
      try {
        await confirmEmail(deps, { project, source, token: body.t })
      } catch (error) {
        if (!(error instanceof AuthError) || error.spec !== coreErrors.InvalidLinkToken.spec) throw error
        const text = 'This link has expired or was used already.'
        return page(deps, { title: 'The link does not work', body: notice('bad', text) })
      }
      return page(deps, { title: 'Done', body: notice('good', 'Your e-mail address is confirmed.') })
    },
  }),
]
