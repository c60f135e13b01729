/**
 * Pages of our own, made on the server: no script is needed to use them, nothing is loaded from elsewhere, and everything that is put into
 * `html` is escaped. A `page` route answers `page(deps, ...)`; one with method POST takes the plain form that the page before it held.
 */
import { html, raw } from 'hono/html'
import type { Random } from '../core/ports.ts'
import { publicPath } from './headers.ts'
import { type Reply, reply } from './route.ts'

export { html }

/** A piece of HTML in which all values are escaped. Made by `html` and by the functions here. */
export type Html = ReturnType<typeof html>

export interface PageInput {
  readonly title: string
  readonly body: Html
  /** Language of the texts, BCP 47. */
  readonly lang?: string
  /** Takes the query out of the address bar, for pages whose link holds a token (RC-10). The form must hold the token then. */
  readonly dropsQuery?: boolean
  /** For pages that are read, not filled in: as wide as lines can be. */
  readonly isWide?: boolean
  /** Whether the page shows other pages of this server in frames. */
  readonly hasFrames?: boolean
  /** Whether it has fields that a button copies (`copyField`). */
  readonly hasCopies?: boolean
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --back: #f3f5f8; --line: #aab4c2; --main: #1d4ed8; --main-ink: #fff; --bad: #b42318; --good: #146c43 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --paper: #1a202a; --back: #10141b; --line: #5b6778; --main: #9dbcff; --main-ink: #0b1220; --bad: #ff9c92; --good: #7edcae } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 26rem; padding: 2rem 1.5rem; background: var(--paper); border-radius: .75rem }
main.wide { max-width: 60rem; align-self: start }
h1 { margin: 0 0 1rem; font-size: 1.375rem; line-height: 1.25 }
h2 { margin: 0 0 .5rem; font-size: 1.125rem; line-height: 1.25; overflow-wrap: anywhere }
p, ul { margin: 0 0 1rem; overflow-wrap: anywhere }
ul { padding-left: 1.25rem }
label { display: block; margin: 0 0 .25rem; font-weight: 600 }
input { width: 100%; margin: 0 0 1rem; padding: .625rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .375rem }
button, .button { display: block; width: 100%; padding: .75rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; color: var(--main-ink); background: var(--main); border: 0; border-radius: .375rem; cursor: pointer }
button[hidden] { display: none }
a { color: var(--main) }
[aria-invalid] { border: 2px solid var(--bad) }
.hint { margin-top: -.5rem; font-size: .875rem }
.bad, .good { padding-left: .75rem; border-left: .25rem solid }
.bad > p { margin: 0 0 .25rem }
div.bad { margin: .25rem 0 .75rem }
.bad { color: var(--bad) }
.good { color: var(--good) }
article { margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .125rem 1rem; margin: 0 0 .75rem }
dt { opacity: .8 }
dd { margin: 0; overflow-wrap: anywhere }
summary { width: max-content; padding: .25rem 0; cursor: pointer }
.row { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem 1rem; margin: 0 0 1rem }
.row > div { flex: 1 1 12rem }
.row input, .row select, .row button { width: auto; max-width: 100%; margin: 0; padding: .5rem .75rem }
.row div > input, .row div > select { width: 100% }
.copied input { font: 700 1.75rem/1.25 ui-monospace, monospace; letter-spacing: .1em }
select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: .375rem }
pre { margin: .25rem 0 .75rem; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font: .875rem/1.5 ui-monospace, monospace; background: var(--back); border-radius: .375rem }
iframe { display: block; width: 100%; height: 28rem; margin: .25rem 0 .75rem; border: 1px solid var(--line); border-radius: .375rem }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px }
`

const dropQueryScript = 'history.replaceState(null, "", location.pathname)'

/** Shows the buttons, which can do nothing without it, and says what they did. */
const copyScript = `addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button[data-copies]")) {
    const field = document.getElementById(button.dataset.copies)
    button.hidden = false
    button.addEventListener("click", async () => {
      field.select()
      const isCopied = await navigator.clipboard.writeText(field.value).then(() => true, () => false)
      button.nextElementSibling.textContent = isCopied ? "Copied" : "Selected"
    })
  }
})`

/** Renders a whole page with its content security policy. */
export async function page(deps: { readonly random: Random }, input: PageInput): Promise<Reply<string>> {
  const nonce = Buffer.from(deps.random.bytes(16)).toString('base64url')
  const scripts = [...(input.dropsQuery ? [dropQueryScript] : []), ...(input.hasCopies ? [copyScript] : [])]
  const document = await html`<!doctype html>
