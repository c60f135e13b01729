import type { BuiltInTexts } from '../core/message-writer.ts'
import { type Channel, formOf, type MessageKind } from '../core/messages.ts'
import { fillLayout, layout, type Texts } from './render.ts'
import { languages } from './texts/index.ts'
import type { Language, MailText } from './texts/texts.ts'

/** The languages that built-in texts of a kind are in on a channel. */
export function languagesOf(kind: string, channel: Channel): readonly string[] {
  const form = formOf(channel)
  return Object.keys(languages).filter((tag) => languages[tag]?.kinds[kind]?.[form] !== undefined)
}

/** The built-in text of a kind as a template to begin with: written by the layout with its variables left open. */
export function builtInSource(
  kind: MessageKind,
  input: { readonly name: string; readonly channel: Channel; readonly locale: string },
): BuiltInTexts | undefined {
  const { name, channel, locale } = input
  const language = languages[locale]
  const texts = language?.kinds[name]
  const form = formOf(channel)
  if (!language || !texts) return undefined
  if (form !== 'email') return texts[form] === undefined ? undefined : { language: locale, texts: { body: texts[form] } }
  if (!texts.email) return undefined
  return { language: locale, texts: mailSource(kind, texts.email, { locale, language }) }
}

function mailSource(
  kind: MessageKind,
  mail: MailText,
  { locale, language }: { readonly locale: string; readonly language: Language },
): BuiltInTexts['texts'] {
  const { subject, paragraphs, action, closing } = mail
  const has = (name: string) => Object.hasOwn(kind.variables, name)
  const optionally = (name: string, source: string) =>
    isOptional(kind, name) ? `{% if ${name} != "" %}${source}\n\n{% endif %}` : `${source}\n\n`
  const plain = [
    ...paragraphs.map((text) => `${text}\n\n`),
    ...(has('code') ? [optionally('code', '{{ code }}')] : []),
    ...(has('links') ? ['{% for one in links %}{{ one.number }}:\n{{ one.url }}\n\n{% endfor %}'] : []),
    ...(action && has('link') ? [optionally('link', `${action}:\n{{ link }}`)] : []),
    ...closing.map((text) => `${text}\n\n`),
    '-- \n{{ project.name }}\n',
  ]
  const body = htmlSource(kind, mail, { locale, direction: language.direction, copyHint: language.copyHint })
  return { subject, body, bodyPlainText: plain.join(''), useBodyPlainText: true }
}

function isOptional(kind: MessageKind, name: string): boolean {
  return kind.variables[name]?.isOptional === true
}

/** Fills the layout with marks in place of everything between braces, and puts that back afterwards. */
function htmlSource(kind: MessageKind, { subject, paragraphs, action, closing }: MailText, look: Texts['look']): string {
  const kept: string[] = []
  const keep = (source: string) => `\ue000${String.fromCharCode(0xe100 + kept.push(source) - 1)}`
  const marked = (source: string) => source.replace(/\{\{.*?\}\}|\{%.*?%\}/gs, keep)
  const has = (name: string) => Object.hasOwn(kind.variables, name)
  const block = (name: string, source: string, begin: string) => {
    const [, open = '', inner = ''] = new RegExp(`(\\{% if ${begin} %\\})([\\s\\S]*?)\\{% endif %\\}`).exec(source) ?? []
    return isOptional(kind, name)
      ? source.replace(`${open}${inner}`, `${open}${keep(`{% if ${name} != "" %}`)}${inner}${keep('{% endif %}')}`)
      : source
  }
  const source = block('link', block('code', layout, 'code != ""'), 'action')
  const texts: Texts = {
    subject: marked(subject),
    heading: runs(marked(subject)),
    paragraphs: paragraphs.map((text) => runs(marked(text))),
    closing: closing.map((text) => runs(marked(text))),
    productName: keep('{{ project.name }}'),
    action: action !== undefined && has('link') ? { label: marked(action), url: keep('{{ link }}') } : undefined,
    code: has('code') ? keep('{{ code }}') : '',
    links: has('links') ? [{ number: '', url: '' }] : [],
    look,
  }
  const filled = fillLayout(
    source.replace(/\{% for one in links %\}[\s\S]*?\{% endfor %\}/, marked),
    texts,
    marked(paragraphs[0] ?? subject),
  )
  return filled.replace(/\ue000([\ue100-\uf8ff])/g, (_, index: string) => kept[index.charCodeAt(0) - 0xe100] ?? '')
}

function runs(text: string): Texts['heading'] {
  return [{ text, isApart: false }]
}
