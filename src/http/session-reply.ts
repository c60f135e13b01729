/** Turns users and issued sessions into what the wire shows, cookies included. */
import type { JWTPayload } from 'jose'
import type { z } from 'zod'
import { accessIn } from '../core/access.ts'
import type { SignIn } from '../core/history.ts'
import type { Project } from '../core/projects.ts'
import type { IssuedSession } from '../core/sessions.ts'
import type { UserWithLoginIds } from '../core/storage.ts'
import { type Reply, type ReplyCookie, reply } from './route.ts'
import type { AuthReply, HistoryReply, UserReply } from './schemas.ts'

/** Names of the cookies that clients know (`protocol/core.md` 4.3). */
export const sessionCookie = 'DS'
export const refreshCookie = 'DSR'

/** Header by which a browser names another refresh cookie than `DSR`. */
export const refreshCookieHeader = 'x-descope-refresh-cookie-name'

const largestInt32 = 2_147_483_647

/** Leaves room for name and attributes in what browsers take (4 096 bytes). */
const maxExtraCookieLength = 3_500

/** The name of the refresh cookie: what the header asks for if that is a proper cookie name of at most 64 characters, else `DSR`. */
export function refreshCookieName(header: string | undefined): string {
  const isUsable = header !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(header) && header !== sessionCookie
  return isUsable ? header : refreshCookie
}

/** A user with every member of `protocol/core.md` 4.1. */
export function userReply(account: UserWithLoginIds): z.input<typeof UserReply> {
  const { user, loginIds, credentialKinds } = account
  const access = accessIn(account, '')
  const shown = loginIds.map((loginId) => loginId.shown)
  return {
    userId: user.id,
    loginIds: shown,
    externalIds: shown,
    name: user.name,
    givenName: user.givenName,
    middleName: user.middleName,
    familyName: user.familyName,
    email: user.email,
    phone: user.phone,
    verifiedEmail: user.isEmailVerified,
    verifiedPhone: user.isPhoneVerified,
    picture: user.picture,
    status: user.status,
    test: user.isTest,
    roleNames: [...access.roleNames],
    permissions: [...access.permissions],
    userTenants: account.tenants.map(({ tenantId, tenantName }) => {
      const held = accessIn(account, tenantId)
      return { tenantId, tenantName, roleNames: [...held.roleNames], permissions: [...held.permissions] }
    }),
    customAttributes: { ...user.customAttributes },
    createdTime: user.createdAt,
    modifiedTime: user.modifiedAt,
    TOTP: credentialKinds.includes('totp'),
    SAML: false,
    OIDC: false,
    SCIM: false,
    webauthn: credentialKinds.includes('webauthn'),
    password: credentialKinds.includes('password'),
    push: false,
    OAuth: {},
    ssoAppIds: [],
    editable: true,
    consentExpiration: 0,
  }
}

export function historyReply(signIns: readonly SignIn[]): z.input<typeof HistoryReply> {
  return signIns.map(({ userId, signedInAt, ip, tenantId }) => {
    return { userId, loginTime: signedInAt, city: '', country: '', ip, selectedTenant: tenantId }
  })
}

/**
 * The answer to a sign-in or refresh. A token whose response method is `cookie` is left out of the body and set as a cookie;
 * `cookieName` is the refresh cookie's name if the request asked for another than `DSR` (see `refreshCookieName`). With `alsoInCookie` the refresh token is in a cookie
 * beside the body, unless it is too large for one.
 */
