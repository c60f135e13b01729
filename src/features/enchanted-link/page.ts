import { z } from 'zod'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { projectById } from '../../core/projects.ts'
import { form, hiddenField, html, linkWithoutToken, notice, ownPath, page } from '../../http/page.ts'
import { route } from '../../http/route.ts'
import { LinkToken, Text } from '../../http/schemas.ts'
import { confirmSignIn } from './verify.ts'

const params = z.object({ projectId: Text(64) })

/** Our own page for numbered links. Opening it confirms nothing, because mail scanners open links; the button does (RC-10). No session comes of it here (RC-12). */
export const confirmPages = [
  route({
    method: 'GET',
    path: '/confirm/{projectId}',
    access: 'open',
    kind: 'page',
    summary: 'Page to confirm a sign-in by its numbered link',
    params,
    query: z.object({ t: LinkToken.optional() }),
    reply: z.string(),
    errors: [coreErrors.InvalidProject],
    run: async ({ deps, params: { projectId }, query }) => {
      const project = await projectById(deps, projectId)
      if (query.t === undefined) return linkWithoutToken(deps)
      const action = ownPath(deps, `/confirm/${project.id}`)
      const asks = html`<p>Press the button if the number of this link is the one that you see where you sign in.</p>`
      const body = html`${asks}${form({ action, button: 'Confirm', fields: [hiddenField('t', query.t)] })}`
      return page(deps, { title: `Sign in to ${project.name}`, dropsQuery: true, body })
    },
  }),
  route({
    method: 'POST',
    path: '/confirm/{projectId}',
    access: 'open',
    kind: 'page',
    summary: 'Confirm the sign-in that the page asked about',
    params,
    body: z.object({ t: LinkToken }),
    reply: z.string(),
    errors: [coreErrors.InvalidProject],
    limit: { max: 30, perSeconds: 60 },
    run: async ({ deps, caller: { source }, params: { projectId }, body: { t: token } }) => {
      const project = await projectById(deps, projectId)
      try {
        await confirmSignIn(deps, { project, source, token })
      } catch (error) {
        if (!(error instanceof AuthError) || error.spec !== coreErrors.InvalidLinkToken.spec) throw error
        const text = 'This link was the wrong one, has expired, or was used already. Please begin once more.'
        return page(deps, { title: 'The link does not work', body: notice('bad', text) })
      }
      return page(deps, { title: 'Done', body: notice('good', 'Go back to where you began; you are signed in there.') })
    },
  }),
]
