import { LiquidError } from 'liquidjs'
import { type MailVersion, MailVersions, optionNames, type TextVersion, TextVersions, templateLimits } from '../core/message-templates.ts'
import type { TemplateDraft, TemplateProblem } from '../core/message-writer.ts'
import { commonVariables, formOf, type MessageKind, type VariableType } from '../core/messages.ts'
import { escapeHtml } from './defuse.ts'
import { createLiquid, type TextKind, write } from './liquid.ts'
import { plainTextOf } from './plain-text-of.ts'
import { barestMessage, type SampleMessage, sampleMessage } from './samples.ts'
import { scopeOf } from './scope.ts'
import { findMisplaced } from './template-places.ts'
import { type Fault, type KnownVariables, positionAt, readSyntax, type Syntax } from './template-syntax.ts'

const maxProblems = 100
/** What text messages and calls can hold once they are written (Twilio's limit). */
const maxTextLength = 1_600

/** One text of a template. */
interface Part {
  readonly language: string
  readonly field: string
  readonly kind: TextKind
  readonly source: string
  /** Whether everything essential must be in it. */
  readonly isWhole: boolean
  readonly maxLength?: number
}

const liquids = { html: createLiquid('html'), plain: createLiquid('plain') }

/** Everything that is wrong with a template: its shape, its syntax, what stands where it must not, and what comes of it when it is written with samples. */
export function checkTemplate(kind: MessageKind, { channel, options, versions }: TemplateDraft): readonly TemplateProblem[] {
  const named = optionNames.safeParse(options)
  const shape = (formOf(channel) === 'email' ? MailVersions : TextVersions).safeParse(versions)
  const problems = [
    ...(named.error?.issues ?? []).map(({ message }) => ({ ...nowhere, field: 'options', problem: message })),
    ...(shape.error?.issues ?? []).map((issue) => {
      const problem = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
      return { ...nowhere, language: shownTag(issue.path[0]), field: issue.path.slice(1).join('.'), problem }
    }),
  ]
  if (!shape.success || !named.success) return problems.slice(0, maxProblems)
  if (JSON.stringify(versions).length > templateLimits.whole)
    return [{ ...nowhere, problem: `is longer than ${templateLimits.whole} characters in all languages` }]
  return checkParts(kind, options, partsOf(shape.data)).slice(0, maxProblems)
}

const nowhere = { language: '', field: '', line: 0, column: 0 }

function shownTag(tag: unknown): string {
  return typeof tag === 'string' && /^[\w-]{1,35}$/.test(tag) ? tag : ''
}

function partsOf(versions: MailVersions | TextVersions): readonly Part[] {
  return Object.entries<MailVersion | TextVersion>(versions).flatMap(([language, version]): readonly Part[] => {
    if (!('subject' in version)) {
      return [{ language, field: 'body', kind: 'plain', source: version.body, isWhole: true, maxLength: maxTextLength }]
    }
    const { subject, body, bodyPlainText, useBodyPlainText } = version
    return [
      { language, field: 'subject', kind: 'plain', source: subject, isWhole: false },
      { language, field: 'body', kind: 'html', source: body, isWhole: true },
      ...(useBodyPlainText || bodyPlainText
        ? [{ language, field: 'bodyPlainText', kind: 'plain', source: bodyPlainText, isWhole: useBodyPlainText } as const]
        : []),
    ]
  })
}

function checkParts(kind: MessageKind, options: readonly string[], parts: readonly Part[]): readonly TemplateProblem[] {
  const known = knownVariables(kind, options)
  const problems: TemplateProblem[] = []
  for (const part of parts) {
    const { language, field } = part
    const { faults, isCostly } = faultsOf(part, { kind, options, known })
    problems.push(...faults.map((fault) => ({ language, field, ...fault })))
    // What costs too much once is not tried in fifty languages.
    if (isCostly || problems.length >= maxProblems) break
  }
  return problems
}

