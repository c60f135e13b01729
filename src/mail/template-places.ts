import { type HtmlScanner, htmlScanner } from './html-scanner.ts'
import type { TextKind } from './liquid.ts'
import { blockTags, type Piece, type Syntax } from './template-syntax.ts'

/** A fault at an offset. */
export interface PlacedFault {
  readonly offset: number
  readonly problem: string
}

/** Attributes that are shown or read out; in all others text that a user chose could become an address or a style. */
const shownAttributes = new Set(['alt', 'title', 'abbr', 'aria-label'])

/** Elements that mail programs drop or refuse, or in which nobody can say what is markup. */
const refusedElements = new Set([
  ...['script', 'iframe', 'frame', 'frameset', 'object', 'embed', 'applet', 'base', 'svg', 'math', 'template'],
  ...['noembed', 'noframes', 'xmp', 'plaintext', 'listing'],
])

const refusedScheme = /^[\s\p{Cc}]*(?:javascript|vbscript|data|file|blob):|^[^:/?#&]*&[^:/?]*:/iu
const addressAttributes = new Set(['href', 'src', 'action', 'formaction', 'background', 'poster', 'xlink:href'])

/** Elements within which a word goes on. */
const inlineElements = new Set(['a', 'abbr', 'b', 'code', 'em', 'font', 'i', 'mark', 'small', 'span', 'strong', 'sub', 'sup', 'u'])

/**
 * Finds values at places where they could do harm: text that a user may have chosen in the address of a link, in a style, or glued to what mail programs take for an address
 * (IN-06), and any value outside of quotes in a tag. Every branch must leave the HTML in the state in which it found it, so that one look at the pieces in their order is enough.
 */
export function findMisplaced(kind: TextKind, { pieces, isFreeText }: Pick<Syntax, 'pieces' | 'isFreeText'>): readonly PlacedFault[] {
  const faults: PlacedFault[] = []
  let offset = 0
  const fault = (problem: string, at = offset) => void faults.push({ offset: at, problem })
  const words = wordWatch((at) => fault('would become part of an address: put a space between them', at))
  const scanner = kind === 'html' ? scannerThatTells(fault, words.end) : undefined
  const branches = branchWatch(() => scanner?.state() ?? '', fault)

  for (const piece of pieces) {
    offset = piece.offset
    if (piece.kind === 'tag') branches.tag(piece)
    else if (piece.kind === 'output') {
      const problem = scanner && problemOf(scanner, isFreeText.get(piece.offset) ?? true)
      if (problem) fault(problem)
      else if (isShown(scanner)) words.value(piece.offset, isFreeText.get(piece.offset) ?? true)
    } else {
      for (const character of piece.text) {
        if (isShown(scanner)) words.character(character)
        scanner?.read(character)
        offset += character.length
      }
    }
  }
  return faults
}

function isShown(scanner: HtmlScanner | undefined): boolean {
  const kind = scanner?.place().kind ?? 'text'
  return kind === 'text' || kind === 'title'
}

function scannerThatTells(fault: (problem: string) => void, endOfWord: () => void): HtmlScanner {
  return htmlScanner({
    element(name) {
      if (!inlineElements.has(name)) endOfWord()
      if (refusedElements.has(name)) fault(`<${name}> does not belong into a mail`)
    },
    endTag(name) {
      if (!inlineElements.has(name)) endOfWord()
    },
    attribute(element, name, value) {
      if (name.startsWith('on') || name === 'srcdoc') fault(`the attribute ${name} does not belong into a mail`)
      if (element === 'meta' && name === 'http-equiv' && /refresh/i.test(value)) fault('a mail cannot lead elsewhere by itself')
      if (addressAttributes.has(name) && refusedScheme.test(value)) fault(`the attribute ${name} must lead to a page`)
    },
  })
}

/** Why a value cannot stand where it does, if so. */
function problemOf(scanner: HtmlScanner, isFree: boolean): string | undefined {
  const { kind, element, attribute } = scanner.place()
  if (kind === 'comment') return 'stands in a comment of the HTML, where nobody sees it'
  if (kind === 'tag') return 'stands in a tag: only quoted values of attributes can hold it'
  if (kind === 'style') return isFree ? `is text that a user may have chosen: it cannot stand in <${element}>` : undefined
  if (kind !== 'value' || !isFree || shownAttributes.has(attribute)) return undefined
  return `is text that a user may have chosen: it cannot stand in the attribute ${attribute}`
}

/** Watches what is written without a space between: mail programs make links of words that look like addresses. A full stop of Chinese or Japanese is followed by no space, and makes no link. */
function wordWatch(tell: (offset: number) => void) {
  const maxLength = 300
  let word = ''
  /** The last value that a user may have chosen, while it is not known what follows. */
  let last: { readonly offset: number; readonly from: number } | undefined
  const end = () => {
    word = ''
    last = undefined
  }
  return {
    end,
    character(character: string) {
      if (/[\s<>"'()[\]{}]/.test(character)) {
        if (character !== '<') end()
        return
      }
      if (last && /[.@]/u.test(word.slice(-1)) && word.length === last.from + 1 && /[\p{L}\p{N}]/u.test(character)) tell(last.offset)
      word = `${word}${character}`
      if (word.length <= maxLength) return
      word = word.slice(-maxLength)
      last = undefined
    },
    value(offset: number, isFree: boolean) {
      if (isFree && looksLikeAddress(word)) tell(offset)
      word += 'n'
      last = isFree ? { offset, from: word.length } : undefined
    },
  }
}

function looksLikeAddress(word: string): boolean {
  return /:\/\/|^(?:mailto|tel|sms|callto|whatsapp|skype|facetime):|[\p{L}\p{N}][.@]/iu.test(word)
}

/** Watches that branches leave the HTML as they found it. */
function branchWatch(state: () => string, fault: (problem: string) => void) {
  const open: { readonly name: string; readonly state: string }[] = []
  const check = (from: string | undefined) => {
    if (from !== undefined && from !== state())
      fault('must leave the HTML as it was before: no tag or value may begin inside and end outside')
  }
  return {
    tag({ name }: Piece) {
      if (blockTags.includes(name)) open.push({ name, state: state() })
      else if (name === 'else' || name === 'elsif' || name === 'when') check(open.at(-1)?.state)
      else if (name === 'break' || name === 'continue') check(open.findLast((one) => one.name === 'for')?.state)
      else if (name.startsWith('end') && name !== 'endraw') check(open.pop()?.state)
    },
  }
}
