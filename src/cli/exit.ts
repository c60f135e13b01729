import { describeCause, plainText, withoutSecrets } from '../logging/plain-text.ts'

/** What the exit codes of every command mean. */
export const exitCodes = { done: 0, failed: 1, usage: 2, notFound: 3, unavailable: 4 } as const

/** A failure of a command that is no error of the domain. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly exitCode: number
  constructor(message: string, exitCode: number = exitCodes.failed, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.exitCode = exitCode
  }
}

/** The public shape of an error of the domain. */
interface DomainError extends Error {
  readonly spec: { readonly status: number; readonly wire: string; readonly text: string }
}

function isDomainError(error: unknown): error is DomainError {
  return error instanceof Error && 'spec' in error
}

/** Codes of the contract by what they mean here: no such project or user, and arguments that cannot be. */
const notFoundCodes = new Set(['E011010', 'E062108'])
const usageCodes = new Set(['E011001', 'E011002', 'E011003', 'E011004'])

function codeOfDomainError({ spec }: DomainError): number {
  if (spec.status === 404 || notFoundCodes.has(spec.wire)) return exitCodes.notFound
  if (usageCodes.has(spec.wire)) return exitCodes.usage
  return spec.status === 503 || spec.status === 429 ? exitCodes.unavailable : exitCodes.failed
}

interface Told {
  readonly exitCode: number
  readonly text: string
  readonly errorCode?: string
  /** For what is a bug. */
  readonly detail?: string
}

function toldOf(error: unknown): Told {
  if (error instanceof CommandFailed) return { exitCode: error.exitCode, text: error.message }
  if (isDomainError(error)) {
    const { text, wire } = error.spec
    return {
      exitCode: codeOfDomainError(error),
      text: error.message.startsWith(text) ? error.message : `${text}: ${error.message}`,
      errorCode: wire,
    }
  }
  if (error instanceof Error && (error.name === 'OptionsProblem' || error.name === 'MasterKeyProblem')) {
    return { exitCode: exitCodes.usage, text: error.message }
  }
  const { name, message, stack = '' } = describeCause(error)
  return { exitCode: exitCodes.failed, text: `${name}: ${message}`, detail: stack }
}

/** What `report` would tell, for another process to report it. */
export function describeFailure(error: unknown): { readonly message: string; readonly exitCode: number } {
  const { text, exitCode } = toldOf(error)
  return { message: text, exitCode }
}

/** Tells what went wrong on standard error, as text or as JSON on one line, and answers the exit code. */
export function report(error: unknown, asJson: boolean): number {
  const { exitCode, text, errorCode, detail } = toldOf(error)
  const message = text
    .split('\n')
    .map((line) => plainText(withoutSecrets(line)))
    .join('\n')
  const shown = asJson ? JSON.stringify({ error: { message, errorCode } }) : `postern: ${message}${detail ? `\n${detail}` : ''}`
  process.stderr.write(`${shown}\n`)
  return exitCode
}
