/**
 * Pages behind the links in messages that do one thing when their button is pressed. Opening one does nothing, because mail scanners open links (RC-10); sending its form spends the
 * token. They need no script.
 */
import { z } from 'zod'
import type { Deps } from '../core/deps.ts'
import { AuthError, coreErrors, type ErrorFactory } from '../core/errors.ts'
import type { Source } from '../core/events.ts'
import { type Project, projectById } from '../core/projects.ts'
import { form, type Html, hiddenField, html, linkWithoutToken, notice, ownPath, page } from './page.ts'
import { type AnyRoute, type ReplyCookie, reply, route } from './route.ts'
import { LinkToken, Text } from './schemas.ts'

/** What the page of a link asks. */
export interface ButtonTexts {
  readonly title: string
  readonly asks: string
  readonly button: string
}

/** What pressing the button did. */
export interface Pressed {
  readonly text: string
  /** Where to go from here. */
  readonly onward?: Html
  readonly cookies?: readonly ReplyCookie[]
}

interface LinkOf {
  readonly project: Project
  readonly token: string
}

export interface ButtonPages {
  /** First part of the path; the project's ID follows. */
  readonly name: string
  /** For the description of the API: opening the page, and pressing its button. */
  readonly summaries: { readonly open: string; readonly press: string }
  readonly textsOf: (deps: Deps, link: LinkOf) => ButtonTexts | Promise<ButtonTexts>
  /** May throw `InvalidLinkToken`, told as `deadText`, and what `errors` lists. */
  readonly press: (deps: Deps, input: LinkOf & { readonly source: Source }) => Promise<Pressed>
  readonly deadText: string
  readonly errors?: readonly ErrorFactory[]
}

const params = z.object({ projectId: Text(64) })

/** The two routes of such a page. */
export function buttonPages({ name, summaries, textsOf, press, deadText, errors = [] }: ButtonPages): readonly AnyRoute[] {
  const shared = { path: `/${name}/{projectId}`, access: 'open', kind: 'page', params, reply: z.string() } as const
  return [
    route({
      ...shared,
      method: 'GET',
      summary: summaries.open,
      query: z.object({ t: LinkToken.optional() }),
      errors: [coreErrors.InvalidProject],
      run: async ({ deps, params: { projectId }, query: { t: token } }) => {
        const project = await projectById(deps, projectId)
        if (token === undefined) return linkWithoutToken(deps)
        const { title, asks, button } = await textsOf(deps, { project, token })
        const action = ownPath(deps, `/${name}/${project.id}`)
        const body = html`<p>${asks}</p>${form({ action, button, fields: [hiddenField('t', token)] })}`
        return page(deps, { title, dropsQuery: true, body })
      },
    }),
    route({
      ...shared,
      method: 'POST',
      summary: summaries.press,
      body: z.object({ t: LinkToken }),
      errors: [coreErrors.InvalidProject, ...errors],
      limit: { max: 30, perSeconds: 60 },
      run: async ({ deps, caller: { source }, params: { projectId }, body: { t: token } }) => {
        const project = await projectById(deps, projectId)
        try {
          const { text, onward = '', cookies = [] } = await press(deps, { project, source, token })
          const done = await page(deps, { title: 'Done', body: html`${notice('good', text)}${onward}` })
          return reply({ ...done, cookies })
        } catch (error) {
          if (!(error instanceof AuthError) || error.spec !== coreErrors.InvalidLinkToken.spec) throw error
          return page(deps, { title: 'The link does not work', body: notice('bad', deadText) })
        }
      },
    }),
  ]
}
