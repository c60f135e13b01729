export { type Client, createClient, type Nothing, type PasswordCalls } from './client.ts'
export { type ErrorCode, errorCodes, failedWith, isErrorCode } from './codes.ts'
export { refreshTokenCookieName, sessionTokenCookieName } from './cookies.ts'
export { RefusedError, TokenError, type TokenErrorReason, UnavailableError } from './errors.ts'
export type { ClientOptions, Fetch } from './options.ts'
export type {
  AccessKeyOptions,
  BrokenRule,
  ExchangedAccessKey,
  HistoryEntry,
  LoginOptions,
  MyTenants,
  PasswordPolicy,
  ReplyError,
  ResetSent,
  Result,
  SignedIn,
  SignUpOptions,
  User,
  UserDetails,
} from './replies.ts'
export {
  getMatchedPermissions,
  getMatchedRoles,
  getMatchedTenantPermissions,
  getMatchedTenantRoles,
  validatePermissions,
  validateRoles,
  validateTenantPermissions,
  validateTenantRoles,
} from './roles.ts'
export type { AuthenticationInfo, RefreshAuthenticationInfo, Token, VerifyOptions } from './tokens.ts'
