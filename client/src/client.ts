import { errorCodes } from './codes.ts'
import { readSignedIn } from './cookies.ts'
import { RefusedError, TokenError, UnavailableError } from './errors.ts'
import { type HttpDeps, type HttpReply, send, sleep, toResult } from './http.ts'
import { cachedKeys, type Keys } from './keys.ts'
import { type ClientOptions, type ParsedOptions, parseOptions } from './options.ts'
import type {
  AccessKeyOptions,
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
import { type AuthenticationInfo, type RefreshAuthenticationInfo, type VerifyOptions, verifyToken } from './tokens.ts'

/** No data: the call only succeeds. */
export type Nothing = Readonly<Record<string, never>>

/** Sign-up, sign-in and change of passwords. */
export interface PasswordCalls {
  /** Makes a user and signs it in. Fails with `userExists`, `passwordPolicyBroken`. */
  signUp(loginId: string, password: string, user?: UserDetails, loginOptions?: SignUpOptions): Promise<Result<SignedIn>>
  /** Signs in. `token` is the refresh token that `stepup` and `mfa` need. Fails with `wrongPassword`, `passwordExpired`, `rateLimited`. */
  signIn(loginId: string, password: string, loginOptions?: LoginOptions, token?: string): Promise<Result<SignedIn>>
  /** Sends a reset link, which leads to `redirectUrl?t=<token>`: hand that token to `magicLink.verify`, then call `update`. */
  sendReset(loginId: string, redirectUrl?: string, templateOptions?: Readonly<Record<string, string>>): Promise<Result<ResetSent>>
  /** Sets a new password with a refresh token instead of the old password. Ends the other sessions of the user. */
  update(loginId: string, newPassword: string, token?: string): Promise<Result<Nothing>>
  /** Sets a new password with the old one, which may be an expired or temporary one, and signs in. */
  replace(loginId: string, oldPassword: string, newPassword: string): Promise<Result<SignedIn>>
  /** Tells what a new password needs. */
  policy(): Promise<Result<PasswordPolicy>>
}

/**
 * The calls of the server, in the shapes of the official Node SDK. `token` is a refresh token everywhere. A browser that keeps the
 * refresh token in a cookie leaves it out.
 */
export interface Client {
  readonly password: PasswordCalls
  readonly magicLink: {
    /** Redeems the token of a link, once, and signs in. Fails with `invalidLinkToken`. */
    verify(token: string): Promise<Result<SignedIn>>
  }
  readonly accessKey: {
    /** Gets a session token for an access key, which nothing refreshes. Checks nothing locally; see `exchangeAccessKey`. Fails with `invalidAccessKey`. */
    exchange(accessKey: string, loginOptions?: AccessKeyOptions): Promise<Result<ExchangedAccessKey>>
  }
  /** Gets a new session token. Checks nothing locally; see `refreshSession`. */
  refresh(token?: string): Promise<Result<SignedIn>>
  /** Ends the session. */
  logout(token?: string): Promise<Result<Nothing>>
  /** Ends all sessions of the user. */
  logoutAll(token?: string): Promise<Result<Nothing>>
  /** The signed-in user. */
  me(token?: string): Promise<Result<User>>
  /** Tenants that the user may select: the current one (`true`), or those of the list, or all (an empty list). */
  myTenants(tenants: true | readonly string[], token?: string): Promise<Result<MyTenants>>
  /** Makes a tenant the current one of the session, in the claim `dct`. Fails with `tenantRefused`, `staleSession`. */
  selectTenant(tenantId: string, token?: string): Promise<Result<SignedIn>>
  /** Past sign-ins of the user, newest first. */
  history(token?: string): Promise<Result<readonly HistoryEntry[]>>
  /**
   * Checks a session token locally, with the keys of the project: signature, expiry, issuer, and that it is a session token.
   * Throws `TokenError` (answer 401), or `UnavailableError` while the keys cannot be had (answer 503).
   */
  validateSession(sessionToken: string | undefined, options?: VerifyOptions): Promise<AuthenticationInfo>
  /** Checks a refresh token locally, then gets a new session with it. Throws as `validateSession`, and `RefusedError` when the server refuses. */
  refreshSession(refreshToken: string | undefined, options?: VerifyOptions): Promise<RefreshAuthenticationInfo>
  /** Checks the session token and, when that is refused, refreshes. Throws as those two do. */
  validateAndRefreshSession(sessionToken?: string, refreshToken?: string, options?: VerifyOptions): Promise<RefreshAuthenticationInfo>
  /** Exchanges an access key, then checks the session token locally. Throws as `validateSession`, and `RefusedError` when the server refuses the key. */
  exchangeAccessKey(accessKey: string, loginOptions?: AccessKeyOptions, options?: VerifyOptions): Promise<AuthenticationInfo>
  /** The same client, with the same keys, whose calls end when the signal aborts; they then reject with its reason. */
  withSignal(signal: AbortSignal): Client
}

/** Makes a client of one project. It fetches nothing until it has to. Throws a `TypeError` that names every wrong option. */
export function createClient(options: ClientOptions): Client {
  const parsed = parseOptions(options)
  const http: HttpDeps = { ...parsed, sleep }
  const keys = cachedKeys({
    fetchKeySet: async () => {
      const reply = await send(http, { method: 'GET', path: `/v2/keys/${parsed.projectId}` })
      if (reply.status !== 200) throw new UnavailableError('reply', `The keys of the project answer with status ${reply.status}`)
      return reply.json
    },
    monotonicMilliseconds: () => performance.now(),
  })
  return buildClient({ ...parsed, http, keys })
}

interface Deps extends ParsedOptions {
  readonly http: HttpDeps
  readonly keys: Keys
}

type Call = <T>(request: CallRequest, read?: (json: unknown, reply: HttpReply) => T) => Promise<Result<T>>

interface CallRequest {
  readonly method?: 'GET'
  readonly path: string
  readonly token?: string | undefined
  readonly body?: Readonly<Record<string, unknown>>
  /** What the server would answer to a token that cannot be one; `invalidToken` if absent. */
  readonly refusal?: ReplyError
}

function buildClient(deps: Deps): Client {
  const call = caller(deps)
  return {
    password: passwordCalls(call),
    magicLink: { verify: (token) => signIn(call, { path: '/v1/auth/magiclink/verify', body: { token } }) },
    accessKey: { exchange: (accessKey, loginOptions) => exchangeKey(call, accessKey, loginOptions) },
    refresh: (token) => signIn(call, { path: '/v1/auth/refresh', token }),
    logout: (token) => call({ path: '/v1/auth/logout', token }),
    logoutAll: (token) => call({ path: '/v1/auth/logoutall', token }),
    me: (token) => call({ method: 'GET', path: '/v1/auth/me', token }),
    myTenants: (tenants, token) =>
      call({ path: '/v1/auth/me/tenants', token, body: tenants === true ? { dct: true } : { ids: [...tenants] } }),
    selectTenant: (tenantId, token) => signIn(call, { path: '/v1/auth/tenant/select', token, body: { tenant: tenantId } }),
    history: (token) => call({ method: 'GET', path: '/v1/auth/me/history', token }),
    ...sessionCalls(deps, call),
    withSignal: (signal) => buildClient({ ...deps, signal: deps.signal ? AbortSignal.any([deps.signal, signal]) : signal }),
  }
}

function passwordCalls(call: Call): PasswordCalls {
  return {
    signUp: (loginId, password, user, loginOptions) =>
      signIn(call, { path: '/v1/auth/password/signup', body: { loginId, password, user, loginOptions } }),
    signIn: (loginId, password, loginOptions, token) =>
      signIn(call, { path: '/v1/auth/password/signin', token, body: { loginId, password, loginOptions } }),
    sendReset: (loginId, redirectUrl, templateOptions) =>
      call({ path: '/v1/auth/password/reset', body: { loginId, redirectUrl, templateOptions } }),
    update: (loginId, newPassword, token) => call({ path: '/v1/auth/password/update', token, body: { loginId, newPassword } }),
    replace: (loginId, oldPassword, newPassword) =>
      signIn(call, { path: '/v1/auth/password/replace', body: { loginId, oldPassword, newPassword } }),
    policy: () => call({ method: 'GET', path: '/v1/auth/password/policy' }),
  }
}

function exchangeKey(call: Call, accessKey: string, loginOptions: AccessKeyOptions | undefined): Promise<Result<ExchangedAccessKey>> {
  return call({ path: '/v1/auth/accesskey/exchange', token: accessKey, body: { loginOptions }, refusal: invalidAccessKey })
}

type SessionCalls = Pick<Client, 'validateSession' | 'refreshSession' | 'validateAndRefreshSession' | 'exchangeAccessKey'>

function sessionCalls(deps: Deps, call: Call): SessionCalls {
  const validateSession: SessionCalls['validateSession'] = (jwt, options) =>
    verifyToken(deps, { jwt, kind: 'DS', audience: options?.audience })
  const refreshSession: SessionCalls['refreshSession'] = async (jwt, options) => {
    const { jwt: refreshToken } = await verifyToken(deps, { jwt, kind: 'DSR' })
    const result = await signIn(call, { path: '/v1/auth/refresh', token: refreshToken })
    if (!result.ok) throw new RefusedError(result.code, result.error)
    const { sessionJwt, refreshJwt, cookies } = result.data
    const session = await validateSession(sessionJwt, options)
    return { ...session, ...(refreshJwt && { refreshJwt }), ...(cookies && { cookies }) }
  }
  return {
    validateSession,
    refreshSession,
    validateAndRefreshSession: async (sessionToken, refreshToken, options) => {
      try {
        return await validateSession(sessionToken, options)
      } catch (error) {
        // Without keys nothing is known about the session: that is no reason to spend a refresh.
        if (!(error instanceof TokenError) || !refreshToken) throw error
        return refreshSession(refreshToken, options)
      }
    },
    exchangeAccessKey: async (accessKey, loginOptions, options) => {
      const result = await exchangeKey(call, accessKey, loginOptions)
      if (!result.ok) throw new RefusedError(result.code, result.error)
      return validateSession(result.data.sessionJwt, options)
    },
  }
}

function signIn(call: Call, request: CallRequest): Promise<Result<SignedIn>> {
  return call(request, (json, reply) => readSignedIn(json, reply.headers))
}

function caller(deps: Deps): Call {
  return async <T>(
    { method, path, token, body = {}, refusal = invalidToken }: CallRequest,
    read: (json: unknown, reply: HttpReply) => T = (json) => json as T,
  ): Promise<Result<T>> => {
    // Such a token can come from a stranger's cookie; it must not make the call reject, nor become another part of the bearer.
    if (token && !/^[A-Za-z0-9._~+/=-]+$/.test(token)) return { ok: false, code: 401, error: refusal }
    const reply = await send(deps.http, {
      method: method ?? 'POST',
      path,
      bearer: token ? `${deps.projectId}:${token}` : deps.projectId,
      ...(method !== 'GET' && { body }),
      signal: deps.signal,
    })
    return toResult(reply, (json) => read(json, reply))
  }
}

const invalidToken = {
  errorCode: errorCodes.invalidSession,
  errorDescription: 'Token is missing, invalid or expired',
  errorMessage: 'Token is missing, invalid or expired',
}

const invalidAccessKey = {
  errorCode: errorCodes.invalidAccessKey,
  errorDescription: 'Access key is invalid',
  errorMessage: 'Access key is invalid',
}
