import type pg from 'pg'

/**
 * Whether an error of the server is about its state and not about the query: connections, resources, an operator, the system, timeouts, deadlocks
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
export function isAboutState({ code = '' }: pg.DatabaseError): boolean {
  return ['08', '53', '57', '58'].includes(code.slice(0, 2)) || ['25P03', '25P04', '40001', '40P01', '55P03'].includes(code)
}

/** Whether the server ends the connection with this error: it is stopped or has crashed, perhaps while it committed. */
export function isLastWord({ code = '' }: pg.DatabaseError): boolean {
  return code.startsWith('57P')
}

/** For the log: what was said, without values of a query. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? String(error.code) : ''
  return [code, error.message].filter((part) => part !== '').join(' ')
}
