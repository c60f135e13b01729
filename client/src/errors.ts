import type { ReplyError } from './replies.ts'

/**
 * Why a token was refused. `missing`: none was given. `malformed`: not a signed JWT in compact form, or too long. `algorithm`: not RS256.
 * `unknownKey`: no key of the project has its `kid`. `kind`: a refresh token where a session token belongs, or the other way round.
 * `claims`: a claim is missing or of a wrong type.
 */
export type TokenErrorReason =
  | 'missing'
  | 'malformed'
  | 'algorithm'
  | 'unknownKey'
  | 'signature'
  | 'expired'
  | 'notYetValid'
  | 'issuer'
  | 'audience'
  | 'kind'
  | 'claims'

/** A token that must not be trusted: answer 401. Its message never holds the token. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly reason: TokenErrorReason
  constructor(reason: TokenErrorReason, message: string) {
    super(message)
    this.reason = reason
  }
}

/** The server answered, and refused: thrown by `refreshSession` and `validateAndRefreshSession` only; other calls resolve to the error. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  /** HTTP status. */
  readonly code: number
  readonly error: ReplyError
  constructor(code: number, error: ReplyError) {
    super(error.errorMessage || error.errorDescription || error.errorCode)
    this.code = code
    this.error = error
  }
}

/** The server could not be asked: no connection, no answer in time, or an answer that is not of this protocol. Nothing is known about the token. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
  readonly reason: 'network' | 'timeout' | 'reply'
  constructor(reason: 'network' | 'timeout' | 'reply', message: string, options?: { readonly cause: unknown }) {
    super(message, options)
    this.reason = reason
  }
}
