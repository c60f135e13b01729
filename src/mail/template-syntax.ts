import { analyzeSync, type Liquid, LiquidError, Output, type Template, Tokenizer, toValueSync, type Variable } from 'liquidjs'
import type { VariableType } from '../core/messages.ts'

/** What is wrong at a place of a text, both counted from 1. */
export interface Fault {
  readonly line: number
  readonly column: number
  readonly problem: string
}

/** A piece of a template: text as it is, or what is between braces. */
export interface Piece {
  readonly kind: 'text' | 'tag' | 'output'
  readonly text: string
  /** Of a tag, for example `endif`. */
  readonly name: string
  readonly offset: number
}

/** A text that was read as a template. */
export interface Syntax {
  readonly templates: Template[]
  readonly pieces: readonly Piece[]
  readonly faults: readonly Fault[]
  /** Of each output by its offset: whether something in it may have been chosen by a user, or is not known to be of another type. */
  readonly isFreeText: ReadonlyMap<number, boolean>
}

/** Variables by path, for example `user.name`, with what they hold. */
export type KnownVariables = ReadonlyMap<string, VariableType>

const maxRounds = 10
const maxWords = 1_000
const maxDepth = 50
const maxShown = 100

/**
 * Reads a text as a template and finds what can be found without writing it: what does not parse, tags and filters that there are not, and variables that nobody declares.
 * Goes on after an unknown tag or filter, so that all of them are told.
 */
export function readSyntax(liquid: Liquid, text: string, known: KnownVariables): Syntax | { readonly faults: readonly Fault[] } {
  const faults: Fault[] = []
  let current = text
  for (let round = 0; round < maxRounds; round++) {
    try {
      const templates = liquid.parse(current)
      const pieces = piecesOf(liquid, current)
      if (depthOf(pieces) > maxDepth)
        return { faults: [{ line: 1, column: 1, problem: `has more than ${maxDepth} tags inside each other` }] }
      if (countWords(pieces) > maxWords)
        return { faults: [{ line: 1, column: 1, problem: `names more than ${maxWords} things between braces` }] }
      const read = readVariables(templates, known)
      return { ...read, templates, pieces, faults: [...faults, ...read.faults] }
    } catch (error) {
      const { fault, begin, end } = faultOf(error, text)
      faults.push(fault)
      if (begin === undefined || end === undefined) break
      current = `${current.slice(0, begin)}${' '.repeat(end - begin)}${current.slice(end)}`
    }
  }
  return { faults }
}

/** A failure of the library as a fault, with the token that can be left out to find more, if it is one that stands alone. */
function faultOf(error: unknown, text: string): { readonly fault: Fault; readonly begin?: number; readonly end?: number } {
  if (!LiquidError.is(error)) return { fault: { line: 1, column: 1, problem: 'cannot be read' } }
  const { token } = error
  const { message } = (error as { readonly originalError?: Error }).originalError ?? error
  const plain = message.replace(/, line:\d+, col:\d+$/, '')
  const fault = { ...positionAt(text, token.begin), problem: spoken(plain) }
  return /^undefined filter|^tag ".*" not found$/.test(plain) ? { fault, begin: token.begin, end: token.end } : { fault }
}

function spoken(message: string): string {
  if (message.includes('call stack')) return 'has too many tags inside each other'
  const filter = /^undefined filter: (.*)$/.exec(message)?.[1]
  if (filter !== undefined) return `there is no filter ${shown(filter)}`
  const tag = /^tag "(.*)" not found$/.exec(message)?.[1]
  if (tag !== undefined) return `there is no tag ${shown(tag)}`
  return shown(message)
}

function shown(text: string): string {
  return text.length > maxShown ? `${text.slice(0, maxShown)}…`.toWellFormed() : text
}

export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/** The pieces in the order in which they stand there; what is commented out is no piece. */
function piecesOf(liquid: Liquid, text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let isComment = false
  for (const token of new Tokenizer(text, liquid.options.operators).readTopLevelTokens(liquid.options)) {
    const name = 'name' in token && typeof token.name === 'string' ? token.name : ''
    const isTag = text.startsWith('{%', token.begin) && name !== ''
    const isOutput = !isTag && 'contentRange' in token
    if (name === 'comment') isComment = true
    if (!isComment) {
      const content = 'getContent' in token ? token.getContent() : token.getText()
      const trimmed = 'getContent' in token ? Number(token.trimLeft) : 0
      pieces.push({ kind: isTag ? 'tag' : isOutput ? 'output' : 'text', text: content, name, offset: token.begin + trimmed })
    }
    if (name === 'endcomment') isComment = false
  }
  return pieces
}

/** Tags that hold others until their end. */
export const blockTags: readonly string[] = ['if', 'unless', 'case', 'for']

function depthOf(pieces: readonly Piece[]): number {
  let depth = 0
  let deepest = 0
  for (const { kind, name } of pieces) {
    if (kind !== 'tag') continue
    if (blockTags.includes(name)) deepest = Math.max(deepest, ++depth)
    else if (name.startsWith('end') && name !== 'endraw') depth--
  }
  return deepest
}

