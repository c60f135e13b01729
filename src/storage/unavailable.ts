import { type AuthError, coreErrors } from '../core/errors.ts'

/**
 * The error for a database that cannot answer now: down, hung, locked, full, or out of connections. It is answered with 503 and worth a retry,
 * unlike a bug. `reason` is for the log and holds no value of a query; `cause` is what the database said.
 */
export function unavailable(reason: string, cause?: unknown): AuthError {
  return Object.assign(coreErrors.Unavailable({ retryAfterSeconds: 1, log: `database: ${reason}` }), { cause })
}
