/**
 * Error codes on the wire, by what they mean. Those of the public protocol have the numbers that official SDKs know; the others are
 * Postern's own and fill the families that the protocol leaves open (`docs/errors.md`).
 */
export const errorCodes = {
  malformedRequest: 'E011001',
  invalidRequest: 'E011003',
  invalidArguments: 'E011004',
  invalidProject: 'E011010',
  userExists: 'E062107',
  userNotFound: 'E062108',
  /** Postern's own. Told only after the right password was given. */
  userDisabled: 'E062110',
  invalidLinkToken: 'E062504',
  missingAccessKey: 'E062802',
  /** Unknown, wrong, expired, inactive and misplaced keys alike. */
  invalidAccessKey: 'E062803',
  /** Wrong password and unknown user alike. */
  wrongPassword: 'E062903',
  /** Postern's own. `brokenRules` of the error lists the rules. */
  passwordPolicyBroken: 'E062904',
  /** Postern's own. */
  passwordReused: 'E062905',
  /** Postern's own. */
  accountLocked: 'E062906',
  /** Postern's own. */
  methodSwitchedOff: 'E062907',
  /** Postern's own. */
  redirectUrlRefused: 'E062908',
  /** Also for a temporary password: replace it, or start a reset. */
  passwordExpired: 'E062909',
  /** Postern's own: another change of the password came first. */
  passwordChangedMeanwhile: 'E062911',
  /** Postern's own, on our page only: the code that is typed beside a reset link. */
  typedCodeWrong: 'E062912',
  /** The refresh token was ended by a logout. */
  sessionEnded: 'E064001',
  /** Postern's own: the refresh token is missing, invalid, expired or used up. */
  invalidSession: 'E064002',
  /** Postern's own: the sign-in is too long ago for this call. */
  staleSession: 'E064003',
  /** Postern's own: the user is not in the tenant, or it is closed. */
  tenantRefused: 'E064005',
  managementUnauthorized: 'E111119',
  /** `retryAfter` of the error tells when to come back. */
  rateLimited: 'E130429',
  internal: 'E130500',
  unavailable: 'E130503',
} as const

/** A code of `errorCodes`. */
export type ErrorCode = (typeof errorCodes)[keyof typeof errorCodes]

const known: ReadonlySet<string> = new Set(Object.values(errorCodes))

/** Tells whether a code is one that this version of the client has a name for. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && known.has(code)
}

/**
 * Tells whether a result failed with one of the given codes, and narrows it to a failure with that code:
 * `if (failedWith(result, errorCodes.wrongPassword)) …`.
 */
export function failedWith<R extends { readonly error?: { readonly errorCode: string } | undefined }, const C extends ErrorCode>(
  result: R,
  ...codes: readonly C[]
): result is R & { readonly error: { readonly errorCode: C } } {
  return codes.some((code) => code === result.error?.errorCode)
}
