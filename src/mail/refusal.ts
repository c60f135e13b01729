import { MessageRefused } from '../core/ports.ts'

/** Thrown by a transport when the peer had the whole message and never said whether it took it: a retry may deliver a second copy. */
export class MessageUnanswered extends MessageRefused {
  constructor(reason: string) {
    super(reason, false)
    this.name = 'MessageUnanswered'
  }
}

/** Fields of the errors of the SMTP library that hold neither addresses nor credentials nor text of the peer. */
interface Facts {
  readonly code: string
  readonly originalCode: string
  readonly command: string
  readonly responseCode: number
  readonly enhancedCode: string
}

/**
 * Tells what a failed attempt means. A 5xx to MAIL FROM, RCPT TO or the message is permanent; 503 and 530 are not, because they speak of the
 * session and not of the mail. Everything else may pass: failed logins and certificates too, which an administrator mends. `hasWritten` says
 * that the whole message was handed to the socket. The reason is put together from codes; whatever else the peer wrote, an address for
 * example, is left behind (IN-07).
 */
export function refusalOf(error: unknown, hasWritten: boolean): MessageRefused {
  const facts = factsOf(error)
  const { responseCode, command, enhancedCode, code, originalCode } = facts
  if (responseCode > 0) {
    const isAboutMail = command === 'MAIL FROM' || command === 'RCPT TO' || command === 'DATA'
    const isPermanent = isAboutMail && responseCode >= 500 && responseCode <= 599 && responseCode !== 503 && responseCode !== 530
    return new MessageRefused(
      ['The peer answered', responseCode, enhancedCode, command && `to ${command}`].filter(Boolean).join(' '),
      isPermanent,
    )
  }
  const codes = [code, originalCode].filter(Boolean).join(', ') || 'no code'
  if (hasWritten) return new MessageUnanswered(`The peer did not answer after the message (${codes})`)
  return new MessageRefused(`The mail could not be handed over (${codes})`, false)
}

function factsOf(error: unknown): Facts {
  const field = (name: string): unknown => (typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined)
  const word = (name: string, pattern: RegExp): string => {
    const value = field(name)
    return typeof value === 'string' && pattern.test(value) ? value : ''
  }
  const response = field('response')
  const number = field('responseCode')
  return {
    code: word('code', /^[A-Z0-9_]{2,60}$/),
    originalCode: word('originalCode', /^[A-Z0-9_]{2,60}$/),
    command: word('command', /^(MAIL FROM|RCPT TO|DATA|EHLO|HELO|STARTTLS|AUTH [A-Z0-9-]{1,20})$/),
    responseCode: typeof number === 'number' && number >= 400 && number <= 599 ? number : 0,
    enhancedCode: (typeof response === 'string' && /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1]) || '',
  }
}
