import { z } from 'zod'
import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import type { ShownMessage } from '../../core/shown-messages.ts'
import { type Html, html, ownPath, page } from '../../http/page.ts'
import { type Feature, type Reply, reply, route } from '../../http/route.ts'
import { Text } from '../../http/schemas.ts'

const shownMails = 50

const MessageReply = z.object({
  id: z.string(),
  projectId: z.string(),
  kind: z.string(),
  state: z.string(),
  createdAt: z.int(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  link: z.string().optional(),
  code: z.string().optional(),
  channel: z.string(),
  links: z.array(z.object({ number: z.string(), url: z.string() })),
})

/** What a frame with a mail may do: show it, and open its link in a tab of its own. */
const framePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

function message(deps: Deps, mail: ShownMessage, isNewest: boolean): Html {
  const time = new Date(mail.createdAt * 1000).toISOString()
  const shownTime = time.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
  return html`<article>
<h2>${mail.subject}</h2>
<dl>
<dt>To</dt><dd>${mail.to}</dd>
<dt>Time</dt><dd><time datetime="${time}">${shownTime}</time></dd>
<dt>Kind</dt><dd>${mail.kind}, ${mail.state}</dd>
${mail.link ? html`<dt>Link</dt><dd><a href="${mail.link}">${mail.link}</a></dd>` : ''}
</dl>
<details${isNewest ? html` open` : ''}><summary>Text</summary><pre>${mail.text}</pre></details>
<details><summary>As it looks</summary>
<iframe src="${ownPath(deps, `/outbox/${mail.id}`)}" title="${mail.subject}" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
</details>
</article>`
}

async function outboxPage(deps: Deps): Promise<Reply<string>> {
  const mails = await deps.outbox.recent(shownMails)
  const hint = html`<p>${mails.length === 0 ? 'No mail yet.' : 'Newest first.'} <a href="${ownPath(deps, '/outbox')}">Look again</a></p>`
  const body = html`${hint}${mails.map((mail, index) => message(deps, mail, index === 0))}`
  return page(deps, { title: 'Outbox', body, isWide: true, hasFrames: true })
}

/** One mail, in a page that may do nothing: what it holds was written by others. */
async function mailPage(deps: Deps, id: string): Promise<Reply<string>> {
  const mail = (await deps.outbox.recent(shownMails)).find((one) => one.id === id)
  if (!mail) throw coreErrors.NotFound()
  return reply({ body: mail.html, headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': framePolicy } })
}

/** What was sent to whom, for a developer without a mail server: loopback only, and only while the option `outbox` is on. */
export const outbox: Feature = {
  name: 'outbox',
  errors: {},
  events: {},
  messages: {},
  routes: [
    route({
      method: 'GET',
      path: '/outbox',
      access: 'loopback',
      kind: 'page',
      summary: 'Page with the latest mails (development only)',
      reply: z.string(),
      errors: [],
      run: ({ deps }) => outboxPage(deps),
    }),
    route({
      method: 'GET',
      path: '/outbox/{id}',
      access: 'loopback',
      kind: 'page',
      summary: 'One mail as its recipient sees it (development only)',
      params: z.object({ id: Text(64) }),
      reply: z.string(),
      errors: [coreErrors.NotFound],
      run: ({ deps, params: { id } }) => mailPage(deps, id),
    }),
    route({
      method: 'GET',
      path: '/outbox.json',
      access: 'loopback',
      summary: 'The latest mails, newest first (development only)',
      reply: z.object({ messages: z.array(MessageReply) }),
      errors: [],
      run: async ({ deps }) => ({ messages: (await deps.outbox.recent(shownMails)).map((one) => ({ ...one, links: [...one.links] })) }),
    }),
  ],
}
