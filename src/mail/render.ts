import type { MailContent } from '../core/messages.ts'
import type { RenderedMail } from '../core/ports.ts'

/**
 * Makes HTML and plain text of what a mail says. Everything is escaped, nothing is evaluated, and what mail programs would turn into a link is broken up in texts,
 * so that a name cannot carry one (IN-06). The layout is a table with inline styles, because that is what mail programs agree on; no image or font is fetched.
 */
export function renderMail(input: {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly content: MailContent
}): RenderedMail {
  const { id, from, to, content } = input
  if (content.action && !/^[a-z][a-z0-9+.-]*:\/\//i.test(content.action.url)) throw new Error('A mail needs an absolute link')
  return { id, from, to, subject: oneLine(content.subject), text: plainText(content), html: html(content) }
}

const invisible = '\u200b'

/** Breaks `http://`, `www.` and dots between letters with an invisible space, so that no program makes a link of them. */
function defuse(text: string): string {
  return text.replace(/:\/\//g, `:${invisible}//`).replace(/(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}])/gu, `.${invisible}`).replace(/@/g, `@${invisible}`)
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 200)
}

function plainText({ paragraphs, action, closing = [] }: MailContent): string {
  const parts = [...paragraphs.map(defuse), ...(action ? [`${action.label}:\n${action.url}`] : []), ...closing.map(defuse)]
  return `${parts.join('\n\n')}\n`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

function html({ subject, paragraphs, action, closing = [] }: MailContent): string {
  const paragraph = (text: string, style: string) => `<p style="margin:0 0 16px;${style}">${escapeHtml(defuse(text))}</p>`
  const button = action
    ? `<p style="margin:0 0 24px"><a href="${escapeHtml(action.url)}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none;font-weight:600">${escapeHtml(action.label)}</a></p>
<p style="margin:0 0 16px;font-size:13px;word-break:break-all">${escapeHtml(action.url)}</p>`
    : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(oneLine(subject))}</title>
</head>
<body style="margin:0;padding:24px 12px;background:#f3f5f8;color:#1c2430;${font};font-size:16px;line-height:1.5">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border-radius:8px"><tr><td style="padding:32px 28px 16px">
${paragraphs.map((text) => paragraph(text, '')).join('\n')}
${button}
${closing.map((text) => paragraph(text, 'font-size:13px;color:#5b6778')).join('\n')}
</td></tr></table>
</td></tr></table>
</body>
</html>
`
}
