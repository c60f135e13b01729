import type { Deps } from '../../core/deps.ts'
import { coreErrors } from '../../core/errors.ts'
import { type Channel, channels } from '../../core/messages.ts'
import type { ShownMessage } from '../../core/shown-messages.ts'
import { copyField, type Html, html, ownPath, page } from '../../http/page.ts'
import { type Reply, reply } from '../../http/route.ts'
import type { PageQuery } from './schemas.ts'

const shownMessages = 50
const longestText = 20_000
const lookEverySeconds = 5

const channelNames: Readonly<Record<Channel, string>> = {
  email: 'Mail',
  sms: 'Text message',
  voice: 'Voice call',
  whatsapp: 'WhatsApp message',
  im: 'Instant message',
}

const stateNames: Readonly<Record<ShownMessage['state'], string>> = {
  pending: 'waits to be sent',
  sent: 'sent',
  kept: 'kept here, not sent',
  failed: 'could not be sent',
  expired: 'expired before it could be sent',
}

/** What a frame with a mail may do: show it, and open its link in a tab of its own. */
const framePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

/** The page, for those of its messages that the query asks for. */
export async function outboxPage(deps: Deps, query: PageQuery, projectId: string | undefined): Promise<Reply<string>> {
  const { to, channel, every } = query
  const messages = await deps.outbox.recent(shownMessages, { to, channel, projectId })
  const hasProjects = new Set(messages.map((message) => message.projectId)).size > 1
  const shown = messages.map((message, index) => article(deps, message, { isNewest: index === 0, hasProjects }))
  const body = html`${filterForm(deps, query)}${hint(deps, query, messages.length)}${shown}`
  const made = await page(deps, { title: 'Outbox', body, isWide: true, hasFrames: true, hasCopies: true })
  return every === undefined ? made : reply({ ...made, headers: { ...made.headers, refresh: String(every) } })
}

function filterForm(deps: Deps, { to = '', channel, every }: PageQuery): Html {
  const option = (one: Channel) => html`<option value="${one}"${one === channel ? html` selected` : ''}>${channelNames[one]}</option>`
  return html`<form method="get" action="${ownPath(deps, '/outbox')}" role="search">
<div class="row">
<div><label for="to">Recipient</label><input id="to" name="to" value="${to}" maxlength="254" autocomplete="off" autocapitalize="none" spellcheck="false"></div>
<div><label for="channel">Channel</label><select id="channel" name="channel"><option value="">All</option>${channels.map(option)}</select></div>
${every === undefined ? '' : html`<input type="hidden" name="every" value="${every}">`}<button type="submit">Show</button>
</div>
</form>`
}

/** What there is, and links that look again: once, or by themselves until told otherwise. */
function hint(deps: Deps, query: PageQuery, count: number): Html {
  const isFiltered = query.to !== undefined || query.channel !== undefined
  const none = isFiltered ? 'No message like that.' : 'No message yet.'
  const here = pathOf(deps, query)
  const every = query.every ?? lookEverySeconds
  const automatic =
    query.every === undefined
      ? html`<a href="${pathOf(deps, { ...query, every })}">Look again every ${every} seconds</a>`
      : html`<a href="${pathOf(deps, { ...query, every: undefined })}">Stop looking every ${every} seconds</a>`
  const all = isFiltered ? html` · <a href="${pathOf(deps, { every: query.every })}">Show all</a>` : ''
  return html`<p>${count === 0 ? none : 'Newest first.'} <a href="${here}">Look again</a> · ${automatic}${all}</p>`
}

function pathOf(deps: Deps, query: PageQuery): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const parameters = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()
  return ownPath(deps, '/outbox') + (parameters === '' ? '' : `?${parameters}`)
}

function article(
  deps: Deps,
  message: ShownMessage,
  { isNewest, hasProjects }: { readonly isNewest: boolean; readonly hasProjects: boolean },
): Html {
  const { id, channel, subject, to, kind, state, projectId, text } = message
  const title = subject || channelNames[channel]
  const time = new Date(message.createdAt * 1000).toISOString()
  const shownTime = time.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
  const looks = html`<details><summary>As it looks</summary>
<iframe src="${ownPath(deps, `/outbox/${id}`)}" title="${title}" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
</details>`
  return html`<article aria-labelledby="title-${id}">
<h2 id="title-${id}">${title}</h2>
${message.code ? copyField({ id: `code-${id}`, label: 'Code', value: message.code }) : ''}
<dl>
<dt>To</dt><dd>${to}</dd>
<dt>Time</dt><dd><time datetime="${time}">${shownTime}</time></dd>
<dt>Kind</dt><dd>${kind}</dd>
<dt>Channel</dt><dd>${channelNames[channel]}</dd>
<dt>State</dt><dd>${stateNames[state]}</dd>
${hasProjects ? html`<dt>Project</dt><dd>${projectId}</dd>` : ''}
${message.link ? html`<dt>Link</dt><dd><a href="${message.link}">${message.link}</a></dd>` : ''}
${message.links.map(({ number, url }) => html`<dt>Link ${number}</dt><dd><a href="${url}"><strong>${number}</strong> ${url}</a></dd>`)}
</dl>
<details${isNewest ? html` open` : ''}><summary>Text</summary><pre>${shortened(text)}</pre></details>
${message.html === '' ? '' : looks}
</article>`
}

function shortened(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)} …` : text
}

/** One mail, in a page that may do nothing: what it holds was written by others. */
export async function mailPage(deps: Deps, id: string, projectId: string | undefined): Promise<Reply<string>> {
  const message = await deps.outbox.byId(id)
  const isMeant = message && (projectId === undefined || message.projectId === projectId)
  if (!isMeant || message.html === '') throw coreErrors.NotFound()
  return reply({ body: message.html, headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': framePolicy } })
}
