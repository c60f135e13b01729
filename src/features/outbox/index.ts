import { z } from 'zod'
import type { ShownMail } from '../../core/messages.ts'
import { type Html, html, page } from '../../http/page.ts'
import { type Feature, route } from '../../http/route.ts'

const ShownMessage = z.object({
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
})

function message(mail: ShownMail): Html {
  const time = new Date(mail.createdAt * 1000).toISOString()
  return html`<article>
<h2>${mail.subject}</h2>
<p>To ${mail.to} · ${mail.kind} · ${mail.state} · <time datetime="${time}">${time}</time></p>
${mail.link ? html`<p><a href="${mail.link}">${mail.link}</a></p>` : ''}
<details><summary>Text</summary><pre>${mail.text}</pre></details>
<details><summary>HTML</summary><pre>${mail.html}</pre></details>
</article>`
}

/** What was sent to whom, for a developer without a mail server: loopback only, and only while the option `outbox` is on. */
export const outbox: Feature = {
  name: 'outbox',
  errors: {},
  events: {},
  mails: {},
  routes: [
    route({
      method: 'GET',
      path: '/outbox',
      access: 'local',
      kind: 'page',
      summary: 'Page with the latest mails (development only)',
      reply: z.string(),
      errors: [],
      run: async ({ deps }) => {
        const mails = await deps.outbox.recent(50)
        const body = mails.length === 0 ? html`<p>No mail yet.</p>` : html`${mails.map(message)}`
        return page(deps, { title: 'Outbox', body })
      },
    }),
    route({
      method: 'GET',
      path: '/outbox.json',
      access: 'local',
      summary: 'The latest mails, newest first (development only)',
      reply: z.object({ messages: z.array(ShownMessage) }),
      errors: [],
      run: async ({ deps }) => ({ messages: [...(await deps.outbox.recent(50))] }),
    }),
  ],
}