<html lang="${input.lang ?? 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${input.title}</title>
<style nonce="${nonce}">${raw(style)}</style>
${scripts.map((script) => html`<script nonce="${nonce}">${raw(script)}</script>`)}
</head>
<body>
<main${input.isWide ? html` class="wide"` : ''}>
<h1>${input.title}</h1>
${input.body}
</main>
</body>
</html>
`
  return reply({
    body: document.toString(),
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy(nonce, input) },
  })
}

function pagePolicy(nonce: string, { dropsQuery, hasCopies, hasFrames }: PageInput): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src ${dropsQuery || hasCopies ? `'nonce-${nonce}'` : "'none'"}`,
    ...(hasFrames ? ["frame-src 'self'"] : []),
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
  ].join('; ')
}

/** The page of a link whose token is gone: cut off by a mail program, or taken out of the address bar and then reloaded. */
export function linkWithoutToken(deps: { readonly random: Random }): Promise<Reply<string>> {
  return page(deps, { title: 'The link is not whole', body: notice('bad', 'Please open the link in the mail once more.') })
}

export interface FieldInput {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'email' | 'password'
  /** For password managers, for example `new-password`. */
  readonly autocomplete: string
  /** What is asked of the value, shown below the input. */
  readonly hints?: readonly string[]
  /** What was wrong with the value that was sent, shown above the input. */
  readonly problems?: readonly string[]
  /** Whether typing starts here; for one field of a page at most. */
  readonly hasFocus?: boolean
}

/** A required input with its label. Screen readers read its problems and hints out when they come to it. */
export function field({ name, label, type, autocomplete, hints = [], problems = [], hasFocus = false }: FieldInput): Html {
  const isWrong = problems.length > 0
  const above = isWrong
    ? html`<div class="bad" id="${name}-problems" role="alert">${problems.map((line) => html`<p>${line}</p>`)}</div>\n`
    : ''
  const below = hints.length > 0 ? html`<ul class="hint" id="${name}-hints">${hints.map((line) => html`<li>${line}</li>`)}</ul>\n` : ''
  const ids = [...(isWrong ? [`${name}-problems`] : []), ...(hints.length > 0 ? [`${name}-hints`] : [])]
  const described = ids.length > 0 ? html` aria-describedby="${ids.join(' ')}"` : ''
  const state = html`${isWrong ? html` aria-invalid="true"` : ''}${hasFocus ? html` autofocus` : ''}`
  return html`<label for="${name}">${label}</label>
${above}<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" required${described}${state}>
${below}`
}

/** A value to be copied: by a button, or by hand, for coming to it by the keyboard selects it. Its page says `hasCopies`. */
export function copyField({ id, label, value }: { readonly id: string; readonly label: string; readonly value: string }): Html {
  return html`<label for="${id}">${label}</label>
<div class="row copied"><input id="${id}" value="${value}" size="${value.length + 2}" readonly>
<button type="button" data-copies="${id}" hidden>Copy</button><span role="status"></span></div>`
}

/** A value that the form sends along without showing it. */
export function hiddenField(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`
}

/** A path of this server as browsers ask for it: below the path of the public URL. */
export function ownPath(deps: { readonly publicUrl: () => string }, path: string): string {
  return publicPath(deps.publicUrl()) + path
}

/** A form that posts to a path of this server (`ownPath`), with one button. */
export function form(input: { readonly action: string; readonly button: string; readonly fields: readonly Html[] }): Html {
  return html`<form method="post" action="${input.action}">
${input.fields}
<button type="submit">${input.button}</button>
</form>`
}

/** A line that says how something went; read out by screen readers at once. */
export function notice(kind: 'good' | 'bad', text: string): Html {
  return html`<p class="${kind}" role="${kind === 'bad' ? 'alert' : 'status'}">${text}</p>`
}
