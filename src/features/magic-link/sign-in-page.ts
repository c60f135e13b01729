import { z } from 'zod'
import { AuthError, coreErrors } from '../../core/errors.ts'
import { type Project, projectById } from '../../core/projects.ts'
import { form, hiddenField, html, linkWithoutToken, notice, ownPath, page } from '../../http/page.ts'
import { reply, route } from '../../http/route.ts'
import { LinkToken, Text } from '../../http/schemas.ts'
import { cookieReply } from '../../http/session-reply.ts'
import { isLinkOfUpdate, verifyLink } from './verify.ts'

const params = z.object({ projectId: Text(64) })

const signInTexts = ({ name }: Project) => ({
  title: `Sign in to ${name}`,
  asks: 'Press the button to sign in.',
  button: 'Sign in',
})

/** Whoever did not ask for it might give their account to whoever did, so that it says what happens. */
const updateTexts = ({ name }: Project) => ({
  title: `Use this address at ${name}`,
  asks: `Somebody who is signed in to ${name} asked for this address to be theirs. If it was you, press the button: it becomes the address of that account, which may take in another account with the same address. If it was not you, close this page.`,
  button: 'It was me',
})

/**
 * Our own page for links that sign in, for projects whose links lead nowhere else. Opening it signs nobody in, because mail scanners open links; the button does (RC-10). A browser
 * can keep the session in cookies only, so that it gets them whatever the project's settings say.
 */
export const signInPages = [
  route({
    method: 'GET',
    path: '/signin/{projectId}',
    access: 'open',
    kind: 'page',
    summary: 'Page to sign in by a link',
    params,
    query: z.object({ t: LinkToken.optional() }),
    reply: z.string(),
    errors: [coreErrors.InvalidProject],
    run: async ({ deps, params: { projectId }, query }) => {
      const project = await projectById(deps, projectId)
      if (query.t === undefined) return linkWithoutToken(deps)
      const action = ownPath(deps, `/signin/${project.id}`)
      const isUpdate = await isLinkOfUpdate(deps, project, query.t)
      const { title, asks, button } = isUpdate ? updateTexts(project) : signInTexts(project)
      const body = html`<p>${asks}</p>${form({ action, button, fields: [hiddenField('t', query.t)] })}`
      return page(deps, { title, dropsQuery: true, body })
    },
  }),
  route({
    method: 'POST',
    path: '/signin/{projectId}',
    access: 'open',
    kind: 'page',
    summary: 'Sign in by the link that the page asked about',
    params,
    body: z.object({ t: LinkToken }),
    reply: z.string(),
    errors: [coreErrors.InvalidProject, coreErrors.InvalidSession, coreErrors.SessionEnded],
    limit: { max: 30, perSeconds: 60 },
    run: async ({ deps, caller: { source }, params: { projectId }, body: { t: token } }) => {
      const project = await projectById(deps, projectId)
      try {
        const issued = await verifyLink(deps, { project, source, token })
        const { appUrl } = project.settings.project
        const onward = appUrl ? html`<a class="button" href="${appUrl}">Go to ${project.name}</a>` : ''
        const done = await page(deps, { title: 'Done', body: html`${notice('good', 'You are signed in.')}${onward}` })
        return reply({ ...done, cookies: cookieReply(issued, project) })
      } catch (error) {
        if (!(error instanceof AuthError) || error.spec !== coreErrors.InvalidLinkToken.spec) throw error
        const text = 'This link has expired or was used already. Please ask for a new one.'
        return page(deps, { title: 'The link does not work', body: notice('bad', text) })
      }
    },
  }),
]
