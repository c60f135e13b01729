/** The expected failures: tables of them live with the feature that throws them; status and wire code are decided there and nowhere else. */

/** One row of an error table. `text` is public, constant, and holds no value of the request. */
export interface ErrorSpec {
  /** HTTP status: one of those every SDK understands (400, 401, 403, 404, 405, 413 and 415 excepted from Ruby's list, 429, 500, 503). */
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 500 | 503
  /** Code on the wire, for example `E062903`. */
  readonly wire: string
  /** `errorDescription`: the fixed text of the code. */
  readonly text: string
  /** `errorMessage` where the thrower gives none; `text` if absent. */
  readonly message?: string
}

/** What one throw adds to its row. */
export interface ErrorDetails {
  /** `errorMessage`: public, never with a password, token, code or address. */
  readonly message?: string
  /** Sent as `Retry-After`, whole seconds, at least 1. */
  readonly retryAfterSeconds?: number
  /** Further public members of the error body, for example the list of broken rules. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** A fact for the log only. */
  readonly log?: string
}

/** An expected failure. Anything else that is thrown is a bug: a 500 with a request ID, logged whole. */
export class AuthError extends Error {
  readonly spec: ErrorSpec
  readonly details: ErrorDetails
  constructor(name: string, spec: ErrorSpec, details: ErrorDetails = {}) {
    super(details.message ?? spec.message ?? spec.text)
    this.name = name
    this.spec = spec
    this.details = details
  }
}

/** Makes one kind of `AuthError`; routes list these, so that their set of errors is closed. */
export interface ErrorFactory {
  (details?: ErrorDetails): AuthError
  readonly errorName: string
  readonly spec: ErrorSpec
}

/** Turns a table of rows into factories of the same names. */
export function defineErrors<T extends Readonly<Record<string, ErrorSpec>>>(table: T): { readonly [K in keyof T]: ErrorFactory } {
  const factories: Record<string, ErrorFactory> = {}
  for (const [errorName, spec] of Object.entries(table)) {
    factories[errorName] = Object.assign((details?: ErrorDetails) => new AuthError(errorName, spec, details), { errorName, spec })
  }
  return factories as { readonly [K in keyof T]: ErrorFactory }
}

const maxNamedMessage = 100

/** The failure with the name or ID that it is about, for administrators: never on a route for end users. `name` is plain text. */
export function naming(factory: ErrorFactory, name: string): AuthError {
  const message = `${factory.spec.message ?? factory.spec.text}: ${name}`
  return factory({ message: message.slice(0, maxNamedMessage).toWellFormed() })
}

/** Failures that any route can have. Codes from `protocol/core.md` 5.2; those it leaves open are listed in `docs/errors.md`. */
export const coreErrors = defineErrors({
  MalformedRequest: { status: 400, wire: 'E011001', text: 'Request is malformed' },
  InvalidRequest: { status: 400, wire: 'E011003', text: 'Request is invalid' },
  InvalidArguments: { status: 400, wire: 'E011004', text: 'Request has invalid arguments' },
  NotFound: { status: 404, wire: 'E011005', text: 'No such endpoint' },
  MethodNotAllowed: { status: 405, wire: 'E011006', text: 'Method not allowed' },
  BodyTooLarge: { status: 413, wire: 'E011007', text: 'Request body is too large' },
  UnsupportedMediaType: { status: 415, wire: 'E011008', text: 'Request body must be application/json in UTF-8' },
  CrossSiteRequest: { status: 403, wire: 'E011009', text: 'Cross-site request refused' },
  InvalidProject: { status: 401, wire: 'E011010', text: 'Project ID is missing or invalid' },
  RateLimited: { status: 429, wire: 'E130429', text: 'Too many attempts' },
  Unavailable: { status: 503, wire: 'E130503', text: 'Service is not ready' },
  Internal: { status: 500, wire: 'E130500', text: 'Internal error' },
  ManagementForbidden: {
    status: 403,
    wire: 'E111120',
    text: 'Forbidden',
    message: 'The management key does not have the right to do this',
  },
  ManagementUnauthorized: { status: 401, wire: 'E111119', text: 'Unauthorized' },
  UserAlreadyExists: { status: 400, wire: 'E062107', text: 'User already exists' },
  UserNotFound: { status: 400, wire: 'E062108', text: 'User not found', message: 'Cannot find user' },
  ManagedUserNotFound: { status: 404, wire: 'E112102', text: 'User not found', message: 'Cannot find user' },
  RoleNotFound: { status: 404, wire: 'E111301', text: 'Role not found' },
  TenantNotFound: { status: 404, wire: 'E111401', text: 'Tenant not found' },
  MessageTemplateNotFound: {
    status: 404,
    wire: 'E112001',
    text: 'Message template not found',
    message: 'The project has no such message template for this kind of message',
  },
  SignInMethodDisabled: { status: 403, wire: 'E061001', text: 'This way to sign in is disabled' },
  MessagingUnavailable: {
    status: 400,
    wire: 'E061002',
    text: 'Messages of this kind cannot be sent',
    message: 'This server has nobody to hand messages of this kind to',
  },
  UserDisabled: { status: 403, wire: 'E062110', text: 'User is disabled' },
  PolicyViolation: { status: 400, wire: 'E062904', text: 'Password does not meet the policy' },
  PasswordReused: { status: 400, wire: 'E062905', text: 'Password was used before' },
  InvalidSession: { status: 401, wire: 'E064002', text: 'Token is missing, invalid or expired' },
  SessionEnded: { status: 401, wire: 'E064001', text: 'Session has ended', message: 'Expired due to logout' },
  StaleSession: { status: 401, wire: 'E064003', text: 'A more recent sign-in is needed' },
  Impersonating: { status: 403, wire: 'E064004', text: 'Not allowed while acting as another user' },
  RedirectRefused: { status: 400, wire: 'E062908', text: 'Redirect URL is not approved' },
  InvalidLinkToken: { status: 401, wire: 'E062504', text: 'Token expired', message: 'Failed to load magic link token' },
})
