import { readFileSync } from 'node:fs'
import type { NumberedUrl } from '../core/messages.ts'
import type { RenderedMail } from '../core/ports.ts'
import { defuse, oneLine, oneMarkedLine, type Run, runsOf } from './defuse.ts'
import { createEngine } from './liquid.ts'
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
export interface Texts {
  readonly subject: string
  readonly heading: readonly Run[]
  readonly paragraphs: readonly (readonly Run[])[]
  readonly closing: readonly (readonly Run[])[]
  readonly productName: string
  readonly action: { readonly label: string; readonly url: string } | undefined
  readonly code: string
  readonly links: readonly NumberedUrl[]
  readonly look: Look
}

/** A mail without what is not written in it. */
export type LaidOutMail = Pick<RenderedMail, 'id' | 'from' | 'to' | 'subject' | 'text' | 'html'>

/**
 * Makes HTML and plain text of a mail. Nothing in the content is a template or a link but `action.url`; everything is escaped, and what looks like a
 * URL in any text is defused (IN-06). No part is loaded from elsewhere. Throws when the URL is not one that a mail may carry.
 */
export function renderMail({ id, from, to, content, productName, look = english }: RenderInput): LaidOutMail {
  const { action } = content
  const texts: Texts = {
    subject: shown(content.subject, limits.subject),
    heading: shownRuns(content.subject, limits.subject),
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

function shownRuns(text: string, maxLength: number): readonly Run[] {
  return runsOf(defuse(oneMarkedLine(text, maxLength)))
}

function shownAll(paragraphs: readonly string[]): readonly (readonly Run[])[] {
  return paragraphs.slice(0, limits.paragraphs).map((text) => shownRuns(text, limits.paragraph))
}

/** For plain text, where programs find the direction of a line by themselves. */
function plain(runs: readonly Run[]): string {
  return defuse(runs.map(({ text }) => text).join(''))
}

/** The link stands alone on its line, so that it can be copied and that no mail program cuts it. */
function renderText({ paragraphs, action, code, links, closing, productName }: Texts): string {
  const blocks = [
    ...paragraphs.map(plain),
    ...(code ? [code] : []),
    ...links.map(({ number, url }) => `${number}:\n${url}`),
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    ...closing.map(plain),
    ...(productName ? [`-- \n${productName}`] : []),
  ]
  return `${blocks.join('\n\n')}\n`
}

/** Made of `layout/layout.mjml`. */
export const layout = readFileSync(new URL('./layout/layout.html', import.meta.url), 'utf8')

const engine = createEngine({ isOurs: true })

/** What inboxes show behind the subject, in code points, and white space that keeps the text of the mail from being shown behind it. */
const preheaderLength = 120
const filler = '\u034f\u200c\u00a0'.repeat(80)

function renderHtml(texts: Texts): string {
  return fillLayout(layout, texts, oneLine(plain(texts.paragraphs[0] ?? []), preheaderLength))
}

/** Fills a layout. `preheader` is what inboxes show behind the subject. */
export function fillLayout(source: string, { productName, look, action, ...texts }: Texts, preheader: string): string {
  const start = look.direction === 'rtl' ? 'right' : 'left'
  const scope = { ...texts, ...look, start, preheader, filler, brand: productName, action: action ?? null }
  return engine.render('html', source, scope, look.locale)
}
