/** Makes texts fit to be logged: nothing in them acts on a terminal or looks like another line, and what bears rights is taken out. */

const maxLength = 1024
const maxStackLength = 8192
const maxCauses = 4

/** Control characters but C0, which JSON escapes; line and paragraph separators; directions of writing; halves of pairs. */
const acting = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu

/** Cuts a value to length and writes characters that act as `\u{…}`. */
export function plainText(text: string, longest = maxLength): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  return cut.replace(acting, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/**
 * What must not be logged even where a library puts it into a message (IN-07): user and password of a URL, JWTs, and tokens of the form `id.secret`. The house's own messages
 * hold none of these; this is the net under them.
 */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]*:[^\s/]*@/gi, '$1***@'],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}/g, '***'],
  [/\b[A-Z]{1,2}[0-9A-Za-z]{27}\.[\w-]{43}/g, '***'],
]

export function withoutSecrets(text: string): string {
  return secrets.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text)
}

/** An error as it is logged. */
export interface DescribedCause {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** Frames only. */
  readonly stack?: string
  readonly cause?: DescribedCause
}

/**
 * Name, message, code and stack of what was thrown, and of its causes. Members that libraries hang on errors (queries, rows, addresses, replies) stay out, and so do
 * messages that quote what could not be parsed: those of the JSON parser hold a piece of the text.
 */
export function describeCause(cause: unknown, depth = maxCauses): DescribedCause {
  if (!(cause instanceof Error)) return { name: typeof cause, message: typeof cause === 'string' ? plainText(withoutSecrets(cause)) : '' }
  const message = cause instanceof SyntaxError ? '' : plainText(withoutSecrets(cause.message))
  const { code } = cause as { readonly code?: unknown }
  const frames = framesOf(cause)
  return {
    name: plainText(cause.name, 100),
    message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: plainText(String(code), 100) } : {}),
    ...(frames ? { stack: frames } : {}),
    ...(cause.cause !== undefined && depth > 1 ? { cause: describeCause(cause.cause, depth - 1) } : {}),
  }
}

/** The lines of the stack that name a place; those before them repeat the message. */
function framesOf({ stack, message }: Error): string {
  if (typeof stack !== 'string') return ''
  const rest = message && stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : stack
  const frames = rest.split('\n').filter((line) => /^\s+at /.test(line))
  return plainText(withoutSecrets(frames.join('\n')), maxStackLength)
}
