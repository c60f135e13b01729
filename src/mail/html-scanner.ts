/**
 * Where in HTML one is after having read a part of it, as far as that matters to what may be put there. Reads from left to right, so that a text can be given in pieces. It is
 * stricter than mail programs where they are lenient: what is odd is refused, not guessed.
 */
export interface HtmlPlace {
  /**
   * `text` between tags, `title` inside an element that holds text only, `style` inside one whose text is not shown, `tag` inside a tag but not in a quoted value, `value` in
   * a quoted value, `comment` where nobody looks.
   */
  readonly kind: 'text' | 'title' | 'style' | 'tag' | 'value' | 'comment'
  /** The element of a tag, in lower case; of `title` and `style` too. */
  readonly element: string
  /** Name of the attribute, in lower case, of a `value`. */
  readonly attribute: string
}

export interface HtmlScanner {
  read(text: string): void
  place(): HtmlPlace
  /** The same for the same state of reading, in every respect. */
  state(): string
}

/** Told of what is met, at once: an element when its name ends, an attribute with the beginning of its value when that ends. */
export interface HtmlListener {
  element?(name: string): void
  endTag?(name: string): void
  attribute?(element: string, name: string, value: string): void
}

/** Elements whose content is no markup. */
const textElements = new Set(['title', 'textarea'])
const hiddenElements = new Set(['style', 'script'])

type Mode =
  | 'text'
  | 'open'
  | 'end'
  | 'declaration'
  | 'bogus'
  | 'comment'
  | 'element'
  | 'between'
  | 'name'
  | 'equals'
  | 'value'
  | 'bare'
  | 'content'
  | 'stuck'

const maxValueLength = 200
const isSpace = (character: string) => /[ \t\n\r\f]/.test(character)

/** Starts at the beginning of a document. */
export function htmlScanner(listener: HtmlListener = {}): HtmlScanner {
  let mode: Mode = 'text'
  let element = ''
  let attribute = ''
  let quote = ''
  let value = ''
  /** What was read of something that is known by several characters. */
  let seen = ''

  function endTag(): void {
    const holdsText = textElements.has(element) || hiddenElements.has(element)
    mode = holdsText ? 'content' : 'text'
    if (!holdsText) element = ''
    seen = ''
  }

  function endAttribute(): void {
    if (attribute !== '') listener.attribute?.(element, attribute, value)
    attribute = ''
    value = ''
  }

  const steps: Readonly<Record<Mode, (character: string) => void>> = {
    text(character) {
      if (character === '<') mode = 'open'
    },
    open(character) {
      if (/[a-z]/i.test(character)) {
        mode = 'element'
        element = character.toLowerCase()
      } else if (character === '/') {
        mode = 'end'
        seen = ''
      } else if (character === '!' || character === '?') {
        mode = character === '!' ? 'declaration' : 'bogus'
        seen = ''
      } else if (character !== '<') mode = 'text'
    },
    end(character) {
      if (character === '>') {
        listener.endTag?.(seen)
        mode = 'text'
        seen = ''
      } else if (/[a-z0-9:-]/i.test(character)) seen = `${seen}${character.toLowerCase()}`.slice(0, maxValueLength)
      else if (!isSpace(character)) mode = 'stuck'
    },
    declaration(character) {
      seen += character
      if (seen === '--') {
        mode = 'comment'
        seen = ''
      } else if (seen !== '-') {
        mode = character === '>' ? 'text' : 'bogus'
      }
    },
    bogus(character) {
      if (character === '>') mode = 'text'
    },
    comment(character) {
      seen = `${seen}${character}`.slice(-40)
      // What Outlook reads of such a comment is markup.
      if (/^\[if [^\]]*\]>$/.test(seen) || seen.endsWith('-->') || seen === '>' || seen === '->') mode = 'text'
    },
    element(character) {
      if (/[a-z0-9:-]/i.test(character)) {
        element = `${element}${character.toLowerCase()}`.slice(0, maxValueLength)
        return
      }
      listener.element?.(element)
      mode = 'between'
      steps.between(character)
    },
    between(character) {
      if (character === '>') endTag()
      else if (!isSpace(character) && character !== '/') {
        mode = 'name'
        attribute = character.toLowerCase()
      }
    },
    name(character) {
      if (character === '=') mode = 'equals'
      else if (character === '>' || character === '/' || isSpace(character)) {
        mode = isSpace(character) ? 'name' : 'between'
        if (isSpace(character)) seen = ' '
        else {
          endAttribute()
          steps.between(character)
        }
      } else if (seen === ' ') {
        endAttribute()
        seen = ''
        attribute = character.toLowerCase()
      } else attribute = `${attribute}${character.toLowerCase()}`.slice(0, maxValueLength)
      if (mode !== 'name') seen = ''
    },
    equals(character) {
      if (character === '"' || character === "'") {
        mode = 'value'
        quote = character
      } else if (character === '>') {
        endAttribute()
        endTag()
      } else if (!isSpace(character)) {
        mode = 'bare'
        value = character
      }
    },
    value(character) {
      if (character !== quote) {
        if (value.length < maxValueLength) value += character
        return
      }
      endAttribute()
      mode = 'between'
    },
    bare(character) {
      if (character !== '>' && !isSpace(character)) {
        if (value.length < maxValueLength) value += character
        return
      }
      endAttribute()
      mode = 'between'
      steps.between(character)
    },
    content(character) {
      seen = `${seen}${character.toLowerCase()}`.slice(-(element.length + 3))
      if (!seen.startsWith(`</${element}`) || !/[\s/>]$/.test(seen) || seen.length < element.length + 3) return
      mode = character === '>' ? 'text' : 'end'
      seen = element
      if (mode === 'text') seen = ''
      element = ''
    },
    stuck: () => undefined,
  }

  /** In these the end of a comment is nothing odd. */
  const mayEndComment = new Set<Mode>(['text', 'comment', 'declaration', 'bogus'])
  let tail = ''

  function step(character: string): void {
    tail = `${tail}${character}`.slice(-3)
    // Here some programs are at the end of a comment and others in the middle of a tag.
    if (tail === '-->' && !mayEndComment.has(mode)) mode = 'stuck'
    steps[mode](character)
  }

  return {
    read(text) {
      for (const character of text) step(character)
    },
    place() {
      if (mode === 'text') return { kind: 'text', element: '', attribute: '' }
      if (mode === 'content') return { kind: textElements.has(element) ? 'title' : 'style', element, attribute: '' }
      if (mode === 'value') return { kind: 'value', element, attribute }
      return { kind: mode === 'comment' ? 'comment' : 'tag', element, attribute: '' }
    },
    state() {
      if (mode === 'text' || mode === 'bogus' || mode === 'stuck') return mode
      const isInWord = ['declaration', 'comment', 'end', 'name'].includes(mode)
      return JSON.stringify([mode, element, attribute, mode === 'value' ? quote : '', isInWord ? seen : ''])
    },
  }
}
