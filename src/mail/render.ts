import type { NumberedUrl } from '../core/messages.ts'
import type { RenderedMail } from '../core/ports.ts'
import { defuse, escapeHtml, oneLine } from './defuse.ts'
import { carriedUrl } from './scope.ts'

/** What a built-in mail says, not how it looks. No part of it is a template any more. */
export interface MailContent {
  readonly subject: string
  readonly paragraphs: readonly string[]
  /** Digits to type, shown large. */
  readonly code?: string
  /** Numbered links, of which one is right. */
  readonly links?: readonly NumberedUrl[]
  /** The one link of the mail. */
  readonly action?: { readonly label: string; readonly url: string }
  /** Small print below, for example what to do if it was not you. */
  readonly closing?: readonly string[]
}

/** How a language is written. */
export interface Look {
  readonly locale: string
  readonly direction: 'ltr' | 'rtl'
  /** Below a button: how to do without it. */
  readonly copyHint: string
}

/** Longest texts of a mail, in code points; what is longer is cut. */
const limits = { subject: 150, paragraph: 1000, label: 64, productName: 64, paragraphs: 20 } as const

export interface RenderInput {
  /** The message's ID, the same for every attempt. */
  readonly id: string
  readonly from: string
  readonly to: string
  readonly content: MailContent
  /** Shown above and below the text; `''` for none. */
  readonly productName: string
  readonly look?: Look
}

const english: Look = {
  locale: 'en',
  direction: 'ltr',
  copyHint: 'If the button does not work, copy this address into your browser:',
}

/** The texts of a mail as they may be shown: on one line each, cut to length, with nothing that a mail program would make a link of. */
interface Texts {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly closing: readonly string[]
  readonly productName: string
  readonly action: { readonly label: string; readonly url: string } | undefined
  readonly code: string
  readonly links: readonly NumberedUrl[]
  readonly look: Look
}

/**
 * Makes HTML and plain text of a mail. Nothing in the content is a template or a link but `action.url`; everything is escaped, and what looks like a
 * URL in any text is defused (IN-06). No part is loaded from elsewhere. Throws when the URL is not one that a mail may carry.
 */
export function renderMail({ id, from, to, content, productName, look = english }: RenderInput): RenderedMail {
  const { action } = content
  const texts: Texts = {
    subject: shown(content.subject, limits.subject),
    paragraphs: shownAll(content.paragraphs),
    closing: shownAll(content.closing ?? []),
    productName: shown(productName, limits.productName),
    action: action && { label: shown(action.label, limits.label), url: carriedUrl(action.url) },
    code: content.code ?? '',
    links: (content.links ?? []).map(({ number, url }) => ({ number, url: carriedUrl(url) })),
    look,
  }
  return { id, from, to, subject: texts.subject, text: renderText(texts), html: renderHtml(texts) }
}

function shown(text: string, maxLength: number): string {
  return defuse(oneLine(text, maxLength))
}

function shownAll(paragraphs: readonly string[]): readonly string[] {
  return paragraphs.slice(0, limits.paragraphs).map((text) => shown(text, limits.paragraph))
}

/** The link stands alone on its line, so that it can be copied and that no mail program cuts it. */
function renderText({ paragraphs, action, code, links, closing, productName }: Texts): string {
  const blocks = [
    ...paragraphs,
    ...(code ? [code] : []),
    ...links.map(({ number, url }) => `${number}:\n${url}`),
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    ...closing,
    ...(productName ? [`-- \n${productName}`] : []),
  ]
  return `${blocks.join('\n\n')}\n`
}

const font = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

/** For mail programs that know them; everything needed is inline as well. Dark colours keep a contrast of 4.5 to 1 at least. */
const style = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){.back{background:#10141b!important}.card{background:#1a202a!important}.ink{color:#e8ecf2!important}.dim{color:#aab4c2!important}.link{color:#9dbcff!important}.button{background:#1d4ed8!important}.button a{color:#ffffff!important}}`

function renderHtml({ subject, paragraphs, action, code, links, closing, productName, look }: Texts): string {
  const ink = `margin:0 0 16px;${font};font-size:16px;line-height:24px;color:#1c2430;overflow-wrap:anywhere`
  const dim = `margin:0 0 12px;${font};font-size:13px;line-height:20px;color:#566173;overflow-wrap:anywhere`
  const brand = productName ? `<p class="ink" style="${ink};font-weight:600">${escapeHtml(productName)}</p>\n` : ''
  const body = paragraphs.map((text) => `<p class="ink" style="${ink}">${escapeHtml(text)}</p>\n`).join('')
  const digits = code
    ? `<p class="ink" style="${ink};font-size:28px;line-height:36px;letter-spacing:4px" dir="ltr">${escapeHtml(code)}</p>\n`
    : ''
  const numbers = digits + links.map(renderNumber).join('')
  const small = closing.map((text) => `<p class="dim" style="${dim}">${escapeHtml(text)}</p>\n`).join('')
  return `<!doctype html>
<html lang="${escapeHtml(look.locale)}" dir="${look.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${escapeHtml(subject)}</title>
<style>${style}</style>
</head>
<body class="back" style="margin:0;padding:0;background:#f3f5f8">
<table role="presentation" class="back" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f3f5f8" style="background:#f3f5f8"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" style="max-width:520px;background:#ffffff;border-radius:12px"><tr><td style="padding:32px 24px 20px">
${brand}${body}${numbers}${action ? renderAction(action, look, dim) : ''}${small}</td></tr></table>
</td></tr></table>
</body>
</html>
`
}

/** A link that is a number to be compared. */
function renderNumber({ number, url }: NumberedUrl): string {
  const shown = `${font};font-size:22px;line-height:28px;font-weight:600;color:#1d4ed8`
  return `<p style="margin:0 0 16px"><a class="link" href="${escapeHtml(url)}" target="_blank" rel="noopener noreferrer" style="${shown}">${escapeHtml(number)}</a></p>\n`
}

/** A button that Outlook shows too (the colour is that of the cell), and the same link to read and copy. */
function renderAction({ label, url }: { readonly label: string; readonly url: string }, look: Look, dim: string): string {
  const href = escapeHtml(url)
  const button = `display:inline-block;padding:12px 24px;${font};font-size:16px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none`
  return `<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 24px"><tr><td class="button" bgcolor="#1d4ed8" style="background:#1d4ed8;border-radius:6px;mso-padding-alt:12px 24px"><a href="${href}" target="_blank" rel="noopener noreferrer" style="${button}">${escapeHtml(label)}</a></td></tr></table>
<p class="dim" style="${dim}">${escapeHtml(look.copyHint)}<br><a class="link" href="${href}" target="_blank" rel="noopener noreferrer" style="color:#1d4ed8;word-break:break-all">${href}</a></p>
`
}
