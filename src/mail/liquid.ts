import { Liquid, type Template } from 'liquidjs'
import { escapeHtml, setApart } from './defuse.ts'

/** The template language of messages: Liquid without anything that reaches out of the template, and with limits on all that it does. */

/** What a text may cost: characters to parse, milliseconds to render, and units of memory (about a character each). */
const limits = { parseLimit: 250_000, renderLimit: 250, memoryLimit: 2_000_000 } as const

/** Tags that would read other templates. */
const refusedTags = ['include', 'render', 'layout', 'block'] as const

export type TextKind = 'html' | 'plain'

/** Parses and writes templates. Throws on what is not a template, and on variables and filters that are not there. */
export interface Engine {
  render(kind: TextKind, text: string, scope: object, language: string): string
  /** The variables that a text names, each as a path such as `user.name`; throws when it does not parse, or chooses one by what is in another. */
  variablesOf(kind: TextKind, text: string): readonly string[]
}

const maxKept = 500

export function createEngine(): Engine {
  const engines = { html: engine('html'), plain: engine('plain') }
  const kept = new Map<string, Template[]>()

  function parsed(kind: TextKind, text: string): Template[] {
    const key = `${kind} ${text}`
    const found = kept.get(key)
    if (found) return found
    const made = engines[kind].parse(text)
    if (kept.size >= maxKept) kept.clear()
    kept.set(key, made)
    return made
  }

  return {
    render: (kind, text, scope, language) =>
      String(engines[kind].renderSync(parsed(kind, text), scope, { globals: { language }, strictVariables: true })),
    variablesOf(kind, text) {
      return engines[kind].globalVariableSegmentsSync(parsed(kind, text)).map((segments) => {
        if (segments.some((segment) => typeof segment !== 'string')) throw new Error('Variables must be named, not computed')
        return segments.join('.')
      })
    },
  }
}

function engine(kind: TextKind): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    templates: {},
    ...limits,
    ...(kind === 'html' ? { outputEscape: (value: unknown) => escapeHtml(String(value ?? '')) } : {}),
  })
  for (const tag of refusedTags) delete liquid.tags[tag]
  // It would let text through as it is.
  delete liquid.filters.raw
  liquid.registerFilter('duration', function (seconds: unknown) {
    return duration(Number(seconds), String(this.context.globals.language ?? 'en'))
  })
  liquid.registerFilter('spoken', (code: unknown) => [...String(code)].join(', '))
  liquid.registerFilter('apart', (text: unknown) => setApart(String(text ?? '')))
  return liquid
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