export function authReply(
  issued: IssuedSession,
  project: Project,
  options: { readonly cookieName?: string; readonly alsoInCookie?: boolean } = {},
): Reply<z.input<typeof AuthReply>> {
  const settings = project.settings.project
  const isRefreshInCookie = settings.tokenResponseMethod === 'cookie'
  const isSessionInCookie = settings.sessionTokenResponseMethod === 'cookie'
  const name = options.cookieName ?? refreshCookie
  const cookies: ReplyCookie[] = []
  const isAlsoInCookie = options.alsoInCookie === true && issued.refreshJwt.length <= maxExtraCookieLength
  if (isRefreshInCookie || isAlsoInCookie)
    cookies.push(refreshCookieOf(project, name, issued.refreshJwt, secondsUntil(issued.refreshExpiresAt, issued)))
  if (isSessionInCookie) cookies.push(sessionCookieOf(project, issued.sessionJwt, secondsUntil(issued.sessionExpiresAt, issued)))
  return reply({
    body: {
      sessionJwt: isSessionInCookie ? '' : issued.sessionJwt,
      refreshJwt: isRefreshInCookie ? '' : issued.refreshJwt,
      cookieDomain: settings.domain,
      cookiePath: '/',
      cookieMaxAge: secondsUntil(issued.refreshExpiresAt, issued),
      cookieExpiration: Math.min(issued.refreshExpiresAt, largestInt32),
      cookieName: isRefreshInCookie ? name : '',
      sessionCookieName: isSessionInCookie ? sessionCookie : '',
      sessionCookieDomain: settings.sessionTokenCookieDomain,
      user: userReply(issued),
      firstSeen: issued.firstSeen,
      sessionExpiration: Math.min(issued.sessionExpiresAt, largestInt32),
      claims: isSessionInCookie ? claimsOf(issued.sessionClaims) : {},
      ...(issued.nextRefreshSeconds === undefined ? {} : { nextRefreshSeconds: issued.nextRefreshSeconds }),
    },
    cookies,
  })
}

/** The answer of a sign-up that signs nobody in yet: the members of `authReply` without tokens. */
export function pendingReply(account: UserWithLoginIds, project: Project): z.input<typeof AuthReply> {
  const { domain, sessionTokenCookieDomain } = project.settings.project
  return {
    ...{ sessionJwt: '', refreshJwt: '', cookieDomain: domain, cookiePath: '/', cookieMaxAge: 0, cookieExpiration: 0 },
    ...{ cookieName: '', sessionCookieName: '', sessionCookieDomain: sessionTokenCookieDomain },
    ...{ user: userReply(account), firstSeen: true, sessionExpiration: 0, claims: {} },
  }
}

/** The answer to a back end that signs somebody in: both tokens in the body, whatever browsers get (Go and Java refuse anything else), and no cookies. */
export function backEndReply(issued: IssuedSession, project: Project): z.input<typeof AuthReply> {
  const inBody = { tokenResponseMethod: 'onBody', sessionTokenResponseMethod: 'onBody' } as const
  return authReply(issued, { ...project, settings: { ...project.settings, project: { ...project.settings.project, ...inBody } } }).body
}

/** Both tokens as cookies, whatever the settings say: for pages of ours, which have no other place for them. */
export function cookieReply(issued: IssuedSession, project: Project): readonly ReplyCookie[] {
  const refresh = refreshCookieOf(project, refreshCookie, issued.refreshJwt, secondsUntil(issued.refreshExpiresAt, issued))
  return [refresh, sessionCookieOf(project, issued.sessionJwt, secondsUntil(issued.sessionExpiresAt, issued))]
}

/** The cookies that end what `authReply` has set; none when the project keeps tokens in bodies. */
export function clearCookies(project: Project, options: { readonly cookieName?: string } = {}): readonly ReplyCookie[] {
  const settings = project.settings.project
  const cookies: ReplyCookie[] = []
  if (settings.tokenResponseMethod === 'cookie') cookies.push(refreshCookieOf(project, options.cookieName ?? refreshCookie, '', 0))
  if (settings.sessionTokenResponseMethod === 'cookie') cookies.push(sessionCookieOf(project, '', 0))
  return cookies
}

function refreshCookieOf({ settings: { project } }: Project, name: string, value: string, maxAgeSeconds: number): ReplyCookie {
  return { name, value, maxAgeSeconds, sameSite: project.cookiePolicy, domain: project.domain }
}

function sessionCookieOf({ settings: { project } }: Project, value: string, maxAgeSeconds: number): ReplyCookie {
  return { name: sessionCookie, value, maxAgeSeconds, sameSite: project.sessionTokenCookiePolicy, domain: project.sessionTokenCookieDomain }
}

function secondsUntil(expiresAt: number, issued: IssuedSession): number {
  return Math.max(0, Math.min(expiresAt - issued.issuedAt, largestInt32))
}

function claimsOf(payload: JWTPayload): Record<string, unknown> {
  return { ...payload }
}
