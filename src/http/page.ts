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
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --back: #f3f5f8; --line: #aab4c2; --main: #1d4ed8; --main-ink: #fff; --bad: #b42318; --good: #146c43 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --paper: #1a202a; --back: #10141b; --line: #5b6778; --main: #9dbcff; --main-ink: #0b1220; --bad: #ff9c92; --good: #7edcae } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 26rem; padding: 2rem 1.5rem; background: var(--paper); border-radius: .75rem }
h1 { margin: 0 0 1rem; font-size: 1.375rem; line-height: 1.25 }
p { margin: 0 0 1rem; overflow-wrap: anywhere }
label { display: block; margin: 0 0 .25rem; font-weight: 600 }
input { width: 100%; margin: 0 0 1rem; padding: .625rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .375rem }
button, .button { display: block; width: 100%; padding: .75rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; color: var(--main-ink); background: var(--main); border: 0; border-radius: .375rem; cursor: pointer }
a { color: var(--main) }
.hint { margin-top: -.5rem; font-size: .875rem }
.bad, .good { padding-left: .75rem; border-left: .25rem solid }
.bad { color: var(--bad) }
.good { color: var(--good) }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px }
`

const dropQueryScript = 'history.replaceState(null, "", location.pathname)'

/** Renders a whole page with its content security policy. */
export async function page(deps: { readonly random: Random }, input: PageInput): Promise<Reply<string>> {
  const nonce = Buffer.from(deps.random.bytes(16)).toString('base64url')
  const script = input.dropsQuery ? html`<script nonce="${nonce}">${raw(dropQueryScript)}</script>` : ''
  const document = await html`<!doctype html>
<html lang="${input.lang ?? 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${input.title}</title>
<style nonce="${nonce}">${raw(style)}</style>
${script}
</head>
<body>
<main>
<h1>${input.title}</h1>
${input.body}
</main>
</body>
</html>
`
  return reply({
    body: document.toString(),
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy(nonce, input.dropsQuery === true) },
  })
}

function pagePolicy(nonce: string, hasScript: boolean): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src ${hasScript ? `'nonce-${nonce}'` : "'none'"}`,
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
  ].join('; ')
}

export interface FieldInput {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'email' | 'password'
  /** For password managers, for example `new-password`. */
  readonly autocomplete: string
  readonly hint?: string
  readonly minLength?: number
}

/** A required input with its label and, if given, a hint below it that screen readers read out. */
export function field(input: FieldInput): Html {
  const hint = input.hint === undefined ? '' : html`<p class="hint" id="${input.name}-hint">${input.hint}</p>`
  const describedBy = input.hint === undefined ? '' : html` aria-describedby="${input.name}-hint"`
  const minLength = input.minLength === undefined ? '' : html` minlength="${input.minLength}"`
  return html`<label for="${input.name}">${input.label}</label>
<input id="${input.name}" name="${input.name}" type="${input.type}" autocomplete="${input.autocomplete}" autocapitalize="none" spellcheck="false" required${minLength}${describedBy}>
${hint}`
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
