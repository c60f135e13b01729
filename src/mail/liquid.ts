import { Context, Liquid, type Template, toValueSync } from 'liquidjs'
import { escapeHtml, setApart } from './defuse.ts'

/** The template language of messages: Liquid without anything that reaches out of the template, and with limits on all that it does. */

/** What a text of an administrator may cost: characters to parse, milliseconds to render, and units of memory (about a character each). */
const limits = { parseLimit: 250_000, renderLimit: 1_000, memoryLimit: 2_000_000 } as const

/** Tags that there are. The others read other templates, or write what nobody needs in a message. */
export const tagNames = ['if', 'unless', 'case', 'for', 'break', 'continue', 'assign', 'comment', 'raw', '#'] as const

/**
 * Filters that there are, beside `duration`, `spoken` and `apart`. None decodes text, takes something out of it or joins it anew: that could make an address of what was made harmless (IN-06).
 */
export const filterNames = [
  ...['default', 'escape', 'escape_once', 'upcase', 'downcase', 'capitalize', 'append', 'prepend', 'size', 'first', 'last', 'date'],
  ...['strip', 'lstrip', 'rstrip', 'truncate', 'truncatewords', 'slice'],
  ...['plus', 'minus', 'times', 'divided_by', 'modulo', 'abs', 'round', 'ceil', 'floor', 'at_least', 'at_most'],
] as const

/** Longest result, in UTF-16 units: what a template writes by itself is not in `memoryLimit`. */
const maxWritten = 500_000

export type TextKind = 'html' | 'plain'

/** Parses and writes templates. Throws on what is not a template, on variables and filters that are not there, and on what costs too much. */
export interface Engine {
  render(kind: TextKind, text: string, scope: object, language: string): string
  /** The variables that a text names, each as a path such as `user.name`. */
  variablesOf(kind: TextKind, text: string): readonly string[]
}

/** Length of the texts that are kept in parsed form. */
const maxKeptCharacters = 2_000_000

/** `isOurs` is for built-in texts: they need no limits, and on a busy machine must not fail by one of time. */
export function createEngine({ isOurs = false } = {}): Engine {
  const engines = { html: createLiquid('html', isOurs), plain: createLiquid('plain', isOurs) }
  const kept = new Map<string, Template[]>()
  let keptCharacters = 0

  function parsed(kind: TextKind, text: string): Template[] {
    const key = `${kind} ${text}`
    const found = kept.get(key)
    if (found) return found
    const made = engines[kind].parse(text)
    if (keptCharacters + key.length > maxKeptCharacters) {
      kept.clear()
      keptCharacters = 0
    }
    kept.set(key, made)
    keptCharacters += key.length
    return made
  }

  return {
    render: (kind, text, scope, language) => write(engines[kind], parsed(kind, text), scope, language),
    variablesOf: (kind, text) => engines[kind].globalVariableSegmentsSync(parsed(kind, text)).map((segments) => segments.join('.')),
  }
}

/** Writes a parsed template. Throws as `Engine.render` does. */
export function write(liquid: Liquid, templates: Template[], scope: object, language: string): string {
  const context = new Context(scope, liquid.options, { globals: { language }, sync: true }, { liquid })
  const emitter = {
    buffer: '',
    write(piece: unknown) {
      emitter.buffer += String(piece)
      if (emitter.buffer.length > maxWritten) throw new Error('the message becomes too long')
    },
  }
  toValueSync(liquid.renderer.renderTemplates(templates, context, emitter))
  return emitter.buffer
}

/** The template language by itself. */
export function createLiquid(kind: TextKind, isOurs = false): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    templates: {},
    ...(isOurs ? {} : limits),
    outputEscape: kind === 'html' ? (value: unknown) => escapeHtml(String(value ?? '')) : (value: unknown) => String(value ?? ''),
  })
  keepOnly(liquid.tags, tagNames)
  keepOnly(liquid.filters, filterNames)
  liquid.registerFilter('duration', function (seconds: unknown) {
    return duration(Number(seconds), String(this.context.globals.language ?? 'en'))
  })
  liquid.registerFilter('spoken', (code: unknown) => [...String(code)].join(', '))
  liquid.registerFilter('apart', (text: unknown) => setApart(String(text ?? '')))
  return liquid
}

function keepOnly(table: Record<string, unknown>, names: readonly string[]): void {
  for (const name of Object.keys(table)) if (!names.includes(name)) delete table[name]
}

/**
 * A length of time in words: minutes up to two hours, hours up to three days, then days. With plain spaces: one that does not break is in no alphabet of text messages, which would
 * then hold 70 characters instead of 160.
 */
export function duration(seconds: number, language: string): string {
  const minutes = Math.max(1, Math.round(seconds / 60))
  const hours = Math.round(minutes / 60)
  const [amount, unit] = minutes < 120 ? [minutes, 'minute'] : hours < 72 ? [hours, 'hour'] : [Math.round(hours / 24), 'day']
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount).replace(/[\u00a0\u202f]/g, ' ')
}