function knownVariables(kind: MessageKind, options: readonly string[]): KnownVariables {
  const declared = Object.entries({ ...commonVariables, ...kind.variables }).map(([name, { type }]) => [name, type] as const)
  return new Map<string, VariableType>([...declared, ...options.map((name) => [`options.${name}`, 'text'] as const)])
}

interface About {
  readonly kind: MessageKind
  readonly options: readonly string[]
  readonly known: KnownVariables
}

function faultsOf(part: Part, about: About): { readonly faults: readonly Fault[]; readonly isCostly: boolean } {
  const liquid = liquids[part.kind]
  const syntax = readSyntax(liquid, part.source, about.known)
  if (!('templates' in syntax)) return { faults: syntax.faults, isCostly: false }
  const misplaced = findMisplaced(part.kind, syntax).map(({ offset, problem }) => ({ ...positionAt(part.source, offset), problem }))
  const faults = [...syntax.faults, ...misplaced].toSorted((a, b) => a.line - b.line || a.column - b.column)
  // What is known to fail would fail here once more.
  return syntax.faults.length > 0 ? { faults, isCostly: false } : tried(part, syntax, { ...about, faults })
}

/** Writes the text twice: with all samples, and for somebody of whom nothing is known. */
function tried(
  part: Part,
  { templates }: Syntax,
  { kind, options, faults }: About & { readonly faults: readonly Fault[] },
): { readonly faults: readonly Fault[]; readonly isCostly: boolean } {
  const found = [...faults]
  for (const message of [sampleMessage(kind, options), barestMessage(kind)]) {
    const given = { projectName: 'Acme', locale: part.language, options, isMail: part.maxLength === undefined }
    try {
      const written = write(liquids[part.kind], templates, scopeOf(kind, message, given), part.language)
      for (const problem of wantsOf(part, written, kind, message)) {
        if (found.every((fault) => fault.problem !== problem)) found.push({ line: 1, column: 1, problem })
      }
    } catch (error) {
      const { fault, isCostly } = failureOf(error, part.source)
      return { faults: [...found, fault], isCostly }
    }
  }
  return { faults: found, isCostly: false }
}

function failureOf(error: unknown, source: string): { readonly fault: Fault; readonly isCostly: boolean } {
  if (!LiquidError.is(error)) return { fault: { line: 1, column: 1, problem: 'cannot be written' }, isCostly: true }
  const message = ((error as { readonly originalError?: Error }).originalError ?? error).message.replace(/, line:\d+, col:\d+$/, '')
  const isCostly = /limit exceeded|becomes too long|call stack/.test(message)
  const problem = isCostly ? `takes too much time or memory to write (${message})` : `cannot be written: ${message.slice(0, 200)}`
  return { fault: { ...positionAt(source, error.token.begin), problem }, isCostly }
}

/** What a written text should have and has not. */
function* wantsOf(part: Part, written: string, kind: MessageKind, { values }: SampleMessage): Iterable<string> {
  const shown = part.kind === 'html' ? plainTextOf(written) : written
  if (shown.trim() === '') yield 'is empty, at least for a user of whom nothing is known'
  if (part.maxLength !== undefined && written.length > part.maxLength)
    yield `is longer than ${part.maxLength} characters once it is written`
  if (!part.isWhole) return
  for (const [name, { type, isEssential }] of Object.entries(kind.variables)) {
    const value = values[name]
    if (!isEssential || value === undefined || value === '') continue
    const urls = Array.isArray(value) ? value.map(({ url }) => url) : type === 'link' ? [String(value)] : []
    const missesLink = urls.some((url) => !written.includes(part.kind === 'html' ? escapeHtml(new URL(url).href) : new URL(url).href))
    const missesNumber = Array.isArray(value) && value.some(({ number }) => !shown.includes(number))
    const missesCode = type === 'code' && !shown.replace(/\D/g, '').includes(String(value))
    if (missesLink || missesNumber || missesCode) yield `does not show {{ ${name} }}, without which the message is of no use`
  }
}
