import type { ErrorCode } from './codes.ts'

/** What went wrong, as the server tells it. */
export interface ReplyError {
  /** A code of `errorCodes`, one that this client does not know yet, or `HTTP` and the status when the answer was not of this protocol. */
  readonly errorCode: ErrorCode | (string & {})
  /** The fixed text of the code. */
  readonly errorDescription: string
  readonly errorMessage: string
  /** Seconds to wait; only on status 429. */
  readonly retryAfter?: number
  /** The rules that a new password breaks; only with `passwordPolicyBroken`. */
  readonly brokenRules?: readonly BrokenRule[]
}

/** A rule of the policy that a new password breaks. */
export interface BrokenRule {
  /** A sentence for the user. */
  readonly text: string
  /** Further members as the server sends them. */
  readonly [member: string]: unknown
}

/** Result of a call. Errors over HTTP resolve to `ok: false`; a call rejects only when the server could not be asked. */
export type Result<T> =
  | { readonly ok: true; readonly code: number; readonly data: T; readonly error?: undefined }
  | { readonly ok: false; readonly code: number; readonly data?: undefined; readonly error: ReplyError }

/** A user as the server describes it. */
export interface User {
  readonly userId: string
  readonly loginIds: readonly string[]
  readonly name?: string
  readonly givenName?: string
  readonly middleName?: string
  readonly familyName?: string
  readonly email?: string
  readonly phone?: string
  readonly verifiedEmail?: boolean
  readonly verifiedPhone?: boolean
  readonly picture?: string
  readonly status: string
  readonly test: boolean
  /** Whether a password is set. */
  readonly password: boolean
  readonly roleNames?: readonly string[]
  readonly permissions?: readonly string[]
  readonly userTenants?: readonly {
    readonly tenantId: string
    readonly tenantName: string
    readonly roleNames?: readonly string[]
    readonly permissions?: readonly string[]
  }[]
  readonly customAttributes?: Readonly<Record<string, unknown>>
  /** Epoch seconds. */
  readonly createdTime: number
}

/** What every call that signs somebody in answers, and refresh. Times are epoch seconds. */
export interface SignedIn {
  readonly sessionJwt: string
  /** Absent when the server sent none: after a refresh without rotation keep the one you have. */
  readonly refreshJwt?: string
  /** Values for `Set-Cookie` that carry the refresh token to a browser: `HttpOnly`, `Secure`, `SameSite=Strict` unless the server set its own. */
  readonly cookies?: readonly string[]
  readonly cookieDomain?: string
  readonly cookiePath?: string
  /** Seconds that the refresh token lives. */
  readonly cookieMaxAge?: number
  readonly cookieExpiration?: number
  readonly user?: User
  /** Whether this is the first sign-in of the user. */
  readonly firstSeen?: boolean
  readonly sessionExpiration?: number
  /** Claims of the session token. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Refresh at least this often; only when the project ends inactive sessions. */
  readonly nextRefreshSeconds?: number
}

/** What `sendReset` answers. `pendingRef` and `linkId` belong to the enchanted link method. */
export interface ResetSent {
  readonly resetMethod: string
  readonly pendingRef?: string
  readonly linkId?: string
  readonly maskedEmail?: string
}

/** What a form can check before it sends a new password. The server enforces all of the policy whatever the form does. */
export interface PasswordPolicy {
  /** In Unicode code points. */
  readonly minLength: number
  readonly lowercase: boolean
  readonly uppercase: boolean
  readonly number: boolean
  readonly nonAlphanumeric: boolean
  /** From here on absent from servers that are not Postern. */
  readonly maxLength?: number
  readonly anyLetter?: boolean
  readonly disallowedCharacters?: string
  readonly disallowEmailMatch?: boolean
  /** Common passwords and words of the context are refused. */
  readonly blocklist?: boolean
  readonly strengthScoreEnabled?: boolean
  readonly strengthScore?: number
  readonly expiration?: boolean
  readonly expirationWeeks?: number
  readonly reuse?: boolean
  readonly reuseAmount?: number
}

/** What the exchange of an access key answers. */
export interface ExchangedAccessKey {
  readonly keyId: string
  /** Its subject is the key, or the user that the key is bound to. */
  readonly sessionJwt: string
  /** End of the session token, epoch seconds. */
  readonly expiration: number
}

/** Options of the exchange of an access key. */
export interface AccessKeyOptions {
  /** Land in the claim `nsec` of the token. */
  readonly customClaims?: Readonly<Record<string, unknown>>
  /** One of the tenants of the key; it becomes the claim `dct`. */
  readonly selectedTenant?: string
}

/** What `myTenants` answers. */
export interface MyTenants {
  readonly tenants: readonly {
    readonly id: string
    readonly name: string
    readonly customAttributes?: Readonly<Record<string, unknown>>
  }[]
}

/** One sign-in of the user. `loginTime` is in epoch seconds. */
export interface HistoryEntry {
  readonly userId: string
  readonly loginTime: number
  readonly city: string
  readonly country: string
  readonly ip: string
  /** ID of the tenant that was current then; empty if none. */
  readonly selectedTenant?: string
}

/** Details of a new user. */
export interface UserDetails {
  readonly email?: string
  readonly name?: string
  readonly givenName?: string
  readonly middleName?: string
  readonly familyName?: string
  readonly phone?: string
}

/** Options of a sign-up. */
export interface SignUpOptions {
  /** Land in the claim `nsec` of the tokens, never beside the server's own claims. */
  readonly customClaims?: Readonly<Record<string, unknown>>
  readonly templateId?: string
  readonly templateOptions?: Readonly<Record<string, string>>
  /** At sign-in, the tenant that becomes the current one, if the user is in it. */
  readonly tenantId?: string
}

/** Options of a sign-in. `stepup` and `mfa` need the refresh token beside them. */
export interface LoginOptions extends SignUpOptions {
  readonly stepup?: boolean
  readonly mfa?: boolean
  readonly revokeOtherSessions?: boolean
}
