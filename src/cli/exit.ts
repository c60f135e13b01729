/** What the exit codes of every command mean. */
export const exitCodes = { done: 0, failed: 1, usage: 2, notFound: 3, unavailable: 4 } as const

/** A failure of a command that is no error of the domain. */
export class CommandFailed extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message)
    this.name = 'CommandFailed'
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

const databaseCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ERR_SQLITE_ERROR', '28P01', '3D000', '57P03'])

function codeOf(error: unknown): number {
  if (error instanceof CommandFailed) return error.exitCode
  if (isDomainError(error)) {
    if (error.spec.status === 404 || error.spec.wire === 'E011010') return exitCodes.notFound
    return error.spec.status === 503 ? exitCodes.unavailable : exitCodes.failed
  }
  const { name = '', code = '' } = (error ?? {}) as { name?: string; code?: string }
  if (name === 'OptionsProblem' || name === 'MasterKeyProblem') return exitCodes.usage
  return databaseCodes.has(code) ? exitCodes.unavailable : exitCodes.failed
}

/** Tells what went wrong on standard error, as text or as JSON, and answers the exit code. */
export function report(error: unknown, asJson: boolean): number {
  const message = error instanceof Error ? error.message : String(error)
  const errorCode = isDomainError(error) ? error.spec.wire : undefined
  const text = isDomainError(error) && error.message !== error.spec.text ? `${error.spec.text}: ${message}` : message
  process.stderr.write(asJson ? `${JSON.stringify({ error: { message: text, errorCode } })}\n` : `postern: ${text}\n`)
  return codeOf(error)
}
