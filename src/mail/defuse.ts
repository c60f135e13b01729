/**
 * Makes text that a user may have chosen harmless in a mail: it stays readable as it is, but mail programs find nothing in it to make a link of
 * (IN-06). They look for links in plain text and in HTML alike, so escaping alone does not help.
 */

/**
 * U+200C, zero width non-joiner. Invisible, ends the patterns that mail programs look for, and is not allowed at these places in a host name
 * (RFC 5892, appendix A.1), so that a program that links across it still reaches nothing.
 */
const breaker = '\u200c'

/** U+2068 and U+2069: what is between them is written in a direction of its own (UAX 9), as `Acme, Inc.` is within Hebrew. */
const marks = ['\u2068', '\u2069'] as const
const anyMark = /[\u2068\u2069]/gu

/** Control characters, separators of lines, marks that turn the direction of writing, and characters that cannot be encoded. */
const unfit = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066\u2067\ufeff]+/gu

/** Puts the text on one line without characters that turn or end it, and cuts it at `maxLength` code points. Never throws. */
export function oneLine(text: string, maxLength: number): string {
  return oneMarkedLine(text.replace(anyMark, ''), maxLength)
}

/** As `oneLine`, for text in which parts are set apart. */
export function oneMarkedLine(text: string, maxLength: number): string {
  const line = text.replace(unfit, ' ').replace(/\s+/gu, ' ').trim()
  const characters = [...line]
  return characters.length <= maxLength ? line : `${characters.slice(0, maxLength - 1).join('')}…`
}

/** Sets a value apart from the direction of the text around it. */
export function setApart(value: string): string {
  return value === '' ? '' : `${marks[0]}${value.replace(anyMark, '')}${marks[1]}`
}

export interface Run {
  readonly text: string
  readonly isApart: boolean
}

/** The parts of a text that are set apart, and those between them. Marks without a counterpart are dropped. */
export function runsOf(text: string): readonly Run[] {
  return text
    .split(/\u2068([^\u2068\u2069]*)\u2069/u)
    .map((run, index) => ({ text: run.replace(anyMark, ''), isApart: index % 2 === 1 }))
    .filter((run) => run.text !== '')
}

/**
 * Breaks host names, addresses and schemes (`evil.example`, `a@evil.example`, `http://evil`, `tel:1`), so that they are not linked. Sentences and
 * numbers look as before. Twice is as good as once.
 */
export function defuse(text: string): string {
  return text
    .replace(/[.\u3002\uff0e\uff61](?=[\p{L}\p{N}])/gu, `$&${breaker}`)
    .replace(/@(?=[^\s\u200c])/gu, `$&${breaker}`)
    .replace(/(?<=\p{L}):(?=[^\s\u200c])/gu, `$&${breaker}`)
    .replace(/\/(?=\/)/gu, `$&${breaker}`)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** As `defuse`, for text after which more may follow without a space. */
export function defuseOpen(text: string): string {
  return defuse(text).replace(/[.\u3002\uff0e\uff61@:/]$/u, `$&${breaker}`)
}

/** Escapes text for HTML, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