function countWords(pieces: readonly Piece[]): number {
  return pieces
    .filter(({ kind }) => kind !== 'text')
    .reduce((sum, { text }) => sum + (text.match(/[\p{L}_][\p{L}\p{N}_-]*/gu)?.length ?? 0), 0)
}

type Loops = ReadonlyMap<string, 'links' | 'other' | 'forloop'>

function readVariables(templates: readonly Template[], known: KnownVariables): Pick<Syntax, 'faults' | 'isFreeText'> {
  const faults: Fault[] = []
  const isFreeText = new Map<number, boolean>()
  const assigned = new Set([...everyTemplate(templates)].flatMap((template) => namesOf(template.localScope?.() ?? [])))

  function visit(template: Template, loops: Loops): void {
    const types: string[] = []
    for (const variable of variablesOf(template)) {
      const found = typeOf(variable, { known, loops, assigned })
      if ('problem' in found) faults.push({ line: variable.location.row, column: variable.location.col, problem: found.problem })
      else types.push(found.type)
    }
    if (template instanceof Output) {
      isFreeText.set(template.token.begin, types.includes('text'))
      const list = types.includes('links')
      if (list) faults.push({ ...positionAt(template.token.input, template.token.begin), problem: 'is a list; say what of it with a for' })
    }
    const inner = loopsOf(template, loops)
    for (const child of childrenOf(template)) visit(child, inner)
  }
  for (const template of templates) visit(template, new Map())
  return { faults, isFreeText }
}

/** The variables that the template itself names, not those in what is inside it. */
function variablesOf(template: Template): readonly Variable[] {
  const { token, render } = template
  const bare = { token, render, arguments: () => template.arguments?.() ?? [] }
  return Object.values(analyzeSync([bare as Template]).variables).flat()
}

function childrenOf(template: Template): readonly Template[] {
  return template.children ? (toValueSync(template.children(false, true)) as readonly Template[]) : []
}

function* everyTemplate(templates: readonly Template[]): Iterable<Template> {
  for (const template of templates) {
    yield template
    yield* everyTemplate(childrenOf(template))
  }
}

function namesOf(tokens: Iterable<unknown>): readonly string[] {
  return [...tokens].map((token) => String((token as { readonly content: unknown }).content))
}

/** Names that hold inside a loop: its own, and `forloop`. */
function loopsOf(template: Template, loops: Loops): Loops {
  const names = template.blockScope ? [...template.blockScope()] : []
  if (names.length === 0) return loops
  const [variable] = variablesOf(template)
  const isLinks = variable?.segments.length === 1 && variable.segments[0] === 'links' && !loops.has('links')
  const inner = new Map(loops)
  for (const name of names) inner.set(String(name), name === 'forloop' ? 'forloop' : isLinks ? 'links' : 'other')
  return inner
}

const loopFacts = ['index', 'index0', 'rindex', 'rindex0', 'first', 'last', 'length']

/** What a variable holds, or why it is none. What was assigned in the template counts as text: nobody knows where it comes from. */
function typeOf(
  { segments }: Variable,
  { known, loops, assigned }: { readonly known: KnownVariables; readonly loops: Loops; readonly assigned: ReadonlySet<string> },
): { readonly type: VariableType | 'links' } | { readonly problem: string } {
  if (segments.some((segment) => typeof segment === 'object')) return { problem: 'variables must be named, not computed' }
  const [root = '', ...rest] = segments.map(String)
  const path = segments.join('.')
  const unknown = { problem: `there is no variable ${shown(path)}` }
  if (assigned.has(root)) return { type: 'text' }
  const loop = loops.get(root)
  if (loop === 'forloop') return rest.length === 1 && loopFacts.includes(rest[0] ?? '') ? { type: 'choice' } : unknown
  if (loop === 'links')
    return rest.length === 1 ? (itemType(rest[0]) ?? unknown) : { problem: `say ${shown(root)}.url or ${shown(root)}.number` }
  if (loop === 'other') return rest.length === 0 ? { type: 'text' } : unknown
  const type = known.get(path)
  if (type) return { type }
  if (known.get(root) === 'links') return ofLinks(rest) ?? unknown
  const undeclared = root === 'options' && rest.length === 1
  return undeclared ? { problem: `${shown(path)} is not among the options of the template` } : unknown
}

function itemType(member: string | undefined): { readonly type: VariableType } | undefined {
  if (member === 'url') return { type: 'link' }
  return member === 'number' ? { type: 'code' } : undefined
}

function ofLinks(rest: readonly string[]): { readonly type: VariableType } | undefined {
  const [which = '', member] = rest
  if (rest.length === 1 && which === 'size') return { type: 'choice' }
  return rest.length === 2 && /^(first|last|\d)$/.test(which) ? itemType(member) : undefined
}
