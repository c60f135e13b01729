import { chosenLanguage, MailVersions, TextVersions } from '../core/message-templates.ts'
import { formOf, type MessageKind } from '../core/messages.ts'
import type { Log, RenderedMail, RenderedText } from '../core/ports.ts'
import type { Project } from '../core/projects.ts'
import type { MessageTemplateRecord, Storage } from '../core/storage.ts'
import { parseMailFrom } from './address.ts'
import { oneLine } from './defuse.ts'
import { createEngine } from './liquid.ts'
import { plainTextOf } from './plain-text-of.ts'
import { type MailContent, renderMail } from './render.ts'
import { sampleMessage } from './samples.ts'
import { scopeOf } from './scope.ts'
import type { OpenMessage } from './sealed-message.ts'
import { languages, lastLanguage } from './texts/index.ts'

export interface ComposerOptions {
  /** Every kind of message, by name. */
  readonly kinds: Readonly<Record<string, MessageKind>>
  readonly projectById: (id: string) => Promise<Project | undefined>
  readonly storage: Pick<Storage, 'messageTemplates'>
  /** Who mails come from, `address` or `Name <address>`. */
  readonly from: string
  readonly log: Log
}

export type Composed = { readonly mail: RenderedMail } | { readonly text: RenderedText }

/** Makes what its recipient sees of a message. */
export interface Composer {
  /**
   * Writes by the template that the message asks for, else by the project's active one, else by the built-in text. A template that fails is logged and the built-in text takes its place: a
   * message is never lost by how it looks. Throws when the message cannot be one: unknown kind or project, or a value that must not leave.
   */
  compose(message: OpenMessage): Promise<Composed>
  /** Writes by a template that is perhaps not stored, or by the built-in text. Throws when that fails. */
  composeBy(look: TemplateTexts | undefined, message: OpenMessage): Promise<Composed>
}

/** What of a template makes a message. */
export type TemplateTexts = Pick<MessageTemplateRecord, 'options' | 'versions'>

/** Makes the composer. Throws when `from` is not a sender. */
export function createComposer({ kinds, projectById, storage, from, log }: ComposerOptions): Composer {
  if (!parseMailFrom(from)) throw new Error('The sender of mails must be given as ADDRESS or NAME <ADDRESS>')
  const engine = createEngine()
  const ownEngine = createEngine({ isOurs: true })

  async function compose(message: OpenMessage): Promise<Composed> {
    const template = await templateFor(message)
    if (template) {
      try {
        return await composeBy(template, message)
      } catch {
        // The cause may quote what the template shows.
        log.warn('message.templateFailed', { projectId: message.projectId, templateId: template.id, kind: message.kind })
      }
    }
    return composeBy(undefined, message)
  }

  async function composeBy(template: TemplateTexts | undefined, message: OpenMessage): Promise<Composed> {
    const kind = kinds[message.kind]
    const project = await projectById(message.projectId)
    if (!kind || !project) throw new Error('The kind or the project of the message is not known')
    const { values, options } = message
    // A test is for nobody that we know.
    const samples = message.isTest ? sampleMessage(kind, template?.options ?? [], { values, templateOptions: options }) : {}
    const subject = {
      kind,
      message: { ...message, ...samples },
      project,
      wishes: [...message.locales, project.settings.messages.defaultLocale],
    }
    const composed = template ? byTemplate(template, subject) : builtIn(subject)
    return message.isTest ? marked(composed) : composed
  }

  async function templateFor({ projectId, kind, channel, ...message }: OpenMessage): Promise<MessageTemplateRecord | undefined> {
    const wished = message.templateId ? await storage.messageTemplates.byId(projectId, message.templateId) : undefined
    if (wished?.kind === kind && wished.channel === channel && (wished.isPublic || message.isPrivileged)) return wished
    return storage.messageTemplates.active(projectId, kind, channel)
  }

  interface Subject {
    readonly kind: MessageKind
    readonly message: OpenMessage
    readonly project: Project
    readonly wishes: readonly string[]
  }

  function byTemplate(template: TemplateTexts, { kind, message, project, wishes }: Subject): Composed {
    const { id, to, channel, projectId } = message
    const isMail = formOf(channel) === 'email'
    const tags = Object.keys(template.versions as object)
    const locale = chosenLanguage([...wishes, lastLanguage], tags) ?? tags[0] ?? lastLanguage
    const scope = scopeOf(kind, message, { projectName: project.name, locale, options: template.options, isMail })
    const write = (form: 'html' | 'plain', text: string) => engine.render(form, text, scope, locale)
    if (!isMail) {
      const version = TextVersions.parse(template.versions)[locale]
      if (!version) throw new Error('The template has no text')
      return { text: { id, projectId, kind: message.kind, channel, to, locale, text: write('plain', version.body) } }
    }
    const version = MailVersions.parse(template.versions)[locale]
    if (!version) throw new Error('The template has no text')
    const html = write('html', version.body)
    const text = version.useBodyPlainText ? write('plain', version.bodyPlainText) : plainTextOf(html)
    return {
      mail: { id, projectId, kind: message.kind, locale, from, to, subject: oneLine(write('plain', version.subject), 150), text, html },
    }
  }

  function builtIn({ kind, message, project, wishes }: Subject): Composed {
    const { id, to, channel, projectId } = message
    const locale = chosenLanguage([...wishes, lastLanguage], Object.keys(languages)) ?? lastLanguage
    const language = languages[locale]
    const texts = language?.kinds[message.kind]
    const scope = scopeOf(kind, message, { projectName: project.name, locale, options: [], isMail: formOf(channel) === 'email' })
    const write = (text: string) => ownEngine.render('plain', text, scope, locale)
    const form = formOf(channel)
    if (form !== 'email') {
      const text = texts?.[form]
      if (text === undefined) throw new Error('There is no built-in text for the message')
      return { text: { id, projectId, kind: message.kind, channel, to, locale, text: write(text) } }
    }
    if (!texts?.email || !language) throw new Error('There is no built-in text for the message')
    const { subject, paragraphs, action, closing } = texts.email
    const { link, links, code } = scope
    const content: MailContent = {
      subject: write(subject),
      paragraphs: paragraphs.map(write),
      closing: closing.map(write),
      ...(action && typeof link === 'string' && link !== '' ? { action: { label: write(action), url: link } } : {}),
      ...(typeof code === 'string' && code !== '' ? { code } : {}),
      ...(Array.isArray(links) ? { links } : {}),
    }
    const look = { locale, direction: language.direction, copyHint: language.copyHint }
    return { mail: { ...renderMail({ id, from, to, content, productName: project.name, look }), projectId, kind: message.kind, locale } }
  }

  return { compose, composeBy }
}

/** Says of a message that it is a test, where its recipient looks first. */
function marked(composed: Composed): Composed {
  if ('mail' in composed) return { mail: { ...composed.mail, subject: `[Test] ${composed.mail.subject}` } }
  const mark = composed.text.channel === 'voice' ? 'Test. ' : '[Test] '
  return { text: { ...composed.text, text: `${mark}${composed.text.text}` } }
}
